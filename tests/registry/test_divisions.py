"""Divisions are dated; a change is a new row and a successor."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from events.work import Works
from kit.access.actor import Actor
from kit.clock import FixedClock
from registry import operations, queries
from registry.divisions import changes
from registry.divisions.changes import DivisionChange, NewDivision
from registry.households import operations as households
from registry.model import Address, Area, Division, DivisionKind, HouseholdKind, Level
from tests.registry.test_people import district, elder

FILE = Path(__file__).parents[2] / "registry" / "data" / "yunhe-divisions.csv"


async def test_the_shipped_list_of_yunhe_goes_in_whole(works: Works, system: Actor) -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        entries = [
            NewDivision(code=row["code"], name=row["name"], kind=DivisionKind(row["level"]), parent=row["parent"])
            for row in csv.DictReader(file)
        ]
    async with works(system) as work:
        await changes.add_divisions(work, entries)
        rows = await queries.divisions(work, work.now)
        assert Counter(row.kind for row in rows) == {
            DivisionKind.DISTRICT: 1,
            DivisionKind.STREET: 6,
            DivisionKind.TOWN: 2,
            DivisionKind.COMMUNITY: 80,
            DivisionKind.VILLAGE: 62,
        }
        assert Counter(row.level for row in rows) == {Level.DISTRICT: 1, Level.TOWNSHIP: 8, Level.COMMUNITY: 142}
        below = await queries.divisions(work, work.now, under="130903101000")
        assert {row.area_class for row in below if row.kind is DivisionKind.VILLAGE} == {Area.RURAL}
        assert all(row.code.startswith("130903101") for row in below)


async def test_a_township_that_becomes_a_town_keeps_its_past(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await district(work)
        await operations.register_people(work, [elder(1), elder(2, division_code="130903001009")])
    clock.advance(timedelta(days=10))
    on = date(2026, 3, 12)
    async with works(system) as work:
        moved = await changes.change_divisions(
            work,
            changes=[
                DivisionChange(code="130903001", new_code="130903102", name="新镇", kind=DivisionKind.TOWN),
                DivisionChange(
                    code="130903001007",
                    new_code="130903102007",
                    name="大化村",
                    kind=DivisionKind.VILLAGE,
                    parent="130903102",
                    area_class=Area.RURAL,
                ),
            ],
            on=on,
        )
        assert moved == 1
        assert [row.data["division_code"] for row in work.emitted] == ["130903102007"]
    async with works(system) as work:
        before = await queries.division(work, "130903001007", date(2026, 3, 11))
        assert before is not None
        assert (before.successor, before.valid_to) == ("130903102007", on)
        assert await queries.division(work, "130903001007", on) is None
        after = await queries.division(work, "130903102007", on)
        assert after is not None
        assert (after.name, after.parent, after.area_class) == ("大化村", "130903102000", Area.RURAL)
        assert await queries.current_code(work, "130903001007", on) == "130903102007"
        assert await queries.current_code(work, "130903001007", date(2026, 3, 1)) == "130903001007"
        person = await queries.person_by_id_no(work, elder(1).id_no)
        assert person is not None
        query = select(Address).where(Address.person_id == person.id).order_by(Address.valid_from)
        old, new = (await work.session.execute(query)).scalars()
        assert (old.division_code, new.division_code) == ("130903001007", "130903102007")
        assert (old.latitude, old.valid_to) == (new.latitude, new.valid_from)
        assert (await queries.card(work, person.id, "查阅")).address == elder(1).address


async def test_two_communities_may_merge_into_one(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await district(work)
        names = ("130903001007", "130903001009")
        merge = [
            DivisionChange(code=code, new_code="130903001050", name="合并社区", kind=DivisionKind.COMMUNITY)
            for code in names
        ]
        await changes.change_divisions(work, changes=merge, on=date(2026, 5, 1))
        for code in names:
            assert await queries.current_code(work, code, date(2026, 5, 1)) == "130903001050"
        rows = (await work.session.execute(select(Division).where(Division.code == "130903001050"))).scalars().all()
        assert len(rows) == 1


async def test_a_closed_division_leads_nowhere_without_a_successor(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await district(work)
        await changes.close_division(work, code="130903001007", on=date(2026, 6, 1))
        assert await queries.current_code(work, "130903001007", date(2026, 6, 1)) is None
        with pytest.raises(changes.DivisionChangeTooEarly):
            await changes.close_division(work, code="130903001009", on=changes.FOUNDED)


async def test_divisions_are_not_added_twice_nor_without_a_parent(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await district(work)
        with pytest.raises(changes.DivisionTaken):
            await district(work)
        orphan = NewDivision(code="130903777001", name="孤社区", kind=DivisionKind.COMMUNITY, parent="130903777")
        with pytest.raises(changes.DivisionParent):
            await changes.add_divisions(work, [orphan])
        gone = DivisionChange(code="130903777", new_code="130903778", name="x", kind=DivisionKind.TOWN)
        with pytest.raises(operations.DivisionUnknown):
            await changes.change_divisions(work, changes=[gone], on=date(2026, 4, 1))


async def test_households_of_both_kinds_are_never_merged(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await district(work)
        first, two, three = await operations.register_people(work, [elder(1), elder(2), elder(3)])
        book = await households.open_household(
            work, kind=HouseholdKind.REGISTER, division_code="130903001007", head=first, members=[(two, "配偶")]
        )
        family = await households.open_household(
            work, kind=HouseholdKind.FAMILY, division_code="130903001007", head=two
        )
        await households.join_household(work, household_id=family.id, person_id=three, relation="子")
        with pytest.raises(households.HouseholdTwice):
            await households.join_household(work, household_id=book.id, person_id=two, relation="配偶")
        assert await households.area_of(work, book.id) is Area.URBAN
    clock.advance(timedelta(days=5))
    async with works(system) as work:
        await households.leave_household(work, household_id=family.id, person_id=three)
        with pytest.raises(households.NotInHousehold):
            await households.leave_household(work, household_id=family.id, person_id=three)
        now, then = work.now, date(2026, 3, 3)
        assert [row.person_id for row in await households.members_of(work, family.id, then)] == [two, three]
        assert [row.person_id for row in await households.members_of(work, family.id, now)] == [two]
        assert [row.relation for row in await households.members_of(work, book.id, now)] == ["户主", "配偶"]
