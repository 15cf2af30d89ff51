"""Temporary relief over HTTP: at once out of a town's reserve fund, and by the bureau; what funds hold and refuse."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest_asyncio
from sqlalchemy import text

from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.access.scope import Section
from kit.clock import FixedClock
from kit.ids import new_id
from registry.model import FactKind
from registry.people import facts as person_facts
from tests.api.town import DISTRICT, OTHER_TOWN, TOWN, VILLAGE, Town

NEED: dict[str, Any] = {"cause": "fire", "persons": 2, "amount_fen": 80_000}


@pytest_asyncio.fixture
async def town(works: Works, clock: FixedClock, client: httpx.AsyncClient) -> Town:
    made = Town(works, clock, client)
    await made.settle(Section.ASSISTANCE)
    return made


async def _fund(town: Town, kind: str, division: str, *, plan: int = 5_000_000, money: int = 1_000_000) -> str:
    """Open a fund, plan its year and let money in; its path."""
    body = {"kind": kind, "division_code": division}
    fund = await town.ask("manager", "POST", "/civil/funds", json=body, expect=201)
    path = f"/civil/funds/{fund['fund_id']}"
    planned = {"year": 2026, "fen": plan, "source": "财〔2026〕3号"}
    await town.ask("manager", "POST", f"{path}/plans", json=planned, expect=201)
    came = {"fen": money, "reference": "拨〔2026〕7号"}
    await town.ask("finance", "POST", f"{path}/entries", json=came, expect=201)
    return path


async def _figures(town: Town, *codes: str) -> list[int]:
    return [(await town.ask("manager", "GET", f"/civil/figures/{code}"))["number"] for code in codes]


async def _events(town: Town, kind: str) -> list[dict[str, Any]]:
    async with town.works(SYSTEM("test")) as work:
        rows = await work.session.execute(
            text("select data from event_log where type = :type order by id"), {"type": f"civil.{kind}.v1"}
        )
        return [dict(row) for row in rows.scalars()]


async def test_a_town_pays_a_small_sum_at_once_and_reports_it_later(town: Town) -> None:
    path = await _fund(town, "relief.reserve", TOWN, money=650_000)
    person_id = await town.person(date(1970, 1, 1))
    case_id = await town.opened("relief.urgent", person_id, **NEED, outsider=True)
    assert (await town.ask("clerk", "GET", f"/civil/cases/{case_id}"))["due_at"] == "2026-03-03T16:00:00Z"
    await town.moved("clerk", case_id, "paid")
    fund = await town.ask("clerk", "GET", path)
    assert (fund["balance_fen"], fund["paid_fen"], fund["left_fen"], fund["low"]) == (570_000, 80_000, 570_000, True)
    (low,) = await _events(town, "fund_low")
    assert (low["balance_fen"], low["below_fen"], low["kind"]) == (570_000, 600_000, "relief.reserve")
    entries = (await town.ask("clerk", "GET", f"{path}/entries"))["items"]
    assert [(entry["kind"], entry["fen"], entry["subject_id"]) for entry in entries] == [
        ("allocation", 650_000, None),
        ("payment", -80_000, case_id),
    ]
    assert [event["fen"] for event in await _events(town, "fund_entry_made")] == [650_000, -80_000]
    assert (await town.moved("clerk", case_id, "reported", facts=NEED, expect=409))["code"] == "civil_case.facts_fixed"
    reported = await town.moved("clerk", case_id, "reported")
    assert reported["due_at"] is not None
    assert (await town.moved("clerk", case_id, "accepted", expect=403))["code"] == "civil_case.not_your_move"
    assert (await town.moved("section", case_id, "accepted"))["closed_at"] is not None
    codes = ("LS.TOWN.CNT", "LS.TOWN.AMT", "LS.TOWN.NONLOC", "LS.BUR.CNT", "LS.BUR.AMT")
    assert await _figures(town, *codes) == [2, 80_000, 1, 0, 0]
    (row,) = (await town.ask("clerk", "GET", "/civil/figures/LS.TOWN.CNT/rows"))["items"]
    assert (row["person_id"], row["value"], row["division_code"]) == (str(person_id), 2, TOWN)
    replenished = {"fen": 100_000, "replenishes": True, "reference": "拨〔2026〕9号"}
    back = await town.ask("finance", "POST", f"{path}/entries", json=replenished, expect=201)
    assert back["kind"] == "replenishment"
    assert (await town.ask("manager", "GET", "/civil/funds?fund=relief.reserve"))["items"][0]["low"] is False
    html = await town.ask("manager", "GET", "/civil/reports/annual")
    for words in ("救助<a", ">2</a>(含外地人员", ">1</a>名)人次", ">0.08</a>万元"):
        assert words in html


async def test_what_the_bureau_does_not_accept_comes_back_by_another_entry(town: Town) -> None:
    path = await _fund(town, "relief.reserve", TOWN)
    case_id = await town.opened("relief.urgent", await town.person(date(1970, 1, 1)), **NEED)
    await town.moved("clerk", case_id, "paid")
    await town.moved("clerk", case_id, "reported")
    await town.moved("section", case_id, "challenged")
    assert (await town.moved("section", case_id, "recovered", expect=403))["code"] == "civil_case.not_your_move"
    await town.moved("finance", case_id, "recovered")
    _, paid, back = (await town.ask("finance", "GET", f"{path}/entries"))["items"]
    assert (paid["fen"], back["fen"], back["reverses_id"]) == (-80_000, 80_000, paid["fund_entry_id"])
    fund = await town.ask("finance", "GET", path)
    assert (fund["balance_fen"], fund["paid_fen"]) == (1_000_000, 0)
    assert await _figures(town, "LS.TOWN.CNT", "LS.TOWN.AMT") == [0, 0]


async def test_expenses_are_checked_publicised_granted_by_one_and_paid_by_another(town: Town) -> None:
    path = await _fund(town, "relief.bureau", DISTRICT)
    person_id = await town.person(date(1970, 1, 1))
    case_id = await town.opened("relief.expenses", person_id, cause="treatment", persons=3, amount_fen=900_000)
    await town.moved("clerk", case_id, "checked")
    await town.moved("clerk", case_id, "publicised")
    assert (await town.moved("section", case_id, "granted", expect=409))["code"] == "civil_case.still_publicised"
    await town.go_to(date(2026, 3, 11))
    above = {"cause": "treatment", "persons": 3, "amount_fen": 1_260_001}
    refused = await town.moved("section", case_id, "granted", facts=above, expect=409)
    assert (refused["code"], refused["parameters"]["most"]) == ("relief.over_ceiling", "12600.00")
    await town.moved("section", case_id, "granted")
    assert (await town.moved("section.second", case_id, "paid", expect=403))["code"] == "civil_case.not_your_move"
    other = {"cause": "treatment", "persons": 3, "amount_fen": 1_000}
    fixed = await town.moved("finance", case_id, "paid", facts=other, expect=409)
    assert fixed["code"] == "civil_case.facts_fixed"
    await town.moved("finance", case_id, "paid")
    assert (await town.ask("finance", "GET", path))["left_fen"] == 100_000
    assert await _figures(town, "LS.BUR.CNT", "LS.BUR.AMT", "LS.TOWN.CNT") == [3, 900_000, 0]


async def test_more_than_is_left_is_paid_only_with_a_second_persons_consent(town: Town) -> None:
    path = await _fund(town, "relief.bureau", DISTRICT, plan=300_000)
    person_id = await town.person(date(1970, 1, 1))
    case_id = await town.opened("relief.emergency", person_id, cause="accident", persons=1, amount_fen=400_000)
    await town.moved("clerk", case_id, "checked")
    await town.moved("section", case_id, "granted")
    refused = await town.moved("finance", case_id, "paid", expect=409)
    assert (refused["code"], refused["parameters"]["left_fen"]) == ("fund.exceeded", 300_000)
    nothing = {"subject_id": str(new_id()), "fen": 400_000}
    unknown = await town.ask("section", "POST", f"{path}/consents", json=nothing, expect=404)
    assert unknown["code"] == "fund.subject_unknown"
    consent: dict[str, Any] = {}
    for fen in (399_999, 400_000):
        question = {"subject_id": case_id, "fen": fen}
        consent = await town.ask("section", "POST", f"{path}/consents", json=question, expect=201)
        decision = f"/civil/fund-consents/{consent['consent_id']}/decision"
        own = await town.ask("section", "POST", decision, json={"agreed": True}, expect=409)
        assert own["code"] == "fund.second_person"
        assert (await town.moved("finance", case_id, "paid", expect=409))["code"] == "fund.exceeded"
        agreed = await town.ask("manager", "POST", decision, json={"agreed": True})
        assert agreed["agreed"] is True
        assert agreed["decided_by"] not in {None, agreed["asked_by"]}
        again = await town.ask("section.second", "POST", decision, json={"agreed": False}, expect=409)
        assert again["code"] == "fund.consent_decided"
    await town.moved("finance", case_id, "paid")
    *_, payment = (await town.ask("finance", "GET", f"{path}/entries"))["items"]
    assert (payment["fen"], payment["consent_id"]) == (-400_000, consent["consent_id"])
    asked = (await town.ask("finance", "GET", f"{path}/consents"))["items"]
    assert [(row["fen"], row["agreed"]) for row in asked] == [(399_999, True), (400_000, True)]
    fund = await town.ask("finance", "GET", path)
    assert (fund["plan_fen"], fund["paid_fen"], fund["left_fen"]) == (300_000, 400_000, 0)
    missing = f"/civil/fund-consents/{new_id()}/decision"
    gone = await town.ask("manager", "POST", missing, json={"agreed": True}, expect=404)
    assert gone["code"] == "fund.consent_not_found"


async def test_a_need_is_refused_above_the_ceiling_twice_for_one_cause_and_against_the_hukou(town: Town) -> None:
    await _fund(town, "relief.reserve", TOWN)
    person_id = await town.person(date(1970, 1, 1))

    async def refused(kind: str, person: UUID, **facts: Any) -> str:
        body = {"kind": kind, "person_id": str(person), "facts": NEED | facts}
        answer = await town.ask("clerk", "POST", "/civil/cases", json=body, expect=409)
        return str(answer["code"])

    assert await refused("relief.urgent", person_id, amount_fen=100_001) == "relief.over_ceiling"
    assert await refused("relief.emergency", person_id, persons=1, amount_fen=420_001) == "relief.over_ceiling"
    case_id = await town.opened("relief.urgent", person_id, **NEED)
    await town.moved("clerk", case_id, "paid")
    await town.moved("clerk", case_id, "reported")
    await town.moved("section", case_id, "accepted")
    assert await refused("relief.urgent", person_id, again=True) == "relief.repeated"
    assert await refused("relief.expenses", person_id) == "relief.repeated"
    await town.opened("relief.expenses", person_id, **NEED, again=True)
    await town.opened("relief.urgent", person_id, **NEED | {"cause": "schooling"})
    stranger = await town.person(date(1980, 1, 1))
    async with town.works(SYSTEM("test")) as work:
        await person_facts.record_facts(
            work,
            person_id=stranger,
            facts={FactKind.HUKOU_PLACE: "110105"},
            valid_from=date(2026, 1, 1),
            source="户口簿",
        )
    assert await refused("relief.urgent", stranger, outsider=False) == "relief.hukou_contradicts"
    await town.opened("relief.urgent", stranger, **NEED, outsider=True)


async def test_a_fund_is_planned_filled_and_corrected_within_its_rules(town: Town) -> None:
    async def open_fund(kind: str, division: str, expect: int) -> str:
        body = {"kind": kind, "division_code": division}
        return str((await town.ask("manager", "POST", "/civil/funds", json=body, expect=expect))["code"])

    path = await _fund(town, "relief.reserve", TOWN)
    assert await open_fund("relief.reserve", TOWN, 409) == "fund.taken"
    assert await open_fund("relief.reserve", DISTRICT, 422) == "fund.wrong_level"
    assert await open_fund("relief.reserve", VILLAGE, 422) == "fund.wrong_level"
    assert await open_fund("relief.reserve", "130999777000", 422) == "division.unknown"
    assert await open_fund("moon", TOWN, 404) == "civil.fund_unknown"
    plan = {"year": 2026, "fen": 1_999_999, "source": "财〔2026〕4号"}
    assert (await town.ask("manager", "POST", f"{path}/plans", json=plan, expect=422))["code"] == "fund.below_floor"
    wrong_year = plan | {"year": 2028, "fen": 3_000_000}
    late = await town.ask("manager", "POST", f"{path}/plans", json=wrong_year, expect=422)
    assert late["code"] == "fund.year_impossible"
    await town.ask("manager", "POST", f"{path}/plans", json=plan | {"fen": 2_000_000}, expect=201)
    plans = (await town.ask("finance", "GET", f"{path}/plans"))["items"]
    assert [row["fen"] for row in plans] == [5_000_000, 2_000_000]
    assert (await town.ask("finance", "GET", path))["plan_fen"] == 2_000_000

    case_id = await town.opened("relief.urgent", await town.person(date(1970, 1, 1)), **NEED)
    await town.moved("clerk", case_id, "paid")
    money, payment = (await town.ask("finance", "GET", f"{path}/entries"))["items"]
    spent = f"/civil/fund-entries/{money['fund_entry_id']}/reversal"
    why = {"reason": "拨错单位"}
    assert (await town.ask("finance", "POST", spent, json=why, expect=409))["code"] == "fund.exceeded"
    wrong = f"/civil/fund-entries/{payment['fund_entry_id']}/reversal"
    back = await town.ask("finance", "POST", wrong, json=why, expect=201)
    assert (back["fen"], back["kind"], back["reference"]) == (80_000, "payment", "拨错单位")
    for entry_id in (payment["fund_entry_id"], back["fund_entry_id"]):
        twice = f"/civil/fund-entries/{entry_id}/reversal"
        assert (await town.ask("finance", "POST", twice, json=why, expect=409))["code"] == "fund.reversed"
    await town.ask("finance", "POST", spent, json=why, expect=201)
    entries = (await town.ask("finance", "GET", f"{path}/entries"))["items"]
    assert [entry["fen"] for entry in entries] == [1_000_000, -80_000, 80_000, -1_000_000]
    assert (await town.ask("finance", "GET", path))["balance_fen"] == 0
    missing = f"/civil/fund-entries/{new_id()}/reversal"
    assert (await town.ask("finance", "POST", missing, json=why, expect=404))["code"] == "fund.entry_not_found"


async def test_a_town_without_a_fund_pays_nothing_and_another_towns_clerk_sees_nothing(town: Town) -> None:
    path = await _fund(town, "relief.reserve", OTHER_TOWN)
    case_id = await town.opened("relief.urgent", await town.person(date(1970, 1, 1)), **NEED)
    assert (await town.moved("clerk", case_id, "paid", expect=404))["code"] == "fund.not_found"
    assert (await town.ask("clerk", "GET", "/civil/funds"))["items"] == []
    assert len((await town.ask("clerk.other", "GET", "/civil/funds"))["items"]) == 1
    assert len((await town.ask("section", "GET", "/civil/funds"))["items"]) == 1
    for rest in ("", "/plans", "/entries", "/consents"):
        assert (await town.ask("clerk", "GET", path + rest, expect=404))["code"] == "fund.not_found"
        await town.ask("clerk.other", "GET", path + rest)
    question = {"subject_id": case_id, "fen": 1_000}
    assert (await town.ask("clerk", "POST", f"{path}/consents", json=question, expect=404))["code"] == "fund.not_found"
    foreign = await town.ask("clerk.other", "POST", f"{path}/consents", json=question, expect=404)
    assert foreign["code"] == "fund.subject_unknown"
    for desk, act, body in (
        ("section", "plans", {"year": 2026, "fen": 3_000_000, "source": "x"}),
        ("manager", "entries", {"fen": 1, "reference": "x"}),
        ("operator", "consents", question),
    ):
        assert (await town.ask(desk, "POST", f"{path}/{act}", json=body, expect=403))["code"] == "actor.not_allowed"
    modules = (await town.ask("clerk", "GET", "/civil/modules"))["items"]
    funds = {fund["kind"]: fund["level"] for module in modules for fund in module["funds"]}
    assert funds == {"relief.reserve": "township", "relief.bureau": "district", "bedsubsidy.fund": "district"}


async def test_cases_funds_and_grants_follow_a_town_to_its_new_code(
    town: Town, drain: Callable[[], Awaitable[int]]
) -> None:
    path = await _fund(town, "relief.reserve", TOWN)
    case_id = await town.opened("relief.urgent", await town.person(date(1970, 1, 1)), **NEED)
    lines = [
        {"code": TOWN, "new_code": "130999101000", "name": "新镇", "kind": "town"},
        {"code": VILLAGE, "new_code": "130999101001", "name": "新村", "kind": "village", "parent": "130999101000"},
    ]
    act = {"valid_from": "2026-03-02", "document": "冀民〔2026〕1号", "lines": lines}
    await town.ask("manager", "POST", "/divisions/changes", json=act, expect=201)
    await drain()
    assert (await town.ask("manager", "GET", path))["division_code"] == "130999101000"
    case = await town.ask("clerk", "GET", f"/civil/cases/{case_id}")
    assert case["division_code"] == "130999101001"
    await town.moved("clerk", case_id, "paid")
    assert (await town.ask("clerk", "GET", path))["balance_fen"] == 920_000


async def test_money_that_contradicts_its_case_or_its_fund_refuses_the_report_with_both_rows(town: Town) -> None:
    path = await _fund(town, "relief.reserve", TOWN)
    case_id = await town.opened("relief.urgent", await town.person(date(1970, 1, 1)), **NEED)
    await town.moved("clerk", case_id, "paid")
    entry_id = (await town.ask("clerk", "GET", f"{path}/entries"))["items"][1]["fund_entry_id"]

    async def contradicted() -> list[str]:
        refused = await town.ask("manager", "GET", "/civil/reports/annual", expect=409)
        assert refused["code"] == "report.contradicts"
        return list(refused["parameters"]["all"])

    plain = await asyncpg.connect(dsn=postgres.plain(town.works.database.url))
    try:
        said = "update civil_case set facts = facts || jsonb_build_object('amount_fen', $1::int)"
        await plain.execute(said, 79_999)
        assert await contradicted() == [f"relief_reserve_paid_otherwise: case {case_id} ≠ fund_entry {entry_id}"]
        await plain.execute(said, 80_000)
        fund_id = path.rpartition("/")[2]
        more = await plain.fetchval(
            "insert into civil_fund_entry"
            " (id, fund_id, kind, fen, entered_on, subject_id, recorded_at, recorded_by)"
            " values (uuidv7(), $1::uuid, 'payment', -920001, '2026-03-02', uuidv7(), now(), 'x') returning id::text",
            fund_id,
        )
        assert await contradicted() == [f"relief_reserve_overdrawn: fund {fund_id} ≠ fund_entry {max(entry_id, more)}"]
    finally:
        await plain.close()
