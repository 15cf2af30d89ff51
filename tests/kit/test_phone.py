"""Telephone numbers come in many dresses and are found under one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.china import phone


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("0317-2345678", "03172345678"),
        ("(0317) 234 5678", "03172345678"),
        ("（0317）2345678", "03172345678"),
        ("+86 317 2345678", "03172345678"),
        ("+86-10-62345678", "01062345678"),
        ("010-62345678", "01062345678"),
        ("400-123-4567", "4001234567"),
    ],
)
def test_one_number_has_one_form(typed: str, number: str) -> None:
    assert phone.normalise(typed) == number


def test_a_number_without_area_code_gets_the_one_given() -> None:
    assert phone.normalise("2345678", area_code="0317") == "03172345678"
    with pytest.raises(phone.PhoneShape):
        phone.normalise("2345678")


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "1381234567", "138123456789", "23812345678", "03171345678", "1３812345678", "无", "+86", "86"],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(phone.PhoneShape):
        phone.normalise(typed)


@given(st.from_regex(r"1[3-9][0-9]{9}|0[3-9][0-9]{2}[2-8][0-9]{6,7}|0(10|2[0-9])[2-8][0-9]{7}", fullmatch=True))
def test_normalising_twice_changes_nothing_and_dress_does_not_matter(number: str) -> None:
    plain = phone.normalise(number)
    assert plain == number
    assert phone.normalise(f"+86 {number[:3]} {number[3:]}") == number
    assert phone.normalise(f" {number[:4]}－{number[4:]} ") == number


@pytest.mark.parametrize(
    ("number", "shown"),
    [("13812345678", "138****5678"), ("03172345678", "0317***5678"), ("01062345678", "0106***5678")],
)
def test_a_list_shows_the_ends_only(number: str, shown: str) -> None:
    assert phone.mask(number) == shown
