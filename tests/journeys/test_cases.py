"""Lists as people of this trade brought them: each of them by the command `import`, with its right value."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import typer

from dispatch.enrolment.model import Enrolment
from dispatch.requests.model import CareRequest
from events.work import Works
from kit import geo
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.geo import Point
from kit.imports import tables
from processes.commands import import_lists
from providers.catalogue import queries as catalogue
from providers.catalogue.model import Item
from providers.roster.model import Worker
from registry import queries
from registry.model import Person
from tests.journeys.lists import counted, csv_bytes, found_district, take

CASES = Path(__file__).with_name("cases")
ELDER, OTHER = "130999194109122131", "130999195001203356"
Import = Callable[..., dict[str, Any]]


@pytest_asyncio.fixture
async def importing(works: Works, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give the command `import` on the test's database, in this process, as a program would call it."""
    await found_district(works)

    async def by_command(kind: str, file: Path | str, *, column: list[str] | None = None, dry_run: bool = False) -> Any:
        list_kind, grid = import_lists.kind_of_list(kind), import_lists.read(CASES / file)
        outcome = await import_lists.bring(works, list_kind, grid, import_lists.mapping_of(column), dry_run=dry_run)
        code = 0
        try:
            import_lists.show(outcome, dry_run=dry_run, as_json=True)
        except typer.Exit as end:
            code = end.exit_code
        report = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert code == (1 if report["faults"] else 0)
        return report

    return by_command


def codes(report: dict[str, Any]) -> list[tuple[int, str]]:
    return [(fault["row"], fault["code"]) for fault in report["faults"]]


def noticed(report: dict[str, Any]) -> set[str]:
    return {notice["code"] for notice in report["notices"]}


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["written"], report["known"], report["unchanged"], report["left_out"]


@pytest.mark.parametrize("file", ["02-title-row/people.csv", "02-title-row/people.xlsx"])
async def test_the_header_stands_below_a_title(works: Works, importing: Any, file: str) -> None:
    assert (await importing("people", file))["faults"] == []
    assert await counted(works, Person, Enrolment) == [3, 1]


async def test_a_fault_below_a_title_is_numbered_as_the_spreadsheet_counts(importing: Any, tmp_path: Path) -> None:
    text = (CASES / "02-title-row/people.csv").read_text(encoding="utf-8").replace("大化社区", "桃花源社区")
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    assert codes(await importing("people", tmp_path / "people.csv")) == [(3, "division.unknown")]


async def test_a_formula_in_a_column_that_nobody_uses_is_nobodys_fault(importing: Any) -> None:
    report = await importing("people", "03-formula-in-unused-column/people.xlsx")
    assert (counts(report), report["faults"], report["unused_columns"]) == ((2, 0, 0, 0), [], ["序号", "年龄"])


async def test_every_sheet_with_the_header_is_read(works: Works, importing: Any) -> None:
    report = await importing("people", "04-a-sheet-per-community/people.xlsx")
    assert (report["rows"], counts(report), report["faults"]) == (4, (4, 0, 0, 0), [])
    again = await importing("people", "04-a-sheet-per-community/people.xlsx")
    assert (again["rows"], counts(again), again["faults"]) == (4, (0, 4, 0, 0), [])
    assert await counted(works, Person) == [6]


async def test_a_workbook_with_a_password_is_called_that(importing: Any) -> None:
    assert codes(await importing("people", "06-encrypted-xlsx/people.xlsx")) == [(0, "table.password")]
    assert counts(await importing("people", "06-encrypted-xlsx/plain.xlsx")) == (1, 0, 0, 0)


async def test_marks_that_nobody_sees_fall_away(works: Works, importing: Any) -> None:
    report = await importing("people", "07-invisible-direction-marks/people.csv")
    assert (counts(report), report["faults"]) == ((4, 0, 0, 0), [])
    assert counts(await importing("people", "07-invisible-direction-marks/name-only.csv"))[:2] == (0, 0)
    async with works(SYSTEM("test")) as work:
        (first,) = await queries.people_by_phone(work, "\u202d13900000001\u202c")
        (fourth,) = await queries.people_by_phone(work, "13900000004")
        assert (first.name, fourth.name) == ("试老1", "试老四")


@pytest.mark.parametrize(
    ("file", "first", "second", "column", "value"),
    [
        ("people.csv", "健康状况", "备注", "health_note", "高血压"),
        ("two-phones.csv", "联系电话", "手机号", "phone", None),
        ("code-and-name.csv", "所属社区", "区划代码", "division", None),
    ],
)
async def test_of_two_columns_with_one_meaning_a_person_chooses(  # noqa: PLR0917 - five are the case's
    importing: Any, file: str, first: str, second: str, column: str, value: str | None
) -> None:
    path = f"08-two-columns-one-meaning/{file}"
    (fault,) = (await importing("people", path))["faults"]
    assert (fault["row"], fault["code"]) == (1, "table.double_column")
    assert all(word in fault["why"] and word in fault["why_en"] for word in (first, second, column))
    for chosen, other in ((first, second), (second, first)):
        report = await importing("people", path, column=[f"{column}={chosen}"], dry_run=True)
        assert (report["unused_columns"], report["written"]) == ([other], 0)
        if chosen == "区划代码":  # the made-up code names no community of the list that is shipped
            assert codes(report) == [(2, "division.unknown")]
        else:
            assert (report["faults"], report["would_write"]) == ([], report["rows"])


async def test_a_header_that_names_a_datum_or_a_unit_is_honoured(works: Works, importing: Any) -> None:
    people = await importing("people", "09-datum-in-the-header/people.csv")
    assert (counts(people), noticed(people)) == ((1, 0, 0, 0), {"notice.unit"})
    async with works(SYSTEM("test")) as work:
        (caller,) = await queries.people_by_phone(work, "13900000001")
        card = await queries.card(work, caller.person_id, "核对")
        at = Point(card.latitude or 0, card.longitude or 0)
        assert geo.metres(at, Point(38.30474, 116.83901)) < 1.5
    assert (await importing("catalogue", "09-datum-in-the-header/catalogue-units.csv"))["faults"] == []
    companies = csv_bytes(["统一社会信用代码", "企业名称"], [["91130999000000701D", "企业一"]])
    assert (await take(works, "providers", companies)).faults == []
    workers = await importing("workers", "09-datum-in-the-header/workers-units.csv")
    assert (counts(workers), noticed(workers)) == ((1, 0, 0, 0), {"notice.unit", "notice.assumed"})
    async with works(SYSTEM("test")) as work:
        item = await work.session.get_one(Item, "Z91")
        price = await catalogue.price(work, "Z91", work.now)
        (worker,) = (await work.session.execute(Worker.__table__.select())).all()
        assert (item.minutes, price, worker.max_minutes) == (60, 1500, 480)


async def test_the_districts_area_code_completes_a_landline_at_every_door(works: Works, importing: Any) -> None:
    assert (await importing("people", "10-landline-without-area-code/people.csv"))["faults"] == []
    async with works(SYSTEM("test")) as work:
        for typed in ("2000811", "0317-200 0811", "86-317-2000811", "+86 (0317) 2000811"):
            assert [caller.name for caller in await queries.people_by_phone(work, typed)] == ["试老1"]


async def test_what_is_no_single_number_says_what_it_is(works: Works, importing: Any) -> None:
    report = await importing("people", "11-extension-and-two-numbers/people.csv")
    assert codes(report) == [
        (2, "phone.extension"),
        (3, "phone.extension"),
        (4, "phone.several"),
        (7, "phone.zero_lost"),
    ]
    assert await counted(works, Person) == [2]


async def test_only_plain_amounts_are_amounts(works: Works, importing: Any) -> None:
    silent = await importing("catalogue", "16-prices-as-typed/silent.csv")
    assert codes(silent) == [(row, "money.not_an_amount") for row in range(2, 8)]
    whole = await importing("catalogue", "16-prices-as-typed/catalogue.csv")
    assert {row for row, _ in codes(whole)} == {2, 3, 4, 5, 6, 7, 9, 10, 11, 12}
    assert "Z07" not in {item for (item,) in (await _codes_of_items(works))}


async def _codes_of_items(works: Works) -> list[Any]:
    async with works(SYSTEM("test")) as work:
        return list((await work.session.execute(Item.__table__.select().with_only_columns(Item.code))).all())


async def test_hidden_and_struck_out_rows_are_read_and_counted(importing: Any) -> None:
    report = await importing("people", "22-hidden-rows-and-struck-out/people.xlsx")
    assert (counts(report), noticed(report)) == ((4, 0, 0, 0), {"notice.hidden_rows", "notice.struck_rows"})
    assert all("1" in notice["why"] for notice in report["notices"])


async def test_merged_cells_are_called_merged_and_totals_are_left_out(importing: Any) -> None:
    report = await importing("people", "23-community-merged-downwards/people.xlsx")
    assert codes(report) == [(3, "cell.merged"), (4, "cell.merged")]
    assert all("合并" in fault["why"] and "merged" in fault["why_en"] for fault in report["faults"])
    assert [(notice["row"], notice["code"]) for notice in report["notices"]] == [
        (5, "notice.summary_row"),
        (6, "notice.summary_row"),
    ]
    assert (report["rows"], counts(report)) == (3, (0, 0, 0, 2))


async def _enrolled(works: Works) -> None:
    header = ["姓名", "身份证号", "住址", "所属社区", "纬度", "经度", "人员类别", "能力等级"]
    rows = [
        [f"试老{n}", number, "某处", "大化社区", "38.3", "116.8", "低保", "2"]
        for n, number in enumerate((ELDER, OTHER))
    ]
    assert (await take(works, "people", csv_bytes(header, rows))).written == 2


async def test_a_list_of_requests_brought_twice_is_known_the_second_time(
    works: Works, importing: Any, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 11, 29, 1, tzinfo=UTC))
    await _enrolled(works)
    first = await importing("requests", "25-requests-twice/requests.csv")
    assert (first["rows"], counts(first), first["faults"]) == (12, (12, 0, 0, 0), [])
    again = await importing("requests", "25-requests-twice/requests.csv")
    assert (again["rows"], counts(again), again["faults"]) == (12, (0, 12, 0, 0), [])
    longer = await importing("requests", "25-requests-twice/again-and-one-more.csv")
    assert (longer["rows"], counts(longer)) == (13, (1, 12, 0, 0))
    assert codes(await importing("requests", "25-requests-twice/corrected-hour.csv")) == [
        (2, "request.source_key_differs")
    ]
    assert codes(await importing("requests", "25-requests-twice/another-elder-same-number.csv")) == [
        (2, "request.source_key_taken")
    ]
    night = await importing("requests", "25-requests-twice/over-midnight.csv")
    assert [row for row, _ in codes(night)] == [3]
    assert await counted(works, CareRequest) == [13]


@pytest.mark.parametrize(("file", "rows"), [("people.xlsx", 2), ("plain.xlsx", 2), ("row-after-a-gap.xlsx", 3)])
async def test_a_border_in_the_last_row_costs_nothing_and_hides_no_row(importing: Any, file: str, rows: int) -> None:
    report = await importing("people", f"28-formatted-to-the-last-row/{file}")
    assert (report["rows"], counts(report)[0], report["faults"]) == (rows, rows, [])
    # What it costs is the lines that are kept: those that hold something, not the million that a border reaches.
    (sheet,) = tables.read((CASES / "28-formatted-to-the-last-row" / file).read_bytes()).sheets
    assert len(sheet.lines) == rows + 1
