"""The satisfaction rate, honestly: what is counted, what is left out and printed beside it, and how sure it is.

Rate = (very satisfied + satisfied) / valid ratings. A visit confirmed by silence is no rating; an elder who was called
three times without an answer stays in the denominator of the reach; below the minimum n no percentage is given at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from uuid import UUID

from kit import money

MINIMUM_N = 30
"""Ratings below which a month's percentage says more about chance than about care; a rule may set another."""
SATISFIED_FROM = 4
"""Score of "satisfied" on the scale of 1 (very dissatisfied) to 5 (very satisfied)."""
_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of a group's finished visits; `valid` + `invalid` + `auto` + `silent` = `finished`."""

    finished: int = 0
    satisfied: int = 0
    valid: int = 0
    invalid: int = 0  # answered, but no opinion could be given
    auto: int = 0  # confirmed by 72 hours of silence
    silent: int = 0  # nothing heard yet
    asked: int = 0  # called back, or to be called
    reached: int = 0  # call-backs answered to the end
    not_reached: int = 0  # three calls without an answer


@dataclass(frozen=True, slots=True)
class Rate:
    """One group's rate; a group is whatever of company, item, division and month is not None."""

    count: Count
    minimum_n: int = MINIMUM_N
    provider_id: UUID | None = None
    item_code: str | None = None
    division: str | None = None
    month: str | None = None

    @property
    def numerator(self) -> int:
        """Return the satisfied and very satisfied."""
        return self.count.satisfied

    @property
    def denominator(self) -> int:
        """Return the valid ratings."""
        return self.count.valid

    @property
    def n(self) -> int:
        """Return the valid ratings, the n that is printed beside every percentage."""
        return self.count.valid

    @property
    def excluded(self) -> dict[str, int]:
        """Return what is not in the denominator, by cause."""
        return {
            "auto": self.count.auto,
            "invalid": self.count.invalid,
            "silent": self.count.silent,
            "not_reached": self.count.not_reached,
        }

    @property
    def asked(self) -> int:
        """Return the visits drawn for a call-back: the denominator of the reach."""
        return self.count.asked

    @property
    def enough(self) -> bool:
        """Tell whether n allows a percentage."""
        return self.count.valid >= max(1, self.minimum_n)

    @property
    def percent(self) -> float | None:
        """Return the rate in percent with two decimals, half up; None when n is too small to say."""
        return _percent(self.numerator, self.denominator) if self.enough else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval in percent; (0, 100) when nothing is known."""
        low, high = wilson(self.numerator, self.denominator)
        return round(low * 100, 2), round(high * 100, 2)

    @property
    def coverage(self) -> float | None:
        """Return which percentage of the finished visits has a valid rating."""
        return _percent(self.count.valid, self.count.finished)

    @property
    def reach(self) -> float | None:
        """Return which percentage of the call-backs asked for were answered to the end (有效回访率)."""
        return _percent(self.count.reached, self.count.asked)

    def at_least(self, percent: int) -> bool | None:
        """Tell exactly, without rounding, whether the rate reaches a whole percentage; None when n is too small."""
        return self.numerator * 100 >= percent * self.denominator if self.enough else None


@dataclass(frozen=True, slots=True)
class Always:
    """What may be said of "always above": the worst month, and the months of which nothing can be said."""

    months: int
    worst: Rate | None
    too_small: tuple[str, ...]

    def at_least(self, percent: int) -> bool | None:
        """Tell whether every month reached the percentage; None when a month cannot say and none failed."""
        if self.worst is not None and not self.worst.at_least(percent):
            return False
        return True if self.worst is not None and not self.too_small else None

    @property
    def percent(self) -> float | None:
        """Return the worst month's percentage; None when a month, perhaps a worse one, cannot say."""
        return self.worst.percent if self.worst is not None and not self.too_small else None


def always(rates: Sequence[Rate]) -> Always:
    """Find the minimum over months (始终…以上): the word "always" speaks of the worst month, never of the average."""
    certain = [rate for rate in rates if rate.enough]
    worst = min(certain, key=lambda rate: (Fraction(rate.numerator, rate.denominator), rate.month or ""), default=None)
    return Always(
        months=len(rates),
        worst=worst,
        too_small=tuple(sorted(rate.month or "" for rate in rates if not rate.enough)),
    )


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (E. B. Wilson, JASA 22, 1927); (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + _Z * _Z / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
    whole = 1 + _Z * _Z / n
    # At the ends rounding errors of the root may leave the interval a hair beside the proportion itself.
    return min(share, max(0.0, (centre - spread) / whole)), max(share, min(1.0, (centre + spread) / whole))


def _percent(part: int, whole: int) -> float | None:
    return money.half_up(part * 10_000, whole) / 100 if whole else None
