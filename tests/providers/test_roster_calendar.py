"""Shifts, breaks and absences fold into windows."""

import itertools
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit import clock
from providers.roster.calendar import Calendar, Hours, overlap, without

MONDAY = date(2026, 3, 2)
FROM = clock.at_local(MONDAY, 0)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    start = draw(st.integers(0, 1439))
    end = draw(st.integers(start + 1, start + 1440))
    pause: tuple[int | None, int | None] = (None, None)
    if end - start > 2 and draw(st.booleans()):
        pause_from = draw(st.integers(start, end - 1))
        pause = (pause_from, draw(st.integers(pause_from + 1, end)))
    first = MONDAY + timedelta(days=draw(st.integers(-10, 10)))
    last = draw(st.none() | st.integers(1, 20).map(lambda days: first + timedelta(days=days)))
    return Hours(draw(st.integers(1, 127)), start, end, *pause, first, last)


def minutes(pattern: Hours, days: int) -> set[datetime]:
    """Say minute by minute when a pattern works within the span: slow, and in other words than the calendar."""
    worked: set[datetime] = set()
    for step in range(-2, days + 1):
        day = MONDAY + timedelta(days=step)
        if day < pattern.valid_from or (pattern.valid_to and day >= pattern.valid_to):
            continue
        if not pattern.weekdays & (1 << day.weekday()):
            continue
        for minute in range(pattern.from_minute, pattern.to_minute):
            if pattern.break_from is not None and pattern.break_from <= minute < (pattern.break_to or 0):
                continue
            at = FROM + timedelta(days=step, minutes=minute)
            if FROM <= at < FROM + timedelta(days=days):
                worked.add(at)
    return worked


@given(st.lists(hours(), max_size=2), st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 900)), max_size=2))
def test_the_windows_are_exactly_the_minutes_worked(patterns: list[Hours], gone: list[tuple[int, int]]) -> None:
    absences = [(FROM + timedelta(minutes=a), FROM + timedelta(minutes=a + b)) for a, b in gone]
    expected = {at for pattern in patterns for at in minutes(pattern, 3) if not any(a <= at < b for a, b in absences)}
    windows = Calendar(FROM, FROM + timedelta(days=3)).windows(patterns, absences)
    got = {
        start + timedelta(minutes=step)
        for start, end in windows
        for step in range(int((end - start).total_seconds() // 60))
    }
    assert got == expected
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(windows))


def test_a_night_shift_reaches_into_the_next_morning() -> None:
    sunday_night = Hours(0b1000000, 22 * 60, 30 * 60, None, None, date(2026, 1, 1), None)
    windows = Calendar(FROM, FROM + timedelta(days=1)).windows([sunday_night])
    assert windows == [(FROM, FROM + timedelta(hours=6))]
    assert windows[0][0].tzinfo is UTC


@given(hours(), hours())
def test_two_patterns_overlap_if_some_minute_of_some_week_is_in_both(first: Hours, second: Hours) -> None:
    plain = [Hours(p.weekdays, p.from_minute, p.to_minute, None, None, date(2026, 2, 1), None) for p in (first, second)]
    assert overlap(*plain) == bool(minutes(plain[0], 9) & minutes(plain[1], 9))


def test_patterns_of_different_years_never_overlap() -> None:
    first = Hours(127, 0, 1440, None, None, date(2025, 1, 1), date(2026, 1, 1))
    second = Hours(127, 0, 1440, None, None, date(2026, 1, 1), None)
    assert not overlap(first, second)
    assert not overlap(second, first)


def test_cutting_a_hole_leaves_both_ends() -> None:
    def at(minute: int) -> datetime:
        return FROM + timedelta(minutes=minute)

    assert without((at(0), at(9)), at(3), at(5)) == [(at(0), at(3)), (at(5), at(9))]
    assert without((at(0), at(9)), at(9), at(12)) == [(at(0), at(9))]
    assert without((at(0), at(9)), at(0), at(9)) == []
