"""撤乡设镇: elders of a renamed village, of two merged towns and of a split one go on being served; the past stays.

Once on PostgreSQL's delivery, once over a real Apache Kafka.
"""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from dispatch.requests import operations as requests
from dispatch.requests import queries as placed
from dispatch.requests.model import Channel, RequestState
from dispatch.requests.standing import Wanted
from dispatch.visits import operations as visits
from dispatch.visits import queries as offered
from dispatch.visits import visit_codes
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.clock import FixedClock, at_local
from processes import kafka as broker
from providers.settlement import operations as settlement
from providers.settlement import queries as owed
from registry import queries as registry
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind
from registry.reorganisation import changes, placing
from registry.reorganisation.changes import CodeLine
from tests import machine
from tests.dispatch.stage import AREA, DISTRICT, NINE, Stage, set_stage
from tests.journeys.test_paid_visit import Wait, _at_the_door, _delivering

OPERATOR, MANAGER = Actor(Role.OPERATOR, "operator"), Actor(Role.MANAGER, "manager")
FIRST, SECOND = "130999101000", "130999102000"
RENAMED, MERGED, SPLIT = "130999101001", "130999102001", "130999102002"
TOWN = "130999110000"
BECAME, TAKEN_IN, EAST, WEST = "130999110001", "130999110002", "130999110003", "130999110004"
ACT = (
    CodeLine(code=FIRST, new_code=TOWN, name="新镇", kind=DivisionKind.TOWN),
    CodeLine(code=SECOND, new_code=TOWN, name="新镇", kind=DivisionKind.TOWN),
    CodeLine(code=RENAMED, new_code=BECAME, name="新名村", kind=DivisionKind.VILLAGE),
    CodeLine(code=MERGED, new_code=TAKEN_IN, name="二村", kind=DivisionKind.VILLAGE),
    CodeLine(code=SPLIT, new_code=EAST, name="东村", kind=DivisionKind.VILLAGE),
    CodeLine(code=SPLIT, new_code=WEST, name="西村", kind=DivisionKind.VILLAGE),
)


async def _district(works: Works, clock: FixedClock) -> Stage:
    """Lay out two townships with three villages, a company for each township, an elder in each village."""
    stage = await set_stage(works, clock, companies=0, elders=0)
    async with works(SYSTEM("test")) as work:
        rows = [
            NewDivision(code=code, name=name, kind=kind, parent=parent)
            for code, name, kind, parent in (
                (FIRST, "甲乡", DivisionKind.TOWNSHIP, DISTRICT),
                (SECOND, "乙乡", DivisionKind.TOWNSHIP, DISTRICT),
                (RENAMED, "旧名村", DivisionKind.VILLAGE, FIRST),
                (MERGED, "二村", DivisionKind.VILLAGE, SECOND),
                (SPLIT, "大村", DivisionKind.VILLAGE, SECOND),
            )
        ]
        await listing.add_divisions(work, rows)
    await stage.add_company(divisions=(FIRST,))
    await stage.add_company(divisions=(SECOND,))
    for division in (RENAMED, MERGED, SPLIT):
        await stage.add_elder(division=division)
    async with works(SYSTEM("test")) as work:
        members = [enrolment.Member(person_id, AREA, Category.LOW_INCOME, 2) for person_id in stage.elders]
        await enrolment.take_over(work, members=members)
    return stage


async def _call(works: Works, person_id: UUID, *, hours: int = 1) -> UUID:
    async with works(OPERATOR) as work:
        earliest = work.now + timedelta(hours=hours)
        request = await requests.place(
            work,
            wanted=requests.NewRequest(
                person_id=person_id,
                item_code="B01",
                earliest=earliest,
                latest=earliest + timedelta(hours=2),
                channel=Channel.PHONE,
            ),
        )
        return request.id


async def _serve(stage: Stage, clock: FixedClock, wait: Wait, request_id: UUID, company: int) -> UUID:
    """Accept the offer, come, stay an hour, go; return the visit."""
    async with stage.works(stage.person_of(company)) as work:
        ((offer, visit),) = [pair for pair in await offered.offers_of(work) if pair[1].request_id == request_id]
        await visits.accept(work, offer_id=offer.id)
    await wait()
    worker = stage.person_of(company, stage.workers[company].index(visit.worker_id))
    async with stage.works(SYSTEM("test")) as work:
        code = visit_codes.code(work, visit.id)
    clock.set(visit.planned_start)
    async with stage.works(worker) as work:
        await visits.arrive(work, visit_id=visit.id, act=_at_the_door(clock, code))
    await wait()
    clock.advance(timedelta(minutes=61))
    async with stage.works(worker) as work:
        await visits.leave(work, visit_id=visit.id, act=_at_the_door(clock))
    await wait()
    return visit.id


async def _company_of(stage: Stage, request_id: UUID) -> int:
    async with stage.works(SYSTEM("test")) as work:
        request = await placed.request(work, request_id)
        assert request.state is RequestState.OFFERED, request.reason
        (visit,) = [visit for _, visit in await offered.offers_of(work) if visit.request_id == request_id]
        assert visit.division_code == request.division_code
        return stage.companies.index(visit.provider_id)


async def _journey(works: Works, clock: FixedClock, wait: Wait) -> None:
    stage = await _district(works, clock)
    await wait()
    renamed, merged, split = stage.elders
    request_id = await _call(works, renamed)
    await wait()
    old_visit = await _serve(stage, clock, wait, request_id, 0)
    async with works(OPERATOR) as work:
        wanted = Wanted(item_code="B01", weekdays=127, from_minute=600, to_minute=720, starts_on=date(2026, 4, 3))
        order = await requests.place_standing_order(work, person_id=renamed, wanted=wanted)
    clock.set(NINE + timedelta(days=31))
    async with works(Actor(Role.FINANCE, "drawer")) as work:
        statement, *_ = await settlement.draw_up(work, month="2026-03")
        hashes = statement.content_hash, statement.input_hash
    open_request = await _call(works, renamed, hours=3)
    await wait()

    async with works(MANAGER) as work:
        changed = await changes.change_divisions(
            work, lines=ACT, valid_from=date(2026, 4, 2), document="冀民〔2026〕1号"
        )
        assert (changed.followed, changed.undecided) == (2, 1)
    await wait()

    # what was open follows, and the elder of the renamed village is served by the company that served it before
    async with works(SYSTEM("test")) as work:
        assert (await placed.request(work, open_request)).division_code == BECAME
    assert await _company_of(stage, open_request) == 0
    new_visit = await _serve(stage, clock, wait, open_request, 0)
    # the merged township's elder is served under the other contract, and by nobody of the first
    clock.set(at_local(date(2026, 4, 3), 540))
    async with works(SYSTEM("test")) as work:
        assert await requests.materialise(work, on=date(2026, 4, 3)) == 1
        (day,) = await placed.days_of(work, order.id)
        assert day.request_id is not None
        assert (await placed.request(work, day.request_id)).division_code == BECAME
    second = await _call(works, merged)
    undecided = await _call(works, split, hours=2)
    await wait()
    assert await _company_of(stage, second) == await _company_of(stage, undecided) == 1
    # whoever lives in the split village is served before being placed, and placed by a person
    async with works(OPERATOR) as work:
        (row,) = await placing.undecided(work)
        assert (row.person_id, row.successors) == (split, [EAST, WEST])
        assert (await placed.request(work, undecided)).division_code == SPLIT
        await placing.place_person(work, person_id=split, division_code=WEST)
    await wait()
    async with works(SYSTEM("test")) as work:
        assert (await placed.request(work, undecided)).division_code == WEST
    assert await _company_of(stage, undecided) == 1

    # the past keeps the old names and codes, and what was stated is what it was
    async with works(MANAGER) as work:
        history = await registry.addresses_of(work, renamed, "查阅")
        assert [(row.division_code, row.division_name) for row in history] == [(BECAME, "新名村"), (RENAMED, "旧名村")]
        (before,) = await owed.charges_of(work, visit_id=old_visit)
        (after,) = await owed.charges_of(work, visit_id=new_visit)
        assert (before.division_code, after.division_code) == (RENAMED, BECAME)
        kept = await owed.statement(work, statement.id)
        assert (kept.content_hash, kept.input_hash) == hashes
        assert (await owed.recompute(work, kept)).equal
        assert (await work.session.execute(text("select count(*) from dead_letter"))).scalar_one() == 0


async def test_elders_of_changed_divisions_go_on_being_served_on_postgres(works: Works, clock: FixedClock) -> None:
    async with _delivering(works, None) as wait:
        await _journey(works, clock, wait)


@pytest.mark.timeout(240)
async def test_elders_of_changed_divisions_go_on_being_served_over_kafka(
    works: Works, clock: FixedClock, tmp_path: Path
) -> None:
    machine.need("kafka", "java", "mvn")
    servers = await asyncio.to_thread(broker.start, tmp_path)
    try:
        async with _delivering(works, servers) as wait:
            await _journey(works, clock, wait)
    finally:
        await asyncio.to_thread(broker.stop, tmp_path)
