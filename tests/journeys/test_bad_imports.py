"""Bad lists from other offices: everything wrong is named with its row and reason, and nothing is taken in."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from dispatch import imports
from dispatch.enrolment.model import Enrolment
from events.work import Works
from kit import tables
from kit.actor import Actor, Role
from kit.columns import Outcome
from kit.identifiers import compose_resident_id, compose_uscc
from providers.catalogue.operations import ship_catalogue
from providers.roster import queries as roster
from providers.roster.model import Company, CompanyState, Worker
from registry import operations, queries
from registry.model import Division, Person

DIVISIONS = Path(__file__).parents[2] / "registry" / "data" / "yunhe-divisions.csv"
HEADER = [
    "姓名", "身份证号", "性别", "出生日期", "联系电话", "家属电话", "住址", "所属社区", "纬度", "经度", "人员类别",
    "能力等级", "健康备注",
]  # fmt: skip


def id_no(sequence: int, born_on: date = date(1945, 3, 4)) -> str:
    return compose_resident_id(area="130999", born_on=born_on, sequence=sequence)


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


def csv_bytes(header: list[str], rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return text.getvalue().encode(encoding)


async def take(works: Works, kind: str, content: bytes, **more: Any) -> Outcome:
    actor = Actor(role=Role.MANAGER, label="主管")
    return await imports.run(works, actor, kind=kind, grid=tables.read(content), **more)


async def counted(works: Works, *nouns: type[Any]) -> list[int]:
    async with works(Actor(role=Role.MANAGER, label="数")) as work:
        return [(await work.session.execute(select(func.count()).select_from(noun))).scalar_one() for noun in nouns]


@pytest.fixture
async def district(works: Works) -> None:
    """Give a district with its divisions, its catalogue, one living elder and one who has died."""
    assert (await take(works, "divisions", DIVISIONS.read_bytes())).faults == []
    async with works(Actor(role=Role.MANAGER, label="一")) as work:
        await ship_catalogue(work)
        for sequence in (901, 902):
            await operations.register_person(
                work, name="在册", id_no=id_no(sequence), phone=None, address="某处", division_code="130903001007",
                latitude=38.3, longitude=116.8,
            )  # fmt: skip
        dead = await queries.person_by_id_no(work, id_no(902))
        assert dead is not None
        await operations.report_death(work, person_id=dead.id, died_on=date(2026, 2, 1), source="殡葬")
    async with works(Actor(role=Role.MANAGER, label="二")) as work:
        await operations.confirm_death(work, person_id=dead.id)


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


async def test_thirty_six_planted_faults_are_all_named_and_nothing_is_taken(works: Works, district: None) -> None:
    content, expected = faulty_people()
    assert sum(map(len, expected.values())) == 36
    before = await counted(works, Person, Enrolment)
    outcome = await take(works, "people", content)
    found: dict[int, set[str]] = {}
    for fault in outcome.faults:
        found.setdefault(fault.row, set()).add(fault.code)
        for language in ("zh", "en"):
            said = fault.sentence(language)
            assert str(fault.row) in said
            assert "{" not in said
            assert len(said) < 200
    assert found == expected
    assert outcome.written == 0
    assert [fault.row for fault in outcome.faults] == sorted(fault.row for fault in outcome.faults)
    assert await counted(works, Person, Enrolment) == before


async def test_no_fault_repeats_what_is_personal(works: Works, district: None) -> None:
    content, _ = faulty_people()
    outcome = await take(works, "people", content)
    said = "\n".join(fault.sentence() for fault in outcome.faults)
    assert "130999" not in said
    assert "1370000" not in said
    assert "老人" not in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
async def test_a_sound_list_is_taken_in_whatever_encoding(works: Works, district: None, encoding: str) -> None:
    content = csv_bytes(HEADER, [person(number) for number in range(1, 21)], encoding)
    rehearsed = await take(works, "people", content, dry_run=True)
    assert (rehearsed.faults, rehearsed.written) == ([], 20)
    assert await counted(works, Person) == [2]
    outcome = await take(works, "people", content)
    assert (outcome.rows, outcome.written, outcome.ignored) == (20, 20, [])
    assert await counted(works, Person, Enrolment) == [22, 20]
    again = await take(works, "people", content)
    assert {fault.code for fault in again.faults} == {"person.taken"}
    assert len(again.faults) == 20
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


async def test_a_workbook_is_read_as_it_shows_and_its_formulas_are_named(works: Works, district: None) -> None:
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


async def test_missing_and_doubled_columns_are_named_in_the_header(works: Works, district: None) -> None:
    header = [title for title in HEADER if title != "住址"]
    rows = [[cell for cell, title in zip(person(1), HEADER, strict=True) if title != "住址"]]
    header[header.index("健康备注")] = "性别*"
    outcome = await take(works, "people", csv_bytes(header, rows))
    assert {(fault.row, fault.column, fault.code) for fault in outcome.faults if fault.row == 1} == {
        (1, "住址", "table.missing_column"),
        (1, "性别*", "table.double_column"),
    }


async def test_other_words_for_a_column_are_mapped_by_whoever_imports(works: Works, district: None) -> None:
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
async def test_a_file_that_is_no_list_is_refused_as_a_whole(
    works: Works, district: None, content: bytes, code: str
) -> None:
    outcome = await take(works, "people", content)
    assert code in {fault.code for fault in outcome.faults if fault.row == 0}
    assert outcome.written == 0


COMPANY = [
    "统一社会信用代码", "企业名称", "等级", "医疗许可证号", "许可有效期至", "合同开始", "合同结束", "月产能",
    "份额", "服务项目", "服务区划",
]  # fmt: skip


def company(sequence: int, **cells: str) -> list[str]:
    row = {
        "统一社会信用代码": compose_uscc(area="130999", sequence=sequence),
        "企业名称": f"企业{sequence}",
        "等级": "A",
        "医疗许可证号": "",
        "许可有效期至": "",
        "合同开始": "2026-01-01",
        "合同结束": "2027-01-01",
        "月产能": "500",
        "份额": "20%",
        "服务项目": "A01、B01、B03",
        "服务区划": "130903001；130903100",
    }
    return list((row | cells).values())


async def test_companies_and_their_contracts_come_in_or_are_named(works: Works, district: None) -> None:
    good = [company(1), company(2, 服务项目="全部", 医疗许可证号="X-1", 许可有效期至="2027-01-01")]
    outcome = await take(works, "providers", csv_bytes(COMPANY, good, "gbk"))
    assert (outcome.faults, outcome.written) == ([], 2)
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        one, two = await roster.contracts(work, on=date(2026, 3, 2))
        assert (one.covers("B03", "130903100201"), one.share_target, one.monthly_capacity) == (True, 0.2, 500)
        assert two.covers("D03", "130903001007")
        assert [row.state for row in await roster.companies(work)] == [CompanyState.ACTIVE] * 2
    bad_code = compose_uscc(area="130999", sequence=9)
    bad_code = bad_code[:17] + ("0" if bad_code[17] != "0" else "1")
    planted = {
        2: (company(1), "company.taken"),
        3: (company(3, 统一社会信用代码=bad_code), "uscc.checksum"),
        4: (company(3, 统一社会信用代码="123"), "uscc.shape"),
        5: (company(4, 合同结束="2025-01-01"), "contract.nonsense"),
        6: (company(5, 月产能="-5"), "cell.out_of_bounds"),
        7: (company(6, 份额="120%"), "cell.out_of_bounds"),
        8: (company(7, 服务项目="A01、Z99"), "item.unknown"),
        9: (company(8, 服务项目="D03"), "contract.unlicensed"),
        10: (company(10, 医疗许可证号="X", 许可有效期至="2025-12-31"), "certificate.expired"),
        11: (company(11, 服务区划="运河"), "division_code.shape"),
        12: (company(12, 等级="E"), "cell.not_a_choice"),
        13: (company(12), "table.duplicate"),
        14: (company(13, 服务项目=""), "cell.blank"),
    }
    outcome = await take(works, "providers", csv_bytes(COMPANY, [row for row, _ in planted.values()]))
    assert {(fault.row, fault.code) for fault in outcome.faults} == {(n, code) for n, (_, code) in planted.items()}
    assert await counted(works, Company) == [2]


WORKER = [
    "企业信用代码",
    "姓名",
    "身份证号",
    "性别",
    "电话",
    "纬度",
    "经度",
    "交通方式",
    "日工时上限（分钟）",
    "证书",
    "班次",
]


def worker(sequence: int, **cells: str) -> list[str]:
    row = {
        "企业信用代码": compose_uscc(area="130999", sequence=1),
        "姓名": f"员工{sequence}",
        "身份证号": id_no(sequence, date(1985, 1, 1)),
        "性别": "",
        "电话": f"1360000{sequence:04d}",
        "纬度": "38.3",
        "经度": "116.8",
        "交通方式": "电动车",
        "日工时上限": "480",
        "证书": f"护理员 H-{sequence} 2025-01-01 2027-01-01；S0 J-{sequence} 2025.1.1 2026年12月31日",
        "班次": "周一至周五 08:00-17:00 休12:00-13:00；周六 22:00-次日06:00",
    }
    return list((row | cells).values())


async def test_workers_come_in_with_papers_and_hours_or_are_named(works: Works, district: None) -> None:
    assert not (await take(works, "providers", csv_bytes(COMPANY, [company(1)]))).faults
    outcome = await take(works, "workers", csv_bytes(WORKER, [worker(1), worker(2)]))
    assert (outcome.faults, outcome.written) == ([], 2)
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        first, _ = await roster.workers(work, provider_id=(await roster.companies(work))[0].id)
        assert await roster.skills_of(work, first.id, on=date(2026, 3, 2)) == {"S0", "S1"}
        weekdays, saturday = sorted(await roster.shifts_of(work, first.id), key=lambda shift: shift.from_minute)
        assert (weekdays.weekdays, weekdays.break_from, weekdays.break_to) == (0b0011111, 720, 780)
        assert (saturday.weekdays, saturday.from_minute, saturday.to_minute) == (0b0100000, 1320, 1800)
    planted = {
        2: (worker(1, 证书=""), "worker.taken"),
        3: (worker(3, 企业信用代码=compose_uscc(area="130999", sequence=7)), "company.missing"),
        4: (worker(5, 性别="女"), "worker.sex_contradicts"),
        5: (worker(7, 证书="护理员 H-7 2024-01-01 2025-12-31"), "certificate.expired"),
        6: (worker(9, 证书="飞行员 H-9 2025-01-01 2027-01-01"), "skill.unknown"),
        7: (worker(11, 证书="护理员 H-11"), "certificate.unreadable"),
        8: (worker(13, 证书="护理员 H-1 2025-01-01 2027-01-01"), "certificate.taken"),
        9: (worker(15, 班次="周一至周五 08:00-17:00；周三 16:00-20:00"), "shift.overlaps"),
        10: (worker(17, 班次="周一至周五 08:00-25:30"), "cell.impossible_time"),
        11: (worker(19, 班次="天天上班"), "shift.unreadable"),
        12: (worker(21, 班次="周一 08:00-12:00 休07:00-07:30"), "shift.nonsense"),
        13: (worker(23, 日工时上限="-480"), "cell.out_of_bounds"),
        14: (worker(25, 纬度="116.8", 经度="38.3"), "place.swapped"),
        15: (worker(27, 交通方式="飞机"), "cell.not_a_choice"),
    }
    outcome = await take(works, "workers", csv_bytes(WORKER, [row for row, _ in planted.values()]))
    assert {(fault.row, fault.code) for fault in outcome.faults} == {(n, code) for n, (_, code) in planted.items()}
    assert await counted(works, Worker) == [2]


async def test_the_catalogue_takes_new_items_and_later_prices(works: Works, district: None) -> None:
    header = ["项目编码", "类别", "项目名称", "单位", "标准时长", "技能", "单价(元)", "服务时段", "生效日期"]
    new = ["B09", "生活照料", "擦窗", "次", "60", "普通", "35.50", "08:00-18:00", ""]
    later = ["A01", "A", "午餐配送", "份", "10", "S0", "16", "", "2026-06-01"]
    assert (await take(works, "catalogue", csv_bytes(header, [new, later]))).written == 2
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        from providers.catalogue import queries as catalogue

        assert await catalogue.price(work, "B09", date(2026, 3, 2)) == 3550
        assert await catalogue.price(work, "A01", date(2026, 5, 31)) == 1500
        assert await catalogue.price(work, "A01", date(2026, 6, 1)) == 1600
    bad = [
        ["A01", "A", "x", "份", "10", "S0", "16", "", ""],
        ["B10", "F", "x", "份", "10", "S0", "16", "", ""],
        ["B11", "A", "x", "份", "0", "S0", "16", "", ""],
        ["B12", "A", "x", "份", "10", "S9", "16", "", ""],
        ["B13", "A", "x", "份", "10", "S0", "-16", "", ""],
        ["B14", "A", "x", "份", "10", "S0", "16.005", "", ""],
        ["B15", "A", "x", "份", "10", "S0", "16", "18:00-08:00", ""],
        ["B15", "A", "x", "份", "10", "S0", "16", "", "2026-13-01"],
    ]
    outcome = await take(works, "catalogue", csv_bytes(header, bad))
    assert [(fault.row, fault.code) for fault in outcome.faults] == [
        (2, "item.taken"), (3, "cell.not_a_choice"), (4, "cell.out_of_bounds"), (5, "skill.unknown"),
        (6, "cell.out_of_bounds"), (7, "money.not_an_amount"), (8, "cell.impossible_time"),
        (9, "cell.impossible_date"), (9, "table.duplicate"),
    ]  # fmt: skip


async def test_divisions_without_a_parent_or_twice_are_named(works: Works, district: None) -> None:
    header = ["代码", "名称", "级别", "上级"]
    rows = [
        ["130903001", "又一个街道", "街道", "130903"],
        ["130903777001", "孤社区", "社区", "130903777"],
        ["130903888", "新镇", "镇", "130903"],
        ["130903888", "新镇", "镇", "130903"],
        ["13090388800", "短码", "村", "130903888"],
        ["130903889", "新州", "州", "130903"],
    ]
    outcome = await take(works, "divisions", csv_bytes(header, rows))
    assert [(fault.row, fault.code) for fault in outcome.faults] == [
        (2, "division.taken"), (3, "division.parent"), (5, "table.duplicate"), (6, "division_code.shape"),
        (7, "cell.not_a_choice"),
    ]  # fmt: skip
    assert await counted(works, Division) == [151]
