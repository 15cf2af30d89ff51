"""Repeatable random draws: each is a pure function of a seed and of the words that name it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws by name: the same seed and words always give the same number, independent of earlier draws.

    A simulation that was killed and resumed, or whose parts run in another order, therefore ends the same.
    """

    seed: int

    def unit(self, *about: object) -> float:
        """Draw a number from 0 (inclusive) to 1 (exclusive)."""
        words = "|".join(map(str, (self.seed, *about)))
        return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=7).digest()) / (1 << 56)

    def chance(self, probability: float, *about: object) -> bool:
        """Draw whether an event of a probability happens."""
        return self.unit(*about) < probability

    def between(self, low: float, high: float, *about: object) -> float:
        """Draw a number between two others."""
        return low + (high - low) * self.unit(*about)

    def whole(self, low: int, high: int, *about: object) -> int:
        """Draw a whole number between two others, both included."""
        return low + int((high - low + 1) * self.unit(*about))

    def pick(self, among: Sequence[_Item], *about: object) -> _Item:
        """Draw one of several."""
        return among[int(len(among) * self.unit(*about))]

    def weighted(self, among: Sequence[tuple[_Item, float]], *about: object) -> _Item:
        """Draw one of several by their weights, which need not sum to one."""
        mark = self.unit(*about) * sum(weight for _, weight in among)
        for item, weight in among:
            mark -= weight
            if mark < 0:
                return item
        return among[-1][0]
