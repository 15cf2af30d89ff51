"""Cells become values, or say why not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.china import columns as chinese
from kit.china.identifiers import Sex
from kit.geo import Datum
from kit.imports import columns, readers, tables
from kit.imports.column import Column
from kit.refusal import Refusal


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (readers.day, "2026-03-02", date(2026, 3, 2)),
        (readers.day, "2026/3/2", date(2026, 3, 2)),
        (readers.day, "2026.3.2", date(2026, 3, 2)),
        (readers.day, "20260302", date(2026, 3, 2)),
        (readers.day, "2026年3月2日", date(2026, 3, 2)),
        (readers.minute, "08:30", 510),
        (readers.minute, "8：30", 510),
        (readers.minute, "8时30分", 510),
        (readers.minute, "24:00", 1440),
        (readers.minute, "次日06:00", 1800),
        (readers.instant, "2026-03-02 09:00", datetime(2026, 3, 2, 1, 0, tzinfo=UTC)),
        (readers.instant, "2026-03-02T09:00:00", datetime(2026, 3, 2, 1, 0, tzinfo=UTC)),
        (readers.integer(0, 9), "7", 7),
        (readers.decimal(0, 1), "0.25", 0.25),
        (readers.yuan, "1,200.50", 120050),
        (readers.code(), " ab 1 ", "AB1"),
        (readers.several(readers.code()), "a1、b2，c3; d4", ["A1", "B2", "C3", "D4"]),
        (chinese.sex, "女", Sex.FEMALE),
        (readers.yes_no, "是", True),
        (chinese.datum, "gcj-02", Datum.GCJ02),
        (chinese.telephone, "0317-2345678", "03172345678"),
    ],
)
def test_a_cell_is_read(read: Callable[[str], Any], cell: str, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "code"),
    [
        (readers.day, "2026-02-29", "cell.impossible_date"),
        (readers.day, "2026-3/2", "cell.impossible_date"),
        (readers.day, "二〇二六年", "cell.impossible_date"),
        (readers.day, "２０２６-03-02", "cell.full_width"),
        (readers.minute, "24:01", "cell.impossible_time"),
        (readers.minute, "8:60", "cell.impossible_time"),
        (readers.minute, "上午", "cell.impossible_time"),
        (readers.instant, "2026-03-02", "cell.impossible_time"),
        (readers.integer(0, 9), "10", "cell.out_of_bounds"),
        (readers.integer(0, 9), "-1", "cell.out_of_bounds"),
        (readers.integer(0, 9), "1.5", "cell.not_a_number"),
        (readers.integer(0, 9), "²", "cell.not_a_number"),
        (readers.decimal(0, 1), "nan", "cell.not_a_number"),
        (readers.decimal(0, 1), "1e0", "cell.not_a_number"),
        (readers.yuan, "-1", "cell.out_of_bounds"),
        (readers.yuan, "1.005", "money.not_an_amount"),
        (readers.text(3), "四个字啊", "cell.too_long"),
        (chinese.sex, "不详", "cell.not_a_choice"),
        (chinese.resident_id, "１10105194912310021", "cell.full_width"),
        (chinese.uscc, "x", "uscc.shape"),
    ],
)
def test_a_cell_that_cannot_be_read_says_why(read: Callable[[str], Any], cell: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(cell)
    assert refused.value.code == code


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_in_every_dress(day: date) -> None:
    for dress in ("{0:%Y}-{0:%m}-{0:%d}", "{0.year}/{0.month}/{0.day}", "{0.year}年{0.month}月{0.day}日", "{0:%Y%m%d}"):
        assert readers.day(dress.format(day)) == day


@given(st.text(max_size=20))
def test_no_text_makes_a_reader_crash(cell: str) -> None:
    every = [
        readers.day,
        readers.minute,
        readers.instant,
        readers.integer(0, 9),
        readers.decimal(0, 1),
        readers.yuan,
        readers.code(4),
        chinese.sex,
        chinese.resident_id,
        chinese.uscc,
        chinese.telephone,
        chinese.datum,
    ]
    for read in every:
        try:
            read(cell)
        except Refusal:
            continue


COLUMNS = (
    Column("name", ("姓名",), readers.text(10)),
    Column("price", ("单价", "价格"), readers.yuan),
    Column("note", ("备注",), readers.text(10), required=False, default="无"),
)


def sheet(text: str, **mapping: str) -> columns.Sheet:
    return columns.typed(tables.read(text.encode()), COLUMNS, mapping)


def test_headers_match_without_regard_to_dress() -> None:
    parsed = sheet(" 姓 名 *,价格（元）\n张三,5\n")
    assert parsed.faults == []
    assert parsed.rows[0].values == {"name": "张三", "price": 500, "note": "无"}
    assert sheet("NAME,Price\n张三,5\n").faults == []


def test_a_mapping_names_what_a_strange_header_means_and_the_rest_is_ignored() -> None:
    parsed = sheet("谁,单价,页码\n张三,5,1\n", 谁="name")
    assert (parsed.faults, parsed.ignored) == ([], ["页码"])


def test_a_cell_at_fault_is_absent_and_a_blank_one_is_not() -> None:
    (row,) = sheet("姓名,单价,备注\n,贵,\n").rows
    assert not row.sound("name")
    assert not row.sound("price")
    assert row.sound("note")
    assert (row.get("name"), row["note"]) == (None, "无")


def test_a_duplicate_names_the_row_it_repeats() -> None:
    parsed = sheet("姓名,单价\n张三,5\n李四,5\n张三,6\n")
    parsed.no_duplicates("name")
    (fault,) = parsed.outcome(3).faults
    assert (fault.row, fault.parameters, parsed.outcome(3).written) == (4, {"row": 2}, 0)
    assert fault.sentence("zh") == "第 4 行「姓名」：与第 2 行重复。"
    assert fault.sentence("en") == "row 4, “姓名”: The same as row 2."


def test_a_mapping_that_fits_neither_the_file_nor_the_list_is_a_fault() -> None:
    code = Column("code", ("编码",), readers.text(8))
    wanted = (code, Column("name", ("名称",), readers.text(8), required=False))
    grid = tables.read("内部代号,名称\nA01,饭\n".encode())
    mapped = columns.typed(grid, wanted, {"内部代号": "code"})
    assert (mapped.faults, mapped.rows[0]["code"]) == ([], "A01")
    unknown, missing = columns.typed(grid, wanted, {"内部代号": "number"}).faults
    assert (unknown.code, unknown.parameters["names"], missing.code) == (
        "table.unknown_column",
        "code、name",
        "table.missing_column",
    )
    absent, _ = columns.typed(grid, wanted, {"代号": "code"}).faults
    assert (absent.code, absent.column) == ("table.missing_column", "代号")
