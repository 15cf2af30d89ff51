"""Bad lists of people: everything wrong is named with its row and reason, and nobody is taken in."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from dispatch.enrolment.model import Enrolment
from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from registry import queries
from registry.model import Person
from tests.journeys.lists import counted, csv_bytes, found_district, id_no, take

HEADER = [
    "姓名",
    "身份证号",
    "性别",
    "出生日期",
    "联系电话",
    "家属电话",
    "住址",
    "所属社区",
    "纬度",
    "经度",
    "人员类别",
    "能力等级",
    "健康备注",
]


def person(sequence: int, **cells: str) -> list[str]:
    row = {
        "姓名": f"老人{sequence}",
        "身份证号": id_no(sequence),
        "性别": "男" if sequence % 2 else "女",
        "出生日期": "1945-03-04",
        "联系电话": f"1370000{sequence:04d}",
        "家属电话": "",
        "住址": f"某小区{sequence}号",
        "所属社区": "大化社区",
        "纬度": "38.3100",
        "经度": "116.8400",
        "人员类别": "低保",
        "能力等级": "2",
        "健康备注": "",
    }
    return list((row | cells).values())


def faulty_people() -> tuple[bytes, dict[int, set[str]]]:
    """Write one list with a fault in every row but the first; gives the bytes and what is wrong with which row."""
    wrong_check = id_no(3)[:17] + ("0" if id_no(3)[17] != "0" else "1")
    young = {"身份证号": id_no(36, date(1990, 1, 1)), "出生日期": "1990-01-01", "性别": "女"}
    unborn = {"身份证号": id_no(23, date(2026, 12, 1)), "出生日期": "2026-12-01", "人员类别": "", "能力等级": ""}
    planted: list[tuple[list[str], str | None]] = [
        (person(1), None),
        (person(3, 身份证号=wrong_check), "resident_id.checksum"),
        (person(5, 身份证号="13099919450304"), "resident_id.shape"),
        (person(7, 身份证号="130999194502300070"), "resident_id.birth"),
        (person(1), "table.duplicate"),
        (person(901), "person.taken"),
        (person(902), "person.dead"),
        (person(9, 出生日期="1945年2月30日"), "cell.impossible_date"),
        (person(11, 纬度="116.84", 经度="38.31"), "place.swapped"),
        (person(13, 纬度="40.1215", 经度="-75.3399"), "place.not_in_china"),
        (person(15, 纬度="381.0"), "place.out_of_range"),
        (person(17, 纬度="-38.31"), "place.not_in_china"),
        (person(19, 纬度="三十八度"), "cell.not_a_number"),
        (person(21, 所属社区="130903001999"), "division.unknown"),
        (person(23, 所属社区="桃花源社区"), "division.unknown"),
        (person(25, 所属社区="13090"), "division_code.shape"),
        (person(27, 住址='=HYPERLINK("http://x")'), "table.formula"),
        (person(29, 健康备注="痛" * 3_500_000), "table.cell_too_long"),
        (person(31, 住址="某\x00处"), "table.nul"),
        (person(33, 住址="某\x07处"), "table.control_character"),
        (person(35)[:-2], "table.ragged"),
        ([*person(37), "多", "两格"], "table.ragged"),
        (person(39, 性别="女"), "person.sex_contradicts"),
        (person(41, 出生日期="1945-03-05"), "person.birth_contradicts"),
        (person(23, **unborn), "person.not_born"),
        (person(43, 联系电话="１３７００００００４３"), "cell.full_width"),
        (person(45, 联系电话="12345"), "phone.shape"),
        (person(47, 身份证号="1.30999E+17"), "table.lost_digits"),
        (person(49, 姓名=""), "cell.blank"),
        (person(51, 人员类别="贵宾"), "cell.not_a_choice"),
        (person(53, 能力等级="-1"), "cell.not_a_choice"),
        (person(55, 能力等级=""), "enrolment.import_incomplete"),
        (person(57, 姓名="长" * 61), "cell.too_long"),
        (person(36, **young), "enrolment.too_young"),
        (person(59, 性别="未知"), "cell.not_a_choice"),
        (person(61, 住址="GBK"), "table.encoding"),
    ]
    content = csv_bytes(HEADER, [row for row, _ in planted])
    content = content.replace(b",GBK,", ",沧州市运河区,".encode("gbk"))
    content += '老人,"没有收尾的引号\r\n'.encode()
    expected = {row: {code} for row, (_, code) in enumerate(planted, start=2) if code is not None}
    expected[len(planted) + 2] = {"table.quote"}
    return content, expected


async def test_thirty_six_planted_faults_are_all_named_and_nothing_is_taken(works: Works) -> None:
    await found_district(works)
    content, expected = faulty_people()
    assert sum(map(len, expected.values())) == 36
    before = await counted(works, Person, Enrolment)
    outcome = await take(works, "people", content)
    codes_by_row: dict[int, set[str]] = {}
    for fault in outcome.faults:
        codes_by_row.setdefault(fault.row, set()).add(fault.code)
        for language in ("zh", "en"):
            said = fault.sentence(language)
            assert str(fault.row) in said
            assert "{" not in said
            assert len(said) < 200
    assert codes_by_row == expected
    assert outcome.written == 0
    assert [fault.row for fault in outcome.faults] == sorted(fault.row for fault in outcome.faults)
    assert await counted(works, Person, Enrolment) == before


async def test_no_fault_repeats_what_is_personal(works: Works) -> None:
    await found_district(works)
    content, _ = faulty_people()
    outcome = await take(works, "people", content)
    said = "\n".join(fault.sentence() for fault in outcome.faults)
    assert "130999" not in said
    assert "1370000" not in said
    assert "老人" not in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
async def test_a_sound_list_is_taken_in_whatever_encoding(works: Works, encoding: str) -> None:
    await found_district(works)
    content = csv_bytes(HEADER, [person(number) for number in range(1, 21)], encoding)
    rehearsed = await take(works, "people", content, dry_run=True)
    assert (rehearsed.faults, rehearsed.written) == ([], 20)
    assert await counted(works, Person) == [2]
    outcome = await take(works, "people", content)
    assert (outcome.rows, outcome.written, outcome.ignored) == (20, 20, [])
    assert await counted(works, Person, Enrolment) == [22, 20]
    again = await take(works, "people", content)
    assert (again.rows, again.written, again.on_record, again.faults) == (20, 0, 20, [])
    async with works(Actor(role=Role.OPERATOR, label="话务")) as work:
        (caller,) = await queries.people_by_phone(work, "13700000007")
        card = await queries.card(work, caller.person_id, "核对")
        assert (card.name, card.address, card.division_code) == ("老人7", "某小区7号", "130903001007")


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


async def test_a_workbook_is_read_as_it_shows_and_its_formulas_are_named(works: Works) -> None:
    await found_district(works)
    good: list[Any] = [*person(1)]
    good[3], good[8], good[9], good[11] = date(1945, 3, 4), 38.31, 116.84, 2
    outcome = await take(works, "people", workbook([HEADER, good]), dry_run=True)
    assert (outcome.faults, outcome.written, outcome.encoding) == ([], 1, "xlsx")
    number: list[Any] = [*person(3)]
    number[1] = int(id_no(5)[:17] + "0")
    formula: list[Any] = [*person(7)]
    formula[8] = "=38+0.31"
    error: list[Any] = [*person(9)]
    error[6] = "#N/A"
    outcome = await take(works, "people", workbook([HEADER, good, number, formula, error]))
    assert {(fault.row, fault.column, fault.code) for fault in outcome.faults} == {
        (3, "身份证号", "table.lost_digits"),
        (4, "纬度", "table.formula"),
        (5, "住址", "table.error_value"),
    }
    assert await counted(works, Person) == [2]


async def test_missing_and_doubled_columns_are_named_in_the_header(works: Works) -> None:
    await found_district(works)
    header = [title for title in HEADER if title != "住址"]
    rows = [[cell for cell, title in zip(person(1), HEADER, strict=True) if title != "住址"]]
    header[header.index("健康备注")] = "性别*"
    outcome = await take(works, "people", csv_bytes(header, rows))
    assert {(fault.row, fault.column, fault.code) for fault in outcome.faults if fault.row == 1} == {
        (1, "住址", "table.missing_column"),
        (1, "性别*", "table.double_column"),
    }


async def test_other_words_for_a_column_are_mapped_by_whoever_imports(works: Works) -> None:
    await found_district(works)
    header = ["称呼" if title == "姓名" else title for title in HEADER] + ["多余的一列"]
    content = csv_bytes(header, [[*person(1), "x"]])
    assert {fault.code for fault in (await take(works, "people", content)).faults} == {"table.missing_column"}
    outcome = await take(works, "people", content, mapping={"称呼": "name"}, dry_run=True)
    assert (outcome.faults, outcome.ignored) == ([], ["多余的一列"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table.empty"),
        (b"\r\n\r\n", "table.empty"),
        ("姓名,身份证号\r\n".encode(), "table.no_rows"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "table.old_excel"),
        (b"PK\x03\x04" + bytes(600), "table.broken_workbook"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_as_a_whole(works: Works, content: bytes, code: str) -> None:
    await found_district(works)
    outcome = await take(works, "people", content)
    assert code in {fault.code for fault in outcome.faults if fault.row == 0}
    assert outcome.written == 0
