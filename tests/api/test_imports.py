"""Lists over HTTP: the same faults as by the command, nothing half-written, and never more than a list may be."""

import io
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.imports import LARGEST_LIST
from bootstrap import imports
from dispatch.enrolment.model import Enrolment
from events.work import Works
from kit.access.actor import SYSTEM
from kit.imports import tables
from processes.rooms import ROOMS
from registry import queries
from registry.model import Person
from tests.journeys.lists import DIVISIONS, counted, csv_bytes, found_district, id_no
from tests.journeys.test_bad_company_lists import COMPANY, WORKER, company, worker
from tests.journeys.test_bad_imports import HEADER, faulty_people, person
from tests.journeys.test_bad_request_lists import HEADER as REQUEST
from tests.journeys.test_bad_request_lists import request

KINDS = imports.kinds(ROOMS)
CASES = Path(__file__).parents[1] / "journeys" / "cases"
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]
GOOD = csv_bytes(HEADER, [person(number) for number in range(1, 6)])


async def bring(client: httpx.AsyncClient, kind: str, content: bytes, **params: Any) -> httpx.Response:
    return await client.post(f"/imports/{kind}", content=content, params=params, headers={"Content-Type": "text/csv"})


def counts(report: dict[str, Any]) -> list[int]:
    return [report[name] for name in ("rows", "written", "would_write", "known", "unchanged", "left_out")]


async def test_a_list_is_tried_brought_and_known_the_second_time(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager = await sign_in("manager")
    rehearsed = await bring(manager, "people", GOOD, dry_run=True)
    assert (rehearsed.status_code, counts(rehearsed.json())) == (200, [5, 0, 5, 0, 0, 0])
    assert await counted(works, Person, Enrolment) == [2, 0]
    taken = await bring(manager, "people", GOOD)
    assert (taken.status_code, counts(taken.json()), taken.json()["faults"]) == (200, [5, 5, 0, 0, 0, 0], [])
    assert await counted(works, Person, Enrolment) == [7, 5]
    again = await bring(manager, "people", GOOD)
    assert (again.status_code, counts(again.json())) == (200, [5, 0, 0, 5, 0, 0])
    moved = csv_bytes(HEADER, [person(1, 住址="别处1号"), person(2)])
    refused = (await bring(manager, "people", moved)).json()["report"]
    assert [(fault["row"], fault["code"]) for fault in refused["faults"]] == [(2, "person.taken")]
    assert [(notice["row"], notice["column"]) for notice in refused["notices"] if notice["row"]] == [(2, "住址")]


async def test_the_faults_are_those_of_the_command_and_nothing_is_written(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager = await sign_in("manager")
    content, expected = faulty_people()
    content = content.replace(("痛" * 3_500_000).encode(), ("痛" * 20_000).encode())
    refused = await bring(manager, "people", content)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json()["code"] == "list.refused"
    report = refused.json()["report"]
    by_row: dict[int, set[str]] = {}
    for fault in report["faults"]:
        by_row.setdefault(fault["row"], set()).add(fault["code"])
    assert by_row == expected
    outcome = await imports.run(works, SYSTEM("import"), kind=KINDS["people"], grid=tables.read(content))
    assert outcome.report(dry_run=False) == report
    assert await counted(works, Person, Enrolment) == [2, 0]
    rehearsed = await bring(manager, "people", content, dry_run=True)
    assert (rehearsed.status_code, rehearsed.json()["faults"]) == (200, report["faults"])


ITEM = ["项目编码", "类别", "项目名称", "单位", "标准时长", "技能", "单价"]
HOUSEHOLD = ["户号", "户所在区划", "与户主关系", "姓名", "身份证号", "住址", "所属社区", "纬度", "经度"]
ACT = ["原区划代码", "新区划代码", "新名称", "类型", "生效日期", "批准文件"]
DISTRICT = {
    "divisions": DIVISIONS.read_bytes(),
    "catalogue": csv_bytes(ITEM, [["B01", "B", "居室保洁", "小时", "60", "S0", "30.00"]]),
    "providers": csv_bytes(COMPANY, [company(1, 服务项目="B01")]),
    "workers": csv_bytes(WORKER, [worker(1), worker(3)]),
    "people": GOOD,
    "households": csv_bytes(
        HOUSEHOLD,
        [
            ["H-1", "大化社区", relation, f"家人{number}", id_no(number), "某小区7号", "大化社区", "38.31", "116.84"]
            for number, relation in ((71, "户主"), (72, "配偶"))
        ],
    ),
    "requests": csv_bytes(REQUEST, [request(1, 来源编号="K-1"), request(2, 来源编号="K-2")]),
    "division_changes": csv_bytes(
        ACT, [["130903001007", "130903001099", "大化新社区", "社区", "2026-03-02", "冀民〔2026〕1号"]]
    ),
}
"""A list of each kind, in the order in which a new district brings them."""


async def test_a_district_is_brought_in_by_its_lists_and_each_is_known_the_second_time(sign_in: SignIn) -> None:
    manager = await sign_in("manager")
    assert DISTRICT.keys() == KINDS.keys()
    for kind, content in DISTRICT.items():
        first, again = [await bring(manager, kind, content) for _ in range(2)]
        assert (first.status_code, again.status_code) == (200, 200), (kind, first.text, again.text)
        assert first.json()["written"] == first.json()["rows"] > 0, kind
        assert again.json()["written"] == 0, kind
    outdated = (await bring(manager, "divisions", DISTRICT["divisions"])).json()["report"]
    assert [fault["code"] for fault in outdated["faults"]] == ["division.taken"], "a code that an act has replaced"


async def test_a_form_with_a_file_and_a_workbook_as_it_is_are_taken(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager = await sign_in("manager")
    content = (CASES / "04-a-sheet-per-community" / "people.xlsx").read_bytes()
    answer = await manager.post("/imports/people", files={"file": ("people.xlsx", content)})
    assert (answer.status_code, counts(answer.json())) == (200, [4, 4, 0, 0, 0, 0])
    raw = await manager.post("/imports/people", content=content)
    assert (raw.status_code, counts(raw.json())) == (200, [4, 0, 0, 4, 0, 0])
    for form in ({}, {"list": ("x.csv", GOOD)}):
        missing = await manager.post("/imports/people", files=form or None, data={"file": "x"} if form else None)
        assert missing.status_code == 422, missing.text
    broken = await manager.post(
        "/imports/people", content=b"no part", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code in {400, 422}


async def test_a_header_is_named_by_whoever_brings_the_list(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager = await sign_in("manager")
    content = (CASES / "08-two-columns-one-meaning" / "two-phones.csv").read_bytes()
    assert (await bring(manager, "people", content)).status_code == 422
    chosen = await bring(manager, "people", content, column="phone=手机号")
    assert (chosen.status_code, chosen.json()["unused_columns"]) == (200, ["联系电话"])
    invalid = await bring(manager, "people", content, column="phone")
    assert (invalid.status_code, invalid.json()["code"]) == (422, "list.column_invalid")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table.empty"),
        (b"%PDF-1.7", "table.other_format"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "table.old_excel"),
        (b"PK\x03\x04" + bytes(600), "table.broken_workbook"),
    ],
)
async def test_what_is_no_list_is_refused_by_name(works: Works, sign_in: SignIn, content: bytes, code: str) -> None:
    await found_district(works)
    answer = await bring(await sign_in("manager"), "people", content)
    assert answer.status_code == 422
    assert code in {fault["code"] for fault in answer.json()["report"]["faults"]}


async def test_a_bomb_is_not_opened_and_too_much_is_not_read(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager, bomb = await sign_in("manager"), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * 50_000_000)
    answer = await bring(manager, "people", bomb.getvalue())
    assert [fault["code"] for fault in answer.json()["report"]["faults"]] == ["table.packed_too_tight"]
    assert (await bring(manager, "people", b"x" * (LARGEST_LIST + 1))).status_code == 413
    large = await manager.post("/people", content=b"x" * 1_000_001)
    assert large.status_code == 413  # that much is for lists alone


async def test_the_kinds_are_listed_and_each_may_be_brought_by_whom_the_policy_says(
    works: Works, sign_in: SignIn
) -> None:
    await found_district(works)
    manager, operator, finance = [await sign_in(role) for role in ("manager", "operator", "finance")]
    kinds = {entry["name"]: entry for entry in (await manager.get("/imports")).json()["items"]}
    assert kinds.keys() == KINDS.keys()
    assert all(entry["may"] for entry in kinds.values())
    phone = next(column for column in kinds["people"]["columns"] if column["name"] == "phone")
    assert (phone["titles"][0], phone["required"]) == ("联系电话", False)
    may = {entry["name"] for entry in (await operator.get("/imports")).json()["items"] if entry["may"]}
    assert may == {"requests"}
    assert (await finance.get("/imports")).status_code == 403
    for kind in KINDS:
        answer = await bring(operator, kind, b"", dry_run=True)
        assert answer.status_code == (200 if kind in may else 403), kind
    assert (await bring(manager, "persons", GOOD)).status_code == 404


async def test_a_key_answers_the_same_and_acts_once(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager = await sign_in("manager")
    headers = {"Idempotency-Key": "list-of-march", "Content-Type": "text/csv"}
    first, again = [await manager.post("/imports/people", content=GOOD, headers=headers) for _ in range(2)]
    assert counts(first.json()) == counts(again.json()) == [5, 5, 0, 0, 0, 0]
    assert await counted(works, Person) == [7]


async def test_marks_that_nobody_sees_fall_away_from_forms_and_questions(works: Works, sign_in: SignIn) -> None:
    await found_district(works)
    manager = await sign_in("manager")
    assert (await bring(manager, "people", GOOD)).status_code == 200
    async with works(SYSTEM("test")) as work:
        (caller,) = await queries.people_by_phone(work, "13700000001")
    path = f"/people/{caller.person_id}/contacts"
    answer = await manager.put(path, json={"phone": "\u202d200 0811\u202c", "contacts": []})
    assert answer.status_code == 204, answer.text
    for typed in ("2000811", "\u202d0317-2000811\u202c", "86-317-2000811"):
        callers = (await manager.get("/people/callers", params={"phone": typed})).json()["items"]
        assert [row["person_id"] for row in callers] == [str(caller.person_id)], typed
