"""Households: opened, joined, left, moved, headed by another, split, and taken in from a list."""

from datetime import date, timedelta
from typing import Any

import pytest

from events.work import Works
from kit.access.actor import Actor
from kit.clock import FixedClock
from kit.imports import tables
from kit.imports.grid import Grid
from registry import operations, queries
from registry.households import imports
from registry.households import operations as households
from registry.households.queries import HouseholdNotFound, household_on, members_on
from registry.households.queries import households as listed
from registry.model import FactKind, HouseholdKind
from registry.people import facts
from registry.people.addresses import PersonDead
from tests.journeys.lists import csv_bytes
from tests.registry.test_people import MANAGER, OPERATOR, district, elder

DIVISION = "130903001007"
THEN, NOW = date(2026, 3, 3), date(2026, 3, 7)


async def test_households_of_both_kinds_are_never_merged(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await district(work)
        first, two, three = await operations.register_people(work, [elder(1), elder(2), elder(3)])
        book = await households.open_household(
            work, kind=HouseholdKind.REGISTER, division_code=DIVISION, head=first, members=[(two, "配偶")]
        )
        family = await households.open_household(work, kind=HouseholdKind.FAMILY, division_code=DIVISION, head=two)
        await households.join_household(work, household_id=family.id, person_id=three, relation="子")
        with pytest.raises(households.HouseholdTwice):
            await households.join_household(work, household_id=book.id, person_id=two, relation="配偶")
        with pytest.raises(households.OtherKind):
            await households.move_member(work, household_id=family.id, person_id=three, to=book.id, relation="子")
        assert [row.id for row in await listed(work, person_id=two)] == [book.id, family.id]
        assert [row.id for row in await listed(work, division_code="130903", limit=1)] == [book.id]
    clock.advance(timedelta(days=5))
    async with works(system) as work:
        await households.leave_household(work, household_id=family.id, person_id=three)
        with pytest.raises(households.NotInHousehold):
            await households.leave_household(work, household_id=family.id, person_id=three)
        assert [row.person_id for row in await members_on(work, family.id, THEN)] == [two, three]
        assert [row.person_id for row in await members_on(work, family.id, NOW)] == [two]
        assert [row.relation for row in await members_on(work, book.id, NOW)] == ["户主", "配偶"]


async def test_a_household_gets_another_head_and_is_split(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await district(work)
        head, wife, son, grandson = await operations.register_people(work, [elder(n) for n in range(1, 5)])
        members = [(wife, "配偶"), (son, "子"), (grandson, "孙子")]
        book = await households.open_household(
            work, kind=HouseholdKind.REGISTER, division_code=DIVISION, head=head, members=members
        )
    clock.advance(timedelta(days=5))
    async with works(OPERATOR) as work:
        with pytest.raises(households.HeadLeaves):
            await households.leave_household(work, household_id=book.id, person_id=head)
        with pytest.raises(households.RelationMissing):
            await households.change_head(work, household_id=book.id, head=wife, relations={head: "配偶"})
        relations = {head: "配偶", son: "子", grandson: "孙子"}
        await households.change_head(work, household_id=book.id, head=wife, relations=relations)
        founded = await households.split_household(work, household_id=book.id, head=son, members={grandson: "子"})
        assert [row.data["change"] for row in work.emitted] == ["head", "left", "opened"]
        await households.leave_household(work, household_id=book.id, person_id=head)
        await households.leave_household(work, household_id=book.id, person_id=wife)
        with pytest.raises(households.HouseholdClosed):
            await households.join_household(work, household_id=book.id, person_id=wife, relation="其他")
    async with works(MANAGER) as work:
        before = await household_on(work, book.id, THEN)
        assert [(row.person_id, row.relation) for row in before.members] == [(head, "户主"), *members]
        assert before.members[0].name == "测**"
        after = await household_on(work, founded.id, NOW)
        assert [(row.person_id, row.relation, row.head) for row in after.members] == [
            (son, "户主", True),
            (grandson, "子", False),
        ]
        closed = await household_on(work, book.id, NOW)
        assert (closed.closed_on, closed.members) == (NOW, ())
        with pytest.raises(HouseholdNotFound):
            await household_on(work, head, NOW)


async def test_nobody_dead_joins_and_only_the_head_is_called_so(works: Works, system: Actor) -> None:
    async with works(OPERATOR) as work:
        await district(work)
        first, two, three = await operations.register_people(work, [elder(1), elder(2), elder(3)])
        await operations.report_death(work, person_id=two, died_on=date(2026, 3, 1), source="x")
    async with works(MANAGER) as work:
        await operations.confirm_death(work, person_id=two)
        family = await households.open_household(work, kind=HouseholdKind.FAMILY, division_code=DIVISION, head=first)
        with pytest.raises(PersonDead):
            await households.join_household(work, household_id=family.id, person_id=two, relation="配偶")
        with pytest.raises(households.RelationMissing):
            await households.join_household(work, household_id=family.id, person_id=three, relation="户主")
        await households.move_household(work, household_id=family.id, division_code="130903001009")
        assert work.emitted[-1].data["change"] == "division"


HEADER = [
    "姓名",
    "身份证号",
    "住址",
    "社区",
    "纬度",
    "经度",
    "婚姻状况",
    "户号",
    "户类型",
    "与户主关系",
]


def row(sequence: int, household: str, relation: str, **more: Any) -> list[str]:
    facts_of = elder(sequence)
    cells = [
        facts_of.name,
        facts_of.id_no,
        "某小区",
        "大化社区",
        "38.31",
        "116.84",
        "已婚",
        household,
        "户口簿",
        relation,
    ]
    for title, cell in more.items():
        cells[HEADER.index(title)] = cell
    return cells


def grid(*rows: list[str]) -> Grid:
    return tables.read(csv_bytes(HEADER, list(rows)))


async def test_people_and_their_household_come_in_one_list(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await district(work)
        (there,) = await operations.register_people(work, [elder(1)])
        outcome = await imports.households(
            work,
            grid(
                row(1, "1", "户主", 住址="", 社区="", 纬度="", 经度=""),
                row(2, "1", "配偶"),
                row(3, "2", "户主", 社区="一中前街社区"),
            ),
        )
        assert (outcome.written, outcome.faults) == (3, [])
        books = await listed(work)
        assert [household.division_code for household in books] == [DIVISION, "130903001009"]
        shown = await household_on(work, books[0].id, date(2026, 3, 2))
        assert [(member.relation, member.head) for member in shown.members] == [("户主", True), ("配偶", False)]
        assert shown.members[0].person_id == there
        wife, _ = await queries.person_by_id_no(work, elder(2).id_no)
        facts_known = await facts.facts_on(work, wife.id, date(2026, 3, 2), purpose="核对")
        assert facts_known[FactKind.MARITAL].code == "20"


async def test_each_fault_of_a_list_of_households_names_its_row_and_column(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await district(work)
        await operations.register_people(work, [elder(1)])
        outcome = await imports.households(
            work,
            grid(
                row(1, "1", "户主", 姓名="别人"),
                row(2, "1", "户主"),
                row(3, "2", "户主", 住址=""),
                row(4, "2", "子", 户类型="family"),
                row(5, "3", "子"),
            ),
        )
        assert sorted((fault.row, fault.column, fault.code) for fault in outcome.faults) == [
            (2, "与户主关系", "household.no_head"),
            (2, "姓名", "person.name_contradicts"),
            (4, "住址", "cell.blank"),
            (5, "户类型", "household.list_contradicts"),
            (6, "与户主关系", "household.no_head"),
        ]
        assert not await listed(work)
