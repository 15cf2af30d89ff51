"""What a company's dispatcher and a worker's phone report of a visit, and what it makes of the request."""

from datetime import timedelta
from typing import Any

from events.contracts.offers import OfferRefused
from events.contracts.visits import NobodyHome, VisitAborted, VisitHeld, WorkerArrived, WorkerDeparted
from kit import clock as clocks
from kit.access.roles import Role
from kit.ids import new_id
from tests.api.acts import HOME
from tests.api.lives import MARKS
from tests.api.test_desks import PROVIDER, WORKER, Desks, desks
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""

OTHER, OTHERS_WORKER = (f"{MARKS[1]}.{role}" for role in (Role.PROVIDER, Role.WORKER))


def _act(world: World, **more: Any) -> dict[str, Any]:
    at = {"latitude": HOME[0], "longitude": HOME[1], "accuracy_metres": 10, "fix_age_seconds": 2}
    return {"id": str(new_id()), "claimed_at": world.works.clock.now().isoformat(), **at, **more}


async def _promised(world: World, desks: Desks) -> dict[str, Any]:
    """Return the promised visit of the company, given to the worker whose phone is signed in."""
    visit: dict[str, Any] = next(row for row in await desks(PROVIDER, "GET", "/visits") if row["state"] == "accepted")
    worker = str(world.lived.companies[0].workers[0])
    if visit["worker_id"] != worker:
        replaced = {"worker_id": worker, "reason": "knows the way"}
        await desks(PROVIDER, "PUT", f"/visits/{visit['id']}/worker", replaced)
    return dict(await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))


async def test_a_refused_offer_goes_to_nobody_of_the_same_company(world: World, desks: Desks) -> None:
    (offer,) = await desks(PROVIDER, "GET", "/offers")
    path, reason = f"/offers/{offer['id']}/refusal", {"reason": "no_worker"}
    await desks("operator", "POST", path, reason, status=403, code="actor.not_allowed")
    await desks(PROVIDER, "POST", path, {"reason": ""}, status=422, code="input.invalid")
    nobodys = f"/offers/{new_id()}/refusal"
    for another in (nobodys, path):
        await desks(OTHER, "POST", another, reason, status=404, code="offer.not_found")
    refused = await desks(PROVIDER, "POST", path, reason)
    assert (refused["id"], refused["state"]) == (offer["visit"]["id"], "refused")
    assert await desks.emitted(OfferRefused, offer_id=offer["id"], reason="no_worker") == 1
    await desks(PROVIDER, "POST", path, reason, status=409, code="offer.not_open")
    await desks(PROVIDER, "POST", f"/offers/{offer['id']}/acceptance", status=409, code="offer.not_open")
    await desks.drain()
    assert await desks(PROVIDER, "GET", "/offers") == []
    # Only this company works there.
    assert (await desks("operator", "GET", f"/requests/{refused['request_id']}"))["state"] == "unserved"
    cases = await desks("operator", "GET", f"/cases/about/{refused['request_id']}")
    assert "nobody_found" in {case["kind"] for case in cases}


async def test_a_visit_is_read_by_its_company_and_its_worker_alone(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    path = f"/visits/{visit['id']}"
    for desk in (PROVIDER, WORKER, "manager", "auditor"):
        assert await desks(desk, "GET", path) == visit
    for desk in (OTHER, OTHERS_WORKER):
        for another in (f"/visits/{new_id()}", path):
            await desks(desk, "GET", another, status=404, code="visit.not_found")


async def test_a_worker_sets_out_and_waits_before_a_closed_door(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    path = f"/visits/{visit['id']}"
    await desks(WORKER, "POST", f"{path}/nobody-home", _act(world), status=409, code="visit.not_arrived")
    await desks(OTHERS_WORKER, "POST", f"{path}/departure", _act(world), status=404, code="visit.not_found")
    await desks(PROVIDER, "POST", f"{path}/departure", _act(world), status=403, code="actor.not_allowed")
    act = _act(world)
    for _ in range(2):  # the phone sends it again
        assert (await desks(WORKER, "POST", f"{path}/departure", act))["state"] == "departed"
    assert await desks.emitted(WorkerDeparted, visit_id=visit["id"]) == 1
    withdrawal = {"by": "elder", "reason": "changed her mind"}
    await desks.drain()
    request = f"/requests/{visit['request_id']}"
    assert (await desks("operator", "GET", request))["state"] == "under_way"
    await desks("operator", "POST", f"{request}/cancellation", withdrawal, status=409, code="request.not_allowed")
    await desks.later(timedelta(hours=2))
    assert (await desks(WORKER, "POST", f"{path}/arrival", _act(world)))["state"] == "arrived"
    assert await desks.emitted(WorkerArrived, visit_id=visit["id"]) == 1
    await desks.later(timedelta(minutes=20))
    waited = await desks(WORKER, "POST", f"{path}/nobody-home", _act(world))
    assert (waited["state"], clocks.local(world.works.clock.now()).hour) == ("nobody_home", 11)
    assert await desks.emitted(NobodyHome, visit_id=visit["id"], person_id=visit["person_id"]) == 1
    for verb in ("nobody-home", "departure", "abort"):
        act = _act(world, reason="again")
        await desks(WORKER, "POST", f"{path}/{verb}", act, status=409, code="visit.already_finished")
    acts = await desks(PROVIDER, "GET", f"{path}/acts")
    assert [row["kind"] for row in acts] == ["depart", "arrive", "nobody_home"]


async def test_a_visit_that_is_broken_off_at_the_door_waits_for_a_person(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    path = f"/visits/{visit['id']}"
    await desks.later(timedelta(hours=2))
    await desks(WORKER, "POST", f"{path}/arrival", _act(world))
    await desks(WORKER, "POST", f"{path}/abort", _act(world), status=422, code="act.reason_missing")
    broken = await desks(WORKER, "POST", f"{path}/abort", _act(world, reason="the elder was taken to hospital"))
    assert (broken["state"], broken["reason"]) == ("aborted", "the elder was taken to hospital")
    assert await desks.emitted(VisitAborted, visit_id=visit["id"]) == 1
    await desks.drain()
    assert (await desks(PROVIDER, "GET", path))["state"] == "held"
    assert await desks.emitted(VisitHeld, visit_id=visit["id"]) == 1
    (case,) = [row for row in await desks("manager", "GET", f"/cases/about/{visit['id']}") if row["state"] == "open"]
    assert (case["kind"], case["owner_role"]) == ("visit_held", "manager")


async def test_a_visit_that_is_broken_off_on_the_way_is_offered_to_somebody_else(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    path = f"/visits/{visit['id']}"
    await desks(WORKER, "POST", f"{path}/departure", _act(world))
    broken = await desks(WORKER, "POST", f"{path}/abort", _act(world, reason="a flat tyre"))
    assert (broken["state"], broken["arrived_at"]) == ("aborted", None)
    await desks.drain()
    listed = await desks("manager", "GET", f"/visits?request_id={visit['request_id']}")
    others = [row for row in listed if row["id"] != visit["id"]]
    request = await desks("operator", "GET", f"/requests/{visit['request_id']}")
    assert request["state"] == ("offered" if others else "unserved")
    assert visit["worker_id"] not in {row["worker_id"] for row in others}
