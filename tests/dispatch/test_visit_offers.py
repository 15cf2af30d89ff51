"""Offers: made, accepted, refused, lapsed, taken back; one worker, one place at a time."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dispatch.visits import bookings, lifecycle, offers, queries
from dispatch.visits import operations as visits
from dispatch.visits.model import Booking, Offer, Visit
from dispatch.visits.transitions import OfferState, VisitState
from events.work import Works
from kit.clock import FixedClock
from tests.dispatch import stage as scene
from tests.dispatch.stage import NINE, SYSTEM_ACTOR, Stage, set_stage


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=2, elders=2)


async def state_of(stage: Stage, visit_id: object) -> VisitState:
    async with stage.works(SYSTEM_ACTOR) as work:
        return (await work.session.get_one(Visit, visit_id)).state


async def booked(stage: Stage) -> int:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await work.session.scalar(select(func.count()).select_from(Booking).where(Booking.active)) or 0


async def test_an_accepted_offer_promises_the_worker(stage: Stage) -> None:
    offered = await stage.offer(await stage.add_request())
    assert offered.deadline == NINE + timedelta(minutes=30)
    async with stage.works(stage.person_of(0)) as work:
        pairs = await queries.offers_of(work)
        assert [pair[0].id for pair in pairs] == [offered.offer_id]
        visit = await visits.accept(work, offer_id=offered.offer_id)
        assert visit.state is VisitState.ACCEPTED
        assert [event.type for event in work.emitted] == ["offers.offer_accepted.v1"]
    assert await booked(stage) == 1


async def test_an_urgent_offer_must_be_answered_in_five_minutes(stage: Stage) -> None:
    offered = await stage.offer(await stage.add_request(urgent=True))
    assert offered.deadline == NINE + timedelta(minutes=5)


async def test_another_company_s_offer_answers_exactly_as_a_missing_one(stage: Stage) -> None:
    offered = await stage.offer(await stage.add_request())
    for offer_id in (offered.offer_id, offered.visit_id):
        with pytest.raises(offers.OfferNotFound) as refused:
            async with stage.works(stage.person_of(1)) as work:
                await visits.accept(work, offer_id=offer_id)
        assert refused.value.parameters == {"offer_id": str(offer_id)}
    with pytest.raises(lifecycle.VisitNotFound):
        async with stage.works(stage.person_of(1)) as work:
            await queries.visit(work, offered.visit_id)
    with pytest.raises(offers.OfferNotFound):  # a colleague of the same company is not meant either
        async with stage.works(stage.person_of(0, worker=1)) as work:
            await visits.accept(work, offer_id=offered.offer_id)


async def test_a_refusal_needs_a_reason_and_gives_the_hours_back(stage: Stage) -> None:
    offered = await stage.offer(await stage.add_request())
    with pytest.raises(offers.OfferReasonMissing):
        async with stage.works(stage.person_of(0)) as work:
            await visits.refuse(work, offer_id=offered.offer_id, reason="  ")
    async with stage.works(stage.person_of(0)) as work:
        await visits.refuse(work, offer_id=offered.offer_id, reason="车坏了")
    assert await state_of(stage, offered.visit_id) is VisitState.REFUSED
    assert await booked(stage) == 0
    with pytest.raises(offers.OfferNotOpen):
        async with stage.works(stage.person_of(0)) as work:
            await visits.accept(work, offer_id=offered.offer_id)


async def test_silence_lapses_at_the_deadline_and_a_late_yes_is_refused(stage: Stage) -> None:
    offered = await stage.offer(await stage.add_request())
    stage.clock.set(offered.deadline - timedelta(seconds=1))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await visits.lapse_due(work) == 0
    stage.clock.set(offered.deadline)
    with pytest.raises(offers.OfferTooLate):
        async with stage.works(stage.person_of(0)) as work:
            await visits.accept(work, offer_id=offered.offer_id)
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await visits.lapse_due(work) == 1
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await visits.lapse_due(work) == 0
    assert await state_of(stage, offered.visit_id) is VisitState.LAPSED
    assert await booked(stage) == 0


async def test_a_worker_s_hours_are_given_once_and_a_refusal_leaves_nothing_behind(stage: Stage) -> None:
    request = await stage.add_request()
    await stage.offer(request)
    other = await stage.add_request(elder=1, earliest=request.earliest + timedelta(minutes=30))
    async with stage.works(SYSTEM_ACTOR) as work:
        with pytest.raises(bookings.WorkerBusy):
            await scene.offer(work, stage, other)
        # The same work may choose again.
        await scene.offer(work, stage, other, worker=1)
    assert await booked(stage) == 2


async def test_half_a_pair_is_not_booked(stage: Stage) -> None:
    request = await stage.add_request()
    await stage.offer(request, worker=1)
    other = await stage.add_request(elder=1)
    first, second = stage.workers[0]
    async with stage.works(SYSTEM_ACTOR) as work:
        with pytest.raises(bookings.WorkerBusy):
            await visits.offer(
                work,
                order=scene.order_of(other),
                choice=visits.Choice(
                    provider_id=stage.companies[0],
                    worker_id=first,
                    worker_number=stage.numbers[first],
                    second_worker_id=second,
                    second_worker_number=stage.numbers[second],
                    starts_at=other.earliest,
                    attempt=1,
                ),
            )
    assert await booked(stage) == 1


async def test_two_processes_cannot_promise_one_worker_twice(stage: Stage) -> None:
    requests = [await stage.add_request(elder=number % 2) for number in range(8)]
    answers = await asyncio.gather(*(stage.offer(request) for request in requests), return_exceptions=True)
    assert sum(isinstance(answer, bookings.WorkerBusy) for answer in answers) == 7
    assert await booked(stage) == 1


async def test_visits_that_touch_at_the_minute_do_not_overlap(stage: Stage) -> None:
    request = await stage.add_request()
    await stage.offer(request)
    await stage.offer(await stage.add_request(elder=1, earliest=request.earliest + timedelta(minutes=60)))
    assert await booked(stage) == 2


async def test_a_promised_visit_can_be_taken_back_until_the_worker_is_there(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    async with stage.works(SYSTEM_ACTOR) as work:
        await visits.withdraw(work, visit_id=visit_id, reason="worker ill")
        assert [event.type for event in work.emitted] == ["offers.offer_withdrawn.v1"]
    async with stage.works(SYSTEM_ACTOR) as work:
        offer = (await work.session.execute(select(Offer))).scalar_one()
        assert offer.state is OfferState.WITHDRAWN
    assert await booked(stage) == 0
    with pytest.raises(lifecycle.VisitNotAllowed):
        async with stage.works(SYSTEM_ACTOR) as work:
            await visits.withdraw(work, visit_id=visit_id, reason="again")
