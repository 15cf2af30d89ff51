"""When a search stops, and how it reports its progress."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[float, int, float], None]
"""Called now and then with the seconds spent, the rounds done and the cost of the best plan so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """When to stop: after so many seconds of wall clock, or after so many rounds (then the seed decides everything)."""

    seconds: float | None = None
    rounds: int | None = None

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.rounds is None):
            raise ValueError("give seconds or rounds, and not both")
