"""Households, dated facts, corrected deaths and acts on divisions, over HTTP; and what strangers are answered."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from kit import clock as clocks
from kit.access.roles import Role
from kit.ids import new_id
from tests.api.lives import MARKS
from tests.api.test_desks import Desks
from tests.api.world import World
from tests.conftest import drained

PROVIDER, WORKER = f"{MARKS[0]}.{Role.PROVIDER}", f"{MARKS[0]}.{Role.WORKER}"
STRANGERS = (PROVIDER, WORKER, "finance")


@pytest_asyncio.fixture
async def desks(world: World) -> AsyncIterator[Desks]:
    before = dict(world.lived.tokens)
    yield Desks(world)
    world.lived.tokens.update(before)


async def test_a_household_is_opened_changed_and_split(world: World, desks: Desks) -> None:
    first, second, third = (
        str(person) for person in (*world.lived.companies[0].elders, world.lived.companies[1].elders[0])
    )
    division = "130999001000"
    for stranger in STRANGERS:
        form = {"kind": "register", "division_code": division, "head": first}
        await desks(stranger, "POST", "/households", form, status=403, code="actor.not_allowed")
        await desks(stranger, "GET", "/households", status=403, code="actor.not_allowed")
    nowhere = {"kind": "register", "division_code": "999999999999", "head": first}
    await desks("operator", "POST", "/households", nowhere, status=422, code="division.unknown")
    opened = await desks(
        "operator",
        "POST",
        "/households",
        {
            "kind": "register",
            "division_code": division,
            "head": first,
            "members": [{"person_id": second, "relation": "配偶"}],
        },
        status=201,
    )
    path = f"/households/{opened['household_id']}"
    assert [(row["relation"], row["name"][1:].strip("*")) for row in opened["members"]] == [("户主", ""), ("配偶", "")]
    child = {"person_id": third, "relation": "子"}
    await desks("operator", "POST", f"{path}/members", child, status=204)
    await desks("operator", "POST", f"{path}/members", child, status=409, code="household.twice")
    await desks("operator", "DELETE", f"{path}/members/{first}", status=409, code="household.head_leaves")
    relations = [{"person_id": first, "relation": "配偶"}, {"person_id": third, "relation": "子"}]
    await desks("operator", "PUT", f"{path}/head", {"head": second}, status=422, code="household.relation_missing")
    await desks("operator", "PUT", f"{path}/head", {"head": second, "members": relations}, status=204)
    founded = await desks("operator", "POST", f"{path}/split", {"head": third}, status=201)
    back = {"household_id": opened["household_id"], "relation": "子"}
    new = f"/households/{founded['household_id']}"
    await desks("operator", "POST", f"{new}/members/{third}/move", back, status=204)
    await desks("operator", "PUT", f"{new}/division", {"division_code": division}, status=409, code="household.closed")
    await desks("operator", "PUT", f"{path}/division", {"division_code": "130999"}, status=204)
    await desks("operator", "DELETE", f"{path}/members/{third}", status=204)
    shown = await desks("manager", "GET", path)
    assert [(row["person_id"], row["head"]) for row in shown["members"]] == [(second, True), (first, False)]
    assert shown["division_code"] == "130999000000"
    missing = f"/households/{new_id()}"
    await desks("operator", "GET", missing, status=404, code="household.not_found")
    await desks("operator", "DELETE", f"{missing}/members/{first}", status=404, code="household.not_found")
    listed = await desks("operator", "GET", f"/households?person_id={first}&division=1309")
    rows = listed["items"] if isinstance(listed, dict) else listed
    assert opened["household_id"] in {row["household_id"] for row in rows}


async def test_facts_are_recorded_and_read_as_of_a_day(world: World, desks: Desks) -> None:
    path = f"/people/{world.lived.companies[0].elders[0]}/facts"
    form = {"marital": "20", "hukou_place": "110101", "valid_from": "1970-01-01", "source": "户口簿"}
    for stranger in STRANGERS:
        await desks(stranger, "POST", path, form, status=403, code="actor.not_allowed")
        await desks(stranger, "GET", f"{path}?purpose=visit", status=403, code="actor.not_allowed")
    await desks("operator", "POST", path, form, status=204)
    await desks("operator", "POST", path, {**form, "marital": "11"}, status=422, code="input.invalid")
    await desks("operator", "POST", path, {**form, "valid_from": "1920-01-01"}, status=422, code="fact.day_impossible")
    shown = await desks("manager", "GET", f"{path}?purpose=check")
    rows = shown["items"] if isinstance(shown, dict) else shown
    assert [(row["kind"], row["code"]) for row in rows] == [("hukou_place", "110101000000"), ("marital", "20")]
    facts = await desks("manager", "GET", f"{path}?purpose=check&on=1960-01-01")
    assert not (facts["items"] if isinstance(facts, dict) else facts)
    await desks("manager", "GET", f"/people/{new_id()}/facts?purpose=check", status=404, code="person.not_found")


async def test_a_confirmed_death_is_corrected_by_a_manager(world: World, desks: Desks) -> None:
    person = world.lived.companies[0].elders[1]
    path = f"/people/{person}/death"
    today = clocks.day_of(world.works.clock.now())
    alive = {"source": "派出所"}
    await desks("manager", "POST", f"{path}/correction", alive, status=409, code="death.not_confirmed")
    await desks("operator", "POST", path, {"died_on": today.isoformat(), "source": "村"}, status=204)
    await world.plain.execute("delete from dead_letter")  # planted ones
    await drained(world.works)
    listed = await desks("manager", "GET", "/cases")
    rows = listed["items"] if isinstance(listed, dict) else listed
    assert [row["kind"] for row in rows if row["subject_id"] == str(person)] == ["death_reported"]
    call = {
        "person_id": str(person),
        "item_code": "B01",
        "earliest": (world.works.clock.now() + timedelta(hours=1)).isoformat(),
        "latest": (world.works.clock.now() + timedelta(hours=2)).isoformat(),
        "channel": "phone",
    }
    await desks("operator", "POST", "/requests", call, status=409, code="request.death_reported")
    await desks("manager", "POST", f"{path}/confirmation", status=204)
    for stranger in (*STRANGERS, "operator"):
        await desks(stranger, "POST", f"{path}/correction", alive, status=403, code="actor.not_allowed")
    await desks("manager", "POST", f"{path}/correction", alive, status=204)
    await drained(world.works)
    standing = await desks("operator", "GET", f"/people/{person}/standing")
    assert standing["state"] == "active"


async def test_an_act_on_divisions_is_entered_and_its_people_placed(world: World, desks: Desks) -> None:
    elder = world.lived.companies[0].elders[0]
    card = await desks("operator", "GET", f"/people/{elder}?purpose=check")
    old = card["division_code"]
    today = clocks.day_of(world.works.clock.now())
    parts = [{"code": old, "new_code": f"{old[:9]}77{n}", "name": f"part {n}", "kind": "village"} for n in (1, 2)]
    form = {"valid_from": today.isoformat(), "document": "冀民〔2026〕1号", "lines": parts}
    for stranger in (*STRANGERS, "operator"):
        await desks(stranger, "POST", "/divisions/changes", form, status=403, code="actor.not_allowed")
    future = {**form, "valid_from": (today + timedelta(days=1)).isoformat()}
    await desks("manager", "POST", "/divisions/changes", future, status=422, code="division.change_not_yet")
    changed = await desks("manager", "POST", "/divisions/changes", form, status=201)
    assert (changed["followed"], changed["undecided"]) == (0, 1)
    await desks("manager", "POST", "/divisions/changes", form, status=422, code="division.unknown")
    await desks(PROVIDER, "GET", "/divisions/undecided", status=403, code="actor.not_allowed")
    listed = await desks("operator", "GET", "/divisions/undecided")
    rows = listed["items"] if isinstance(listed, dict) else listed
    assert str(elder) in {row["person_id"] for row in rows}
    place = f"/people/{elder}/division"
    wrong = {"division_code": "130999"}
    await desks("operator", "PUT", place, wrong, status=422, code="division.not_a_successor")
    await desks("operator", "PUT", place, {"division_code": parts[1]["new_code"]}, status=204)
    again = {"division_code": parts[1]["new_code"]}
    await desks("operator", "PUT", place, again, status=409, code="division.nothing_to_place")
    addresses = await desks("manager", "GET", f"/people/{elder}/addresses?purpose=check")
    rows = addresses["items"] if isinstance(addresses, dict) else addresses
    assert [row["division_code"] for row in rows] == [parts[1]["new_code"], old]
    assert rows[1]["division_name"].startswith("village")
    await desks(PROVIDER, "GET", f"/people/{elder}/addresses?purpose=check", status=403, code="actor.not_allowed")
    before = await desks("operator", "GET", f"/divisions?on={today - timedelta(days=1)}")
    rows = before["items"] if isinstance(before, dict) else before
    assert old in {row["code"] for row in rows}
