"""Hukou, education and marital status: dated, coded, readable as of any day and as known at any instant."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from events.work import Works
from kit.access.actor import Actor
from kit.clock import FixedClock
from registry import operations, queries
from registry.model import FactKind, PersonFact
from registry.people import facts
from tests.registry.test_people import MANAGER, OPERATOR, elder, registered


async def test_facts_are_read_as_of_a_day_and_as_known_at_an_instant(
    works: Works, system: Actor, clock: FixedClock
) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
    async with works(OPERATOR) as work:
        first = {FactKind.MARITAL: "20", FactKind.HUKOU_PLACE: "110101"}
        day = date(1962, 10, 1)
        await facts.record_facts(work, person_id=person_id, facts=first, valid_from=day, source="户口簿")
        assert work.emitted[-1].data == {
            "person_id": str(person_id),
            "fields": ["hukou_place", "marital"],
            "valid_from": "1962-10-01",
        }
    known_at = clock.now()
    clock.advance(timedelta(days=1))
    async with works(OPERATOR) as work:
        widowed = {FactKind.MARITAL: "30"}
        await facts.record_facts(work, person_id=person_id, facts=widowed, valid_from=date(2010, 1, 1), source="民政")
    async with works(MANAGER) as work:
        today = await facts.facts_on(work, person_id, date(2026, 3, 3), purpose="核对")
        assert {kind: row.code for kind, row in today.items()} == {
            FactKind.MARITAL: "30",
            FactKind.HUKOU_PLACE: "110101000000",
        }
        before = await facts.facts_on(work, person_id, date(2009, 12, 31), purpose="核对")
        assert before[FactKind.MARITAL].code == "20"
        earlier = await facts.facts_on(work, person_id, date(2026, 3, 3), purpose="核对", recorded_by=known_at)
        assert earlier[FactKind.MARITAL].code == "20"
        assert not await facts.facts_on(work, person_id, date(1950, 1, 1), purpose="核对")
        readings = await queries.audit_of(work, person_id)
        assert readings[0].fields == ["education", "hukou_nature", "hukou_place", "marital"]


async def test_codes_outside_the_standard_and_impossible_days_are_refused(works: Works, system: Actor) -> None:
    async with works(system) as work:
        (person_id,) = await registered(work)
        day = date(2020, 1, 1)
        for kind, code in ((FactKind.MARITAL, "11"), (FactKind.EDUCATION, "50"), (FactKind.HUKOU_NATURE, "20")):
            with pytest.raises(facts.FactCodeUnknown):
                await facts.record_facts(work, person_id=person_id, facts={kind: code}, valid_from=day, source="x")
        for impossible in (date(1940, 5, 5), date(2026, 3, 3)):
            with pytest.raises(facts.FactDayImpossible):
                await facts.record_facts(work, person_id=person_id, facts={}, valid_from=impossible, source="x")


async def test_erasing_a_person_erases_the_facts(works: Works, system: Actor) -> None:
    async with works(system) as work:
        given = {FactKind.EDUCATION: "80"}
        (person_id,) = await registered(work, elder(facts=given, facts_source="登记表"))
        await operations.erase_person(work, person_id=person_id)
        assert (await work.session.execute(select(func.count(PersonFact.id)))).scalar_one() == 0
