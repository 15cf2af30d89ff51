"""Who is kept apart from an elder is sent neither first nor second, by the matching or by a dispatcher."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.matching import operations
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.operations import Cause
from dispatch.matching.queries import decisions_of
from dispatch.visits import bars, queries
from dispatch.visits import operations as visits
from dispatch.visits.model import SaidBy, Visit
from dispatch.visits.operations import Choice
from dispatch.visits.transitions import VisitState
from events.contracts.people import PersonBarLifted, PersonBarred, PersonWantedWorker, PersonWantedWorkerLifted
from events.work import Works
from kit.clock import FixedClock, day_of
from providers.roster import hiring
from tests.dispatch.stage import MANAGER, NINE, SYSTEM_ACTOR, Stage, order_of, set_stage

Drain = Callable[[], Awaitable[int]]


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=2, elders=2)


async def look(stage: Stage, visit_id: UUID) -> Visit:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await queries.visit(work, visit_id)


async def sent(stage: Stage, visit: Visit) -> Visit:
    """Return the visit that followed a withdrawn one."""
    async with stage.works(SYSTEM_ACTOR) as work:
        rows = await queries.visits(work, request_id=visit.request_id)
    return max(rows, key=lambda row: row.attempt)


async def test_a_barred_companys_visits_go_to_another_company_and_come_back_when_lifted(
    stage: Stage, drain: Drain
) -> None:
    elder, company = stage.elders[0], stage.companies[0]
    promised = await look(stage, await stage.promised(await stage.add_request()))
    request = await stage.add_request(earliest=NINE + timedelta(hours=4))
    offered = await look(stage, (await stage.offer(request, worker=1)).visit_id)
    others = await look(stage, await stage.promised(await stage.add_request(elder=1, earliest=NINE)))
    await drain()
    async with stage.works(MANAGER) as work:
        for _ in range(2):
            await bars.bar_company(work, person_id=elder, provider_id=company, reason="不合")
    assert [envelope.type for envelope in work.emitted].count(PersonBarred.type_name()) == 1
    await drain()
    for visit in (promised, offered):
        assert (await look(stage, visit.id)).state is VisitState.WITHDRAWN
        assert (await sent(stage, visit)).provider_id == stage.companies[1]
    assert (await look(stage, others.id)).state is VisitState.ACCEPTED
    async with stage.works(SYSTEM_ACTOR) as work:
        *_, record = await decisions_of(work, promised.request_id)
        mine = sorted(stage.numbers[worker_id] for worker_id in stage.workers[0])
        assert record.ruled_out[RuledOutReason.BARRED] == mine
        (row,) = await bars.companies_barred(work, elder)
        assert (row.provider_id, await bars.workers_barred(work, elder)) == (company, [])

    async with stage.works(SYSTEM_ACTOR) as work:  # who is hired later is kept apart as well
        await hiring.hire_worker(work, facts=replace(stage.worker(77), provider_id=company))
        await bars.bar_company(work, person_id=elder, provider_id=stage.companies[1], reason="不合")
    await drain()
    assert (await sent(stage, promised)).state is VisitState.WITHDRAWN
    async with stage.works(MANAGER) as work:
        for _ in range(2):
            await bars.lift_company(work, person_id=elder, provider_id=company)
    assert [envelope.type for envelope in work.emitted] == [PersonBarLifted.type_name()]


async def test_a_barred_worker_who_comes_as_the_second_does_not_come(stage: Stage, drain: Drain) -> None:
    request = await stage.add_request(persons=2)
    first, second = stage.workers[0]
    async with stage.works(SYSTEM_ACTOR) as work:
        choice = Choice(
            provider_id=stage.companies[0],
            worker_id=first,
            worker_number=stage.numbers[first],
            second_worker_id=second,
            second_worker_number=stage.numbers[second],
            starts_at=request.earliest,
            attempt=1,
        )
        offered = await visits.offer(work, order=order_of(request), choice=choice)
    async with stage.works(stage.person_of(0)) as work:
        await visits.accept(work, offer_id=offered.offer_id)
    await drain()
    async with stage.works(MANAGER) as work:
        await bars.bar_worker(work, person_id=stage.elders[0], worker_id=second, reason="不合")
    await drain()
    visit = await look(stage, offered.visit_id)
    assert visit.state is VisitState.WITHDRAWN
    assert (await sent(stage, visit)).provider_id == stage.companies[1]


async def test_no_dispatcher_sends_a_barred_worker_instead(stage: Stage, drain: Drain) -> None:
    visit_id = await stage.promised(await stage.add_request())
    await drain()
    colleague = stage.workers[0][1]
    async with stage.works(MANAGER) as work:
        await bars.bar_worker(work, person_id=stage.elders[0], worker_id=colleague, reason="不合")
    for actor in (stage.person_of(0), MANAGER):
        with pytest.raises(bars.WorkerBarred):
            async with stage.works(actor) as work:
                await visits.change_worker(work, visit_id=visit_id, worker_id=colleague, reason="换人")
    async with stage.works(MANAGER) as work:
        await bars.lift_worker(work, person_id=stage.elders[0], worker_id=colleague)
    async with stage.works(stage.person_of(0)) as work:
        moved = await visits.change_worker(work, visit_id=visit_id, worker_id=colleague, reason="换人")
    assert moved.worker_id == colleague


async def test_a_bar_ends_on_its_day_and_may_be_set_anew(stage: Stage) -> None:
    elder, worker = stage.elders[0], stage.workers[0][0]
    today = day_of(stage.clock.now())
    wish: dict[str, Any] = {"person_id": elder, "worker_id": worker, "reason": "家属说的", "said_by": SaidBy.FAMILY}
    async with stage.works(MANAGER) as work:
        with pytest.raises(bars.WishOver):
            await bars.bar_worker(work, **wish, until=today)
        await bars.bar_worker(work, **wish, until=today + timedelta(days=1))
        (row,) = await bars.workers_barred(work, elder)
        assert (row.said_by, row.until) == (SaidBy.FAMILY, today + timedelta(days=1))
    stage.clock.advance(timedelta(days=1))
    async with stage.works(MANAGER) as work:
        assert await bars.workers_barred(work, elder) == []
        await bars.bar_worker(work, **wish)
        (row,) = await bars.workers_barred(work, elder)
        assert row.until is None


async def test_a_wanted_worker_is_preferred_to_a_familiar_one_and_no_rule_is_set_aside(
    stage: Stage, drain: Drain
) -> None:
    elder, (familiar, wanted) = stage.elders[0], stage.workers[0]
    async with stage.works(MANAGER) as work:
        for _ in range(2):
            await bars.want_worker(work, person_id=elder, worker_id=wanted, reason="洗头仔细", said_by=SaidBy.ELDER)
    assert [envelope.type for envelope in work.emitted] == [PersonWantedWorker.type_name()]

    async def chosen(hour: int) -> tuple[int | None, dict[str, Any]]:
        request = await stage.add_request(earliest=NINE + timedelta(hours=hour))
        async with stage.works(SYSTEM_ACTOR) as work:
            await operations.decide(work, request_id=request.id, cause=Cause.REQUESTED)
            (record,) = await decisions_of(work, request.id)
        return record.worker_number, record.ask

    number, ask = await chosen(1)
    assert (number, ask["wanted"]) == (stage.numbers[wanted], [str(wanted)])
    async with stage.works(MANAGER) as work:
        await bars.bar_worker(work, person_id=elder, worker_id=wanted, reason="不合")
        assert await bars.workers_wanted(work, elder) == []
        with pytest.raises(bars.WorkerBarred):
            await bars.want_worker(work, person_id=elder, worker_id=wanted, reason="x", said_by=SaidBy.ELDER)
    assert PersonWantedWorkerLifted.type_name() in [envelope.type for envelope in work.emitted]
    number, ask = await chosen(4)
    assert number == stage.numbers[familiar]
    assert "wanted" not in ask
