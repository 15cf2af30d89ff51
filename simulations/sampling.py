"""Chance that is the same twice: every draw is a pure function of a seed and of what it is about."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws by name: the same seed and the same words give the same number, whatever was drawn before.

    A simulation that was killed and begun again, or whose parts run in another order, therefore meets the same fate.
    """

    seed: int

    def unit(self, *about: object) -> float:
        """Draw a number from 0 (inclusive) to 1 (exclusive)."""
        words = "|".join(map(str, (self.seed, *about)))
        return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=7).digest()) / (1 << 56)

    def chance(self, probability: float, *about: object) -> bool:
        """Tell whether something of a probability happens."""
        return self.unit(*about) < probability

    def between(self, low: float, high: float, *about: object) -> float:
        """Draw a number between two others."""
        return low + (high - low) * self.unit(*about)

    def whole(self, low: int, high: int, *about: object) -> int:
        """Draw a whole number between two others, both included."""
        return low + int((high - low + 1) * self.unit(*about))

    def pick(self, among: Sequence[_One], *about: object) -> _One:
        """Draw one of several."""
        return among[int(len(among) * self.unit(*about))]

    def weighted(self, among: Sequence[tuple[_One, float]], *about: object) -> _One:
        """Draw one of several by their weights, which need not sum to one."""
        mark = self.unit(*about) * sum(weight for _, weight in among)
        for one, weight in among:
            mark -= weight
            if mark < 0:
                return one
        return among[-1][0]
