"""A request that found nobody is not the end: the call centre searches again, applies the change, or chooses whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from kit.ids import new_id
from tests.api.street import Street

REASON = "the company rang: its worker is next door"


@pytest.fixture
def ten(street: Street) -> datetime:
    return street.clock.now() + timedelta(hours=1)


async def _call(street: Street, ten: datetime, **more: Any) -> dict[str, Any]:
    return await street.call(await street.elder(), ten, ten + timedelta(hours=2), **more)


async def _state(street: Street, request: dict[str, Any]) -> str:
    return str((await street("operator", "GET", f"/requests/{request['id']}"))["state"])


async def _decisions(street: Street, request: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await street("operator", "GET", f"/requests/{request['id']}/decisions")
    replays = await street("manager", "GET", f"/requests/{request['id']}/decision-replays")
    assert all((row["same_facts"], row["same_choice"]) == (True, True) for row in replays)
    return rows


async def _cases(street: Street, request: dict[str, Any]) -> list[str]:
    rows = await street("operator", "GET", "/cases")
    return [row["kind"] for row in rows if row["subject_id"] == request["id"]]


async def _refuse(street: Street, request: dict[str, Any]) -> None:
    (offer,) = [
        row for row in await street("provider", "GET", "/offers") if row["visit"]["request_id"] == request["id"]
    ]
    await street("provider", "POST", f"/offers/{offer['id']}/refusal", {"reason": "no_time"})
    await street.drain()


async def test_the_change_that_would_help_is_applied_and_recorded(street: Street, ten: datetime) -> None:
    request = await _call(street, ten, sex_wanted="male")
    assert (await _state(street, request), await _cases(street, request)) == ("unserved", ["nobody_found"])
    (decision,) = await _decisions(street, request)
    assert decision["relaxation"]["change"] == "any_sex"
    path, form = f"/requests/{request['id']}/relaxation", {"decision_id": decision["id"]}
    await street("finance", "POST", path, form, status=403, code="actor.not_allowed")
    other = {"decision_id": str(new_id())}
    await street("operator", "POST", path, other, status=409, code="decision.superseded")
    await street("operator", "POST", f"/requests/{new_id()}/relaxation", form, status=404, code="request.not_found")
    relaxed = await street("operator", "POST", path, form)
    held = (relaxed["state"], relaxed["quota_held_fen"], relaxed["reason"])
    assert held == ("waiting", request["quota_held_fen"], None)
    await street.drain()
    assert (await _state(street, request), await _cases(street, request)) == ("offered", [])
    nobody, offered = await _decisions(street, request)
    assert (nobody["id"], offered["outcome"], offered["decided_by"]) == (decision["id"], "offered", None)
    await street("operator", "POST", path, form, status=409, code="decision.superseded")
    latest = {"decision_id": offered["id"]}
    await street("operator", "POST", path, latest, status=409, code="relaxation.none")


async def test_a_request_is_dispatched_again_and_the_companies_that_refused_are_asked_only_if_wanted(
    street: Street, ten: datetime
) -> None:
    request = await _call(street, ten)
    path = f"/requests/{request['id']}/dispatch"
    await street("operator", "POST", path, {}, status=409, code="request.not_allowed")
    await _refuse(street, request)
    assert await _state(street, request) == "unserved"
    await street("provider", "POST", path, {}, status=403, code="actor.not_allowed")
    await street("operator", "POST", f"/requests/{new_id()}/dispatch", {}, status=404, code="request.not_found")
    for tries in (3, 4):
        assert (await street("operator", "POST", path, {}))["state"] == "waiting"
        await street.drain()
        assert await _state(street, request) == "unserved"
        outcomes = [row["outcome"] for row in await _decisions(street, request)]
        assert outcomes == ["offered", *["nobody"] * (tries - 1)]
    *_, latest = await _decisions(street, request)
    assert latest["relaxation"]["change"] == "ask_again"
    await street("manager", "POST", path, {"ask_again": True})
    await street.drain()
    assert await _state(street, request) == "offered"
    await street.at(ten + timedelta(hours=3))
    await street.drain()
    late = await _call(street, street.clock.now() + timedelta(hours=1), sex_wanted="male")
    await street.at(street.clock.now() + timedelta(hours=4))
    over = f"/requests/{late['id']}/dispatch"
    await street("operator", "POST", over, {}, status=422, code="request.past")


async def test_who_asked_anew_meanwhile_is_not_served_twice(street: Street, ten: datetime) -> None:
    elder = await street.elder()
    request = await street.call(elder, ten, ten + timedelta(hours=2), sex_wanted="male")
    await street.call(elder, ten, ten + timedelta(hours=2))
    path = f"/requests/{request['id']}/dispatch"
    await street("operator", "POST", path, {}, status=409, code="request.duplicate")


async def test_a_person_chooses_whom_to_ask_and_the_record_says_who_and_why(street: Street, ten: datetime) -> None:
    (company,), (first, second) = street.stage.companies, street.stage.workers[0]
    request = await _call(street, ten)
    await _refuse(street, request)
    path = f"/requests/{request['id']}/assignment"
    form = {"provider_id": str(company), "worker_id": str(second), "reason": REASON}
    await street("finance", "POST", path, form, status=403, code="actor.not_allowed")
    nobody = {**form, "provider_id": str(new_id())}
    await street("operator", "POST", path, nobody, status=404, code="company.not_found")
    stranger = {**form, "worker_id": str(new_id())}
    await street("operator", "POST", path, stranger, status=404, code="worker.not_found")
    await street("operator", "POST", path, {**form, "reason": " "}, status=422, code="input.invalid")
    visit = await street("operator", "POST", path, form, status=201)
    assert (visit["worker_id"], visit["state"]) == (str(second), "offered")
    await street.drain()
    assert (await _state(street, request), await _cases(street, request)) == ("offered", [])
    *_, decision = await _decisions(street, request)
    assert decision["decided_by"].startswith("account:")
    assert (decision["reason"], len(decision["candidates"])) == (REASON, 1)
    ruled_out = {row["reason"]: row["worker_numbers"] for row in decision["ruled_out"]}
    assert ruled_out == {"not_chosen": [street.stage.numbers[first]]}
    await street("operator", "POST", path, form, status=409, code="request.not_allowed")

    for_a_man = await _call(street, ten, sex_wanted="male")
    refused = f"/requests/{for_a_man['id']}/assignment"
    await street("operator", "POST", refused, form, status=409, code="assignment.forbidden")
    assert await _state(street, for_a_man) == "unserved"
    company_only = {"provider_id": str(company), "reason": REASON}
    barred = await _call(street, ten)
    await _refuse(street, barred)
    bar = {"provider_id": str(company), "reason": "the elder asks for another company"}
    await street("operator", "POST", f"/people/{barred['person_id']}/barred-companies", bar, status=204)
    again = f"/requests/{barred['id']}/assignment"
    await street("operator", "POST", again, company_only, status=409, code="assignment.forbidden")
