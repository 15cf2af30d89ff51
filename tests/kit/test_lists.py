"""Lists in whatever form they come: what is forgiven is read right, what is refused is named, nothing is lost."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook
from openpyxl.xml.constants import REL_NS, SHEET_MAIN_NS

from kit.china import columns as chinese
from kit.china.identifiers import Sex
from kit.geo import Datum
from kit.imports import columns, readers, tables
from kit.imports.column import Column
from kit.imports.columns import Sheet

HOURS = readers.integer(1, 1440)
COLUMNS = chinese.with_area_code(
    (
        Column("name", ("姓名",), readers.text(60)),
        Column("id_no", ("身份证号",), chinese.resident_id),
        Column("sex", ("性别",), chinese.sex, required=False),
        Column("phone", ("联系电话",), chinese.telephone, required=False),
        Column("born_on", ("出生日期",), readers.day, required=False),
        *chinese.place_columns(),
        Column(
            "minutes",
            ("时长",),
            HOURS,
            required=False,
            units={"分钟": HOURS, "小时": readers.hours(1, 1440)},
        ),
    ),
    "0317",
)
ISO = "http://{}.{}.org".format("purl", "oclc")
"""Where the namespaces of a strict workbook begin."""
HEADER = ["姓名", "身份证号", "性别", "联系电话", "出生日期", "纬度", "经度"]
ROW = ["试老1", "13099919440305001X", "男", "13900000001", "1944-03-05", "38.3045", "116.8388"]


def text(*rows: list[str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    return "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)


def workbook(change: Callable[[Workbook], None] | None = None, **sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def typed(content: bytes, **mapping: str) -> Sheet:
    return columns.typed(tables.read(content), COLUMNS, mapping)


def codes(sheet: Sheet) -> list[tuple[int, str]]:
    return [(fault.row, fault.code) for fault in sheet.faults]


def noticed(sheet: Sheet) -> list[tuple[str | None, int, str]]:
    return [(notice.sheet, notice.row, notice.code) for notice in sheet.notices if notice.code != "notice.assumed"]


@pytest.mark.parametrize(
    "content",
    [
        text(HEADER, ROW, encoding="utf-32"),
        text(HEADER, ROW, encoding="gb18030"),
        b"sep=;\r\n" + text(HEADER, ROW, delimiter=";"),
        text(["2026年度花名册"], ["填报单位：大化社区", "2026年11月"], HEADER, ROW),
        text(["姓　名", "身份證號 *", "性別", "聯繫電話（必填）", "出生日期", "緯度", "經度"], ROW),
        text(["⼀列", *HEADER], ["x", *ROW]),
        text(HEADER, [ROW[0], '="13099919440305001X"', *ROW[2:]]),
        text(HEADER, [*ROW[:3], "'13900000001", *ROW[4:]]),
        text(HEADER, [ROW[0], "13099919440305001×", *ROW[2:]]),
        text(HEADER, [ROW[0], "13099919440305001Х", *ROW[2:]]),
        text(HEADER, [*ROW[:2], "\u200f男\u200b", *ROW[3:]]),
        text(HEADER, [*ROW[:4], "1944年3月5号", *ROW[5:]]),
        workbook(表=[HEADER, ROW]),
        workbook(表=[HEADER, [*ROW[:4], date(1944, 3, 5), 38.3045, 116.8388]]),
        workbook(表=[[], ["花名册"], HEADER, ROW]),
    ],
)
def test_a_list_is_read_in_whatever_dress_it_comes(content: bytes) -> None:
    sheet = typed(content)
    assert sheet.faults == []
    (row,) = sheet.rows
    assert (row["name"], row["id_no"].number, row["sex"], row["phone"], row["born_on"], row["latitude"]) == (
        "试老1",
        "13099919440305001X",
        Sex.MALE,
        "13900000001",
        date(1944, 3, 5),
        38.3045,
    )


@pytest.mark.parametrize("since_1904", [False, True])
def test_a_workbooks_days_and_hours_are_those_of_its_own_calendar(since_1904: bool) -> None:
    def change(book: Workbook) -> None:
        if since_1904:
            book.epoch = CALENDAR_MAC_1904

    cells = [date(1944, 3, 5), datetime(2026, 12, 1, 9, 30, tzinfo=UTC).replace(tzinfo=None), time(8, 30), timedelta(1)]
    grid = tables.read(workbook(change, 表=[["日", "时", "刻", "长"], cells]))
    assert grid.sheets[0].lines[1].cells == ["1944-03-05", "2026-12-01 09:30", "08:30", "24:00"]


def test_a_number_is_what_the_spreadsheet_shows_of_it() -> None:
    def change(book: Workbook) -> None:
        book["表"]["A2"].number_format = "0%"

    grid = tables.read(workbook(change, 表=[["份额"], [0.2], [0.1 + 0.2], [12.300000000000001], [1e-7], [True]]))
    assert [line.cells for line in grid.sheets[0].lines[1:]] == [["20%"], ["0.3"], ["12.3"], ["0.0000001"], ["1"]]


@pytest.mark.parametrize(
    ("header", "datum", "minutes"),
    [
        (["纬度(GCJ-02)", "经度（GCJ02坐标）", "时长（小时）"], Datum.GCJ02, 90),
        (["百度纬度", "经度", "时长小时"], Datum.BD09, 90),
        (["纬度【WGS84】", "经度[高德]", "时长(分钟)"], None, None),
        (["纬度(北京54)", "经度", "时长"], None, None),
        (["纬度", "经度", "时长(天)"], None, None),
        (["纬度(必填)", "经度（小数）", "时长（单位：小时）"], Datum.WGS84, 90),
        (["纬度(CGCS2000)", "经度", "时长（以小时计）"], Datum.WGS84, 90),
    ],
)
def test_what_a_header_says_of_its_values_is_honoured_or_refused(
    header: list[str], datum: Datum | None, minutes: int | None
) -> None:
    sheet = typed(text(["姓名", "身份证号", *header], [*ROW[:2], "38.3", "116.8", "1.5"]))
    if datum is None:
        assert "table.other_unit" in {code for _, code in codes(sheet)}
        return
    assert sheet.faults == []
    assert (sheet.rows[0]["datum"], sheet.rows[0]["minutes"]) == (datum, minutes)


def test_a_datum_that_nobody_names_is_told_and_one_that_contradicts_is_refused() -> None:
    assert [notice.code for notice in typed(text(HEADER, ROW)).notices] == ["notice.assumed"]
    assert typed(text([*HEADER, "坐标系"], [*ROW, "GCJ-02"])).notices == []
    assert [notice.code for notice in typed(text([*HEADER, "坐标系"], [*ROW, ""])).notices] == ["notice.assumed"]
    header = [*HEADER[:5], "纬度(GCJ-02)", "经度", "坐标系"]
    assert codes(typed(text(header, [*ROW, "百度"]))) == [(2, "table.other_unit")]
    assert typed(text(header, [*ROW, ""])).rows[0]["datum"] is Datum.GCJ02


def test_sheets_without_the_header_and_hidden_ones_are_named_and_empty_ones_are_not() -> None:
    def change(book: Workbook) -> None:
        book["旧表"].sheet_state = "hidden"

    content = workbook(change, 填表说明=[["如实填写"], ["不得漏项"]], 表=[HEADER, ROW], 空=[], 旧表=[HEADER, ROW])
    sheet = typed(content)
    assert (len(sheet.rows), sheet.faults) == (1, [])
    assert noticed(sheet) == [
        ("旧表", 0, "notice.hidden_sheet"),
        ("填表说明", 0, "notice.sheet_without_header"),
    ]


def test_a_fault_names_its_sheet_and_a_duplicate_the_sheet_of_the_first() -> None:
    sheet = typed(workbook(甲=[HEADER, ROW], 乙=[HEADER, [*ROW[:5], "三十八", ROW[6]]]))
    sheet.no_duplicates("name")
    outcome = sheet.outcome(2)
    assert [(fault.sheet, fault.row, fault.code) for fault in outcome.faults] == [
        ("乙", 2, "cell.not_a_number"),
        ("乙", 2, "table.duplicate"),
    ]
    assert outcome.faults[0].sentence("zh").startswith("工作表「乙」第 2 行「纬度」")
    assert outcome.faults[0].sentence("en").startswith("sheet “乙” row 2, “纬度”")
    assert outcome.faults[1].parameters == {"row": "甲!2"}


def test_a_header_of_two_levels_is_one_header() -> None:
    def change(book: Workbook) -> None:
        for letter in "ABCDF":
            book["表"].merge_cells(f"{letter}1:{letter}2")

    upper = [*HEADER[:4], None, "纬度", "经度"]
    lower = [None, None, None, None, "出生日期", None, "经度"]
    sheet = typed(workbook(change, 表=[upper, lower, ROW]))
    assert (sheet.faults, [row.number for row in sheet.rows]) == ([], [3])
    assert sheet.rows[0]["born_on"] == date(1944, 3, 5)


@pytest.mark.parametrize("area", ["D2:D3", "F2:F3", "F3:G3"])
def test_a_merged_cell_that_is_used_is_called_merged(area: str) -> None:
    def change(book: Workbook) -> None:
        book["表"].merge_cells(area)

    sheet = typed(workbook(change, 表=[HEADER, ROW, ["试老2", *ROW[1:]]]))
    assert codes(sheet) == [(3, "cell.merged")]


def test_totals_signatures_and_repeated_headers_are_left_out_and_named() -> None:
    rows = [
        HEADER,
        ROW,
        HEADER,
        ROW,
        ["小计", "2人"],
        ["合 计："],
        ["填表人：试甲", "", "", "审核人：试乙"],
        ["备注：无"],
    ]
    sheet = typed(text(*rows))
    assert ([row.number for row in sheet.rows], sheet.left_out, sheet.faults) == ([2, 4], 5, [])
    assert [row for _, row, _ in noticed(sheet)] == [3, 5, 6, 7, 8]
    whole = ["合计", *ROW[1:]]  # somebody may be called that
    assert [row["name"] for row in typed(text(HEADER, whole)).rows] == ["合计"]


@pytest.mark.parametrize("word", ["无", "／", "/", "-", "—", "N/A", "暂无", "NULL"])
def test_a_word_for_nothing_is_blank_where_a_cell_may_be(word: str) -> None:
    assert typed(text(HEADER, [*ROW[:3], word, word, *ROW[5:]])).rows[0]["phone"] is None
    assert codes(typed(text(HEADER, [word, *ROW[1:]]))) == [(2, "cell.blank")]
    assert readers.yes_no("无") is False


def test_a_column_that_nobody_uses_may_hold_anything_and_is_named() -> None:
    header, row = ["序号", *HEADER, ""], ["=ROW()-1", *ROW, "侧记"]
    sheet = typed(workbook(表=[header, row]))
    assert (sheet.faults, sheet.ignored) == ([], ["序号", "（I）"])
    assert codes(typed(workbook(表=[HEADER, [*ROW[:5], "=38.3", ROW[6]]]))) == [(2, "table.formula")]


def _zip(**parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><body><table><tr><td>x</td></tr></table>", "HTML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "XML Spreadsheet"),
        ("<html>".encode("utf-16"), "HTML"),
        (b"MIME-Version: 1.0\r\n<html>", "MHTML"),
        (b"%PDF-1.4", "PDF"),
        (b"{\\rtf1", "RTF"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"\x1f\x8b\x08", "gzip"),
        (_zip(**{"word/document.xml": "x"}), ".docx"),
        (_zip(**{"mimetype": "x", "content.xml": "x"}), ".ods"),
        (_zip(**{"xl/workbook.bin": "x"}), ".xlsb"),
        (_zip(**{"名册.xlsx": "x"}), "ZIP"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(content: bytes, kind: str) -> None:
    (fault,) = tables.read(content).faults
    assert fault.code == "table.other_format"
    assert kind in fault.sentence("zh")


def test_a_strict_workbook_is_read_and_a_tightly_packed_one_is_not_opened() -> None:
    content, strict = workbook(表=[HEADER, ROW]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(strict, "w") as packed:
        for name in source.namelist():
            part = source.read(name)
            if not name.startswith(("[", "_rels")):
                for old, new in ((SHEET_MAIN_NS, "spreadsheetml/main"), (REL_NS, "officeDocument/relationships")):
                    part = part.replace(old.encode(), f"{ISO}/ooxml/{new}".encode())
            packed.writestr(name, part)
    assert typed(strict.getvalue()).faults == []


def test_entities_in_another_encoding_are_not_opened_either() -> None:
    evil = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(表=[HEADER]))) as source, zipfile.ZipFile(evil, "w") as packed:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                part = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'.encode(
                    "utf-16"
                )
            packed.writestr(name, part)
    assert [fault.code for fault in tables.read(evil.getvalue()).faults] == ["table.broken_workbook"]
