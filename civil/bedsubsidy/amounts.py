"""What an institution's operation subsidy comes to: occupied bed-days by level, rates, stars. Pure; integer fen."""

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from kit.money import half_up

_MONTH_DAYS = 30
Step = tuple[date, int | None]
"""From a day on a bed is occupied by somebody of a level, or, where the level is None, no longer."""


def bounds(month: str) -> tuple[date, date]:
    """Return the first and the last day of a month written 2026-03."""
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def bed_days(stays: Iterable[Sequence[Step]], month: str) -> dict[int, int]:
    """Count the days of a month on which beds were occupied, by level; the day of leaving is none.

    The steps of a stay come by day; of two for one day the later one holds.
    """
    first, last = bounds(month)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counted: Counter[int] = Counter()
    for steps in stays:
        for day in days:
            level = next((level for since, level in reversed(steps) if since <= day), None)
            if level is not None:
                counted[level] += 1
    return dict(sorted(counted.items()))


def subsidy(days: Mapping[int, int], rates: Mapping[str, int], percent: int) -> dict[int, int]:
    """Return the fen of each level: bed-days over 30, times the month's rate, times the stars; half up at the line."""
    return {
        level: half_up(count * rates[f"level_{level}"] * percent, _MONTH_DAYS * 100) for level, count in days.items()
    }
