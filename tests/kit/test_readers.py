"""What a cell may say: every way of writing a day, an hour, a number, an amount, a telephone, and nothing else."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bootstrap import imports
from kit import money
from kit.china import phone
from kit.imports import readers
from kit.imports.readers import Reader
from kit.lookalikes import folded, visible
from kit.refusal import Refusal
from processes.rooms import ROOMS

EVERY = [
    reader
    for kind in imports.kinds(ROOMS).values()
    for column in kind.columns
    for reader in (column.read, *column.units.values())
]
"""Each reader that a declared list has."""


@given(st.integers(0, 10**13), st.booleans())
def test_every_amount_is_read_as_it_is_shown(fen: int, grouped: bool) -> None:
    shown = f"{fen // 100:,}.{fen % 100:02d}" if grouped else money.show(fen)
    assert readers.yuan(shown) == fen


AMOUNT = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2}0*)?"


@given(st.from_regex(r"[0-9,.]{1,12}", fullmatch=True))
@example("12,50")
@example("1,5")
@example("1,2,3")
@example("1,200,00")
@example(",100")
def test_a_comma_stands_only_before_groups_of_three(cell: str) -> None:
    try:
        fen = readers.yuan(cell)
    except Refusal:
        return
    assert re.fullmatch(AMOUNT, cell)
    assert fen == round(float(cell.replace(",", "")) * 100)


@pytest.mark.parametrize("cell", ["1e3", "1_000", "١٥", "१२", "１２", "0x10", "1 200", "∞", "NaN", "½", "²", "15元"])
def test_only_the_digits_0_to_9_make_a_number(cell: str) -> None:
    for reader in (readers.yuan, readers.integer(0, 9999), readers.decimal(0, 9999), readers.day, readers.minute):
        with pytest.raises(Refusal):
            reader(cell)


DRESSES = (
    "{0:%Y}-{0:%m}-{0:%d}",
    "{0.year}/{0.month}/{0.day}",
    "{0.year}.{0.month}.{0.day}",
    "{0.year}年{0.month}月{0.day}日",
    "{0.year}年 {0.month}月 {0.day}号",
    "{0.year}－{0.month}－{0.day}",
    "{0:%Y%m%d}",
    "{0.year}/{0.month}/{0.day} 0:00:00",
)


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(DRESSES))
def test_every_day_is_read_in_every_dress(day: date, dress: str) -> None:
    assert readers.day(dress.format(day)) == day


@given(st.dates(min_value=date(1928, 1, 1), max_value=date(2078, 12, 31)), st.floats(0, 0.99))
def test_a_serial_number_of_a_day_is_refused_with_the_days_that_it_may_be(day: date, fraction: float) -> None:
    serial = (day - date(1899, 12, 30)).days
    for cell in (str(serial), f"{serial + fraction:.4f}"):
        for reader in (readers.day, readers.instant):
            with pytest.raises(readers.SerialDay) as refused:
                reader(cell)
            assert refused.value.parameters["day_1900"] == day.isoformat()


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_minute_is_read_in_every_dress(hour: int, minute: int) -> None:
    dresses = ["{0}:{1:02d}", "{0:02d}：{1:02d}", "{0}时{1:02d}分", "{0}点{1:02d}", "{0}:{1:02d}:59"]
    assert {readers.minute(dress.format(hour, minute)) for dress in dresses} == {hour * 60 + minute}
    half = "PM" if hour >= 12 else "AM"
    assert readers.minute(f"{hour % 12 or 12}:{minute:02d} {half}") == hour * 60 + minute


NATIONAL = st.from_regex(
    r"1[3-9][0-9]{9}|0[3-9][0-9]{2}[2-8][0-9]{6,7}|0(10|2[0-9])[2-8][0-9]{7}|[48]00[0-9]{7}", fullmatch=True
)


@given(NATIONAL, st.sampled_from(["转", "-", " 分机", "ext", "#", "x", "*"]), st.integers(1, 9999))
def test_an_extension_never_becomes_a_part_of_a_number(number: str, sign: str, extension: int) -> None:
    with pytest.raises((phone.PhoneExtension, phone.PhoneShape)):
        phone.normalise(f"{number}{sign}{extension}", area_code="0317")


@given(NATIONAL, NATIONAL, st.sampled_from(["、", ",", "，", ";", "；", "/", " ", "\n", "或", "|"]))
def test_two_numbers_are_called_two(first: str, second: str, sign: str) -> None:
    with pytest.raises(phone.PhoneSeveral):
        phone.normalise(first + sign + second, area_code="0317")


@given(st.from_regex(r"3[0-9]{2}[2-8][0-9]{6}", fullmatch=True))
def test_a_zero_that_a_spreadsheet_ate_is_missed(number: str) -> None:
    with pytest.raises(phone.PhoneZeroLost):
        phone.normalise(number, area_code="0317")
    for dress in ("86-{}-{}", "+86 {} {}", "0086({}){}", "86{}{}"):
        assert phone.normalise(dress.format(number[:3], number[3:])) == "0" + number


@given(NATIONAL, st.lists(st.sampled_from("\u200b\u200e\u202d\u202e\u2066\u2069\ufeff\u00ad"), max_size=4))
def test_marks_that_nobody_sees_never_matter(number: str, marks: list[str]) -> None:
    dressed = "".join(marks) + number + "".join(marks)
    assert visible(dressed) == number
    assert phone.normalise(dressed) == phone.normalise(number)


@pytest.mark.parametrize(
    ("word", "like"),
    [
        ("身份證號", "身份证号"),
        ("ＷＧＳ－84", "wgs-84"),
        ("А01", "a01"),
        ("低　保", "低保"),
        ("⼥", "女"),
        ("聯繫電話", "联系电话"),
    ],
)
def test_look_alikes_are_equal_where_a_word_is_looked_up(word: str, like: str) -> None:
    assert folded(word) == folded(like)


@given(st.data())
def test_a_reader_refuses_what_it_says_and_nothing_else(data: st.DataObject) -> None:
    cell = data.draw(
        st.one_of(st.text(max_size=24), st.from_regex(r"[0-9年月日:./ -]{1,18}", fullmatch=True), NATIONAL)
    )
    refused = {(code, reader.refuses) for reader in EVERY if (code := _refused(reader, cell)) is not None}
    assert [code for code, codes in refused if code not in codes] == []


def _refused(reader: Reader, cell: str) -> str | None:
    try:
        reader(cell)
    except Refusal as refusal:
        return refusal.code
    return None
