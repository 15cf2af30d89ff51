"""Tables from strangers: read in any encoding, never computed, never trusted, never a crash."""

import csv
import io
import random
import zipfile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit import lookalikes
from kit.imports import faults, grid, tables

WORDS = st.text(
    st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]).filter(lookalikes.visible),
    max_size=8,
)


def lines(read: grid.Grid) -> list[grid.Line]:
    """Return the rows of all sheets below the first row that holds anything."""
    return [line for sheet in read.sheets for line in sheet.lines[1:]]


def cells(read: grid.Grid) -> list[list[faults.Cell]]:
    return [[*line.cells, *[""] * (line.width - len(line.cells))] for line in lines(read)]


def header(read: grid.Grid) -> list[faults.Cell]:
    return read.sheets[0].lines[0].cells


def codes(read: grid.Grid) -> set[str]:
    inside = {cell.code for line in lines(read) for cell in line.cells if isinstance(cell, faults.TableFault)}
    return inside | {fault.code for fault in read.faults} | {row.code for sheet in read.sheets for row in sheet.faults}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_same_table_comes_out_of_every_encoding_and_delimiter(encoding: str, delimiter: str, end: str) -> None:
    rows = [["姓名", "住址", "金额"], ["张三", "运河区", "12.50"], ["李四", "沧州市新华区", "-3"]]
    content = end.join(delimiter.join(row) for row in rows).encode(encoding)
    table = tables.read(content)
    assert header(table) == rows[0]
    assert cells(table) == rows[1:]
    assert [line.number for line in lines(table)] == [2, 3]
    assert codes(table) == set()


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_a_spreadsheet_writes_is_what_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["一", "二", "三"], *rows])
    table = tables.read(text.getvalue().encode())
    expected = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    got = cells(table)
    assert len(got) == len(expected)
    for line, written_line in zip(got, expected, strict=True):
        for value, written in zip(line, written_line, strict=True):
            assert value == written or isinstance(value, faults.TableFault) or written[0] in "='’"


@settings(max_examples=400)
@given(st.binary(max_size=400))
@example(b'"')
@example(b'a,b\n"')
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b"PK\x03\x04")
@example(b"\x00" * 50)
@example(b"\r\r\r")
def test_no_bytes_whatever_raise(content: bytes) -> None:
    table = tables.read(content)
    assert table.sheets or table.faults
    for fault in table.faults:
        assert "{" not in fault.sentence("zh") + fault.sentence("en")


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_damaged_workbook_is_a_fault_wherever_it_is_damaged() -> None:
    sound = workbook([["甲", "乙"], ["1", 2]])
    dice = random.Random(7)
    for _ in range(300):
        broken = bytearray(sound)
        for _ in range(dice.randint(1, 4)):
            broken[dice.randrange(4, len(broken))] = dice.randrange(256)
        table = tables.read(bytes(broken[: dice.choice([None, len(broken) // 2])]))
        assert table.sheets or table.faults


def test_a_workbook_that_unpacks_to_far_more_is_not_opened() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    assert codes(tables.read(bomb.getvalue())) == {"table.packed_too_tight"}


def test_a_workbook_with_entities_is_not_opened() -> None:
    sound = workbook([["甲"], ["1"]])
    evil = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as source, zipfile.ZipFile(evil, "w") as packed:
        for part in source.infolist():
            content = source.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content
            packed.writestr(part.filename, content)
    assert codes(tables.read(evil.getvalue())) == {"table.broken_workbook"}


def test_rows_keep_their_numbers_past_blanks_and_quoted_lines() -> None:
    table = tables.read('\r\n甲,乙\r\n\r\n"一\r\n行",2\r\n,,\r\n3,4\r\n'.encode())
    assert header(table) == ["甲", "乙"]
    assert [(line.number, line.cells) for line in lines(table)] == [(4, ["一\r\n行", "2"]), (6, ["3", "4"])]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("=1+1", "table.formula"),
        ("@SUM(A1)", "table.formula"),
        ("+cmd|' /C calc'!A0", "table.formula"),
        ("-2+3+cmd()", "table.formula"),
        ("1.30999E+17", "table.lost_digits"),
        ("字" * 10_001, "table.cell_too_long"),
        ("a\x00b", "table.nul"),
        ("a\x1bb", "table.control_character"),
    ],
)
def test_a_cell_that_is_no_value_is_named(cell: str, code: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["甲", "乙"], [cell, "x"]])
    assert codes(tables.read(text.getvalue().encode())) == {code}


@pytest.mark.parametrize("cell", ["-3", "+86 138 1234 5678", "-0.5", "a=b", "1E5", "—", "-"])
def test_signs_and_dashes_are_no_formulas(cell: str) -> None:
    assert cells(tables.read(f"甲\n{cell}\n".encode())) == [[cell]]


def test_invisible_characters_do_not_make_two_texts_differ() -> None:
    assert cells(tables.read("甲\n\u200b 张\ufeff三\u2060 \n".encode())) == [["张三"]]


def test_lines_of_another_encoding_are_named_and_the_rest_is_read() -> None:
    lines = ["姓名,住址".encode(), *("张三,运河区".encode() for _ in range(5)), "李四,新华区".encode("gbk")]
    table = tables.read(b"\n".join(lines))
    assert cells(table)[0] == ["张三", "运河区"]
    assert isinstance(cells(table)[5][0], faults.WrongEncoding)
    other = tables.read(b"\n".join([lines[1], *[lines[6]] * 5]))
    assert other.encoding == "gb18030"


def test_a_file_or_a_table_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MAX_ROWS", 3)
    monkeypatch.setattr(grid, "MAX_COLUMNS", 2)
    table = tables.read(b"a\n1\n2\n3\n4\n5\n")
    assert [(fault.row, fault.code) for sheet in table.sheets for fault in sheet.faults] == [(5, "table.too_large")]
    assert codes(tables.read(b"a,b,c\n1,2,3\n")) == {"table.too_large"}
    monkeypatch.setattr(tables, "MAX_FILE_BYTES", 4)
    assert codes(tables.read(b"a\n1\n2\n")) == {"table.too_large"}
