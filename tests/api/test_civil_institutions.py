"""Institutions over HTTP: registers with dated facts, inspections, stays, conversions, and a month's subsidy."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest_asyncio

from civil.bedsubsidy.rules import BedRates, StarPercents
from civil.blocks.register import operations as records
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.access.scope import Section
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from registry import operations as registry
from tests.api.town import DISTRICT, OTHER_TOWN, OTHER_VILLAGE, TOWN, Town

Drain = Callable[[], Awaitable[int]]
HOME: dict[str, Any] = {
    "name": "康宁养老院",
    "uscc": identifiers.compose_uscc(area="130999", sequence=1),
    "legal_form": "private",
    "beds": 2,
    "nursing_beds": 1,
}
BED: dict[str, Any] = {"bed": "201-1", "level": 1}


@pytest_asyncio.fixture
async def town(works: Works, clock: FixedClock, client: httpx.AsyncClient) -> Town:
    made = Town(works, clock, client)
    await made.settle(Section.ELDERCARE)
    return made


async def _add(town: Town, kind: str, facts: dict[str, Any], *, desk: str = "clerk", **more: Any) -> dict[str, Any]:
    expect = more.pop("expect", 201)
    body = {"kind": kind, "facts": facts} | more
    answer: dict[str, Any] = await town.ask(desk, "POST", "/civil/records", json=body, expect=expect)
    return answer


async def _home(town: Town, *, filed: bool = True, number: int = 1, **facts: Any) -> str:
    uscc = identifiers.compose_uscc(area="130999", sequence=number)
    home = await _add(
        town, "institutions.institution", HOME | {"uscc": uscc} | facts, division_code=TOWN, desk="section"
    )
    record_id = str(home["record_id"])
    if filed:
        await _move(town, "section", record_id, "filed")
    return record_id


async def _stay(town: Town, home: str, person_id: UUID, *, expect: int = 201, **more: Any) -> dict[str, Any]:
    facts = BED | more.pop("facts", {})
    return await _add(town, "institutions.stay", facts, within_id=home, person_id=str(person_id), expect=expect, **more)


async def _move(town: Town, desk: str, record_id: str, to: str, *, expect: int = 200, **more: Any) -> dict[str, Any]:
    path = f"/civil/records/{record_id}/moves"
    answer: dict[str, Any] = await town.ask(desk, "POST", path, json={"to": to} | more, expect=expect)
    return answer


async def _code(town: Town, desk: str, act: str, body: dict[str, Any], expect: int) -> str:
    method, path = act.split()
    return str((await town.ask(desk, method, path, json=body, expect=expect))["code"])


async def _number(town: Town, code: str, day: str | None = None) -> int | None:
    path = f"/civil/figures/{code}" + (f"?as_of={day}" if day else "")
    number: int | None = (await town.ask("manager", "GET", path))["number"]
    return number


async def test_an_institution_is_registered_filed_inspected_and_what_is_due_is_said_once(town: Town) -> None:
    home = await _add(town, "institutions.institution", HOME, division_code=TOWN)
    path = f"/civil/records/{home['record_id']}"
    assert (home["state"], home["due_on"], home["inspect_due_on"]) == ("registered", "2026-03-16", None)
    look = {"passed": True, "facts": {"fire_safety": True, "food_safety": True}}
    assert await _code(town, "clerk", f"POST {path}/inspections", look, 409) == "record.not_inspected"
    assert (await _move(town, "clerk", home["record_id"], "filed", expect=403))["code"] == "record.not_yours"
    filed = await _move(town, "section", home["record_id"], "filed")
    assert (filed["state"], filed["due_on"], filed["inspect_due_on"]) == ("filed", None, "2026-03-30")
    assert (await town.ask("clerk", "GET", "/civil/records?overdue=true"))["items"] == []
    await town.go_to(date(2026, 3, 31))
    async with town.works(SYSTEM("ticker")) as work:
        assert [await records.note_overdue(work), await records.note_overdue(work)] == [1, 0]
        assert [(row.type, row.data["overdue"]) for row in work.emitted] == [("civil.record_overdue.v1", "inspection")]
    (late,) = (await town.ask("clerk", "GET", "/civil/records?overdue=true"))["items"]
    assert late["record_id"] == home["record_id"]
    bad = await _code(town, "clerk", f"POST {path}/inspections", look | {"facts": {"moon": 1}}, 422)
    assert bad == "record.facts_invalid"
    future = look | {"inspected_on": "2026-04-01"}
    assert await _code(town, "clerk", f"POST {path}/inspections", future, 422) == "record.day_impossible"
    made = await town.ask("clerk", "POST", f"{path}/inspections", json=look, expect=201)
    assert (made["inspected_on"], made["facts"]["red_card"]) == ("2026-03-31", False)
    assert (await town.ask("section", "GET", path))["inspect_due_on"] == "2027-03-31"
    assert len((await town.ask("section", "GET", f"{path}/inspections"))["items"]) == 1
    await _move(town, "section", home["record_id"], "suspended")
    assert (await _move(town, "section", home["record_id"], "filed", expect=409))["code"] == "record.second_person"
    await _move(town, "section.second", home["record_id"], "filed")
    assert (await _move(town, "section", home["record_id"], "closed"))["closed_on"] == "2026-03-31"
    changed = await _code(town, "clerk", f"PUT {path}/facts", {"facts": HOME | {"beds": 9}}, 409)
    assert changed == "record.closed"
    assert (await _move(town, "section", home["record_id"], "filed", expect=409))["code"] == "record.cannot_move"


async def test_a_past_day_is_answered_as_it_was_and_nothing_recorded_is_changed(town: Town) -> None:
    home = await _home(town)
    path = f"/civil/records/{home}"
    await town.go_to(date(2026, 5, 20))
    await town.ask("clerk", "PUT", f"{path}/facts", json={"facts": HOME | {"beds": 60, "nursing_beds": 20}})
    april = {"facts": HOME | {"beds": 40, "nursing_beds": 10}, "valid_from": "2026-04-10"}
    await town.ask("clerk", "PUT", f"{path}/facts", json=april)
    beds = {
        day: (await town.ask("clerk", "GET", f"{path}?on={day}"))["facts"]["beds"]
        for day in ("2026-03-02", "2026-04-09", "2026-04-10", "2026-05-19", "2026-05-20")
    }
    assert list(beds.values()) == [2, 2, 40, 40, 60]
    assert (await town.ask("clerk", "GET", path))["facts"]["beds"] == 60
    missing = await town.ask("clerk", "GET", f"{path}?on=2026-03-01", expect=404)
    assert missing["code"] == "record.not_there"
    versions = (await town.ask("section", "GET", f"{path}/versions"))["items"]
    assert [(row["valid_from"], row["state"], row["facts"]["beds"]) for row in versions] == [
        ("2026-03-02", "registered", 2),
        ("2026-03-02", "filed", 2),
        ("2026-04-10", "filed", 40),
        ("2026-05-20", "filed", 60),
    ]
    assert [await _number(town, "JG.BEDS", day) for day in ("2026-03-01", "2026-04-30", "2026-05-20")] == [0, 40, 60]
    assert await _number(town, "JG.BEDS.N") == 20
    for body, status, code in (
        ({"facts": HOME | {"beds": 1, "nursing_beds": 2}}, 422, "record.facts_invalid"),
        ({"facts": HOME | {"uscc": identifiers.compose_uscc(area="130999", sequence=9)}}, 409, "record.key_fixed"),
        ({"facts": HOME | {"star": 3}}, 403, "record.field_reserved"),
        ({"facts": HOME, "valid_from": "2026-03-01"}, 422, "record.day_impossible"),
        ({"facts": HOME, "valid_from": "2026-05-21"}, 422, "record.day_impossible"),
    ):
        assert await _code(town, "clerk", f"PUT {path}/facts", body, status) == code
    stars = HOME | {"star": 3, "star_until": "2028-12-31", "tier": "high"}
    assert (await town.ask("section", "PUT", f"{path}/facts", json={"facts": stars}))["facts"]["star"] == 3


async def test_what_does_not_belong_into_a_register_is_refused_by_name(town: Town) -> None:
    institution = "institutions.institution"
    home = await _home(town)
    person = str(await town.person(date(1940, 1, 1)))
    checksum = HOME["uscc"][:17] + ("0" if HOME["uscc"][17] != "0" else "1")
    here: dict[str, Any] = {"division_code": TOWN}
    for kind, facts, more, status, code in (
        ("moon.base", HOME, here, 404, "civil.register_unknown"),
        (institution, HOME | {"beds": "many"}, here, 422, "record.facts_invalid"),
        (institution, HOME | {"uscc": "x"}, here, 422, "record.facts_invalid"),
        (institution, HOME | {"uscc": checksum}, here, 422, "uscc.checksum"),
        (institution, HOME, here, 409, "record.taken"),
        (institution, HOME, {}, 422, "record.subject_invalid"),
        (institution, HOME, here | {"person_id": person}, 422, "record.subject_invalid"),
        (institution, HOME, here | {"within_id": home}, 422, "record.subject_invalid"),
        (institution, HOME, {"division_code": "130999777000"}, 422, "division.unknown"),
        (institution, HOME, {"division_code": OTHER_TOWN}, 403, "record.outside_division"),
        (institution, HOME, here | {"opened_on": "2026-03-03"}, 422, "record.day_impossible"),
        (institution, HOME | {"tier": "high"}, here, 403, "record.field_reserved"),
        ("institutions.stay", BED, {"person_id": person}, 422, "record.subject_invalid"),
        ("institutions.stay", BED, {"within_id": home}, 422, "record.subject_invalid"),
        ("institutions.stay", BED, {"within_id": str(new_id()), "person_id": person}, 404, "record.not_found"),
        ("institutions.stay", BED, {"within_id": home, "person_id": str(new_id())}, 404, "person.not_found"),
    ):
        refused = await _add(town, kind, facts, expect=status, **more)
        assert refused["code"] == code, (kind, facts, more)
    other = identifiers.compose_uscc(area="130999", sequence=5)
    assert (await _add(town, institution, HOME | {"uscc": other}, desk="finance", expect=403, **here))["code"] == (
        "actor.not_allowed"
    )
    assert (await town.ask("clerk", "GET", f"/civil/records/{new_id()}", expect=404))["code"] == "record.not_found"


async def test_a_clerk_of_another_town_sees_no_record_of_this_one(town: Town) -> None:
    home = await _home(town)
    await _stay(town, home, await town.person(date(1940, 1, 1)))
    path = f"/civil/records/{home}"
    assert len((await town.ask("clerk", "GET", "/civil/records"))["items"]) == 2
    assert (await town.ask("clerk.other", "GET", "/civil/records"))["items"] == []
    for rest in ("", "/versions", "/inspections"):
        assert (await town.ask("clerk.other", "GET", path + rest, expect=404))["code"] == "record.not_found"
    for method, rest, body in (
        ("PUT", "/facts", {"facts": HOME}),
        ("POST", "/moves", {"to": "filed"}),
        ("POST", "/inspections", {"passed": True}),
    ):
        assert await _code(town, "clerk.other", f"{method} {path}{rest}", body, 404) == "record.not_found"
    here = {"kind": "institutions.institution", "facts": HOME, "division_code": OTHER_TOWN}
    # the register finds a thing once in the whole district, also where the clerk does not see it
    assert await _code(town, "clerk.other", "POST /civil/records", here, 409) == "record.taken"
    assert (await town.ask("clerk.other", "GET", "/civil/figures/JG.COUNT"))["number"] == 0
    assert (await town.ask("clerk", "GET", "/civil/figures/JG.COUNT"))["number"] == 1
    modules = (await town.ask("clerk", "GET", "/civil/modules"))["items"]
    registers = {row["kind"]: row for module in modules for row in module["registers"]}
    assert registers["institutions.stay"]["within"] == "institutions.institution"
    assert registers["institutions.institution"]["reserved"]["star"] == ["manager", "section"]


async def test_a_bed_is_given_once_and_a_person_lives_in_one_institution(town: Town) -> None:
    home, other = await _home(town), await _home(town, number=2, filed=False)
    first, second, third = [await town.person(date(1940, 1, 1)) for _ in range(3)]
    stay = await _stay(town, home, first)
    assert (stay["division_code"], stay["state"], stay["person_id"]) == (TOWN, "living", str(first))
    assert (await _stay(town, other, first, expect=409))["code"] == "record.taken"
    await _stay(town, home, second, facts={"level": 4})
    assert (await _stay(town, home, third, expect=409))["code"] == "institutions.full"
    fewer = {"facts": HOME | {"beds": 1}}
    assert await _code(town, "clerk", f"PUT /civil/records/{home}/facts", fewer, 409) == "institutions.beds_occupied"
    assert (await _move(town, "section", home, "closed", expect=409))["code"] == "institutions.in_use"
    left = await _move(town, "clerk", stay["record_id"], "left", facts=BED | {"left_for": "home"})
    assert left["closed_on"] == "2026-03-02"
    await _stay(town, home, third)
    await _stay(town, other, first)
    listed = await town.ask("clerk", "GET", f"/civil/records?civil_register=institutions.stay&within_id={home}")
    assert [row["state"] for row in listed["items"]] == ["left", "living", "living"]
    about = await town.ask("clerk", "GET", f"/civil/records?person_id={first}")
    assert [row["within_id"] for row in about["items"]] == [home, other]
    suspended = await _home(town, number=3)
    await _move(town, "section", suspended, "suspended")
    fourth = await town.person(date(1940, 1, 1))
    assert (await _stay(town, suspended, fourth, expect=409))["code"] == "institutions.not_open"
    elsewhere = await town.person(date(1940, 1, 1), village=OTHER_VILLAGE)
    assert (await _stay(town, other, elsewhere, expect=404))["code"] == "person.not_found"
    await _stay(town, other, elsewhere, desk="section")


async def test_a_death_ends_a_stay_and_a_death_that_was_none_lets_it_go_on(town: Town, drain: Drain) -> None:
    home = await _home(town)
    person_id = await town.person(date(1940, 1, 1))
    stay = await _stay(town, home, person_id)
    path = f"/civil/records/{stay['record_id']}"
    await town.go_to(date(2026, 3, 20))
    async with town.works(SYSTEM("family")) as work:
        await registry.report_death(work, person_id=person_id, died_on=date(2026, 3, 15), source="family")
    async with town.works(SYSTEM("bureau")) as work:
        await registry.confirm_death(work, person_id=person_id)
    await drain()
    ended = await town.ask("clerk", "GET", path)
    assert (ended["state"], ended["closed_on"], ended["facts"]["left_for"]) == ("left", "2026-03-15", "death")
    assert (await _stay(town, home, person_id, expect=409))["code"] == "person.dead"
    for died_on in (date(2026, 3, 10), date(2026, 3, 18)):
        async with town.works(SYSTEM("bureau")) as work:
            await registry.correct_death(work, person_id=person_id, died_on=died_on, source="police")
        await drain()
        assert (await town.ask("clerk", "GET", path))["closed_on"] == died_on.isoformat()
        before = died_on - timedelta(days=1)
        states = [(await town.ask("clerk", "GET", f"{path}?on={day}"))["state"] for day in (before, died_on)]
        assert states == ["living", "left"]
    async with town.works(SYSTEM("bureau")) as work:
        await registry.correct_death(work, person_id=person_id, died_on=None, source="police")
    await drain()
    again = await town.ask("clerk", "GET", path)
    assert (again["state"], again["closed_on"], again["facts"]["left_for"]) == ("living", None, None)
    assert (await town.ask("clerk", "GET", f"{path}?on=2026-03-19"))["state"] == "living"


async def test_a_months_subsidy_follows_from_the_stays_and_is_approved_and_paid_by_others(town: Town) -> None:
    home = await _home(town, star=2, star_until="2026-12-31")
    first, second = [await town.person(date(1940, 1, 1)) for _ in range(2)]
    await _stay(town, home, first, facts={"level": 1})
    leaving = await _stay(town, home, second, facts={"level": 4})
    claim = {"month": "2026-03", "fen": 99_999_999}
    early = await _add(town, "bedsubsidy.claim", claim, within_id=home, expect=422)
    assert early["code"] == "bedsubsidy.too_early"
    await town.go_to(date(2026, 4, 1))
    await _move(town, "clerk", leaving["record_id"], "left", on="2026-03-12")
    body = {"facts": BED | {"level": 2}, "valid_from": "2026-03-22"}
    (stay,) = (await town.ask("clerk", "GET", f"/civil/records?person_id={first}"))["items"]
    await town.ask("clerk", "PUT", f"/civil/records/{stay['record_id']}/facts", json=body)
    none = await _add(town, "bedsubsidy.claim", {"month": "2026-02"}, within_id=home, expect=409)
    assert none["code"] == "bedsubsidy.nothing_due"
    made = await _add(town, "bedsubsidy.claim", claim, within_id=home)
    # March from the 2nd: 20 days of level 1, 10 of level 2, 10 of level 4, times 1.1 for two stars
    assert made["facts"]["lines"] == [
        {"level": 1, "days": 20, "fen": 7_333},
        {"level": 2, "days": 10, "fen": 5_500},
        {"level": 4, "days": 10, "fen": 11_000},
    ]
    assert (made["facts"]["percent"], made["facts"]["fen"]) == (110, 23_833)
    assert (await _add(town, "bedsubsidy.claim", claim, within_id=home, expect=409))["code"] == "record.taken"
    path = f"/civil/records/{made['record_id']}"
    assert await _code(town, "clerk", f"PUT {path}/facts", {"facts": claim}, 409) == "bedsubsidy.computed"
    with_facts = await _move(town, "section", made["record_id"], "approved", facts=claim, expect=409)
    assert with_facts["code"] == "record.facts_fixed"
    correction = {"facts": BED | {"level": 3}, "valid_from": "2026-03-22"}
    await town.ask("clerk", "PUT", f"/civil/records/{stay['record_id']}/facts", json=correction)
    changed = await _move(town, "section", made["record_id"], "approved", expect=409)
    assert changed["code"] == "bedsubsidy.changed"
    await _move(town, "section", made["record_id"], "refused")
    made = await _add(town, "bedsubsidy.claim", claim, within_id=home)
    assert made["facts"]["fen"] == 7_333 + 7_333 + 11_000
    await _move(town, "section", made["record_id"], "approved")
    assert (await _move(town, "section.second", made["record_id"], "paid", expect=403))["code"] == "record.not_yours"
    assert (await _move(town, "finance", made["record_id"], "paid", expect=409))["code"] == "bedsubsidy.provisional"
    await town.decide(BedRates.proposed(), StarPercents.proposed())
    assert (await _move(town, "finance", made["record_id"], "paid", expect=404))["code"] == "fund.not_found"
    opened = {"kind": "bedsubsidy.fund", "division_code": DISTRICT}
    fund = (await town.ask("manager", "POST", "/civil/funds", json=opened, expect=201))["fund_id"]
    plan = {"year": 2026, "fen": 1_000_000, "source": "财〔2026〕8号"}
    await town.ask("manager", "POST", f"/civil/funds/{fund}/plans", json=plan, expect=201)
    assert (await _move(town, "finance", made["record_id"], "paid", expect=409))["code"] == "fund.exceeded"
    money = {"fen": 100_000, "reference": "拨〔2026〕8号"}
    await town.ask("finance", "POST", f"/civil/funds/{fund}/entries", json=money, expect=201)
    assert (await _move(town, "finance", made["record_id"], "paid"))["closed_on"] == "2026-04-01"
    assert (await town.ask("finance", "GET", f"/civil/funds/{fund}"))["balance_fen"] == 100_000 - 25_666
    again = await _add(town, "bedsubsidy.claim", claim, within_id=home, expect=409)
    assert again["code"] == "bedsubsidy.paid"
    _, payment = (await town.ask("finance", "GET", f"/civil/funds/{fund}/entries"))["items"]
    assert (payment["fen"], payment["subject_id"]) == (-25_666, made["record_id"])
    undone = f"/civil/fund-entries/{payment['fund_entry_id']}/reversal"
    await town.ask("finance", "POST", undone, json={"reason": "账户有误"}, expect=201)
    assert (await _add(town, "bedsubsidy.claim", claim, within_id=home, expect=409))["code"] == "bedsubsidy.paid"
    anew = await _add(town, "bedsubsidy.claim", claim, within_id=home, desk="section.second")
    assert anew["facts"]["fen"] == 25_666
    red = {"passed": False, "facts": {"red_card": True}}
    await town.ask("clerk", "POST", f"/civil/records/{home}/inspections", json=red, expect=201)
    await town.go_to(date(2026, 5, 1))
    stopped = await _add(town, "bedsubsidy.claim", {"month": "2026-04"}, within_id=home, expect=409)
    assert stopped["code"] == "bedsubsidy.red_card"


async def test_the_report_counts_institutions_beds_tiers_stars_and_conversions(town: Town) -> None:
    names = (("甲地老年公寓", 1, "low"), ("乙地老年公寓", 2, "middle"), ("丙地养老院", 3, "high"))
    assert [await _number(town, code) for code in ("JG.COUNT", "JG.REG", "JG.TIER", "JG.STAR")] == [0, 1, 3, 3]
    homes = [
        await _home(town, number=star, name=name, star=star, star_until="2027-06-30", tier=tier, beds=star * 10)
        for name, star, tier in names
    ]
    codes = ("JG.COUNT", "JG.REG", "JG.TIER", "JG.STAR", "JG.BEDS", "JG.BEDS.N")
    assert [await _number(town, code) for code in codes] == [3, 0, 0, 0, 60, 3]
    assert await _number(town, "JG.STAR", "2027-07-01") == 3  # the stars have run out by then
    project = await _add(
        town, "institutions.retrofit", {"beds": 25, "source": "双创双服"}, within_id=homes[0], desk="section"
    )
    assert (await _move(town, "section", project["record_id"], "accepted", expect=409))[
        "code"
    ] == "record.second_person"
    await _move(town, "section.second", project["record_id"], "accepted")
    assert [await _number(town, "JG.RETRO", day) for day in ("2026-03-01", "2026-03-02", "2027-01-31")] == [0, 25, 0]
    html = await town.ask("manager", "GET", "/civil/reports/annual")
    for words in (">三家</a>", ">25</a>张护理型床位", ">60</a>张,其中护理", ">3</a>张"):
        assert words in html
    await _move(town, "section", homes[2], "closed")
    assert [await _number(town, code) for code in codes] == [2, 1, 1, 1, 30, 2]
    html = await town.ask("manager", "GET", "/civil/reports/annual")
    assert ">2</a>" in html
    assert ">三家</a>" not in html


async def test_more_nursing_beds_or_residents_than_beds_refuse_the_report_with_both_rows(town: Town) -> None:
    home = await _home(town)
    stays = [
        (await _stay(town, home, await town.person(date(1940, 1, 1))))["record_id"],
        (await _stay(town, home, await town.person(date(1940, 1, 1))))["record_id"],
    ]
    plain = await asyncpg.connect(dsn=postgres.plain(town.works.database.url))
    try:
        for beds, right in ((0, "nursing_beds 1 > 0"), (1, None)):
            said = "update civil_record_version set facts = facts || jsonb_build_object('beds', $1::int)"
            await plain.execute(f"{said} where record_id = $2", beds, home)
            refused = await town.ask("manager", "GET", "/civil/reports/annual", expect=409)
            pairs = [f"institutions_more_residents: record {home} ≠ record {min(stays)}"]
            pairs += [f"institutions_more_nursing_beds: record {home} ≠ record {right}"] if right else []
            assert sorted(refused["parameters"]["all"]) == sorted(pairs)
    finally:
        await plain.close()
