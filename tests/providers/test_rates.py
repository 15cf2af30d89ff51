"""A rate says what it counted, what it left out and how sure it is."""

from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import clock, sample
from providers.satisfaction import deadlines, rates
from providers.satisfaction.rates import Count, Rate

OFF = {date(2026, 2, day) for day in (16, 17, 18, 19, 20, 23)}
ON = {date(2026, 2, 14), date(2026, 2, 28)}


def rate(satisfied: int, valid: int, month: str = "2026-03") -> Rate:
    return Rate(Count(finished=valid + 10, satisfied=satisfied, valid=valid, auto=10), month=month)


@pytest.mark.parametrize(
    ("satisfied", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (29, 30, 0.8333, 0.9941), (97, 100, 0.9155, 0.9897), (50, 50, 0.9287, 1.0)],
)
def test_the_interval_is_wilsons(satisfied: int, n: int, low: float, high: float) -> None:
    assert rates.wilson(satisfied, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**6), st.data())
def test_the_interval_holds_the_rate_and_narrows_with_n(n: int, data: st.DataObject) -> None:
    satisfied = data.draw(st.integers(0, n))
    low, high = rates.wilson(satisfied, n)
    assert 0 <= low <= satisfied / n <= high <= 1
    wider = rates.wilson(satisfied, n)
    narrower = rates.wilson(satisfied * 4, n * 4)
    assert narrower[1] - narrower[0] < wider[1] - wider[0]


def test_nothing_known_is_an_interval_of_everything() -> None:
    assert rates.wilson(0, 0) == (0.0, 1.0)
    empty = Rate(Count())
    assert (empty.percent, empty.coverage, empty.reach, empty.at_least(1)) == (None, None, None, None)


def test_below_thirty_no_percentage_is_given() -> None:
    assert rate(29, 29).percent is None
    assert rate(29, 29).at_least(50) is None
    assert rate(29, 30).percent == 96.67


def test_a_rate_that_rounds_up_to_the_target_has_not_reached_it() -> None:
    nearly = rate(97_999_999, 100_000_000)
    assert nearly.percent == 98.0
    assert nearly.at_least(98) is False


def test_always_speaks_of_the_worst_month() -> None:
    months = [rate(99, 100, "2026-01"), rate(191, 200, "2026-02"), rate(98, 100, "2026-03")]
    verdict = rates.always(months)
    assert verdict.worst is months[1]
    assert verdict.percent == 95.5
    assert verdict.at_least(95) is True
    assert verdict.at_least(96) is False


def test_always_cannot_be_said_when_a_month_is_too_small_but_can_be_refuted() -> None:
    verdict = rates.always([rate(99, 100, "2026-01"), rate(10, 10, "2026-02")])
    assert verdict.too_small == ("2026-02",)
    assert verdict.percent is None
    assert verdict.at_least(95) is None
    assert verdict.at_least(100) is False


@given(st.lists(st.tuples(st.integers(30, 500), st.integers(0, 500)), min_size=1, max_size=24))
def test_always_is_the_exact_minimum(months: list[tuple[int, int]]) -> None:
    given_rates = [rate(min(good, n), n, f"2026-{place:02d}") for place, (n, good) in enumerate(months)]
    worst = rates.always(given_rates).worst
    assert worst is not None
    shares = [Fraction(each.numerator, each.denominator) for each in given_rates]
    assert Fraction(worst.numerator, worst.denominator) == min(shares)


@given(st.sets(st.uuids(), max_size=60), st.binary(min_size=16, max_size=16), st.integers(0, 100))
def test_a_draw_depends_on_the_seed_and_the_set_alone(visits: set[UUID], seed: bytes, percent: int) -> None:
    drawn = sample.draw(seed, visits, percent=percent)
    assert drawn == sample.draw(seed, sorted(visits, reverse=True), percent=percent)
    assert len(drawn) == len(set(drawn)) == -(-len(visits) * percent // 100)
    assert set(drawn) <= visits
    assert sample.list_hash(visits) == sample.list_hash(sorted(visits, reverse=True))


def test_another_seed_draws_other_visits() -> None:
    visits = [UUID(int=number) for number in range(200)]
    draws = {tuple(sample.draw(bytes([number]) * 16, visits, percent=10)) for number in range(20)}
    assert len(draws) == 20
    assert len({sample.commitment(bytes([number]) * 16) for number in range(20)}) == 20


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02T01:00", 3, "2026-03-05"),  # Monday: Tuesday, Wednesday, Thursday
        ("2026-03-06T01:00", 1, "2026-03-09"),  # Friday to Monday
        ("2026-02-13T01:00", 1, "2026-02-14"),  # a Saturday worked for the Spring Festival
        ("2026-02-14T01:00", 1, "2026-02-24"),  # across the festival
        ("2026-03-02T16:30", 1, "2026-03-04"),  # already Tuesday in the district
        ("2026-03-02T01:00", 0, "2026-03-02"),
    ],
)
def test_working_days_follow_the_yearly_notice(start: str, days: int, end: str) -> None:
    due = deadlines.after_working_days(datetime.fromisoformat(start).replace(tzinfo=UTC), days, off=OFF, on=ON)
    assert due == clock.at_local(date.fromisoformat(end), 1440)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)))  # noqa: DTZ001 - made aware below
def test_a_longer_term_never_ends_sooner(start: datetime) -> None:
    ends = [deadlines.after_working_days(start.replace(tzinfo=UTC), days, off=OFF, on=ON) for days in range(6)]
    assert all(earlier < later for earlier, later in pairwise(ends))
    assert ends[0] > start.replace(tzinfo=UTC)
