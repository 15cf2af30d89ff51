"""What the log says of the steps that a paper has taken since it was drawn up; a part of `replay`, pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from events.contracts.event import Event
from events.contracts.settlement import LineDecided, LineDisputed, StatementConfirmed, StatementReminded

READ: Final[tuple[type[Event], ...]] = (LineDisputed, LineDecided, StatementReminded, StatementConfirmed)
"""The events of a paper's steps."""
Step = LineDisputed | LineDecided | StatementReminded | StatementConfirmed
Pairs = Mapping[str, tuple[Any, Any]]
"""What an event says and what follows from those before it, by field."""


@dataclass(slots=True)
class Progress:
    """How far a paper has come: its open objections, whether its company was reminded since, and how it confirmed."""

    disputed: set[UUID] = field(default_factory=set)
    reminded: bool = False
    by_silence: bool = False

    def take(self, event: Step) -> Pairs:
        """Take the next step; silence confirms only what nobody objects to, and only after a reminder."""
        match event:
            case LineDisputed():
                self.disputed.add(event.line_id)
            case LineDecided():
                self.disputed.discard(event.line_id)
                self.reminded = False
            case StatementReminded():
                self.reminded = True
            case StatementConfirmed(by_silence=True):
                self.by_silence = self.reminded and not self.disputed
                return {"by_silence": (True, self.by_silence)}
            case StatementConfirmed():
                pass
        return {}
