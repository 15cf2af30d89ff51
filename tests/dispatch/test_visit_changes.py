"""What people change about a promised visit, and what follows for the elder's address."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

import dispatch.matching.handlers
import dispatch.visits.handlers  # noqa: F401 - importing subscribes its handlers
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category, SuspendReason
from dispatch.escalation import queries as escalation
from dispatch.escalation.model import CaseKind
from dispatch.requests import checks
from dispatch.requests import operations as requests
from dispatch.requests.model import CancelledBy, CareRequest, RequestState
from dispatch.visits import bars, changes, lifecycle, queries
from dispatch.visits import operations as visits
from dispatch.visits.model import Booking, Visit
from dispatch.visits.transitions import VisitState
from events.model import LoggedEvent
from events.work import Works
from kit import clock as clocks
from kit.clock import FixedClock
from providers.roster import queries as roster
from registry import operations as registry
from registry.model import Disclosure
from tests.dispatch.stage import AREA, HOME, MANAGER, NINE, SYSTEM_ACTOR, Stage, code_of, set_stage

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
    evening = NINE + timedelta(hours=9, minutes=30)
    with pytest.raises(changes.WorkerUnsuitable):
        async with stage.works(SYSTEM_ACTOR) as work:
            await visits.reschedule(work, visit_id=first, starts_at=evening, reason="改约", agreed_to=evening)
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
    visit_id = await _verified(stage, drain)
    request_id = (await look(stage, visit_id)).request_id
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
        assert (await work.session.get_one(CareRequest, request_id)).state is RequestState.FINISHED


async def _verified(stage: Stage, drain: Drain) -> UUID:
    """Let an elder of the programme have a verified visit; return it."""
    async with stage.works(SYSTEM_ACTOR) as work:
        members = [enrolment.Member(stage.elders[0], AREA, Category.LOW_INCOME, 2)]
        await enrolment.take_over(work, members=members)
    visit_id = await stage.promised(await stage.add_request())
    await drain()
    await play(stage, visit_id)
    await drain()
    return visit_id


async def test_nobody_is_visited_again_who_is_not_there_or_by_who_is_not_wanted(stage: Stage, drain: Drain) -> None:
    visit_id = await _verified(stage, drain)
    elder, again_at = stage.elders[0], TEN + timedelta(days=1)
    async with stage.works(MANAGER) as work:
        await bars.bar_company(work, person_id=elder, provider_id=stage.companies[0], reason="不合")
    with pytest.raises(bars.WorkerBarred):
        async with stage.works(MANAGER) as work:
            await visits.rework(work, visit_id=visit_id, starts_at=again_at)
    async with stage.works(MANAGER) as work:
        await bars.lift_company(work, person_id=elder, provider_id=stage.companies[0])
        first = await visits.rework(work, visit_id=visit_id, starts_at=again_at)
    async with stage.works(stage.person_of(0)) as work:
        await visits.accept(work, offer_id=first.offer_id)
    async with stage.works(SYSTEM_ACTOR) as work:
        await enrolment.suspend(work, person_id=elder, reason=SuspendReason.HOSPITAL)
    await drain()
    assert (await look(stage, first.visit_id)).state is VisitState.WITHDRAWN
    assert await active(stage, first.visit_id) == []
    with pytest.raises(checks.ElderSuspended):
        async with stage.works(MANAGER) as work:
            await visits.rework(work, visit_id=visit_id, starts_at=again_at)
    async with stage.works(SYSTEM_ACTOR) as work:
        await enrolment.resume(work, person_id=elder)
        died_on = clocks.day_of(work.now)
        second = await visits.rework(work, visit_id=visit_id, starts_at=again_at)
        await registry.report_death(work, person_id=elder, died_on=died_on, source="村委会")
    await drain()
    assert (await look(stage, second.visit_id)).state is VisitState.WITHDRAWN
    with pytest.raises(checks.ElderDeathReported):
        async with stage.works(MANAGER) as work:
            await visits.rework(work, visit_id=visit_id, starts_at=again_at)
    async with stage.works(MANAGER) as work:
        await registry.confirm_death(work, person_id=elder)
    await drain()
    with pytest.raises(checks.ElderDeceased):
        async with stage.works(MANAGER) as work:
            await visits.rework(work, visit_id=visit_id, starts_at=again_at)


@pytest.mark.parametrize("outcome", ["refused", "lapsed", "withdrawn", "missed", "aborted"])
async def test_a_second_visit_that_will_not_take_place_becomes_a_case(stage: Stage, drain: Drain, outcome: str) -> None:
    visit_id = await _verified(stage, drain)
    async with stage.works(MANAGER) as work:
        offered = await visits.rework(work, visit_id=visit_id, starts_at=TEN + timedelta(days=1))
    if outcome in {"missed", "aborted"}:
        async with stage.works(stage.person_of(0)) as work:
            await visits.accept(work, offer_id=offered.offer_id)
    if outcome == "missed":
        stage.clock.set(TEN + timedelta(days=1, hours=5))
    async with stage.works(stage.person_of(0, 0) if outcome == "aborted" else SYSTEM_ACTOR) as work:
        if outcome == "refused":
            await visits.refuse(work, offer_id=offered.offer_id, reason="忙")
        elif outcome == "lapsed":
            await visits.lapse(work, offer_id=offered.offer_id)
        elif outcome == "withdrawn":
            await visits.withdraw(work, visit_id=offered.visit_id, reason="worker_unavailable")
        elif outcome == "missed":
            assert await visits.miss_due(work) == 1
        else:
            act = visits.ActIn(id=UUID(int=77), claimed_at=work.now, reason="车坏了")
            await visits.abort(work, visit_id=offered.visit_id, act=act)
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        cases = await escalation.cases_of(work, visit_id)
    assert [(case.kind, case.facts) for case in cases] == [(CaseKind.REWORK_UNSERVED, {"outcome": outcome})]


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
