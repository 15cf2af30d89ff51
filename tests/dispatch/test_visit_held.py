"""Visits that a person must decide: written down afterwards, missed, broken off half-way, found wanting."""

from datetime import timedelta
from uuid import UUID

import pytest

from dispatch.visits import lifecycle, verification
from dispatch.visits import operations as visits
from dispatch.visits.flags import Flag
from dispatch.visits.transitions import ActKind, VisitState
from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from tests.dispatch.stage import MANAGER, NINE, SYSTEM_ACTOR, Stage, set_stage
from tests.dispatch.test_visit_attendance import TEN, act, code_of, look, report, verify


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=2, elders=2)


async def test_a_written_down_visit_takes_two_people(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    stage.clock.advance(timedelta(hours=4))
    writer = Actor(Role.MANAGER, "writer", account_id=UUID(int=502))
    arrived, left = TEN, TEN + timedelta(hours=1)
    with pytest.raises(verification.TimesInvalid):
        async with stage.works(writer) as work:
            await visits.back_fill(work, visit_id=visit_id, arrived_at=left, left_at=arrived, reason="手机没电")
    async with stage.works(writer) as work:
        await visits.back_fill(work, visit_id=visit_id, arrived_at=arrived, left_at=left, reason="手机没电")
    with pytest.raises(verification.SamePerson):
        async with stage.works(writer) as work:
            await visits.decide_held(work, visit_id=visit_id, stands=True, reason="属实")
    with pytest.raises(verification.DecisionForbidden):
        async with stage.works(stage.person_of(0)) as work:
            await visits.decide_held(work, visit_id=visit_id, stands=True, reason="属实")
    async with stage.works(MANAGER) as work:
        await visits.decide_held(work, visit_id=visit_id, stands=True, reason="电话核实")
        decision, facts = [event.data for event in work.emitted]
    assert (decision["stands"], decision["reason"]) == (True, "电话核实")
    times = [decision[name] for name in ("arrived_before", "left_before", "arrived_after", "left_after")]
    assert times[:2] == times[2:]
    assert None not in times
    assert (facts["evidence_grade"], facts["done_minutes"]) == ("P", 60)
    assert (await look(stage, visit_id)).flags == [Flag.BACKFILLED]


async def test_a_held_visit_that_does_not_stand_is_void(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE))
    stage.clock.advance(timedelta(hours=1))
    await report(stage, visit_id, ActKind.LEAVE, act(2, TEN))
    await verify(stage, visit_id)
    async with stage.works(MANAGER) as work:
        await visits.decide_held(work, visit_id=visit_id, stands=False, reason="老人否认")
        assert [event.type for event in work.emitted] == ["visits.visit_decided.v1", "visits.visit_voided.v1"]
    with pytest.raises(lifecycle.VisitNotAllowed):
        async with stage.works(MANAGER) as work:
            await visits.void(work, visit_id=visit_id, reason="again")


async def test_nobody_came_and_nobody_said_so_is_missed_and_what_comes_later_is_held(stage: Stage) -> None:
    request = await stage.add_request()
    visit_id = await stage.promised(request)
    stage.clock.set(request.latest + timedelta(minutes=119))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await visits.miss_due(work) == 0
    stage.clock.advance(timedelta(minutes=1))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await visits.miss_due(work) == 1
        assert [event.type for event in work.emitted] == ["visits.visit_missed.v1"]
    code = await code_of(stage, visit_id)
    await report(stage, visit_id, ActKind.ARRIVE, act(1, TEN, sequence=1, offline=True, code=code))
    left = TEN + timedelta(hours=1)
    await report(stage, visit_id, ActKind.LEAVE, act(2, left, sequence=2, offline=True))
    visit = await look(stage, visit_id)
    assert (visit.state, visit.arrived_at, visit.left_at) == (VisitState.HELD, TEN, left)
    assert visit.flags == [Flag.AFTER_MISSED, Flag.SHORT_STAY, Flag.UNANCHORED]


async def test_a_phone_that_fell_silent_half_way_leaves_the_visit_to_a_person(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await report(stage, visit_id, ActKind.ARRIVE, act(1, NINE))
    stage.clock.advance(timedelta(hours=40))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await visits.miss_due(work) == 1
    visit = await look(stage, visit_id)
    assert (visit.state, visit.flags) == (VisitState.HELD, [Flag.MISSING_ACT])
    with pytest.raises(verification.TimesMissing):
        async with stage.works(MANAGER) as work:
            await visits.decide_held(work, visit_id=visit_id, stands=True, reason="电话核实")
    async with stage.works(MANAGER) as work:
        await visits.decide_held(work, visit_id=visit_id, stands=True, reason="电话核实", left_at=TEN)
    assert (await look(stage, visit_id)).state is VisitState.VERIFIED
