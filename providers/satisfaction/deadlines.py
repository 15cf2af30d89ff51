"""Working days as the State Council's yearly notice sets them: weekends and holidays off, some weekends worked."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from kit import clock


def works(day: date, *, off: Collection[date], on: Collection[date]) -> bool:
    """Tell whether offices work on a day; `off` and `on` are the days that differ from the ordinary week."""
    return day in on or (day.weekday() < 5 and day not in off)


def after_working_days(start: datetime, days: int, *, off: Collection[date], on: Collection[date]) -> datetime:
    """Return the end of the district's n-th working day after the day of `start`; that day itself does not count."""
    day = clock.day_of(start)
    left = days
    while left:
        day += timedelta(days=1)
        left -= works(day, off=off, on=on)
    return clock.at_local(day, 24 * 60)
