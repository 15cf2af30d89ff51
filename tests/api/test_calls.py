"""Calls over HTTP: reported by the exchange, taken by one operator; and callers who are not registered yet."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from dispatch.calls import operations
from dispatch.calls.rules import NumberDays, ShownMinutes
from events.contracts.calls import CallAnswered, CallEnded, CallRang
from events.contracts.people import PersonRegistered
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.ids import new_id
from registry import operations as registry
from registry.model import ContactKind
from registry.operations import ContactFacts
from tests.api.lives import PASSWORD
from tests.api.test_desks import PROVIDER, Desks, desks
from tests.api.test_live import Listener
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
NUMBER, NOBODYS = "139-0000-0099", "0317 276 5432"
REST = {"id_no": "130999194503021240", "division_code": "130999001000", "latitude": 38.3, "longitude": 116.8}


def report(key: str = "pbx-1", state: str = "ringing", number: str | None = NUMBER) -> dict[str, Any]:
    return {"source_key": key, "state": state, "number": number}


async def share_number(world: World) -> list[str]:
    """Give two elders one telephone, which is the second one's daughter's; return their ids."""
    first, second = world.lived.companies[0].elders
    async with world.works(SYSTEM("test")) as work:
        await registry.set_contacts(work, person_id=first, phone=NUMBER)
        family = ContactFacts(ContactKind.FAMILY, NUMBER, "女儿")
        await registry.set_contacts(work, person_id=second, phone="13900000098", contacts=(family,))
    return [str(first), str(second)]


async def live(desks: Desks, name: str = "operator") -> list[dict[str, Any]]:
    """Return the calls of this moment without the one that the district was left with."""
    rows: list[dict[str, Any]] = await desks(name, "GET", "/calls")
    return [row for row in rows if row["number"] != "13700001111"]


async def test_a_call_rings_with_masked_names_is_taken_once_and_shows_everybody_on_its_number(
    world: World, desks: Desks
) -> None:
    elders = await share_number(world)
    reported = await desks("exchange", "POST", "/calls", report())
    assert reported == {"id": reported["id"], "state": "ringing"}
    (call,) = await live(desks)
    assert (call["id"], call["number"], call["taken"], call["answered_at"]) == (
        reported["id"],
        "13900000099",
        False,
        None,
    )
    assert [row["person_id"] for row in call["callers"]] == elders
    assert [row["relation"] for row in call["callers"]] == [None, "女儿"]
    assert all(row["name"][1:].strip("*") == "" for row in call["callers"])
    before = await desks("manager", "GET", f"/people/{elders[1]}/readings")
    assert "来电识别" not in {row["purpose"] for row in before}

    path = f"/calls/{call['id']}/taking"
    taken = await desks("operator", "POST", path)
    assert [row["person_id"] for row in taken["callers"]] == elders
    assert all("*" not in row["name"] for row in taken["callers"])
    for elder in elders:
        readings = await desks("manager", "GET", f"/people/{elder}/readings")
        assert {"role": "operator", "purpose": "来电识别", "fields": ["name"]}.items() <= readings[0].items()
    (call,) = await live(desks)
    assert (call["state"], call["taken"], call["mine"]) == ("answered", True, True)
    assert (await desks("operator", "POST", path))["callers"] == taken["callers"]  # after a reload

    await world.plain.execute("update phone_call set taken_by = uuidv7() where id = $1", call["id"])
    await desks("operator", "POST", path, status=409, code="call.taken")
    (call,) = await live(desks)
    assert (call["taken"], call["mine"]) == (True, False)
    await desks("operator", "POST", f"/calls/{new_id()}/taking", status=404, code="call.not_found")


async def test_what_the_exchange_repeats_or_says_late_changes_nothing(world: World, desks: Desks) -> None:
    first = await desks("exchange", "POST", "/calls", report(number=None))
    again = await asyncio.gather(*(world.ask("exchange", "POST", "/calls", json=report()) for _ in range(6)))
    assert {(answer.status_code, answer.text) for answer in again} == {(200, again[0].text)}
    assert again[0].json() == first
    assert await desks.emitted(CallRang, call_id=first["id"]) == 1
    await desks.later(timedelta(seconds=7))
    for state, shown in (("answered", "answered"), ("ringing", "answered"), ("ended", "ended"), ("answered", "ended")):
        assert (await desks("exchange", "POST", "/calls", report(state=state)))["state"] == shown
    for kind in (CallRang, CallAnswered, CallEnded):
        assert await desks.emitted(kind, call_id=first["id"]) == 1
    row = await world.plain.fetchrow("select * from phone_call where id = $1", first["id"])
    assert row is not None
    assert (row["answered_at"] - row["rang_at"], row["ended_at"] - row["rang_at"]) == (timedelta(seconds=7),) * 2
    assert NUMBER.replace("-", "").encode() not in bytes(row["number_sealed"])
    other = report(number=NOBODYS)
    await desks("exchange", "POST", "/calls", other, status=409, code="call.number_differs")
    await desks("operator", "POST", f"/calls/{first['id']}/taking", status=409, code="call.over")
    assert await live(desks) == []
    missed = await desks("exchange", "POST", "/calls", report("pbx-2", "ended"))
    assert await desks.emitted(CallAnswered, call_id=missed["id"]) == 0


async def test_six_first_reports_at_once_are_one_call(world: World, desks: Desks) -> None:
    answers = await asyncio.gather(*(world.ask("exchange", "POST", "/calls", json=report()) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    (call,) = await live(desks)
    assert {answer.json()["id"] for answer in answers} == {call["id"]}
    assert await desks.emitted(CallRang, call_id=call["id"]) == 1


async def test_a_number_is_read_as_the_registry_reads_it_and_a_bad_one_is_refused(world: World, desks: Desks) -> None:
    for number in ("+86 317 276 5432", "2765432", "(0317)2765432"):
        await desks("exchange", "POST", "/calls", report(number, number=number))
        assert (await live(desks))[-1]["number"] == "03172765432"
    count = len(await live(desks))
    for number, code in (
        ("8001", "phone.shape"),
        ("", "phone.shape"),
        ("anonymous", "phone.shape"),
        ("0317-2765432转801", "phone.extension"),
        ("13800001234、13800001235", "phone.several"),
    ):
        await desks("exchange", "POST", "/calls", report("bad", number=number), status=422, code=code)
    for form in ({"state": "ringing"}, report(state="busy"), report(key="")):
        await desks("exchange", "POST", "/calls", form, status=422, code="input.invalid")
    assert len(await live(desks)) == count


async def test_the_exchange_reports_and_does_nothing_else(world: World, desks: Desks) -> None:
    for desk in ("operator", "manager", "administrator", PROVIDER):
        await desks(desk, "POST", "/calls", report(), status=403, code="actor.not_allowed")
    for path in ("/calls", "/calls/today", "/people", "/catalogue", "/divisions", "/live", "/newcomers"):
        await desks("exchange", "GET", path, status=403, code="actor.not_allowed")
    for desk in ("manager", "auditor", "clerk", PROVIDER):
        await desks(desk, "GET", "/calls", status=403, code="actor.not_allowed")
    assert (await desks("exchange", "GET", "/me"))["actions"] == ["account.change", "account.read", "calls.report"]


async def test_a_program_stays_signed_in_for_a_year_and_only_the_exchange_is_one(world: World, desks: Desks) -> None:
    form = {"username": "exchange", "password": PASSWORD, "kind": "program"}
    wall = {**form, "kind": "wall"}
    await desks("exchange", "POST", "/sessions", wall, status=403, code="session.kind_not_allowed")
    operator = {**form, "username": "operator"}
    await desks("exchange", "POST", "/sessions", operator, status=403, code="session.kind_not_allowed")
    began = await desks("exchange", "POST", "/sessions", form, status=201)
    assert (began["kind"], began["role"]) == ("program", "exchange")
    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    assert datetime.fromisoformat(began["ends_at"]) - clock.now() == timedelta(days=366)
    clock.advance(timedelta(days=365))
    headers = {"Authorization": f"Bearer {began['token']}"}
    assert (await world.client.post("/calls", json=report(), headers=headers)).status_code == 200
    clock.advance(timedelta(days=2))
    assert (await world.client.post("/calls", json=report(), headers=headers)).status_code == 401


async def test_a_call_is_heard_on_the_operators_desk_without_its_number(
    world: World, desks: Desks, until: Until
) -> None:
    async with world.app.router.lifespan_context(world.app):
        stream = Listener(world, "operator")

        async def begun() -> bool:
            query = (
                "select count(*) from pg_stat_activity where application_name = 'nowalls-live' and query ~* 'listen'"
            )
            return bool(stream.heard) and bool(await world.plain.fetchval(query))

        await until(begun)
        call = await desks("exchange", "POST", "/calls", report())

        async def heard() -> bool:
            return b"event: calls.call_rang.v1" in stream.heard and call["id"].encode() in stream.heard

        await until(heard)
        await stream.leave()
    assert b"13900000099" not in stream.heard
    assert "13900000099" not in str(await world.plain.fetch("select to_jsonb(t)::text from event_log t"))


async def test_a_request_that_is_saved_in_a_call_says_so_and_the_day_is_timed(world: World, desks: Desks) -> None:
    nothing = {"taken": 0, "ordered": 0, "half_seconds": None, "most_seconds": None}
    assert await desks("operator", "GET", "/calls/today") == nothing
    elder = str(world.lived.companies[0].elders[0])
    for number, seconds in enumerate((10, 20, 90)):
        call = await desks("exchange", "POST", "/calls", report(f"pbx-{number}"))
        await desks("operator", "POST", f"/calls/{call['id']}/taking")
        await desks.later(timedelta(seconds=seconds))
        begin = world.works.clock.now() + timedelta(days=1 + number)
        form = {"person_id": elder, "item_code": "B01", "call_id": call["id"], "override_duplicate": True}
        form |= {"earliest": begin.isoformat(), "latest": (begin + timedelta(hours=2)).isoformat()}
        form |= {"accept_own_cost": True, "urgent": True}
        await desks(
            "operator", "POST", "/requests", {**form, "call_id": str(new_id())}, status=404, code="call.not_found"
        )
        await desks("operator", "POST", "/requests", form, status=201)
    call = await desks("exchange", "POST", "/calls", report("pbx-only-asks"))
    await desks("operator", "POST", f"/calls/{call['id']}/taking")
    today = {"taken": 4, "ordered": 3, "half_seconds": 20, "most_seconds": 90}
    assert await desks("operator", "GET", "/calls/today") == today


async def test_a_call_that_is_never_ended_is_shown_no_longer_and_its_number_is_forgotten(
    world: World, desks: Desks
) -> None:
    call = await desks("exchange", "POST", "/calls", report())
    assert len(await live(desks)) == 1
    await desks.later(ShownMinutes.proposed().span)
    assert await live(desks) == []
    async with world.works(SYSTEM("ticker")) as work:
        await operations.forget_numbers(work)
    assert await world.plain.fetchval("select number_sealed from phone_call where id = $1", call["id"]) is not None
    await desks.later(NumberDays.proposed().span)
    async with world.works(SYSTEM("ticker")) as work:
        await operations.forget_numbers(work)
    row = await world.plain.fetchrow("select * from phone_call where id = $1", call["id"])
    assert row is not None
    assert (row["data_key"], row["number_sealed"], row["number_blind"]) == (None, None, None)
    assert row["rang_at"] is not None
    assert (await desks("exchange", "POST", "/calls", report(state="ended")))["state"] == "ended"


async def test_a_caller_who_is_not_registered_is_noted_in_three_fields_and_registered_later(
    world: World, desks: Desks
) -> None:
    call = await desks("exchange", "POST", "/calls", report(number=NOBODYS))
    taken = await desks("operator", "POST", f"/calls/{call['id']}/taking")
    assert (taken["callers"], taken["newcomers"]) == ([], [])
    form = {"name": "单小兰", "phone": NOBODYS, "address": "东头村三组", "call_id": call["id"]}
    noted = await desks("operator", "POST", "/newcomers", form, status=201)
    for wrong, status, code in (
        ({"phone": "8001"}, 422, "phone.shape"),
        ({"name": ""}, 422, "input.invalid"),
        ({"address": " "}, 422, "input.invalid"),
        ({"call_id": str(new_id())}, 404, "call.not_found"),
    ):
        await desks("operator", "POST", "/newcomers", {**form, **wrong}, status=status, code=code)
    line = next(row for row in await desks("operator", "GET", "/newcomers") if row["id"] == noted["id"])
    assert (line["name"], line["phone"]) == ("单**", "0317***5432")
    assert (await desks("operator", "POST", f"/calls/{call['id']}/taking"))["newcomers"] == [line]
    path = f"/newcomers/{noted['id']}"
    card = await desks("operator", "GET", path)
    assert (card["name"], card["phone"], card["address"]) == ("单小兰", "03172765432", "东头村三组")
    assert await world.plain.fetchval("select fields from read_audit where person_id = $1", noted["id"]) is not None
    for sealed in await world.plain.fetchrow("select name_sealed, phone_sealed, address_sealed from newcomer") or ():
        assert "单".encode() not in bytes(sealed)
    for desk in ("manager", "auditor", PROVIDER):
        await desks(desk, "GET", path, status=403, code="actor.not_allowed")

    registration = f"{path}/registration"
    await desks("operator", "POST", registration, {**REST, "id_no": "1"}, status=422, code="resident_id.shape")
    person = await desks("operator", "POST", registration, {**REST, "address": "东头村三组 12 号"}, status=201)
    shown = await desks("operator", "GET", f"/people/{person['person_id']}?purpose=call")
    assert (shown["name"], shown["address"], shown["contacts"][0]["phone"]) == (
        "单小兰",
        "东头村三组 12 号",
        "03172765432",
    )
    assert await desks.emitted(PersonRegistered, person_id=person["person_id"]) == 1
    row = await world.plain.fetchrow("select * from newcomer where id = $1", noted["id"])
    assert row is not None
    assert str(row["person_id"]) == person["person_id"]
    assert {row[name] for name in ("data_key", "name_sealed", "phone_sealed", "phone_blind", "address_sealed")} == {
        None
    }
    for method, where in (("POST", registration), ("GET", path)):
        await desks("operator", method, where, REST if method == "POST" else None, status=409, code="newcomer.closed")
    (caller,) = (await desks("operator", "POST", f"/calls/{call['id']}/taking"))["callers"]
    assert caller["person_id"] == person["person_id"]


async def test_a_caller_is_dismissed_with_a_reason(world: World, desks: Desks) -> None:
    form = {"name": "打错的", "phone": NOBODYS, "address": "不知道"}
    noted = await desks("operator", "POST", "/newcomers", form, status=201)
    path, reason = f"/newcomers/{noted['id']}/dismissal", {"reason": "打错了"}
    await desks("operator", "POST", path, {"reason": ""}, status=422, code="input.invalid")
    await desks("operator", "POST", f"/newcomers/{new_id()}/dismissal", reason, status=404, code="newcomer.not_found")
    await desks("operator", "POST", path, reason, status=204)
    await desks("operator", "POST", path, reason, status=409, code="newcomer.closed")
    assert noted["id"] not in {row["id"] for row in await desks("operator", "GET", "/newcomers")}
    page = await world.ask("operator", "GET", "/newcomers?limit=1")
    assert len(page.json()["items"]) == 1
