"""What people change about a promised visit, and what follows for the elder's address."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

import dispatch.matching.handlers
import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.requests import operations as requests
from dispatch.requests.model import CancelledBy, CareRequest, RequestState
from dispatch.visits import changes, lifecycle, queries
from dispatch.visits import operations as visits
from dispatch.visits.model import Booking, Visit
from dispatch.visits.transitions import VisitState
from events.model import LoggedEvent
from events.work import Works
from kit.clock import FixedClock
from providers.roster import queries as roster
from registry.model import Disclosure
from tests.dispatch.stage import HOME, MANAGER, NINE, SYSTEM_ACTOR, Stage, code_of, set_stage

Drain = Callable[[], Awaitable[int]]
TEN = NINE + timedelta(hours=1)


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=2, elders=2)


async def active(stage: Stage, visit_id: UUID) -> list[tuple[UUID, object]]:
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(Booking).where(Booking.visit_id == visit_id, Booking.active)
        return [(row.worker_id, row.during.lower) for row in (await work.session.execute(query)).scalars()]


async def look(stage: Stage, visit_id: UUID) -> Visit:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await queries.visit(work, visit_id)


async def emitted(stage: Stage, kind: str) -> list[dict[str, object]]:
    async with stage.works(SYSTEM_ACTOR) as work:
        query = select(LoggedEvent.data).where(LoggedEvent.type == kind).order_by(LoggedEvent.position)
        return list((await work.session.execute(query)).scalars())


async def play(stage: Stage, visit_id: UUID, *, worker: int = 0) -> None:
    """Sign in and out as planned, with place and code."""
    visit = await look(stage, visit_id)
    stage.clock.set(visit.planned_start)
    for step in (visits.arrive, visits.leave):
        async with stage.works(stage.person_of(0, worker)) as work:
            act = visits.ActIn(
                id=UUID(int=(int(visit_id) + (step is visits.leave)) % 2**128),
                claimed_at=work.now,
                latitude=HOME[0],
                longitude=HOME[1],
                accuracy_metres=5.0,
                fix_age_seconds=1.0,
                code=code_of(work, visit_id),
            )
            await step(work, visit_id=visit_id, act=act)
        stage.clock.advance(timedelta(minutes=60))


async def test_another_hour_within_the_window_moves_the_booking(stage: Stage, drain: Drain) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await drain()
    async with stage.works(stage.person_of(0)) as work:
        await visits.reschedule(work, visit_id=visit_id, starts_at=TEN + timedelta(minutes=45), reason="堵车")
    assert await active(stage, visit_id) == [(stage.workers[0][0], TEN + timedelta(minutes=45))]
    for wrong in (TEN - timedelta(minutes=1), TEN + timedelta(minutes=121), NINE):
        with pytest.raises(changes.OutsideWindow):
            async with stage.works(stage.person_of(0)) as work:
                await visits.reschedule(work, visit_id=visit_id, starts_at=wrong, reason="堵车")
    async with stage.works(SYSTEM_ACTOR) as work:
        later = TEN + timedelta(hours=5)
        visit = await visits.reschedule(work, visit_id=visit_id, starts_at=later, reason="改约", agreed_to=later)
        assert visit.window_to == later


async def test_an_hour_already_given_or_off_duty_is_refused(stage: Stage) -> None:
    first = await stage.promised(await stage.add_request())
    await stage.promised(await stage.add_request(elder=1, earliest=TEN + timedelta(hours=1)))
    with pytest.raises(visits.WorkerBusy):
        async with stage.works(SYSTEM_ACTOR) as work:
            await visits.reschedule(work, visit_id=first, starts_at=TEN + timedelta(minutes=30), reason="改约")
    night = NINE + timedelta(hours=12)
    with pytest.raises(changes.WorkerUnsuitable):
        async with stage.works(SYSTEM_ACTOR) as work:
            await visits.reschedule(work, visit_id=first, starts_at=night, reason="改约", agreed_to=night)
    assert await active(stage, first) == [(stage.workers[0][0], TEN)]


async def test_a_colleague_may_go_instead_and_nobody_else(stage: Stage, drain: Drain) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await drain()
    async with stage.works(stage.person_of(0)) as work:
        await visits.change_worker(work, visit_id=visit_id, worker_id=stage.workers[0][1], reason="换人")
    assert await active(stage, visit_id) == [(stage.workers[0][1], TEN)]
    for actor in (stage.person_of(0), SYSTEM_ACTOR):
        with pytest.raises(roster.WorkerNotFound):
            async with stage.works(actor) as work:
                await visits.change_worker(work, visit_id=visit_id, worker_id=stage.workers[1][0], reason="换人")
    await play(stage, visit_id, worker=1)
    with pytest.raises(lifecycle.VisitNotAllowed):
        async with stage.works(stage.person_of(0)) as work:
            await visits.change_worker(work, visit_id=visit_id, worker_id=stage.workers[0][0], reason="换人")


@pytest.mark.parametrize("hours_before", [3, 1])
async def test_a_cancelled_request_calls_the_visit_off_and_late_costs(
    stage: Stage, drain: Drain, hours_before: int
) -> None:
    request = await stage.add_request(earliest=TEN + timedelta(hours=3))
    visit_id = await stage.promised(request)
    await drain()
    stage.clock.set(request.earliest - timedelta(hours=hours_before))
    async with stage.works(SYSTEM_ACTOR) as work:
        await requests.cancel(work, request_id=request.id, by=CancelledBy.ELDER, reason="不需要了")
    await drain()
    assert (await look(stage, visit_id)).state is VisitState.CANCELLED
    assert await active(stage, visit_id) == []
    facts = await emitted(stage, "visits.visit_verified.v1")
    assert [fact["outcome"] for fact in facts] == ([] if hours_before > 2 else ["cancelled_late"])


async def test_the_second_time_is_on_the_company(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    visit_id = await stage.promised(request)
    await drain()
    await play(stage, visit_id)
    await drain()
    again_at = TEN + timedelta(days=1)
    async with stage.works(MANAGER) as work:
        offered = await visits.rework(work, visit_id=visit_id, starts_at=again_at)
    async with stage.works(stage.person_of(0)) as work:
        await visits.accept(work, offer_id=offered.offer_id)
    await drain()
    await play(stage, offered.visit_id)
    await drain()
    again = await look(stage, offered.visit_id)
    assert (again.state, again.rework_of) == (VisitState.VERIFIED, visit_id)
    assert [fact["visit_id"] for fact in await emitted(stage, "visits.visit_verified.v1")] == [str(visit_id)]
    async with stage.works(SYSTEM_ACTOR) as work:
        assert (await work.session.get_one(CareRequest, request.id)).state is RequestState.FINISHED


async def test_a_company_forgets_the_address_a_week_after_its_last_visit(stage: Stage, drain: Drain) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await drain()
    await play(stage, visit_id)
    await drain()
    later = await stage.promised(await stage.add_request(earliest=NINE + timedelta(days=5, hours=1)))
    await drain()

    async def shown() -> int:
        async with stage.works(SYSTEM_ACTOR) as work:
            await visits.close_disclosures_due(work)
        async with stage.works(SYSTEM_ACTOR) as work:
            open_ = select(Disclosure.id).where(Disclosure.closed_at.is_(None))
            return len((await work.session.execute(open_)).scalars().all())

    stage.clock.set(NINE + timedelta(days=8))
    assert await shown() == 1, "another visit to the same elder is still promised"
    async with stage.works(SYSTEM_ACTOR) as work:
        await visits.withdraw(work, visit_id=later, reason="test")
    stage.clock.advance(timedelta(days=6))
    assert await shown() == 1
    stage.clock.advance(timedelta(days=2))
    assert await shown() == 0


async def test_a_void_visit_gives_the_quota_back(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request()
    visit_id = await stage.promised(request)
    await drain()
    await play(stage, visit_id)
    await drain()
    async with stage.works(MANAGER) as work:
        await visits.void(work, visit_id=visit_id, reason="老人当日住院")
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        after = await work.session.get_one(CareRequest, request.id)
    assert (after.state, after.reason) == (RequestState.UNSERVED, "visit_void")
