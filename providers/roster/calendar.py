"""When a worker works: weekly shifts, breaks and absences folded into plain windows of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kit import clock

Window = tuple[datetime, datetime]
"""A half-open window of aware UTC instants."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One weekly pattern, as `providers.roster.model.Shift` keeps it."""

    weekdays: int
    from_minute: int
    to_minute: int
    break_from: int | None
    break_to: int | None
    valid_from: date
    valid_to: date | None


class Calendar:
    """The windows of any number of patterns within one span; days and minutes are looked up once for all workers."""

    def __init__(self, from_at: datetime, until_at: datetime) -> None:
        self.from_at = from_at
        self.until_at = until_at
        # A shift that began yesterday may still run: start a day early.
        first = clock.day_of(from_at) - timedelta(days=1)
        span = (clock.day_of(until_at) - first).days + 1
        self._days = [first + timedelta(days=step) for step in range(span)]
        self._instants: dict[tuple[date, int], datetime] = {}
        self._patterns: dict[Hours, list[Window]] = {}

    def windows(self, patterns: Iterable[Hours], absences: Iterable[Window] = ()) -> list[Window]:
        """Return when somebody with these patterns and absences works: rising, disjoint, breaks cut out."""
        parts = sorted(window for pattern in patterns for window in self._of(pattern))
        merged: list[Window] = []
        for start, end in parts:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        for gone_from, gone_until in absences:
            merged = [part for window in merged for part in without(window, gone_from, gone_until)]
        return merged

    def _at(self, day: date, minute: int) -> datetime:
        key = (day, minute)
        if key not in self._instants:
            self._instants[key] = clock.at_local(day, minute)
        return self._instants[key]

    def _of(self, pattern: Hours) -> list[Window]:
        if pattern not in self._patterns:
            self._patterns[pattern] = [
                (max(start, self.from_at), min(end, self.until_at))
                for day in self._days
                if pattern.weekdays >> day.weekday() & 1
                and pattern.valid_from <= day
                and (pattern.valid_to is None or day < pattern.valid_to)
                for start, end in self._pieces(pattern, day)
                if start < self.until_at and end > self.from_at
            ]
        return self._patterns[pattern]

    def _pieces(self, pattern: Hours, day: date) -> list[Window]:
        start, end = self._at(day, pattern.from_minute), self._at(day, pattern.to_minute)
        if pattern.break_from is None or pattern.break_to is None:
            return [(start, end)]
        return without((start, end), self._at(day, pattern.break_from), self._at(day, pattern.break_to))


def without(window: Window, gone_from: datetime, gone_until: datetime) -> list[Window]:
    """Cut one half-open window out of another; what is left is none, one or two."""
    start, end = window
    if gone_until <= start or end <= gone_from:
        return [window]
    left = [(start, gone_from)] if start < gone_from else []
    return left + ([(gone_until, end)] if gone_until < end else [])


def overlap(hours: Hours, other: Hours) -> bool:
    """Tell whether two weekly patterns ever claim the same minute of the same worker."""
    if (hours.valid_to is not None and hours.valid_to <= other.valid_from) or (
        other.valid_to is not None and other.valid_to <= hours.valid_from
    ):
        return False
    week = 7 * 1440
    for first in range(7):
        if not hours.weekdays >> first & 1:
            continue
        for second in range(7):
            if not other.weekdays >> second & 1:
                continue
            gap = (second - first) * 1440 + other.from_minute - hours.from_minute
            length, width = hours.to_minute - hours.from_minute, other.to_minute - other.from_minute
            # Modulo one week: the later pattern starts before the earlier one ends.
            if gap % week < length or -gap % week < width:
                return True
    return False
