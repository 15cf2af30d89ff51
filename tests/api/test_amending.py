"""An open request is amended: hour, quantity, address, note; the company goes on with it, or somebody is looked for."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from dispatch.enrolment.model import Category
from dispatch.requests.model import CareRequest
from events.contracts.care_requests import CareRequestAmended
from events.contracts.visits import VisitMoved
from events.model import LoggedEvent
from kit.access.actor import SYSTEM
from kit.ids import new_id
from registry import operations as registry
from tests.api.street import Street, instant

WHY = "the elder is at the doctor's"


@pytest.fixture
def ten(street: Street) -> datetime:
    return street.clock.now() + timedelta(hours=1)


async def _call(street: Street, ten: datetime, **more: Any) -> dict[str, Any]:
    return await street.call(await street.elder(), ten, ten + timedelta(minutes=30), **more)


async def _amend(street: Street, request: dict[str, Any], **form: Any) -> dict[str, Any]:
    status, code = form.pop("status", 200), form.pop("code", None)
    path = f"/requests/{request['id']}/amendment"
    answer = await street("operator", "POST", path, {"reason": WHY, **form}, status=status, code=code)
    await street.drain()
    return dict(answer)


def _window(begin: datetime, minutes: int = 30) -> dict[str, str]:
    return {"earliest": begin.isoformat(), "latest": (begin + timedelta(minutes=minutes)).isoformat()}


async def _offers(street: Street, request: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in await street("provider", "GET", "/offers") if row["visit"]["request_id"] == request["id"]]


async def _emitted(street: Street, kind: str) -> list[dict[str, Any]]:
    async with street.works(SYSTEM("test")) as work:
        query = select(LoggedEvent.data).where(LoggedEvent.type == kind).order_by(LoggedEvent.position)
        return list((await work.session.execute(query)).scalars())


async def _amended(street: Street) -> list[dict[str, Any]]:
    return await _emitted(street, CareRequestAmended.type_name())


async def _state(street: Street, request: dict[str, Any]) -> str:
    return str((await street("operator", "GET", f"/requests/{request['id']}"))["state"])


async def test_an_offer_whose_hour_lies_in_the_new_window_stays_open(street: Street, ten: datetime) -> None:
    request = await _call(street, ten)
    (offer,) = await _offers(street, request)
    amended = await _amend(street, request, **_window(ten - timedelta(minutes=20), 120))
    assert instant(amended["latest"]) == ten + timedelta(minutes=100)
    (still,) = await _offers(street, request)
    assert (still["id"], still["deadline"]) == (offer["id"], offer["deadline"])
    (event,) = await _amended(street)
    assert (event["changed"], event["visit_id"], event["provider_id"]) == (
        ["window"],
        offer["visit"]["id"],
        offer["visit"]["provider_id"],
    )
    assert await _amend(street, request) == amended
    assert len(await _amended(street)) == 1  # what changes nothing is no change


async def test_an_offer_that_does_not_fit_is_withdrawn_and_the_request_decided_anew(
    street: Street, ten: datetime
) -> None:
    request = await _call(street, ten)
    (offer,) = await _offers(street, request)
    later = ten + timedelta(hours=4)
    await _amend(street, request, **_window(later))
    (second,) = await _offers(street, request)
    assert second["id"] != offer["id"]
    # The worker is not at fault for the withdrawal and is the nearest.
    assert second["visit"]["worker_id"] == offer["visit"]["worker_id"]
    assert later <= instant(second["visit"]["planned_start"]) <= later + timedelta(minutes=30)
    (event,) = await _amended(street)
    assert (event["visit_id"], event["provider_id"]) == (None, None)
    first, again = await street("operator", "GET", f"/requests/{request['id']}/decisions")
    assert (first["attempt"], again["attempt"]) == (1, 2)
    replays = await street("manager", "GET", f"/requests/{request['id']}/decision-replays")
    assert all((row["same_facts"], row["same_choice"]) == (True, True) for row in replays)


async def test_a_promise_is_kept_by_the_same_worker_at_another_hour(street: Street, ten: datetime) -> None:
    request = await _call(street, ten)
    visit = await street.promised(request)
    later = ten + timedelta(hours=3)
    await _amend(street, request, **_window(later))
    moved = await street.look(visit)
    assert (moved["state"], moved["worker_id"]) == ("accepted", visit["worker_id"])
    assert instant(moved["planned_start"]) == later
    (event,) = await _emitted(street, VisitMoved.type_name())
    assert (event["visit_id"], event["provider_id"]) == (visit["id"], visit["provider_id"])
    (amendment,) = await _amended(street)
    assert (amendment["visit_id"], amendment["changed"]) == (visit["id"], ["window"])
    assert (await street.visit(moved))["state"] == "verified"


async def test_a_quantity_takes_its_time_and_its_quota(street: Street, ten: datetime) -> None:
    request = await _call(street, ten)
    visit = await street.promised(request)
    amended = await _amend(street, request, quantity=2)
    assert (amended["quantity"], amended["minutes"], amended["price_fen"]) == (
        2,
        2 * request["minutes"],
        2 * request["price_fen"],
    )
    wallet = await street("finance", "GET", f"/people/{request['person_id']}/wallet?month=2026-03")
    assert wallet["held_fen"] == amended["quota_held_fen"] == 2 * request["quota_held_fen"]
    moved = await street.look(visit)
    assert instant(moved["planned_end"]) - instant(moved["planned_start"]) == timedelta(minutes=amended["minutes"])
    await street.visit(moved, stay=120)
    (line,) = await street.charges(visit)
    assert line["payable_fen"] == amended["price_fen"]


async def test_more_than_was_told_is_asked_of_the_elder_first(street: Street, ten: datetime) -> None:
    elder = await street.elder(Category.KEY_GROUP, 1)
    request = await street.call(elder, ten, ten + timedelta(minutes=30))
    await _amend(street, request, quantity=8, accept_own_cost=True)
    tomorrow = ten + timedelta(days=1)
    other = await street.call(elder, tomorrow, tomorrow + timedelta(minutes=30))
    await _amend(street, other, quantity=8, status=409, code="request.over_quota")
    same = await street("operator", "GET", f"/requests/{other['id']}")
    assert (same["quantity"], same["quota_held_fen"]) == (1, other["quota_held_fen"])
    assert (await _amend(street, other, quantity=8, accept_own_cost=True))["own_fen"] > 0
    await _amend(street, other, quantity=9, status=422, code="request.quantity_invalid")


async def test_a_request_that_found_nobody_is_looked_for_anew_once_it_is_another(street: Street, ten: datetime) -> None:
    request = await _call(street, ten, quantity=8)
    assert await _state(street, request) == "unserved"
    await _amend(street, request, note="she hears badly", status=409, code="request.not_amendable")
    amended = await _amend(street, request, quantity=1)
    assert (amended["quantity"], amended["quota_held_fen"]) == (1, 3000)
    assert len(await _offers(street, request)) == 1
    wallet = await street("finance", "GET", f"/people/{request['person_id']}/wallet?month=2026-03")
    assert wallet["held_fen"] == 3000


async def test_a_promise_that_cannot_be_kept_is_refused_unless_it_is_let_go(street: Street, ten: datetime) -> None:
    visit = await street.promised(await _call(street, ten))
    busy = ten + timedelta(hours=3)
    other = await street.promised(await _call(street, busy))
    asked = {"worker_id": visit["worker_id"], "reason": "the one who knows her"}
    if other["worker_id"] != visit["worker_id"]:
        await street("operator", "PUT", f"/visits/{other['id']}/worker", asked)
    request = {"id": visit["request_id"]}
    await _amend(street, request, **_window(busy), status=409, code="visit.worker_busy")
    assert (await street.look(visit))["planned_start"] == visit["planned_start"]
    await _amend(street, request, **_window(busy), release=True)
    assert (await street.look(visit))["state"] == "withdrawn"
    (offer,) = await _offers(street, request)
    assert offer["visit"]["worker_id"] != visit["worker_id"]


async def test_the_address_of_a_request_follows_the_elder(street: Street, ten: datetime) -> None:
    request = await _call(street, ten)
    visit = await street.promised(request)
    elder = UUID(request["person_id"])
    async with street.works(SYSTEM("test")) as work:
        before = await work.session.get_one(CareRequest, UUID(request["id"]))
        await registry.move_person(
            work,
            person_id=elder,
            address="another door",
            division_code=before.division_code,
            latitude=before.latitude + 0.004,
            longitude=before.longitude,
        )
    await street.drain()
    await _amend(street, request, follow_address=True, status=409, code="request.place_elsewhere")
    await _amend(street, request, follow_address=True, release=True)
    (offer,) = await _offers(street, request)
    assert offer["visit"]["id"] != visit["id"]
    async with street.works(SYSTEM("test")) as work:
        after = await work.session.get_one(CareRequest, UUID(request["id"]))
        assert round(after.latitude - before.latitude, 3) == 0.004


async def test_a_note_is_changed_until_the_worker_is_there_and_nothing_else_once_the_way_has_begun(
    street: Street, ten: datetime
) -> None:
    request = await _call(street, ten, note="third floor")
    visit = await street.promised(request)
    await street.at(instant(visit["planned_start"]) - timedelta(minutes=20))
    await street.act(visit, "departure")
    await _amend(street, request, **_window(ten + timedelta(hours=1)), status=409, code="visit.not_allowed")
    await _amend(street, request, note="fourth floor, <b>no lift</b>")
    note = await street("provider", "GET", f"/visits/{visit['id']}/door-note")
    assert note["note"] == "fourth floor, <b>no lift</b>"
    (event,) = await _amended(street)
    assert (event["changed"], event["visit_id"]) == (["note"], visit["id"])
    assert "floor" not in str(event)
    await street.at(instant(visit["planned_start"]))
    await street.act(visit, "arrival", code=await street.code(visit))
    await _amend(street, request, note="", status=409, code="visit.not_allowed")


async def test_what_is_over_and_who_may_not_amend_is_refused(street: Street, ten: datetime) -> None:
    request = await _call(street, ten)
    path, form = f"/requests/{request['id']}/amendment", {"reason": WHY, **_window(ten + timedelta(hours=1))}
    await street("finance", "POST", path, form, status=403, code="actor.not_allowed")
    await street("operator", "POST", f"/requests/{new_id()}/amendment", form, status=404, code="request.not_found")
    over = {"reason": WHY, **_window(ten - timedelta(hours=3))}
    await street("operator", "POST", path, over, status=422, code="request.past")
    night = {"reason": WHY, **_window(ten + timedelta(hours=14))}
    await street("operator", "POST", path, night, status=422, code="request.outside_window")
    second = await street.call(UUID(request["person_id"]), ten + timedelta(hours=4), ten + timedelta(hours=5))
    near = _window(ten + timedelta(hours=3, minutes=30))
    await _amend(street, request, **near, status=409, code="request.duplicate")
    await _amend(street, request, **near, override_duplicate=True)
    withdrawal = {"by": "elder", "reason": "her daughter is visiting"}
    await street("operator", "POST", f"/requests/{second['id']}/cancellation", withdrawal)
    await _amend(street, second, note="x", status=409, code="request.not_amendable")


async def test_a_request_that_waits_is_decided_anew_when_it_is_amended(street: Street, ten: datetime) -> None:
    await street.rule("matching.nobody_waits", {"urgent": True, "ordinary": True})
    ten = street.clock.now() + timedelta(hours=1)
    request = await _call(street, ten, sex_wanted="male")
    assert (await _state(street, request), await _offers(street, request)) == ("waiting", [])
    await _amend(street, request, note="she hears badly")
    assert len(await street("operator", "GET", f"/requests/{request['id']}/decisions")) == 1
    await _amend(street, request, **_window(ten + timedelta(hours=1)))
    assert len(await street("operator", "GET", f"/requests/{request['id']}/decisions")) == 2
