"""The old-age allowance over HTTP, from the list to the bank, and what deaths, returns and new standards do to it."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import httpx
import pytest_asyncio

from civil.blocks.cases import operations as cases
from civil.oldage import definition
from civil.oldage.rules import LongevityMonthly, OldageMonthly
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.scope import Section
from kit.clock import FixedClock
from registry import operations as registry
from tests.api.town import OTHER_VILLAGE, Town

Drain = Callable[[], Awaitable[int]]
BANDS = [{"age": 80, "fen": 5_000}, {"age": 90, "fen": 10_000}]


@pytest_asyncio.fixture
async def town(works: Works, clock: FixedClock, client: httpx.AsyncClient) -> Town:
    made = Town(works, clock, client)
    await made.settle(Section.ELDERCARE)
    return made


async def _granted(town: Town, born_on: date, kind: str = "oldage.application") -> str:
    person_id = await town.person(born_on)
    case_id = await town.opened(kind, person_id, alone=True)
    await town.moved("clerk", case_id, "seen")
    await town.moved("section", case_id, "confirmed")
    return str(person_id)


async def test_an_application_goes_from_the_village_to_the_bank_and_a_second_person_decides(town: Town) -> None:
    await town.decide(OldageMonthly.of(BANDS))
    person_id = await town.person(date(1946, 3, 20))
    case_id = await town.opened("oldage.application", person_id, alone=True)
    shown = await town.ask("clerk", "GET", f"/civil/cases/{case_id}")
    assert (shown["state"], shown["due_at"]) == ("listed", "2026-03-09T16:00:00Z")
    refused = await town.moved("clerk", case_id, "confirmed", expect=409)
    assert refused["code"] == "civil_case.cannot_move"
    await town.moved("clerk", case_id, "seen", reason="在家见到本人")
    assert (await town.moved("clerk", case_id, "confirmed", expect=403))["code"] == "civil_case.not_your_move"
    await town.moved("section", case_id, "confirmed")
    steps = (await town.ask("section", "GET", f"/civil/cases/{case_id}/steps"))["items"]
    assert [(step["state"], step["reason"]) for step in steps] == [
        ("listed", None),
        ("seen", "在家见到本人"),
        ("confirmed", None),
    ]
    assert steps[0]["by"] == steps[1]["by"] != steps[2]["by"]
    (grant,) = (await town.ask("clerk", "GET", "/civil/grants?programme=oldage"))["items"]
    assert (grant["person_id"], grant["from_month"], grant["last_month"]) == (str(person_id), "2026-03", None)
    twice = {"kind": "oldage.application", "person_id": str(person_id)}
    assert (await town.ask("clerk", "POST", "/civil/cases", json=twice, expect=409))["code"] == "grant.taken"

    body = {"programme": "oldage", "month": "2026-03"}
    run = await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=201)
    assert (run["lines"], run["total_fen"], run["provisional"]) == (1, 5_000, False)
    path = f"/civil/pay-runs/{run['run_id']}"
    again = await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=409)
    assert again["code"] == "pay_run.exists"
    assert (await town.ask("finance", "POST", f"{path}/approval", expect=409))["code"] == "pay_run.second_person"
    assert (await town.ask("finance", "POST", f"{path}/bank-file", expect=409))["code"] == "pay_run.wrong_state"
    assert (await town.ask("finance", "DELETE", path))["state"] == "cancelled"
    run = await town.run("oldage", "2026-03")
    assert (await town.ask("manager", "GET", f"/civil/pay-runs/{run['run_id']}"))["state"] == "paid"
    assert await town.sent(run) == {str(person_id): 5_000}
    (line,) = (await town.ask("manager", "GET", f"/civil/pay-runs/{run['run_id']}/lines"))["items"]
    assert (line["month"], line["component"], line["due_fen"], line["before_fen"]) == ("2026-03", "allowance", 5_000, 0)
    listed = (await town.ask("manager", "GET", "/civil/pay-runs?programme=oldage"))["items"]
    assert [row["state"] for row in listed] == ["paid", "cancelled"]


async def test_a_run_on_a_proposed_standard_is_not_for_real_payment(town: Town) -> None:
    await _granted(town, date(1940, 1, 1))
    body = {"programme": "oldage", "month": "2026-03"}
    run = await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=201)
    assert run["provisional"] is True
    path = f"/civil/pay-runs/{run['run_id']}"
    await town.ask("manager", "POST", f"{path}/approval")
    for act, form in (("bank-file", None), ("returns", {})):
        refused = await town.ask("finance", "POST", f"{path}/{act}", json=form, expect=409)
        assert refused["code"] == "pay_run.provisional"


async def test_a_clerk_sees_the_own_town_and_section_alone(town: Town) -> None:
    elsewhere = await town.person(date(1940, 1, 1), village=OTHER_VILLAGE)
    body = {"kind": "oldage.application", "person_id": str(elsewhere)}
    assert (await town.ask("clerk", "POST", "/civil/cases", json=body, expect=404))["code"] == "person.not_found"
    key = {"Idempotency-Key": "the-same-act-1"}
    other = await town.ask("clerk.other", "POST", "/civil/cases", json=body, expect=201, headers=key)
    assert await town.ask("clerk.other", "POST", "/civil/cases", json=body, expect=201, headers=key) == other
    path = f"/civil/cases/{other['civil_case_id']}"
    assert (await town.ask("clerk", "GET", path, expect=404))["code"] == "civil_case.not_found"
    assert (await town.ask("clerk", "GET", "/civil/cases"))["items"] == []
    assert len((await town.ask("section", "GET", "/civil/cases?civil_kind=oldage.application"))["items"]) == 1
    assert (await town.ask("operator", "GET", "/civil/cases", expect=403))["code"] == "actor.not_allowed"
    modules = (await town.ask("clerk", "GET", "/civil/modules"))["items"]
    assert {kind["kind"] for module in modules for kind in module["kinds"]} >= {"oldage.application"}


async def test_what_makes_no_sense_is_refused_by_name(town: Town) -> None:
    person_id = str(await town.person(date(1940, 1, 1)))
    young = str(await town.person(date(1960, 1, 1)))
    for body, status, code in (
        ({"kind": "moon.landing", "person_id": person_id}, 404, "civil.kind_unknown"),
        ({"kind": "oldage.application", "person_id": person_id, "facts": {"alone": "perhaps"}}, 422, None),
        ({"kind": "oldage.application", "person_id": person_id, "facts": {"moon": 1}}, 422, None),
        ({"kind": "oldage.application", "person_id": young}, 409, "oldage.too_young"),
    ):
        refused = await town.ask("clerk", "POST", "/civil/cases", json=body, expect=status)
        assert refused["code"] == (code or "civil_case.facts_invalid")
    for body, status, code in (
        ({"programme": "moon", "month": "2026-03"}, 404, "civil.programme_unknown"),
        ({"programme": "oldage", "month": "2026-04"}, 422, "pay_run.too_early"),
        ({"programme": "oldage", "month": "2026-03"}, 409, "pay_run.empty"),
    ):
        assert (await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=status))["code"] == code


async def test_a_late_notice_of_death_is_clawed_back_to_the_fen_and_a_wrong_one_is_paid_again(
    town: Town, drain: Drain
) -> None:
    await town.decide(OldageMonthly.of(BANDS))
    person_id = await _granted(town, date(1940, 1, 1))
    for number in range(3, 8):
        await town.go_to(date(2026, number, 20))
        await town.run("oldage", f"2026-{number:02}")
    async with town.works(SYSTEM("family")) as work:
        await registry.report_death(work, person_id=UUID(person_id), died_on=date(2026, 3, 31), source="family")
    await town.go_to(date(2026, 8, 20))
    held = await town.run("oldage", "2026-08")
    assert await town.sent(held) == {}  # reported dead: nothing is sent until it is confirmed or withdrawn
    async with town.works(SYSTEM("bureau")) as work:
        await registry.confirm_death(work, person_id=UUID(person_id))
    await drain()
    (grant,) = (await town.ask("clerk", "GET", "/civil/grants"))["items"]
    assert (grant["last_month"], grant["end_reason"]) == ("2026-03", "death")
    await town.go_to(date(2026, 9, 20))
    run = await town.run("oldage", "2026-09")
    assert run["total_fen"] == -5 * 5_000  # April to August were entered; four of them had been sent
    assert await town.sent(run) == {}
    async with town.works(SYSTEM("bureau")) as work:
        await registry.correct_death(work, person_id=UUID(person_id), died_on=None, source="police")
    await drain()
    await town.go_to(date(2026, 10, 20))
    run = await town.run("oldage", "2026-10")
    assert run["total_fen"] == 7 * 5_000
    assert await town.sent(run) == {person_id: 3 * 5_000}  # August to October: April to July had been kept


async def test_a_standard_that_rises_late_pays_arrears_and_what_the_bank_returned_goes_again(town: Town) -> None:
    await town.decide(OldageMonthly.of(BANDS))
    person_id = await _granted(town, date(1940, 1, 1))
    without = await town.person(date(1941, 1, 1), account=False)
    case_id = await town.opened("oldage.application", without)
    await town.moved("clerk", case_id, "seen")
    await town.moved("section", case_id, "confirmed")
    run = await town.run("oldage", "2026-03")
    assert await town.sent(run) == {person_id: 5_000}  # who has no account is owed it
    await town.decide(OldageMonthly.of([{"age": 80, "fen": 6_000}]), since=date(2026, 1, 1))
    await town.go_to(date(2026, 4, 20))
    body = {"programme": "oldage", "month": "2026-04"}
    run = await town.ask("finance", "POST", "/civil/pay-runs", json=body, expect=201)
    assert run["total_fen"] == 2 * 7_000
    path = f"/civil/pay-runs/{run['run_id']}"
    await town.ask("manager", "POST", f"{path}/approval")
    rows = (await town.ask("finance", "GET", f"{path}/payments"))["items"]
    assert {row["person_id"]: row["fen"] for row in rows} == {person_id: 7_000, str(without): 12_000}
    file = await town.ask("finance", "POST", f"{path}/bank-file")
    assert "70.00" in file
    assert "120.00" not in file
    payment = next(row["payment_id"] for row in rows if row["person_id"] == person_id)
    unknown = {"returned": [{"payment_id": run["run_id"], "reason": "?"}]}
    assert (await town.ask("finance", "POST", f"{path}/returns", json=unknown, expect=422))["code"] == (
        "pay_run.payment_unknown"
    )
    returned = {"returned": [{"payment_id": payment, "reason": "account closed"}]}
    await town.ask("finance", "POST", f"{path}/returns", json=returned)
    assert await town.sent(run) == {}
    await town.go_to(date(2026, 5, 20))
    assert await town.sent(await town.run("oldage", "2026-05")) == {person_id: 13_000}


async def test_whoever_turns_a_hundred_draws_the_longevity_allowance_instead(town: Town) -> None:
    await town.decide(OldageMonthly.of(BANDS), LongevityMonthly.of([{"age": 100, "fen": 50_000}]))
    person_id = await _granted(town, date(1926, 4, 10))
    await town.run("oldage", "2026-03")
    async with town.works(SYSTEM("ticker")) as work:
        assert [await definition.list_longevity(work), await definition.list_longevity(work)] == [1, 0]
        assert await definition.list_oldage(work) == 0
    (case,) = (await town.ask("clerk", "GET", f"/civil/cases?person_id={person_id}&civil_kind=longevity.application"))[
        "items"
    ]
    await town.moved("clerk", case["civil_case_id"], "seen")
    await town.moved("section.second", case["civil_case_id"], "confirmed")
    grants = (await town.ask("clerk", "GET", f"/civil/grants?person_id={person_id}"))["items"]
    assert [(grant["programme"], grant["from_month"], grant["last_month"]) for grant in grants] == [
        ("oldage", "2026-03", "2026-03"),
        ("longevity", "2026-04", None),
    ]
    await town.go_to(date(2026, 4, 20))
    assert (await town.run("oldage", "2026-04"))["total_fen"] == 0
    assert (await town.run("longevity", "2026-04"))["total_fen"] == 50_000


async def test_a_case_that_nobody_moves_is_overdue_once(town: Town, drain: Drain) -> None:
    await town.opened("oldage.application", await town.person(date(1940, 1, 1)))
    assert (await town.ask("clerk", "GET", "/civil/cases?overdue=true"))["items"] == []
    await town.go_to(date(2026, 3, 10))
    async with town.works(SYSTEM("ticker")) as work:
        assert [await cases.note_overdue(work), await cases.note_overdue(work)] == [1, 0]
        assert [envelope.type for envelope in work.emitted] == ["civil.case_overdue.v1"]
    await drain()
    assert len((await town.ask("clerk", "GET", "/civil/cases?overdue=true"))["items"]) == 1


async def test_somebody_who_leaves_the_district_draws_nothing_after_this_month(town: Town, drain: Drain) -> None:
    person_id = await _granted(town, date(1940, 1, 1))
    async with town.works(SYSTEM("bureau")) as work:
        await registry.move_person(
            work,
            person_id=UUID(person_id),
            address="elsewhere",
            division_code=OTHER_VILLAGE,
            latitude=38.3,
            longitude=116.8,
        )
    await drain()
    (grant,) = (await town.ask("clerk.other", "GET", "/civil/grants"))["items"]
    assert (grant["division_code"], grant["last_month"]) == (OTHER_VILLAGE, None)
