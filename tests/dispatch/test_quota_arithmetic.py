from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.enrolment import quota

MONTHS = st.dates(date(2020, 1, 1), date(2035, 12, 31)).map(lambda day: f"{day:%Y-%m}")
FEN = st.integers(0, 10_000_000)
PERCENT = st.integers(0, 100)


@given(MONTHS)
def test_months_follow_one_another_without_gap(month: str) -> None:
    assert quota.preceding(quota.following(month)) == month
    assert quota.last_of(month) + timedelta(days=1) == quota.first_of(quota.following(month))


@given(FEN, MONTHS, st.integers(0, 40))
def test_two_parts_of_a_month_grant_the_whole_within_one_fen(monthly: int, month: str, days: int) -> None:
    cut = quota.first_of(month) + timedelta(days=days)
    before = quota.pro_rata(monthly, month, last_day=cut - timedelta(days=1))
    after = quota.pro_rata(monthly, month, first_day=cut)
    assert abs(before + after - monthly) <= 1
    assert 0 <= before <= monthly
    assert 0 <= after <= monthly


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, 60000),
        (date(2026, 4, 1), None, 60000),
        (date(2026, 4, 30), None, 2000),
        (date(2026, 4, 16), None, 30000),
        (None, date(2026, 4, 1), 2000),
        (date(2026, 4, 10), date(2026, 4, 10), 2000),
        (date(2026, 5, 1), None, 0),
        (None, date(2026, 3, 31), 0),
        (date(2025, 1, 1), date(2027, 1, 1), 60000),
    ],
)
def test_a_month_is_granted_by_its_days_both_ends_included(
    first: date | None, last: date | None, expected: int
) -> None:
    assert quota.pro_rata(60000, "2026-04", first_day=first, last_day=last) == expected


def test_a_part_of_a_month_is_rounded_half_up() -> None:
    assert quota.pro_rata(4500, "2026-03", first_day=date(2026, 3, 2)) == 4355  # 4354.8…
    assert quota.pro_rata(1, "2026-04", first_day=date(2026, 4, 16)) == 1  # exactly a half


@given(FEN, PERCENT, FEN)
def test_a_price_is_shared_out_to_the_fen(price: int, copay: int, free: int) -> None:
    shared = quota.share(price, copay, free)
    assert shared.held_fen + shared.own_fen == price
    assert 0 <= shared.held_fen <= free
    assert shared.missing_fen == 0 or shared.held_fen == free
    ordinary = shared.own_fen - shared.missing_fen
    assert abs(ordinary * 100 - price * copay) <= 50


def test_co_payments_are_the_papers_percentages() -> None:
    assert quota.share(12000, 30, 99999) == quota.Share(held_fen=8400, own_fen=3600, missing_fen=0)
    assert quota.share(12000, 30, 5000) == quota.Share(held_fen=5000, own_fen=7000, missing_fen=3400)
    assert quota.share(12000, 100, 5000) == quota.Share(held_fen=0, own_fen=12000, missing_fen=0)


@given(FEN, FEN, FEN, MONTHS, PERCENT)
def test_what_is_left_is_carried_or_expires_and_nothing_is_carried_twice(
    granted: int, carried_in: int, spent: int, month: str, percent: int
) -> None:
    free = max(0, granted + carried_in - spent)
    left = quota.rest(free, granted, 0, month, percent)
    assert left.carry_fen + left.expire_fen == free
    assert left.carry_fen <= granted * percent / 100
    # Carried-in money is spent first, so what remains of it is the part of `free` beyond this month's own grant.
    assert left.carry_fen <= free - max(0, carried_in - spent)


@given(FEN, FEN, st.integers(2020, 2035), PERCENT)
def test_nothing_is_carried_over_the_end_of_a_year(free: int, granted: int, year: int, percent: int) -> None:
    assert quota.rest(free, granted, 0, f"{year}-12", percent) == quota.Rest(carry_fen=0, expire_fen=free)


@given(FEN, st.integers(0, 20), FEN, FEN, PERCENT)
def test_money_set_free_later_shares_the_same_ceiling(
    granted: int, parts: int, first: int, second: int, percent: int
) -> None:
    once = quota.rest(first, granted, 0, "2026-03", percent)
    later = quota.rest(second, granted, once.carry_fen, "2026-03", percent)
    together = quota.rest(first + second, granted, 0, "2026-03", percent)
    assert once.carry_fen + later.carry_fen == together.carry_fen
