"""A company answers an offer: with a worker whom it chooses among those who may go, or with a reason of the list."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from events.contracts.offers import OfferAccepted, OfferRefused
from events.model import LoggedEvent
from kit import clock
from kit.access.actor import SYSTEM
from kit.ids import new_id
from providers.roster import hiring
from tests.api.street import Street, instant


@pytest.fixture
def ten(street: Street) -> datetime:
    return street.clock.now() + timedelta(hours=1)


async def _offer(street: Street, ten: datetime, **more: Any) -> dict[str, Any]:
    request = await street.call(await street.elder(), ten, ten + timedelta(minutes=30), **more)
    return await _offer_of(street, request)


async def _offer_of(street: Street, request: dict[str, Any]) -> dict[str, Any]:
    offers = await street("provider", "GET", "/offers")
    (offer,) = [row for row in offers if row["visit"]["request_id"] == request["id"]]
    return dict(offer)


async def _candidates(street: Street, visit: dict[str, Any], name: str = "provider") -> dict[UUID, dict[str, Any]]:
    rows = await street(name, "GET", f"/visits/{visit['id']}/candidates")
    return {UUID(row["worker_id"]): row for row in rows}


async def _emitted(street: Street, event: type[OfferAccepted | OfferRefused]) -> list[dict[str, Any]]:
    async with street.works(SYSTEM("test")) as work:
        query = select(LoggedEvent.data).where(LoggedEvent.type == event.type_name()).order_by(LoggedEvent.position)
        return list((await work.session.execute(query)).scalars())


def _other(street: Street, visit: dict[str, Any]) -> UUID:
    return next(worker for worker in street.stage.workers[0] if str(worker) != visit["worker_id"])


async def test_an_offer_is_accepted_with_a_worker_whom_the_company_chooses(street: Street, ten: datetime) -> None:
    offer = await _offer(street, ten)
    asked, other = UUID(offer["visit"]["worker_id"]), _other(street, offer["visit"])
    before = await _candidates(street, offer["visit"])
    assert {worker: row["chosen"] for worker, row in before.items()} == {asked: True, other: False}
    assert all(row["forbidden_by"] is None and row["travel_minutes"] is not None for row in before.values())
    accepted = await street("provider", "POST", f"/offers/{offer['id']}/acceptance", {"worker_id": str(other)})
    assert (accepted["worker_id"], accepted["state"]) == (str(other), "accepted")
    await street.drain()
    (event,) = await _emitted(street, OfferAccepted)
    assert (event["worker_id"], event["offer_id"]) == (str(other), offer["id"])
    for name in ("operator", "manager"):
        after = await _candidates(street, accepted, name)
        assert {worker: row["chosen"] for worker, row in after.items()} == {asked: False, other: True}
    path = f"/requests/{accepted['request_id']}"
    (decision,) = await street("operator", "GET", f"{path}/decisions")
    assert decision["worker_number"] == street.stage.numbers[asked]
    (replay,) = await street("manager", "GET", f"{path}/decision-replays")
    assert (replay["same_facts"], replay["same_choice"]) == (True, True)

    # The hours of the worker who was asked for are free again, those of the chosen one are taken.
    second = await _offer(street, instant(accepted["planned_start"]))
    assert second["visit"]["worker_id"] == str(asked)
    assert (await _candidates(street, second["visit"]))[other]["forbidden_by"] == "no_gap"

    await street.at(instant(accepted["planned_start"]))
    assert [row["id"] for row in await street(street.phone(other), "GET", "/visits/mine")] == [accepted["id"]]
    assert await street(street.phone(asked), "GET", "/visits/mine") == []
    await street.act(accepted, "departure")
    await street("provider", "GET", f"/visits/{accepted['id']}/candidates", status=409, code="visit.not_allowed")


async def test_a_worker_whom_a_rule_forbids_is_named_with_the_rule_and_cannot_be_chosen(
    street: Street, ten: datetime
) -> None:
    offer = await _offer(street, ten)
    path, other = f"/offers/{offer['id']}/acceptance", _other(street, offer["visit"])
    stranger = {"worker_id": str(new_id())}
    await street("provider", "POST", path, stranger, status=404, code="worker.not_found")
    asked = street.phone(offer["visit"]["worker_id"])
    await street(asked, "POST", path, {"worker_id": str(other)}, status=404, code="worker.not_found")
    await street(street.phone(other), "POST", path, {"worker_id": str(other)}, status=404, code="offer.not_found")
    await street(asked, "GET", f"/visits/{offer['visit']['id']}/candidates", status=403, code="actor.not_allowed")
    await street("provider", "GET", f"/visits/{new_id()}/candidates", status=404, code="visit.not_found")

    bar = {"worker_id": str(other), "reason": "the elder asks for somebody else"}
    person = offer["visit"]["person_id"]
    await street("operator", "POST", f"/people/{person}/barred-workers", bar, status=204)
    barred = (await _candidates(street, offer["visit"]))[other]
    assert (barred["forbidden_by"], barred["travel_minutes"]) == ("barred", None)
    await street("provider", "POST", path, {"worker_id": str(other)}, status=409, code="assignment.forbidden")

    away = {"from_at": ten.isoformat(), "until_at": (ten + timedelta(hours=9)).isoformat(), "reason": "ill"}
    await street("provider", "POST", f"/workers/{other}/absences", away, status=201)
    third = await _offer(street, ten + timedelta(hours=3))
    assert (await _candidates(street, third["visit"]))[other]["forbidden_by"] == "off_shift"
    chosen = {"worker_id": str(other)}
    for_third = f"/offers/{third['id']}/acceptance"
    await street("provider", "POST", for_third, chosen, status=409, code="assignment.forbidden")
    accepted = await street("provider", "POST", for_third, {"worker_id": third["visit"]["worker_id"]})
    assert accepted["state"] == "accepted"
    assert (await street("provider", "GET", "/offers"))[0]["id"] == offer["id"]


async def test_two_offers_accepted_at_once_with_one_worker_promise_that_worker_once(
    street: Street, ten: datetime
) -> None:
    requests = [await street.call(await street.elder(), ten, ten + timedelta(minutes=30)) for _ in range(2)]
    offers = [await _offer_of(street, request) for request in requests]
    async with street.works(SYSTEM("test")) as work:
        facts = replace(street.stage.worker(7), provider_id=street.stage.companies[0])
        third = (await hiring.hire_worker(work, facts=facts)).id
    form = {"worker_id": str(third)}
    headers = {"Authorization": f"Bearer {street.tokens['provider']}"}
    answers = await asyncio.gather(
        *(
            street.client.post(f"/offers/{offer['id']}/acceptance", json=form, headers=headers)
            for offer in offers
            for _ in range(2)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"offer.not_open", "visit.worker_busy", "assignment.forbidden"}
    assert [event["worker_id"] for event in await _emitted(street, OfferAccepted)] == [str(third)]
    (left,) = await street("provider", "GET", "/offers")
    assert left["visit"]["worker_id"] != str(third)


async def test_a_refusal_names_a_reason_of_the_list_and_its_note_is_in_no_event(street: Street, ten: datetime) -> None:
    offer = await _offer(street, ten)
    path, note = f"/offers/{offer['id']}/refusal", "the bridge at the mill is closed"
    await street("provider", "POST", path, {"reason": "because"}, status=422, code="input.invalid")
    await street("provider", "POST", path, {"reason": "other"}, status=422, code="offer.reason_missing")
    await street("provider", "POST", path, {"reason": "other", "note": " "}, status=422, code="input.invalid")
    refused = await street("provider", "POST", path, {"reason": "other", "note": note})
    assert (refused["state"], refused["reason"]) == ("refused", "other")
    for name in ("provider", "manager"):
        today = clock.day_of(street.clock.now())
        assert await street(name, "GET", f"/offers?state=refused&day={today - timedelta(days=1)}") == []
        (row,) = await street(name, "GET", f"/offers?state=refused&day={today}")
        assert (row["reason"], row["note"], row["answered_at"] is not None) == ("other", note, True)
    (event,) = await _emitted(street, OfferRefused)
    assert event["reason"] == "other"
    assert note not in str(event)
    await street.drain()
    first, second = await street("provider", "GET", f"/requests/{refused['request_id']}/explanation")
    assert (first["chosen"], first["rank"], first["ruled_out"]) == (True, 1, [])
    numbers = sorted(street.stage.numbers.values())
    assert (second["chosen"], second["rank"]) == (False, None)
    assert second["ruled_out"] == [{"reason": "asked_before", "worker_numbers": numbers}]
