"""The control chart of a rate: which months differ from the others by more than chance, and which do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean

from providers.satisfaction.rates import Rate

_SIGMAS = 3
_MOVING_RANGE = 1.128
"""Mean range of two values of a normal distribution, in standard deviations (d2 of ISO 7870-2)."""


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One month's rate and its limits in percent; no limits where nobody rated."""

    rate: Rate
    lower: float | None
    upper: float | None
    outside: bool


@dataclass(frozen=True, slots=True)
class ControlChart:
    """The centre in percent (None without ratings), how much wider than chance the limits are, and the months."""

    centre: float | None
    spread: float
    points: tuple[ControlPoint, ...]


def chart(rates: Sequence[Rate]) -> ControlChart:
    """Compute a p'-chart with three-sigma limits (D. B. Laney, Quality Engineering 14, 2002).

    The centre is the share of all ratings together. The spread compares the scatter from month to month with that of
    chance alone; below 1 it is taken as 1, so that no limit is narrower than the binomial one.
    """
    numerator, n = sum(rate.numerator for rate in rates), sum(rate.n for rate in rates)
    if n == 0:
        return ControlChart(None, 1.0, tuple(ControlPoint(rate, None, None, outside=False) for rate in rates))
    centre = numerator / n
    spread = max(1.0, _spread([rate for rate in rates if rate.n], centre))
    return ControlChart(
        round(centre * 100, 2), round(spread, 4), tuple(_point(rate, centre=centre, spread=spread) for rate in rates)
    )


def _spread(rates: Sequence[Rate], centre: float) -> float:
    if not 0 < centre < 1 or len(rates) < 2:
        return 1.0
    standardised = [(rate.numerator / rate.n - centre) / sqrt(centre * (1 - centre) / rate.n) for rate in rates]
    return fmean(abs(later - earlier) for earlier, later in pairwise(standardised)) / _MOVING_RANGE


def _point(rate: Rate, *, centre: float, spread: float) -> ControlPoint:
    if rate.n == 0:
        return ControlPoint(rate, None, None, outside=False)
    reach = _SIGMAS * spread * sqrt(centre * (1 - centre) / rate.n)
    lower, upper = max(0.0, centre - reach), min(1.0, centre + reach)
    outside = rate.enough and not lower <= rate.numerator / rate.n <= upper
    return ControlPoint(rate, round(lower * 100, 2), round(upper * 100, 2), outside=outside)
