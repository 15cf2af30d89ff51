"""A company's day planned again: shorter ways, kept promises."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

import dispatch.matching.handlers
import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.matching.plan.replanning import ReplanCause, Replanned, replan, replan_today
from dispatch.visits import bars, queries
from dispatch.visits import operations as visits
from dispatch.visits.model import Booking, Visit
from events.model import LoggedEvent
from events.work import Works
from kit import clock as clocks
from kit import metrics
from kit.clock import FixedClock
from tests.dispatch.stage import HOME, NINE, SYSTEM_ACTOR, Stage, set_stage

EAST = (HOME[0], HOME[1] + 0.1)
TODAY = clocks.day_of(NINE)
Drain = Callable[[], Awaitable[int]]


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    """Two workers at two ends of the town, each promised where the other lives."""
    stage = await set_stage(works, clock, companies=0, elders=2)
    await stage.add_company([Stage.worker(1, place=HOME), Stage.worker(2, place=EAST)])
    return stage


async def crossed(stage: Stage, *, hours: float = 3) -> list[UUID]:
    start = NINE + timedelta(hours=hours) + timedelta(minutes=60)
    first = await stage.add_request(earliest=start, place=EAST)
    second = await stage.add_request(elder=1, earliest=start, place=HOME)
    return [await stage.promised(first, worker=0), await stage.promised(second, worker=1)]


async def replan_all(stage: Stage) -> Replanned:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await replan(work, provider_id=stage.companies[0], day=TODAY)


async def workers_of(stage: Stage, visit_ids: list[UUID]) -> list[int]:
    async with stage.works(SYSTEM_ACTOR) as work:
        return [stage.workers[0].index((await queries.visit(work, visit_id)).worker_id) for visit_id in visit_ids]


async def test_workers_exchange_visits_where_that_saves_the_way(stage: Stage) -> None:
    visit_ids = await crossed(stage)
    result = await replan_all(stage)
    assert result.moved == 2
    assert result.saved_seconds > 3600
    assert await workers_of(stage, visit_ids) == [1, 0]
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(func.count()).select_from(Booking).where(Booking.active)
        assert await work.session.scalar(query) == 2
        for visit in (await work.session.execute(select(Visit))).scalars():
            booking = (
                await work.session.execute(select(Booking).where(Booking.visit_id == visit.id, Booking.active))
            ).scalar_one()
            assert (booking.worker_id, booking.during.lower) == (visit.worker_id, visit.planned_start)
            assert visit.planned_start <= visit.window_to
    assert await replan_all(stage) == Replanned(0, 0)


async def test_all_companies_are_planned_again_in_one_round(stage: Stage) -> None:
    await stage.add_company()
    visit_ids = await crossed(stage)
    assert (await replan_today(stage.begin)).moved == 2
    assert await workers_of(stage, visit_ids) == [1, 0]


async def test_what_is_promised_within_the_hour_does_not_move(stage: Stage) -> None:
    visit_ids = await crossed(stage)
    stage.clock.set(NINE + timedelta(hours=3, minutes=1))
    assert await replan_all(stage) == Replanned(0, 0)
    assert await workers_of(stage, visit_ids) == [0, 1]


async def test_what_has_begun_does_not_move(stage: Stage) -> None:
    visit_ids = await crossed(stage)
    async with stage.works(stage.person_of(0, 0)) as work:
        await visits.depart(work, visit_id=visit_ids[0], act=visits.ActIn(id=UUID(int=1), claimed_at=work.now))
    await replan_all(stage)
    assert (await workers_of(stage, visit_ids))[0] == 0


async def test_what_nobody_has_accepted_yet_does_not_move(stage: Stage) -> None:
    start = NINE + timedelta(hours=4)
    offered = await stage.offer(await stage.add_request(earliest=start, place=EAST))
    assert await replan_all(stage) == Replanned(0, 0)
    assert await workers_of(stage, [offered.visit_id]) == [0]


async def test_people_who_are_kept_apart_are_not_brought_together_by_a_better_plan(stage: Stage) -> None:
    visit_ids = await crossed(stage)
    async with stage.works(SYSTEM_ACTOR) as work:
        await bars.bar_worker(work, person_id=stage.elders[0], worker_id=stage.workers[0][1], reason="不合")
    await replan_all(stage)
    assert (await workers_of(stage, visit_ids))[0] == 0


async def test_a_refusal_plans_the_company_s_day_again_at_once_and_tells_who_moves(stage: Stage, drain: Drain) -> None:
    visit_ids = await crossed(stage)
    refused = await stage.offer(await stage.add_request(earliest=NINE + timedelta(hours=6)), worker=0)
    before = metrics.REPLANS.labels(ReplanCause.REFUSED, "improved")._value.get()
    async with stage.works(stage.person_of(0)) as work:
        await visits.refuse(work, offer_id=refused.offer_id, reason="忙")
    await drain()
    assert await workers_of(stage, visit_ids) == [1, 0]
    assert metrics.REPLANS.labels(ReplanCause.REFUSED, "improved")._value.get() == before + 1
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(LoggedEvent.data).where(LoggedEvent.type == "visits.visit_moved.v1")
        facts_of = {UUID(fact["visit_id"]): fact for fact in (await work.session.execute(query)).scalars()}
    assert set(facts_of) == set(visit_ids)
    assert {fact["reason"] for fact in facts_of.values()} == {"replanned"}
    assert UUID(facts_of[visit_ids[0]]["worker_id"]) == stage.workers[0][1]


async def test_another_day_s_refusal_leaves_today_as_it_is(stage: Stage, drain: Drain) -> None:
    visit_ids = await crossed(stage)
    refused = await stage.offer(await stage.add_request(earliest=NINE + timedelta(days=1)), worker=0)
    async with stage.works(stage.person_of(0)) as work:
        await visits.refuse(work, offer_id=refused.offer_id, reason="忙")
    await drain()
    assert await workers_of(stage, visit_ids) == [0, 1]
