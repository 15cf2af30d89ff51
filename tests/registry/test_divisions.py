"""Divisions are dated; one act renames, re-codes, merges or splits them, and the past keeps the old codes."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from events.work import Work, Works
from kit.access.actor import Actor
from kit.clock import FixedClock
from kit.imports import tables
from kit.imports.grid import Grid
from registry import imports, operations, queries
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.households import operations as households
from registry.households.queries import household_on
from registry.model import Address, Area, Division, DivisionKind, HouseholdKind, Level
from registry.reorganisation import changes, placing
from registry.reorganisation.changes import CodeLine
from registry.reorganisation.imports import division_changes
from tests.journeys.lists import csv_bytes
from tests.registry.test_people import MANAGER, district, elder

FILE = Path(__file__).parents[2] / "registry" / "data" / "yunhe-divisions.csv"


async def test_the_shipped_list_of_yunhe_goes_in_whole(works: Works, system: Actor) -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        entries = [
            NewDivision(code=row["code"], name=row["name"], kind=DivisionKind(row["level"]), parent=row["parent"])
            for row in csv.DictReader(file)
        ]
    async with works(system) as work:
        await listing.add_divisions(work, entries)
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


TODAY = date(2026, 3, 12)
STREET, FIRST, SECOND = "130903001000", "130903001007", "130903001009"


def line(code: str, new_code: str, name: str, kind: DivisionKind = DivisionKind.COMMUNITY, **more: Any) -> CodeLine:
    return CodeLine(code=code, new_code=new_code, name=name, kind=kind, **more)


TOWN = (
    line("130903001", "130903102", "新镇", DivisionKind.TOWN),
    line(FIRST, "130903102007", "大化村", DivisionKind.VILLAGE, area_class=Area.RURAL),
    line(SECOND, "130903102009", "前街村", DivisionKind.VILLAGE),
)


async def act(work: Work, *lines: CodeLine, on: date = TODAY) -> changes.Changed:
    return await changes.change_divisions(work, lines=lines, valid_from=on, document="冀民〔2026〕1号")


async def test_a_street_that_becomes_a_town_keeps_its_past(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await district(work)
        people = await operations.register_people(work, [elder(1), elder(2, division_code=SECOND)])
        book = await households.open_household(work, kind=HouseholdKind.REGISTER, division_code=FIRST, head=people[0])
    clock.advance(timedelta(days=10))
    async with works(system) as work:
        changed = await act(work, *TOWN)
        assert (changed.followed, changed.undecided) == (2, 0)
        (emitted,) = work.emitted
        assert (emitted.type, emitted.data["successors"][FIRST]) == (
            "divisions.division_changed.v1",
            ["130903102007"],
        )
    async with works(MANAGER) as work:
        before = await queries.division(work, FIRST, date(2026, 3, 11))
        assert before is not None
        assert (before.successors, before.valid_to) == (["130903102007"], TODAY)
        assert await queries.division(work, FIRST, TODAY) is None
        after = await queries.division(work, "130903102007", TODAY)
        assert after is not None
        assert (after.name, after.parent, after.area_class) == ("大化村", "130903102000", Area.RURAL)
        assert (await queries.current_codes(work, TODAY))[FIRST] == ["130903102007"]
        query = select(Address).where(Address.person_id == people[0]).order_by(Address.valid_from)
        old, new = (await work.session.execute(query)).scalars()
        assert (old.division_code, new.division_code) == (FIRST, "130903102007")
        assert (old.latitude, old.valid_to) == (new.latitude, new.valid_from)
        card = await queries.card(work, people[0], "查阅")
        assert (card.address, card.division_name) == (elder(1).address, "大化村")
        history = await queries.addresses_of(work, people[0], "查阅")
        assert [row.division_name for row in history] == ["大化村", "大化社区"]
        shown = [await household_on(work, book.id, day) for day in (date(2026, 3, 5), TODAY)]
        assert [(row.division_code, row.area_class) for row in shown] == [
            (FIRST, Area.URBAN),
            ("130903102007", Area.RURAL),
        ]
        names = await imports.division_names(work)
        assert imports.resolve_division(names, FIRST) == "130903102007"


async def test_merged_and_split_at_once_only_the_split_asks_a_person(
    works: Works, system: Actor, clock: FixedClock
) -> None:
    async with works(system) as work:
        await district(work)
        people = await operations.register_people(work, [elder(1), elder(2, division_code=SECOND)])
        book = await households.open_household(work, kind=HouseholdKind.FAMILY, division_code=SECOND, head=people[1])
    clock.advance(timedelta(days=10))
    merged, east, west = "130903001050", "130903001051", "130903001052"
    async with works(system) as work:
        changed = await act(
            work,
            line(FIRST, merged, "合并社区"),
            line(SECOND, east, "东社区"),
            line(SECOND, west, "西社区"),
        )
        assert (changed.followed, changed.undecided) == (1, 1)
        (row,) = await placing.undecided(work)
        assert (row.person_id, row.successors) == (people[1], [east, west])
        with pytest.raises(placing.NotASuccessor):
            await placing.place_person(work, person_id=people[1], division_code=merged)
        with pytest.raises(placing.NothingToPlace):
            await placing.place_person(work, person_id=people[0], division_code=merged)
    clock.advance(timedelta(days=1))
    async with works(system) as work:
        await placing.place_person(work, person_id=people[1], division_code=west)
        assert not await placing.undecided(work)
        assert (await queries.place_of(work, people[1])).division_code == west
        assert (await household_on(work, book.id, date(2026, 3, 13))).division_code == west
        assert (await household_on(work, book.id, TODAY)).division_code == SECOND


async def test_parts_that_merge_again_need_nobody_to_place_anyone(
    works: Works, system: Actor, clock: FixedClock
) -> None:
    async with works(system) as work:
        await district(work)
        (person_id,) = await operations.register_people(work, [elder(1)])
    clock.advance(timedelta(days=10))
    async with works(system) as work:
        await act(work, line(FIRST, FIRST, "大化社区"), line(FIRST, "130903001051", "新社区"))
        assert len(await placing.undecided(work)) == 1
    clock.advance(timedelta(days=10))
    async with works(system) as work:
        parts = (FIRST, "130903001051")
        await act(work, *(line(code, "130903001060", "大社区") for code in parts), on=date(2026, 3, 20))
        assert not await placing.undecided(work)
        assert (await queries.place_of(work, person_id)).division_code == "130903001060"


@pytest.mark.parametrize(
    ("lines", "on", "refusal"),
    [
        ([], TODAY, changes.ChangeContradicts),
        ([line(FIRST, "130903001050", "甲")] * 2, TODAY, changes.ChangeContradicts),
        ([line(FIRST, "130903001050", "甲"), line(SECOND, "130903001050", "乙")], TODAY, changes.ChangeContradicts),
        ([line(FIRST, SECOND, "别名")], TODAY, changes.ChangeContradicts),
        ([line("130903777", "130903778", "甲", DivisionKind.TOWN)], TODAY, queries.DivisionUnknown),
        ([line("130903001", "130903102", "新镇", DivisionKind.TOWN)], TODAY, changes.ChildrenLeft),
        ([line(FIRST, "130903001050", "甲", parent="130903555")], TODAY, listing.DivisionParent),
        ([line(FIRST, "130903002050", "甲")], TODAY, listing.DivisionOutsideParent),
        ([TOWN[0], line(FIRST, FIRST, "甲"), line(SECOND, SECOND, "乙")], TODAY, listing.DivisionOutsideParent),
        ([line(FIRST, "130903001050", "甲")], listing.FOUNDED, changes.ChangeTooEarly),
        ([line(FIRST, "130903001050", "甲")], date(2026, 3, 13), changes.ChangeNotYet),
    ],
)
async def test_an_act_that_does_not_add_up_is_refused(
    works: Works, clock: FixedClock, lines: list[CodeLine], on: date, refusal: type[Exception]
) -> None:
    async with works(MANAGER) as work:
        await district(work)
    clock.advance(timedelta(days=10))
    with pytest.raises(refusal):
        async with works(MANAGER) as work:
            await act(work, *lines, on=on)


async def test_a_division_may_take_another_in_and_stay_what_it_is(
    works: Works, system: Actor, clock: FixedClock
) -> None:
    async with works(system) as work:
        await district(work)
        (person_id,) = await operations.register_people(work, [elder(1)])
    clock.advance(timedelta(days=10))
    async with works(system) as work:
        await act(work, line(FIRST, SECOND, "一中前街社区"))
        assert (await queries.place_of(work, person_id)).division_code == SECOND
        rows = (await work.session.execute(select(Division).where(Division.code == SECOND))).scalars().all()
        assert [row.valid_to for row in rows] == [None]


async def test_codes_may_change_places_in_one_act(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await district(work)
        people = await operations.register_people(work, [elder(1), elder(2, division_code=SECOND)])
    clock.advance(timedelta(days=10))
    async with works(system) as work:
        await act(work, line(FIRST, SECOND, "大化社区"), line(SECOND, FIRST, "一中前街社区"))
        places = await queries.places_of(work, people)
        assert [places[person].division_code for person in people] == [SECOND, FIRST]


HEADER = ["原代码", "新代码", "新名称", "类型", "生效日期", "文号"]


def grid(*rows: list[str]) -> Grid:
    return tables.read(csv_bytes(HEADER, list(rows)))


async def test_an_act_comes_in_as_a_table_and_its_faults_name_the_row(
    works: Works, system: Actor, clock: FixedClock
) -> None:
    async with works(system) as work:
        await district(work)
    clock.advance(timedelta(days=10))
    day, paper = "2026-03-12", "冀民〔2026〕1号"
    async with works(system) as work:
        outcome = await division_changes(
            work,
            grid(
                [FIRST, "130903001050", "合并社区", "社区", day, paper],
                ["130903001099", "130903001050", "合并社区", "社区", day, paper],
            ),
        )
        assert [(fault.row, fault.code) for fault in outcome.faults] == [(3, "division.unknown")]
        other = await division_changes(
            work,
            grid([FIRST, "130903001050", "甲", "社区", day, paper], [SECOND, "130903001051", "乙", "社区", day, "x"]),
        )
        assert [(fault.row, fault.code) for fault in other.faults] == [(3, "division.change_contradicts")]
    async with works(system) as work:
        rows = [[code, "130903001050", "合并社区", "社区", day, paper] for code in (FIRST, SECOND)]
        outcome = await division_changes(work, grid(*rows))
        assert (outcome.written, outcome.faults) == (2, [])
        assert await queries.division(work, "130903001050", TODAY) is not None


async def test_divisions_are_not_added_twice_nor_without_a_parent(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await district(work)
        with pytest.raises(listing.DivisionTaken):
            await district(work)
        orphan = NewDivision(code="130903777001", name="孤社区", kind=DivisionKind.COMMUNITY, parent="130903777")
        with pytest.raises(listing.DivisionParent):
            await listing.add_divisions(work, [orphan])


async def test_a_division_whose_code_lies_outside_its_parents_is_refused(works: Works, system: Actor) -> None:
    stray = NewDivision(code="130903777001", name="飞地社区", kind=DivisionKind.COMMUNITY, parent=STREET)
    async with works(system) as work:
        await district(work)
        with pytest.raises(listing.DivisionOutsideParent):
            await listing.add_divisions(work, [stray])
        content = csv_bytes(["代码", "名称", "类型", "上级"], [[stray.code, stray.name, "社区", STREET]])
        outcome = await imports.divisions(work, tables.read(content))
    assert [(fault.column, fault.code) for fault in outcome.faults] == [("上级代码", "division.outside_parent")]
