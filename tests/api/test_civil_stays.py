"""Stays in institutions and home care: nobody new is sent, people are asked about promises, the return ends it."""

from typing import Any
from uuid import UUID

from civil.homecare import stays
from events.contracts.enrolments import EnrolmentResumed
from kit import clock as clocks
from kit.access.actor import SYSTEM
from tests.api.test_desks import PROVIDER, Desks, desks
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""


async def _move_in(desks: Desks, elder: UUID) -> str:
    """Let a section register that an elder lives in the first institution; the path of the stay."""
    home = (await desks("section", "GET", "/civil/records"))[0]["record_id"]
    facts = {"bed": "101", "level": 2}
    body = {"kind": "institutions.stay", "facts": facts, "person_id": str(elder), "within_id": home}
    stay = await desks("section", "POST", "/civil/records", body, status=201)
    await desks.drain()
    return f"/civil/records/{stay['record_id']}"


async def _move_out(desks: Desks, stay: str) -> None:
    await desks("section", "POST", f"{stay}/moves", {"to": "left"})
    await desks.drain()


async def _state(desks: Desks, elder: UUID) -> str:
    return str((await desks("operator", "GET", f"/people/{elder}/standing"))["state"])


async def _cases(desks: Desks, elder: UUID) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await desks("manager", "GET", f"/cases/about/{elder}")
    return [row for row in rows if row["kind"] == "stay_reported"]


async def test_whoever_moves_in_is_sent_nobody_new_and_people_are_asked_about_what_was_promised(
    world: World, desks: Desks
) -> None:
    elder = world.lived.companies[0].elders[0]
    promised = "select id, request_id from visit where person_id = $1 and state = 'accepted'"
    visit = await world.plain.fetchrow(promised, elder)
    assert visit is not None
    stay = await _move_in(desks, elder)
    assert await _state(desks, elder) == "suspended"
    (membership,) = await desks("operator", "GET", f"/people/{elder}/enrolments")
    assert membership["suspend_reason"] == "institution"
    (case,) = await _cases(desks, elder)
    assert (case["state"], case["owner_role"], case["facts"]["promised"]) == ("open", "operator", 1)
    # a person decides about the promise, unlike after a suspension that a desk has decided
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "accepted"
    assert (await desks("operator", "GET", f"/requests/{visit['request_id']}"))["state"] == "accepted"
    call = {
        "person_id": str(elder),
        "item_code": "B01",
        "earliest": "2026-05-05T17:00:00+08:00",
        "latest": "2026-05-05T18:00:00+08:00",
        "channel": "phone",
        "override_duplicate": True,
    }
    await desks("operator", "POST", "/requests", call, status=409, code="request.suspended")
    await _move_out(desks, stay)
    assert await _state(desks, elder) == "active"
    (case,) = await _cases(desks, elder)
    assert case["state"] == "closed"
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "accepted"


async def test_an_open_offer_is_taken_back_waits_and_is_made_again_after_the_return(world: World, desks: Desks) -> None:
    elder = world.lived.companies[0].elders[1]
    offered = await world.plain.fetchrow(
        "select id, request_id from visit where person_id = $1 and state = 'offered'", elder
    )
    assert offered is not None
    stay = await _move_in(desks, elder)
    visit = await world.plain.fetchrow("select state, reason from visit where id = $1", offered["id"])
    assert visit is not None
    assert (visit["state"], visit["reason"]) == ("withdrawn", "stay_reported")
    request = f"/requests/{offered['request_id']}"
    assert (await desks("operator", "GET", request))["state"] == "waiting"
    await _move_out(desks, stay)
    assert (await desks("operator", "GET", request))["state"] == "offered"


async def test_a_resident_who_was_resumed_or_enrolled_is_suspended_again_while_the_register_says_so(
    world: World, desks: Desks
) -> None:
    elder = world.lived.companies[0].elders[0]
    await _move_in(desks, elder)
    await desks("operator", "POST", f"/people/{elder}/resumption")
    await desks.drain()
    assert await _state(desks, elder) == "active"
    async with world.works(SYSTEM("ticker")) as work:
        assert [await stays.suspend_residents(work), await stays.suspend_residents(work)] == [1, 0]
    await desks.drain()
    assert await _state(desks, elder) == "suspended"
    assert [case["state"] for case in await _cases(desks, elder)] == ["closed", "open"]
    # the end of the enrolment withdraws whatever is open, and there is nothing left to ask
    today = clocks.day_of(world.works.clock.now()).isoformat()
    await desks("manager", "POST", f"/people/{elder}/leaving", {"reason": "moved", "ended_on": today})
    await desks.drain()
    assert [case["state"] for case in await _cases(desks, elder)] == ["closed", "closed"]


async def test_a_death_in_an_institution_brings_nobody_home(world: World, desks: Desks) -> None:
    elder = world.lived.companies[0].elders[0]
    stay = await _move_in(desks, elder)
    today = clocks.day_of(world.works.clock.now()).isoformat()
    await desks("operator", "POST", f"/people/{elder}/death", {"died_on": today, "source": "机构"}, status=204)
    await desks("manager", "POST", f"/people/{elder}/death/confirmation", status=204)
    await desks.drain()
    assert (await desks("section", "GET", stay))["state"] == "left"
    assert await _state(desks, elder) == "ended"
    assert await desks.emitted(EnrolmentResumed, person_id=elder) == 0
