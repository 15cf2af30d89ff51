"""What the desks look up, and whom they keep apart: people, disclosures, the log's head, decisions made once more."""

from datetime import date, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from dispatch.escalation import operations as escalation
from dispatch.escalation.model import CaseKind
from dispatch.requests import operations as requests
from kit import clock
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.china import identifiers
from kit.clock import FixedClock
from kit.ids import new_id
from registry import operations as registry
from registry.operations import NewPerson
from tests.api.acts import HOME
from tests.api.lives import MARKS, OWN, SHARED, VILLAGES
from tests.api.test_desks import PROVIDER, Desks, desks
from tests.api.world import World
from tests.conftest import drained

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""


async def test_people_are_found_by_name_place_and_resident_id_with_masked_names(world: World, desks: Desks) -> None:
    company = world.lived.companies[0]
    listed = await desks("operator", "GET", "/people")
    assert [row["number"] for row in listed] == sorted(row["number"] for row in listed)
    assert all(row["name"][1:] == "*" * (len(row["name"]) - 1) for row in listed)
    first = await world.ask("operator", "GET", "/people?limit=2")
    second = await world.ask("operator", "GET", f"/people?limit=2&after={first.json()['next']}")
    assert first.json()["items"] + second.json()["items"] == listed[:4]
    assert await desks("operator", "GET", "/people?name=%25") == []
    code = listed[0]["division_code"]
    inside = await desks("auditor", "GET", f"/people?division={code}")
    assert inside == [row for row in listed if row["division_code"] == code]
    await desks("operator", "GET", "/people?division=x", status=422, code="input.invalid")
    await desks(PROVIDER, "GET", "/people", status=403, code="actor.not_allowed")
    person = company.elders[0]
    asked = {"field": "id_no", "purpose": "the bank asks"}
    wanted = {"id_no": (await desks("manager", "POST", f"/people/{person}/reveal", asked))["value"]}
    line = await desks("operator", "POST", "/people-lookups", wanted)
    assert line in listed
    assert line["person_id"] == str(person)
    readings = await desks("manager", "GET", f"/people/{line['person_id']}/readings")
    assert {"role": "operator", "fields": ["name"]}.items() <= readings[0].items()
    await desks("auditor", "POST", "/people-lookups", wanted, status=403, code="actor.not_allowed")
    await desks(
        "operator", "POST", "/people-lookups", {"id_no": "1309991940050600"}, status=422, code="resident_id.shape"
    )
    await desks(
        "operator", "POST", "/people-lookups", {"id_no": "130999190105061249"}, status=404, code="person.not_found"
    )


async def test_who_audits_sees_to_which_companies_a_record_was_opened(world: World, desks: Desks) -> None:
    company = world.lived.companies[0]
    path = f"/people/{company.elders[0]}/disclosures"
    rows = await desks("auditor", "GET", path)
    assert {row["provider_id"] for row in rows} >= {str(company.id)}
    assert {row["purpose"] for row in rows} == {"visit"}
    assert rows == await desks("manager", "GET", path)
    await desks("operator", "GET", path, status=403, code="actor.not_allowed")
    await desks("manager", "GET", f"/people/{new_id()}/disclosures", status=404, code="person.not_found")


async def test_the_head_of_the_log_is_the_one_that_a_verification_finds(world: World, desks: Desks) -> None:
    end = await desks("auditor", "GET", "/log/head")
    head = end["head"]
    assert (end["signed"], len(end["public_key"])) == (None, 64)
    for desk in ("manager", "finance"):  # whoever prints it on paper
        assert head == (await desks(desk, "GET", "/log/head"))["head"]
    assert head == (await desks("manager", "GET", "/log/verification"))["head"]
    await desks("operator", "GET", "/log/head", status=403, code="actor.not_allowed")


async def test_the_log_is_searched_by_type_subject_actor_and_day(world: World, desks: Desks) -> None:
    offered = await desks("auditor", "GET", "/log/events?type=offers.visit_offered")
    assert {event["type"] for event in offered} == {"offers.visit_offered.v1"}
    assert [event["position"] for event in offered] == sorted((e["position"] for e in offered), reverse=True)
    assert "data" not in offered[0]
    about = await desks("administrator", "GET", f"/log/events?subject={offered[0]['subject']}&type=offers.")
    assert offered[0] in about
    assert {event["subject"] for event in about} == {offered[0]["subject"]}
    actor = quote(offered[0]["actor"])
    assert offered[0] in await desks("auditor", "GET", f"/log/events?actor={actor}&type=offers.&limit=500")
    day = clock.day_of(datetime.fromisoformat(offered[-1]["occurred_at"]))
    same = await desks("auditor", "GET", f"/log/events?day={day}&limit=500")
    assert offered[-1] in same
    assert {clock.day_of(datetime.fromisoformat(event["occurred_at"])) for event in same} == {day}
    assert await desks("auditor", "GET", "/log/events?type=%25") == [], "a sign of the database is a sign"
    await desks("manager", "GET", "/log/events", status=403, code="actor.not_allowed")


async def test_an_elder_and_a_worker_are_kept_apart_until_it_is_lifted(world: World, desks: Desks) -> None:
    visit = next(row for row in await desks(PROVIDER, "GET", "/visits") if row["state"] == "accepted")
    path, worker = f"/people/{visit['person_id']}/barred-workers", visit["worker_id"]
    barred = {"worker_id": worker, "reason": "the elder asks for somebody else"}
    await desks("operator", "POST", path, {**barred, "reason": " "}, status=422, code="input.invalid")
    await desks("operator", "POST", path, {**barred, "worker_id": str(new_id())}, status=404, code="worker.not_found")
    nobody = f"/people/{new_id()}/barred-workers"
    await desks("operator", "POST", nobody, barred, status=404, code="person.not_found")
    await desks("auditor", "POST", path, barred, status=403, code="actor.not_allowed")
    for _ in range(2):
        await desks("operator", "POST", path, barred, status=204)
    (row,) = await desks("auditor", "GET", path)
    assert (row["worker_id"], row["reason"]) == (worker, barred["reason"])
    assert row["set_by"] == f"account:{world.lived.actors['operator'].account_id}"
    await world.plain.execute("delete from dead_letter")  # planted ones
    await drained(world.works)
    theirs = await desks(PROVIDER, "GET", "/visits")
    assert {row["state"] for row in theirs if row["id"] == visit["id"]} <= {"withdrawn"}
    to_come = {"offered", "accepted"}
    sent = [row for row in theirs if row["person_id"] == visit["person_id"] and row["state"] in to_come]
    assert worker not in {row["worker_id"] for row in sent}
    await desks("operator", "DELETE", f"{path}/{worker}", status=204)
    await desks("operator", "DELETE", f"{path}/{worker}", status=204)
    assert await desks("operator", "GET", path) == []


async def test_a_decision_is_made_once_more_for_who_audits(world: World, desks: Desks) -> None:
    visit = next(row for row in await desks(PROVIDER, "GET", "/visits") if row["state"] == "accepted")
    path = f"/requests/{visit['request_id']}"
    records = await desks("auditor", "GET", f"{path}/decisions")
    replays = await desks("auditor", "GET", f"{path}/decision-replays")
    assert [row["attempt"] for row in replays] == [row["attempt"] for row in records]
    assert all(row["same_choice"] for row in replays if row["same_facts"])
    assert replays[-1]["worker_number"] is not None
    await desks("operator", "GET", f"{path}/decision-replays", status=403, code="actor.not_allowed")
    missing = f"/requests/{new_id()}/decision-replays"
    await desks("auditor", "GET", missing, status=404, code="decision.not_found")


async def test_the_days_of_a_standing_order_are_read_latest_first(world: World, desks: Desks) -> None:
    orders = await desks("operator", "GET", "/standing-orders")
    for day in range(1, 6):  # the orders begin on that Monday
        async with world.works(SYSTEM("test")) as work:
            await requests.materialise(work, on=date(2026, 6, day))
    days = {order["id"]: await desks("operator", "GET", f"/standing-orders/{order['id']}/days") for order in orders}
    assert any(days.values())
    for rows in days.values():
        assert [row["day"] for row in rows] == sorted((row["day"] for row in rows), reverse=True)
        assert all((row["request_id"] is None) != (row["skipped"] is None) for row in rows)
    await desks("finance", "GET", f"/standing-orders/{orders[0]['id']}/days", status=403, code="actor.not_allowed")
    missing = f"/standing-orders/{new_id()}/days"
    await desks("operator", "GET", missing, status=404, code="standing_order.not_found")


async def test_the_cases_about_a_subject_are_read_oldest_first_and_by_no_company(world: World, desks: Desks) -> None:
    mine, theirs = [UUID((await desks(f"{mark}.{Role.PROVIDER}", "GET", "/visits"))[0]["id"]) for mark in MARKS[:2]]
    clock = world.works.clock
    assert isinstance(clock, FixedClock)
    await world.plain.execute("delete from escalation_case where subject_id in ($1, $2)", mine, theirs)
    for subject, kind in (
        (mine, CaseKind.VISIT_NOT_STARTED),
        (theirs, CaseKind.VISIT_HELD),
        (mine, CaseKind.VISIT_HELD),
    ):
        async with world.works(SYSTEM("test")) as work:
            since = work.now - timedelta(hours=1)
            await escalation.raise_case(work, kind=kind, subject_id=subject, since=since, facts={"reasons": ["late"]})
        clock.advance(timedelta(minutes=1))
    path = f"/cases/about/{mine}"
    first, second = await desks("operator", "GET", path)
    assert (first["kind"], second["kind"]) == ("visit_not_started", "visit_held")
    assert {first["subject_id"], second["subject_id"]} == {str(mine)}
    assert (first["facts"]["reasons"], first["state"], first["owner_role"]) == (["late"], "open", "operator")
    await desks("operator", "POST", f"/cases/{first['id']}/closing", {"reason": "the worker is there"})
    closed, still = await desks("manager", "GET", path)
    assert (closed["id"], closed["state"], still) == (first["id"], "closed", second)
    assert [case["subject_id"] for case in await desks("auditor", "GET", f"/cases/about/{theirs}")] == [str(theirs)]
    assert await desks("operator", "GET", f"/cases/about/{new_id()}") == []
    page = await world.ask("operator", "GET", f"{path}?limit=1")
    rest = await world.ask("operator", "GET", f"{path}?limit=1&after={page.json()['next']}")
    assert page.json()["items"] + rest.json()["items"] == [closed, still]
    for desk in (PROVIDER, "finance", "clerk"):
        await desks(desk, "GET", path, status=403, code="actor.not_allowed")


async def test_towns_are_drawn_by_the_hull_of_ten_homes_and_never_by_fewer(world: World) -> None:
    sparse = (await world.ask("operator", "GET", "/divisions/outlines")).json()["items"]
    assert {row["name"] for row in sparse} == {f"street {code}" for code in (*OWN, SHARED)}
    assert [row["hull"] for row in sparse] == [[]] * len(sparse)
    neighbours = [
        NewPerson(
            name=f"neighbour {n}",
            id_no=identifiers.compose_resident_id(area="130999", born_on=date(1942, 1, 1), sequence=800 + 2 * n),
            phone=f"1391111{n:04d}",
            address=f"house {n}",
            division_code=VILLAGES[0][0],
            latitude=HOME[0] + n * 0.01004,
            longitude=HOME[1] + (n % 3) * 0.01,
        )
        for n in range(8)
    ]
    async with world.works(SYSTEM("test")) as work:
        await registry.register_people(work, neighbours)
    answer = await world.ask("manager", "GET", "/divisions/outlines")
    (drawn,) = [row for row in answer.json()["items"] if row["hull"]]
    assert drawn["division_code"] == OWN[0]
    assert drawn["homes"] == 10
    spots = [(spot["latitude"], spot["longitude"]) for spot in drawn["hull"]]
    assert all(round(degrees, 3) == degrees for spot in spots for degrees in spot)
    assert min(spots)[0] < drawn["middle"]["latitude"] < max(spots)[0]
    assert "max-age" in answer.headers["cache-control"]
