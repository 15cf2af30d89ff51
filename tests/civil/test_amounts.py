"""What is left of a fund, how much relief may be, what a month of occupied beds comes to: examples and properties."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civil.bedsubsidy.amounts import bed_days, bounds, subsidy
from civil.blocks.fund import arithmetic
from civil.relief.amounts import most

RATES = {"level_0": 5_000, "level_1": 10_000, "level_2": 15_000, "level_3": 20_000, "level_4": 30_000}
FEN = st.integers(0, 10**9)
DAYS = st.dates(date(2026, 1, 1), date(2026, 4, 30))


@given(st.integers(-(10**9), 10**9), FEN, FEN)
def test_what_is_left_is_within_the_balance_and_the_plan_and_never_below_nothing(
    balance: int, plan: int, paid: int
) -> None:
    left = arithmetic.left(balance, plan, paid)
    assert left >= 0
    assert left == 0 or left in {balance, plan - paid}
    assert left <= max(balance, 0)
    assert left <= max(plan - paid, 0)


@given(st.lists(FEN, max_size=30), FEN)
def test_whoever_pays_no_more_than_is_left_never_exceeds_what_came_in_nor_the_plan(asked: list[int], plan: int) -> None:
    balance, paid = plan // 2, 0
    for fen in asked:
        if fen <= arithmetic.left(balance, plan, paid):
            balance, paid = balance - fen, paid + fen
    assert balance >= 0
    assert paid <= plan // 2


@pytest.mark.parametrize(("floor", "percent", "below"), [(2_000_000, 30, 600_000), (99, 50, 49), (0, 30, 0)])
def test_a_fund_is_low_below_a_share_of_its_floor(floor: int, percent: int, below: int) -> None:
    assert arithmetic.low_below(floor, percent) == below


@pytest.mark.parametrize(
    ("persons", "town", "fen"),
    [(1, None, 420_000), (4, None, 1_680_000), (1, 100_000, 100_000), (4, 100_000, 100_000), (1, 500_000, 420_000)],
)
def test_a_grant_is_bounded_by_the_persons_and_at_once_by_the_towns_own_ceiling(
    persons: int, town: int | None, fen: int
) -> None:
    assert most(70_000, 6, persons, town) == fen


def test_the_day_of_moving_in_counts_the_day_of_leaving_does_not_and_a_new_level_holds_from_its_day() -> None:
    stay = [(date(2026, 2, 10), 1), (date(2026, 3, 11), 3), (date(2026, 3, 21), None)]
    assert bed_days([stay], "2026-02") == {1: 19}
    assert bed_days([stay], "2026-03") == {1: 10, 3: 10}
    assert bed_days([stay], "2026-04") == {}
    assert bed_days([stay], "2026-01") == {}


def test_of_two_steps_for_one_day_the_later_holds() -> None:
    stay = [(date(2026, 3, 1), 1), (date(2026, 3, 1), 4), (date(2026, 3, 31), None)]
    assert bed_days([stay], "2026-03") == {4: 30}


def test_thirty_days_are_worth_the_months_rate_and_parts_are_rounded_half_up_at_the_line() -> None:
    assert subsidy({1: 30, 4: 60}, RATES, 100) == {1: 10_000, 4: 60_000}
    assert subsidy({0: 1}, RATES, 100) == {0: 167}  # 166.67
    assert subsidy({2: 31}, RATES, 110) == {2: 17_050}
    assert subsidy({1: 10, 3: 10}, RATES, 120) == {1: 4_000, 3: 8_000}
    assert subsidy({}, RATES, 120) == {}


@given(st.lists(st.tuples(DAYS, st.integers(0, 60), st.integers(0, 4)), max_size=12))
def test_each_stay_is_counted_once_for_each_day_it_shares_with_the_month(stays: list[tuple[date, int, int]]) -> None:
    first, last = bounds("2026-03")
    steps = [[(since, level), (since + timedelta(days=length), None)] for since, length, level in stays]
    shared = sum(
        max(0, (min(since + timedelta(days=length), last + timedelta(days=1)) - max(since, first)).days)
        for since, length, _ in stays
    )
    assert sum(bed_days(steps, "2026-03").values()) == shared
