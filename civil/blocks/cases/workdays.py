"""Working days of the mainland: weekends, statutory holidays, and the weekends worked instead (调休)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache

import holidays

from kit import clock


@cache
def _china() -> holidays.HolidayBase:
    return holidays.country_holidays("CN")


def is_working_day(day: date, exceptions: Mapping[date, bool]) -> bool:
    """Tell whether the offices are open; `exceptions` are the days that an office has entered itself."""
    return exceptions[day] if day in exceptions else bool(_china().is_working_day(day))


def end_after(at: datetime, days: int, exceptions: Mapping[date, bool]) -> datetime:
    """Return the end of the `days`-th working day after the day of an instant, which does not count itself (工作日)."""
    day = clock.day_of(at)
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day, exceptions)
    return clock.at_local(day, 1440)
