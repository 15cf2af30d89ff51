"""Months, differences and balances of pay-runs, by properties."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civil.blocks.benefits import arithmetic
from civil.blocks.cases import workdays
from civil.oldage.amounts import monthly
from kit import clock as clocks

BANDS = [{"age": 80, "fen": 5_000}, {"age": 90, "fen": 10_000}]
MONTHS = st.builds(lambda year, number: f"{year}-{number:02}", st.integers(1950, 2150), st.integers(1, 12))
AMOUNTS = st.dictionaries(st.sampled_from(["gap", "top_up", "care"]), st.integers(0, 1_000_000))


def test_who_is_born_on_leap_day_reaches_the_band_in_march_of_a_common_year() -> None:
    months = ("2024-01", "2024-02", "2034-02", "2034-03")
    assert [monthly(date(1944, 2, 29), month, BANDS) for month in months] == [0, 5_000, 5_000, 10_000]


def test_who_turns_ninety_in_a_year_is_paid_the_higher_band_from_that_month_on() -> None:
    paid = [monthly(date(1936, 7, 15), f"2026-{number:02}", BANDS) for number in range(1, 13)]
    assert paid == [5_000] * 6 + [10_000] * 6


@pytest.mark.parametrize(
    ("died_on", "paid", "last"),
    [
        (date(2026, 1, 31), True, "2026-01"),
        (date(2026, 2, 1), True, "2026-02"),
        (date(2026, 1, 31), False, "2025-12"),
        (date(2026, 2, 1), False, "2026-01"),
    ],
)
def test_a_death_on_the_last_and_on_the_first_day_differ_by_a_month(died_on: date, *, paid: bool, last: str) -> None:
    assert arithmetic.last_paid_month(died_on, death_month_paid=paid) == last


@given(MONTHS, st.integers(0, 60))
def test_months_follow_one_another_and_lead_back(first: str, count: int) -> None:
    last = first
    for _ in range(count):
        last = arithmetic.following(last)
    listed = list(arithmetic.months(first, last))
    assert len(listed) == count + 1
    assert listed == sorted(set(listed))
    assert [arithmetic.preceding(month) for month in listed[1:]] == listed[:-1]


@given(st.lists(AMOUNTS, min_size=1, max_size=12))
def test_whatever_a_month_was_worth_its_lines_add_up_to_what_it_is_worth_last(values: list[dict[str, int]]) -> None:
    entered: dict[str, int] = {}
    for due in values:
        for component, (now, before) in arithmetic.differences(due, entered).items():
            entered[component] = entered.get(component, 0) + now - before
        assert {name: fen for name, fen in entered.items() if fen} == {name: fen for name, fen in due.items() if fen}
        assert arithmetic.differences(due, entered) == {}


@given(st.lists(st.tuples(st.integers(-500_000, 500_000), st.booleans()), max_size=40))
def test_what_is_sent_and_not_returned_never_exceeds_what_was_ever_owed_and_debts_are_offset(
    runs: list[tuple[int, bool]],
) -> None:
    owed = sent = most = 0
    for fen, returned in runs:
        owed += fen
        most = max(most, owed)
        payment = arithmetic.payable(owed, sent)
        assert payment >= 0
        sent += 0 if returned else payment
        assert sent <= most
        if not returned:
            assert sent >= owed


def test_working_days_leave_out_the_spring_festival_and_count_the_sundays_worked_instead() -> None:
    def end(day: date, days: int, exceptions: dict[date, bool] | None = None) -> date:
        ends = workdays.end_after(clocks.at_local(day, 600), days, exceptions or {})
        return clocks.day_of(ends) - timedelta(days=1)

    assert end(date(2026, 2, 13), 1) == date(2026, 2, 14)  # a Saturday worked instead
    assert end(date(2026, 2, 14), 1) == date(2026, 2, 24)
    assert end(date(2026, 3, 2), 5) == date(2026, 3, 9)
    assert end(date(2026, 3, 2), 1, {date(2026, 3, 3): False}) == date(2026, 3, 4)
