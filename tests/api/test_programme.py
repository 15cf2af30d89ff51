"""Who takes part, by HTTP: companies are admitted, contracted, suspended; elders suspended, resumed and left out."""

from datetime import timedelta
from typing import Any

from events.contracts.care_requests import CareRequestCancelled
from events.contracts.enrolments import EnrolmentEnded, EnrolmentResumed, EnrolmentSuspended
from events.contracts.people import PersonBarLifted, PersonBarred, PersonMoved
from events.contracts.roster import CompanyAdmitted, CompanySuspended, RosterChanged
from kit import clock as clocks
from kit.access.roles import Role
from kit.china import identifiers
from kit.ids import new_id
from tests.api.lives import MARKS, OWN, VILLAGES
from tests.api.test_desks import PROVIDER, Desks, desks
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""

OTHER = f"{MARKS[1]}.{Role.PROVIDER}"
NEW = {"uscc": identifiers.compose_uscc(area="130999", sequence=8801), "name": "示例居家养老服务公司"}
TERMS: dict[str, Any] = {
    "valid_from": "2026-05-01",
    "valid_to": "2027-01-01",
    "monthly_capacity": 600,
    "share_target": 0.05,
    "item_codes": ["B01"],
    "division_codes": [OWN[0]],
}


async def test_a_company_is_admitted_activated_and_suspended(world: World, desks: Desks) -> None:
    await desks(PROVIDER, "POST", "/companies", NEW, status=403, code="actor.not_allowed")
    wrong = {**NEW, "uscc": NEW["uscc"][:-1] + ("0" if NEW["uscc"][-1] != "0" else "1")}
    await desks("manager", "POST", "/companies", wrong, status=422, code="uscc.checksum")
    company = await desks("manager", "POST", "/companies", NEW, status=201)
    assert (company["state"], company["uscc"]) == ("admitted", NEW["uscc"])
    await desks("manager", "POST", "/companies", NEW, status=409, code="company.taken")
    assert await desks.emitted(CompanyAdmitted, provider_id=company["id"]) == 1
    path = f"/companies/{company['id']}"
    assert await desks("operator", "GET", path) == company
    missing = await desks(OTHER, "GET", f"/companies/{new_id()}", status=404, code="company.not_found")
    assert await desks(OTHER, "GET", path, status=404, code="company.not_found") == missing
    assert company in await desks("auditor", "GET", "/companies?state=admitted")
    assert [row["id"] for row in await desks(OTHER, "GET", "/companies")] == [str(world.lived.companies[1].id)]

    reason = {"reason": "licence under review"}
    await desks("manager", "POST", f"{path}/suspension", reason, status=409, code="company.cannot_move")
    for _ in range(2):  # and it comes back
        assert (await desks("manager", "POST", f"{path}/activation"))["state"] == "active"
        await desks("manager", "POST", f"{path}/activation", status=409, code="company.cannot_move")
        assert (await desks("manager", "POST", f"{path}/suspension", reason))["state"] == "suspended"
    assert await desks.emitted(CompanySuspended, provider_id=company["id"], **reason) == 2
    nobody = f"/companies/{new_id()}"
    await desks("manager", "POST", f"{nobody}/activation", status=404, code="company.not_found")
    await desks("manager", "POST", f"{nobody}/suspension", reason, status=404, code="company.not_found")
    for verb, form in (("activation", None), ("suspension", reason)):
        await desks("operator", "POST", f"{path}/{verb}", form, status=403, code="actor.not_allowed")


async def test_a_contract_is_signed_read_and_ended(world: World, desks: Desks) -> None:
    own = world.lived.companies[0]
    path = f"/companies/{own.id}/contracts"
    for field, value, code in (
        ("valid_to", "2026-05-01", "contract.invalid"),
        ("item_codes", ["Z99"], "contract.item_unknown"),
        ("division_codes", ["13099"], "division_code.shape"),
    ):
        await desks("manager", "POST", path, {**TERMS, field: value}, status=422, code=code)
    await desks("manager", "POST", f"/companies/{new_id()}/contracts", TERMS, status=404, code="company.not_found")
    await desks(PROVIDER, "POST", path, TERMS, status=403, code="actor.not_allowed")
    before = await desks.emitted(RosterChanged, provider_id=own.id)
    contract = (await desks("manager", "POST", path, TERMS, status=201))["id"]
    assert await desks.emitted(RosterChanged, provider_id=own.id) == before + 1
    listed = next(row for row in await desks(PROVIDER, "GET", path) if row["id"] == contract)
    assert (listed["monthly_capacity"], listed["ended_on"]) == (600, None)
    missing = await desks(OTHER, "GET", f"/companies/{new_id()}/contracts", status=404, code="company.not_found")
    assert await desks(OTHER, "GET", path, status=404, code="company.not_found") == missing


async def test_a_suspended_company_is_offered_nothing_new(world: World, desks: Desks) -> None:
    own = world.lived.companies[0]
    visit = next(row for row in await desks(PROVIDER, "GET", "/visits") if row["state"] == "accepted")
    reason = {"reason": "licence under review"}
    await desks("manager", "POST", f"/companies/{own.id}/suspension", reason)
    await desks.drain()
    # What it has promised stays its own.
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "accepted"
    now = world.works.clock.now()
    form = {
        "person_id": str(own.elders[1]),
        "item_code": "B01",
        "earliest": (now + timedelta(hours=4)).isoformat(),
        "latest": (now + timedelta(hours=6)).isoformat(),
        "accept_own_cost": True,
        "override_duplicate": True,
    }
    request = await desks("operator", "POST", "/requests", form, status=201)
    await desks.drain()
    assert (await desks("operator", "GET", f"/requests/{request['id']}"))["state"] == "unserved"
    (part,) = await desks("operator", "GET", f"/requests/{request['id']}/decisions/{own.id}")
    assert part["chosen"] is False


async def test_an_elder_is_suspended_resumed_and_left_out(world: World, desks: Desks) -> None:
    visit = next(row for row in await desks(PROVIDER, "GET", "/visits") if row["state"] == "accepted")
    path = f"/people/{visit['person_id']}"
    away = {"reason": "hospital"}
    await desks("finance", "POST", f"{path}/suspension", away, status=403, code="actor.not_allowed")
    await desks("operator", "POST", f"{path}/resumption", status=409, code="enrolment.not_now")
    assert (await desks("operator", "POST", f"{path}/suspension", away))["state"] == "suspended"
    await desks("operator", "POST", f"{path}/suspension", away, status=409, code="enrolment.not_now")
    assert await desks.emitted(EnrolmentSuspended, person_id=visit["person_id"], **away) == 1
    await desks.drain()
    assert await desks.emitted(CareRequestCancelled, request_id=visit["request_id"], by="system") == 1
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "cancelled"

    assert (await desks("operator", "POST", f"{path}/resumption"))["state"] == "active"
    assert await desks.emitted(EnrolmentResumed, person_id=visit["person_id"]) == 1
    # Who was in hospital is assessed anew.
    due = await desks("operator", "GET", "/enrolments/reassessments?limit=500")
    assert visit["person_id"] in {row["person_id"] for row in due}

    today = clocks.day_of(world.works.clock.now()).isoformat()
    ending = {"reason": "moved", "ended_on": today}
    await desks("operator", "POST", f"{path}/leaving", ending, status=403, code="actor.not_allowed")
    assert (await desks("manager", "POST", f"{path}/leaving", ending))["state"] == "ended"
    assert await desks.emitted(EnrolmentEnded, person_id=visit["person_id"], **ending) == 1
    wallet = await desks("finance", "GET", f"{path}/wallet")
    assert wallet["free_fen"] == 0
    for verb, form in (("leaving", ending), ("suspension", away), ("resumption", None)):
        await desks("manager", "POST", f"{path}/{verb}", form, status=404, code="enrolment.not_found")


async def test_an_elder_who_moves_is_another_clerks_from_then_on(world: World, desks: Desks) -> None:
    person = str(world.lived.companies[0].elders[1])
    path, address = f"/people/{person}/address", {"address": "另一条街 1 号", "latitude": 38.31, "longitude": 116.84}
    moved = {**address, "division_code": VILLAGES[1][0]}
    await desks("clerk", "PUT", path, moved, status=403, code="actor.not_allowed")
    nowhere = {**address, "division_code": "130999777001"}
    await desks("operator", "PUT", path, nowhere, status=422, code="division.unknown")
    await desks("operator", "PUT", f"/people/{new_id()}/address", moved, status=404, code="person.not_found")
    card = f"/people/{person}?purpose=visit"
    await desks("clerk", "GET", card)
    await desks("operator", "PUT", path, moved, status=204)
    assert await desks.emitted(PersonMoved, person_id=person, division_code=VILLAGES[1][0]) == 1
    assert (await desks("operator", "GET", card))["address"] == address["address"]
    await desks("clerk", "GET", card, status=404, code="person.not_found")
    addresses = await desks("manager", "GET", f"/people/{person}/addresses?purpose=check")
    assert {row["division_code"] for row in addresses} == {VILLAGES[0][1], VILLAGES[1][0]}


async def test_a_company_that_an_elder_does_not_want_is_sent_no_more(world: World, desks: Desks) -> None:
    own, other = world.lived.companies[:2]
    visit = next(row for row in await desks(PROVIDER, "GET", "/visits") if row["state"] == "accepted")
    path, form = f"/people/{visit['person_id']}/barred-companies", {"provider_id": str(own.id), "reason": "不合"}
    await desks(PROVIDER, "POST", path, form, status=403, code="actor.not_allowed")
    await desks("operator", "POST", path, {**form, "reason": " "}, status=422, code="input.invalid")
    nobody = {**form, "provider_id": str(new_id())}
    await desks("operator", "POST", path, nobody, status=404, code="company.not_found")
    for _ in range(2):
        await desks("operator", "POST", path, form, status=204)
    assert await desks.emitted(PersonBarred, person_id=visit["person_id"], provider_id=own.id, worker_id=None) == 1
    (row,) = await desks("auditor", "GET", path)
    assert (row["provider_id"], row["reason"]) == (str(own.id), "不合")
    assert await desks("auditor", "GET", f"/people/{visit['person_id']}/barred-workers") == []
    await desks.drain()
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "withdrawn"
    request = await desks("operator", "GET", f"/requests/{visit['request_id']}")
    assert request["state"] == "unserved"  # only this company works there
    *_, part = await desks("operator", "GET", f"/requests/{visit['request_id']}/decisions/{own.id}")
    assert [rule["reason"] for rule in part["ruled_out"]] == ["barred"]
    # Its people stay signed in: they have other elders.
    await desks(PROVIDER, "GET", "/me")
    for company in (other, own, own):
        await desks("operator", "DELETE", f"{path}/{company.id}", status=204)
    assert await desks.emitted(PersonBarLifted, person_id=visit["person_id"], provider_id=own.id) == 1
    assert await desks("operator", "GET", path) == []
