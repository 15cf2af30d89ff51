"""The control chart names a month that chance does not explain, and no other."""

from hypothesis import given
from hypothesis import strategies as st

from providers.satisfaction import control
from providers.satisfaction.rates import Count, Rate


def month(satisfied: int, n: int, *, least: int = 30) -> Rate:
    return Rate(Count(finished=n, satisfied=satisfied, valid=n), minimum_n=least)


def test_the_limits_of_equal_months_are_the_binomial_ones() -> None:
    chart = control.chart([month(96, 100)] * 12)
    assert (chart.centre, chart.spread) == (96.0, 1.0)
    assert (chart.points[0].lower, chart.points[0].upper) == (90.12, 100.0)
    assert not any(point.outside for point in chart.points)


def test_a_month_far_below_the_others_is_outside() -> None:
    chart = control.chart([month(960, 1000), month(958, 1000), month(961, 1000)] * 4 + [month(900, 1000)])
    assert [point.outside for point in chart.points] == [False] * 12 + [True]


def test_months_that_scatter_more_than_chance_have_wider_limits() -> None:
    chart = control.chart([month(940, 1000), month(980, 1000)] * 6)
    assert chart.spread > 3
    assert not any(point.outside for point in chart.points)


def test_a_month_with_few_ratings_has_wide_limits_and_is_never_named() -> None:
    chart = control.chart([month(960, 1000)] * 6 + [month(1, 9)])
    few = chart.points[-1]
    assert few.lower is not None
    assert few.lower < 80
    assert not few.outside


def test_without_ratings_there_are_no_limits() -> None:
    chart = control.chart([month(0, 0)])
    assert chart.centre is None
    assert (chart.points[0].lower, chart.points[0].upper) == (None, None)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=15))
def test_the_centre_lies_within_all_limits(months: list[tuple[int, int]]) -> None:
    chart = control.chart([month(min(pair), max(pair)) for pair in months])
    for point in chart.points:
        if point.lower is not None and point.upper is not None and chart.centre is not None:
            assert 0 <= point.lower <= chart.centre <= point.upper <= 100
