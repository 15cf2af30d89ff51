"""What the pages of the companion modules ask for: people of the own division, masked names, filters, workbooks."""

from datetime import date
from typing import Any

import httpx
import pytest_asyncio

from events.work import Works
from kit.access.scope import Section
from kit.china import identifiers
from kit.clock import FixedClock
from tests import documents
from tests.api.town import OTHER_VILLAGE, TOWN, Town

HOME = {
    "name": "=HYPERLINK(1)",
    "uscc": identifiers.compose_uscc(area="130999", sequence=1),
    "legal_form": "public_built",
    "beds": 2,
    "nursing_beds": 1,
}


@pytest_asyncio.fixture
async def town(works: Works, clock: FixedClock, client: httpx.AsyncClient) -> Town:
    made = Town(works, clock, client)
    await made.settle(Section.ELDERCARE, Section.ASSISTANCE)
    return made


async def _items(town: Town, name: str, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await town.ask(name, "GET", path))["items"]
    return items


async def _sheet(town: Town, name: str, path: str) -> list[list[Any]]:
    headers = {"Authorization": f"Bearer {town.tokens[name]}"}
    answer = await town.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    return documents.sheets(answer.content)["台账"]


async def test_a_clerk_finds_who_lives_in_the_own_town_by_name_and_address_and_by_no_telephone(town: Town) -> None:
    own = str(await town.person(date(1940, 1, 1)))
    await town.person(date(1940, 1, 1), village=OTHER_VILLAGE)
    for said in ("老人", "lr", "house 1"):
        hits = await _items(town, "clerk", f"/people?q={said}")
        assert [(row["person_id"], row["name"]) for row in hits] == [(own, "老**")], said
    assert await _items(town, "clerk", "/people?q=0001") == []
    assert len(await _items(town, "section", "/people?q=老人")) == 2
    refused = await town.ask("clerk", "GET", "/people/callers?phone=03172020202", expect=403)
    assert refused["code"] == "actor.not_allowed"


async def test_a_list_of_cases_has_masked_names_and_is_narrowed_by_module_state_and_end(town: Town) -> None:
    first, second = [await town.person(date(1940, 1, 1)) for _ in range(2)]
    seen = await town.opened("oldage.application", first)
    await town.moved("clerk", seen, "seen")
    await town.opened("oldage.application", second)
    need = {"cause": "living", "persons": 1, "amount_fen": 100_000}
    refused = await town.opened("relief.expenses", first, **need)
    await town.moved("clerk", refused, "refused")
    assert {row["person_name"] for row in await _items(town, "clerk", "/civil/cases")} == {"老**"}
    for query, ids in (
        ("civil_module=relief", [refused]),
        ("civil_module=moon", []),
        ("closed=true", [refused]),
        ("civil_module=oldage&civil_state=seen", [seen]),
    ):
        assert [row["civil_case_id"] for row in await _items(town, "clerk", f"/civil/cases?{query}")] == ids, query
    assert len(await _items(town, "clerk", "/civil/cases?closed=false")) == 2
    steps = await _items(town, "section", f"/civil/cases/{seen}/steps")
    assert [step["by_name"] for step in steps] == ["clerk", "clerk"]
    (module,) = [row for row in await _items(town, "clerk", "/civil/modules") if row["module"] == "relief"]
    kind = next(row for row in module["kinds"] if row["kind"] == "relief.expenses")
    assert [row["state"] for row in kind["states"] if row["publicised"]] == ["publicised"]
    back = [(row["came_from"], row["to"]) for row in kind["moves"] if row["objection"]]
    assert back == [("publicised", "checked")]
    assert [row["to"] for row in kind["moves"] if not row["facts"]] == ["paid"]


async def test_a_register_and_a_benefit_are_taken_away_as_workbooks(town: Town) -> None:
    body = {"kind": "institutions.institution", "facts": HOME, "division_code": TOWN}
    home = await town.ask("clerk", "POST", "/civil/records", json=body, expect=201)
    head, row = await _sheet(town, "clerk", "/civil/records.xlsx?civil_register=institutions.institution")
    assert head[:6] == ["编号", "区划", "状态", "机构名称", "统一社会信用代码", "举办性质"]
    assert row[1:8] == [TOWN, "已登记", HOME["name"], HOME["uscc"], "公建民营", 2, 1]
    assert len(await _sheet(town, "clerk.other", "/civil/records.xlsx?civil_register=institutions.institution")) == 1
    person = await town.person(date(1940, 1, 1))
    stay = {"kind": "institutions.stay", "facts": {"bed": "1", "level": 0}, "within_id": home["record_id"]}
    lived = await town.ask("clerk", "POST", "/civil/records", json=stay | {"person_id": str(person)}, expect=201)
    assert lived["person_name"] == "老**"
    assert (await _sheet(town, "clerk", "/civil/records.xlsx?civil_register=institutions.stay"))[1][1] == "老**"
    assert len(await _items(town, "clerk", "/civil/records?civil_state=living&closed=false")) == 1
    assert await _items(town, "clerk", "/civil/records?closed=true") == []
    (version,) = await _items(town, "section", f"/civil/records/{home['record_id']}/versions")
    assert version["recorded_by_name"] == "clerk"
    case = await town.opened("oldage.application", person)
    await town.moved("clerk", case, "seen")
    await town.moved("section", case, "confirmed")
    assert (await _sheet(town, "finance", "/civil/grants.xlsx?programme=oldage"))[1][1:5] == [
        "老**",
        "130999001001",
        "2026-03",
        None,
    ]
    for path, code in (
        ("records.xlsx?civil_register=moon", "civil.register_unknown"),
        ("grants.xlsx?programme=moon", "civil.programme_unknown"),
    ):
        assert (await town.ask("clerk", "GET", f"/civil/{path}", expect=404))["code"] == code


async def test_a_run_names_its_payees_masked_and_its_bank_file_says_what_it_is(town: Town) -> None:
    person = await town.person(date(1940, 1, 1))
    case = await town.opened("oldage.application", person)
    await town.moved("clerk", case, "seen")
    await town.moved("section", case, "confirmed")
    body = {"programme": "oldage", "month": "2026-03"}
    run = await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=201)
    path = f"/civil/pay-runs/{run['run_id']}"
    (line,) = await _items(town, "finance", f"{path}/lines")
    assert (line["person_id"], line["person_name"]) == (str(person), "老**")
    await town.ask("manager", "POST", f"{path}/approval")
    assert [row["person_name"] for row in await _items(town, "manager", f"{path}/payments")] == ["老**"]
    rows = await _items(town, "manager", "/civil/figures/GL.ACTIVE/rows")
    assert [row["person_name"] for row in rows] == ["老**"]
