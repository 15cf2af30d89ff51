"""How a number is written into a blank: 余, 以上, 万 and decimals at their edges."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civil.blocks.figures.figure import FigureUnit
from civil.report import words
from civil.report.template import ReportBlank

U = FigureUnit


def _written(value: int | str, unit: FigureUnit, pattern: str, after: str) -> str:
    return words.printed(value, unit, ReportBlank("X", "value", pattern, after))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (7, "7"), (9, "9"), (10, "10"), (11, "10余"), (19, "10余"), (20, "20"), (21, "20余"), (99, "90余")],
)
def test_a_count_with_some_more_is_cut_down_to_tens_and_a_whole_number_loses_the_word(value: int, shown: str) -> None:
    assert f"{_written(value, U.ITEMS, 'xx余', '项服务项目')}项" == f"{shown}项"


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (0, "0"),
        (350_000, "0.35"),
        (500_000, "0.5"),
        (999_999, "1"),
        (1_000_000, "1"),
        (1_000_001, "1余"),
        (123_000_000, "123"),
        (123_999_999, "123余"),
    ],
)
def test_an_amount_with_some_more_is_cut_down_to_whole_ten_thousands(fen: int, shown: str) -> None:
    assert _written(fen, U.FEN, "xxx余", "万元;") == shown


@pytest.mark.parametrize(
    ("basis_points", "shown"), [(9_560, "95.6"), (9_569, "95.6"), (9_570, "95.7"), (10_000, "100.0"), (0, "0.0")]
)
def test_at_least_is_cut_down_and_includes_the_number_itself(basis_points: int, shown: str) -> None:
    assert _written(basis_points, U.BASIS_POINTS, "xx.x", "%以上。") == shown
    assert _written(basis_points, U.BASIS_POINTS, "xx", "%以上,") == str(basis_points // 100)


def test_what_is_no_lower_bound_is_rounded_half_up() -> None:
    assert _written(9_565, U.BASIS_POINTS, "xx.x", "%。") == "95.7"
    assert _written(9_564, U.BASIS_POINTS, "xx.x", "%。") == "95.6"
    assert _written(1_234_500, U.FEN, "xx.x", "万元") == "1.2"
    assert _written(125_000, U.FEN, "x.xx", "万元。") == "0.13"
    assert _written(70_000, U.FEN, "xxx", "元,") == "700"
    assert _written(70_050, U.FEN, "xxx", "元,") == "701"
    assert _written(123_456, U.SERVICES, "xx.xx", "万人次") == "12.35"
    assert _written(-125_000, U.FEN, "x.xx", "万元。") == "-0.13"
    assert _written(2_026, U.YEARS, "20xx", "年") == "2026"
    assert _written("沧海", U.NAME, "x", "市") == "沧海"


@given(st.integers(0, 10**12), st.sampled_from(["xx余", "xxx余"]))
def test_some_more_never_says_more_than_there_is_and_less_than_one_step_is_left_out(value: int, pattern: str) -> None:
    shown = _written(value, U.PEOPLE, pattern, "人")
    number = int(shown.removesuffix("余"))
    assert number <= value < number + 10
    assert shown.endswith("余") == (number < value)


@given(st.integers(0, 10**14), st.integers(1, 2))
def test_decimals_are_off_by_half_of_the_last_at_most(fen: int, decimals: int) -> None:
    shown = _written(fen, U.FEN, f"xx.{'x' * decimals}", "万元")
    assert abs(Fraction(shown) - Fraction(fen, 1_000_000)) <= Fraction(1, 2 * 10**decimals)
