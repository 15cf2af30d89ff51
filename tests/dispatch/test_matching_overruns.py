"""A visit that goes on: whoever comes next is told a later hour, or given to somebody else before it is too late."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

import dispatch.matching.handlers
import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.matching.plan import overruns
from dispatch.matching.plan.overruns import OverrunCounts
from dispatch.requests.model import CareRequest
from dispatch.visits import operations as visits
from dispatch.visits.model import Booking, Visit
from dispatch.visits.transitions import VisitState
from events.model import LoggedEvent
from events.work import Works
from kit import metrics
from kit.clock import FixedClock
from kit.ids import new_id
from tests.dispatch.stage import HOME, NINE, SYSTEM_ACTOR, Stage, set_stage

TEN, TWO = NINE + timedelta(hours=1), NINE + timedelta(hours=5)
AWAY = (HOME[0] + 0.02, HOME[1])
"""Some thirteen minutes by e-bike."""
Drain = Callable[[], Awaitable[int]]


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=1, elders=4)


def at(hour: int, minute: int) -> datetime:
    return NINE + timedelta(hours=hour - 9, minutes=minute)


async def begun(stage: Stage, start: datetime = TWO) -> UUID:
    """Let a visit of an hour begin."""
    request = await stage.add_request(earliest=start, minutes_wide=30)
    visit_id = await stage.promised(request)
    stage.clock.set(start)
    fix: dict[str, Any] = {"latitude": HOME[0], "longitude": HOME[1], "accuracy_metres": 8.0, "fix_age_seconds": 1.0}
    async with stage.works(stage.person_of(0, 0)) as work:
        await visits.arrive(work, visit_id=visit_id, act=visits.ActIn(id=new_id(), claimed_at=work.now, **fix))
    return visit_id


async def follow(stage: Stage, drain: Drain, now: datetime) -> OverrunCounts:
    stage.clock.set(now)
    async with stage.works(SYSTEM_ACTOR) as work:
        counts = await overruns.follow(work)
    await drain()
    return counts


async def visit(stage: Stage, visit_id: UUID) -> Visit:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await work.session.get_one(Visit, visit_id)


async def hours(stage: Stage, visit_id: UUID) -> tuple[datetime | None, datetime | None]:
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(Booking).where(Booking.visit_id == visit_id, Booking.active, Booking.leading)
        booking = (await work.session.execute(query)).scalar_one()
    return booking.during.lower, booking.during.upper


async def next_one(stage: Stage, *, start: datetime, wide: int = 60, **more: Any) -> tuple[CareRequest, UUID]:
    request = await stage.add_request(elder=1, earliest=start, minutes_wide=wide, **more)
    return request, await stage.promised(request, worker=0)


async def test_a_visit_that_ends_in_time_changes_nothing(stage: Stage, drain: Drain) -> None:
    running = await begun(stage)
    assert await follow(stage, drain, at(14, 59)) == OverrunCounts(0, 0, 0)
    async with stage.works(stage.person_of(0, 0)) as work:
        await visits.leave(work, visit_id=running, act=visits.ActIn(id=new_id(), claimed_at=work.now))
    assert await follow(stage, drain, at(15, 30)) == OverrunCounts(0, 0, 0)


async def test_whoever_comes_next_keeps_the_hour_then_the_worker_and_at_last_gets_somebody_else(
    stage: Stage, drain: Drain
) -> None:
    _, following = await next_one(stage, start=at(15, 30), place=AWAY)
    running = await begun(stage)
    before = metrics.DECISIONS.labels("overrun", "offered")._value.get()
    assert await follow(stage, drain, at(15, 0)) == OverrunCounts(1, 0, 0)
    assert await hours(stage, running) == (TWO, at(15, 10))
    assert await follow(stage, drain, at(15, 5)) == OverrunCounts(0, 0, 0)
    assert (await visit(stage, following)).planned_start == at(15, 30)
    assert await follow(stage, drain, at(15, 20)) == OverrunCounts(1, 1, 0)
    moved = await visit(stage, following)
    assert moved.worker_id == stage.workers[0][0]
    assert at(15, 40) < moved.planned_start <= at(15, 45)
    assert await hours(stage, following) == (moved.planned_start, moved.planned_start + timedelta(minutes=60))
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(LoggedEvent.data).where(LoggedEvent.type == "visits.visit_moved.v1")
        (moved_event,) = (await work.session.execute(query)).scalars()
    assert moved_event["reason"] == "overrun"
    assert datetime.fromisoformat(moved_event["starts_at"]) == moved.planned_start
    assert await follow(stage, drain, at(16, 15)) == OverrunCounts(1, 0, 1)
    lost = await visit(stage, following)
    assert (lost.state, lost.reason) == (VisitState.WITHDRAWN, "overrun")
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(Visit).where(Visit.request_id == lost.request_id, Visit.state == VisitState.OFFERED)
        instead = (await work.session.execute(query)).scalar_one()
    assert instead.worker_id == stage.workers[0][1]
    assert metrics.DECISIONS.labels("overrun", "offered")._value.get() == before + 1


async def test_what_was_only_offered_goes_to_somebody_else_at_once(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request(elder=1, earliest=at(15, 5), minutes_wide=60)
    await stage.offer(request)
    await begun(stage)
    assert await follow(stage, drain, at(15, 0)) == OverrunCounts(1, 0, 1)


async def test_the_hours_that_a_visit_goes_on_are_given_to_nobody(stage: Stage, drain: Drain) -> None:
    running = await begun(stage)
    await follow(stage, drain, at(15, 0))
    with pytest.raises(visits.WorkerBusy):
        await stage.offer(await stage.add_request(elder=1, earliest=at(15, 5)))
    assert await hours(stage, running) == (TWO, at(15, 10))


async def test_a_plan_made_again_does_not_count_on_a_worker_who_is_still_at_a_door(stage: Stage, drain: Drain) -> None:
    """Two in a row behind it: the second moves only as far as the first makes it."""
    _, first = await next_one(stage, start=at(11, 15), wide=120, minutes=30)
    request = await stage.add_request(elder=2, earliest=at(12, 30), minutes_wide=240, minutes=30)
    second = await stage.promised(request, worker=0)
    await begun(stage, TEN)
    assert await follow(stage, drain, at(11, 10)) == OverrunCounts(1, 1, 0)
    assert (await visit(stage, first)).planned_start == at(11, 20)
    assert (await visit(stage, second)).planned_start == at(12, 30)
    assert await follow(stage, drain, at(12, 0)) == OverrunCounts(1, 2, 0)
    # the break from twelve to half past is taken as soon as the worker is out of the door
    assert (await visit(stage, first)).planned_start >= at(12, 10)
    assert (await visit(stage, second)).planned_start >= (await visit(stage, first)).planned_end


async def test_a_phone_that_has_fallen_silent_keeps_nobody_waiting_for_ever(stage: Stage, drain: Drain) -> None:
    await begun(stage)
    assert await follow(stage, drain, at(19, 0)) == OverrunCounts(0, 0, 0)
