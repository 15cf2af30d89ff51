"""Ratings, call-backs that hide the company, complaints with their deadlines, and rates that are live and honest."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

import providers.satisfaction.handlers
from events.contracts.visits import VisitFinished
from events.delivery.bus import Handlers
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import FixedClock, day_of
from kit.ids import new_id
from providers.satisfaction import complaints, draws, operations, queries
from providers.satisfaction.model import CallBack, CallState, ComplaintState
from providers.satisfaction.operations import Answers
from tests.conftest import HANDLERS

GROUP = providers.satisfaction.handlers.GROUP
Drain = Callable[[], Awaitable[int]]
COMPANY, ELDER = new_id(), new_id()


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to this room only: the events here are about visits that no other room knows."""
    return {GROUP: HANDLERS[GROUP]}


def finished(clock: FixedClock, *, provider_id: UUID = COMPANY, person_id: UUID = ELDER) -> VisitFinished:
    return VisitFinished(
        visit_id=new_id(),
        request_id=new_id(),
        provider_id=provider_id,
        person_id=person_id,
        worker_id=new_id(),
        item_code="B01",
        division_code="130903001001",
        arrived_at=clock.now(),
        left_at=clock.now(),
    )


async def _finish(works: Works, drain: Drain, *visits: VisitFinished) -> None:
    async with works(SYSTEM("test")) as work:
        for visit in visits:
            work.emit(visit)
    await drain()


async def test_a_wrong_code_is_counted_and_the_right_one_rates_once(
    works: Works, drain: Drain, clock: FixedClock
) -> None:
    visit = finished(clock)
    await _finish(works, drain, visit)
    code = operations.feedback_code(works.vault, visit.visit_id)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    async with works(SYSTEM("elder")) as work:
        answer = await operations.give_by_code(work, visit_id=visit.visit_id, code=wrong, score=5)
        assert (answer.accepted, answer.tries_left) == (False, 4)
    async with works(SYSTEM("elder")) as work:
        assert (await operations.give_by_code(work, visit_id=visit.visit_id, code=code, score=5)).accepted
        assert [event.type for event in work.emitted] == ["feedback.feedback_given.v1"]
    with pytest.raises(operations.AlreadyGiven):
        async with works(SYSTEM("elder")) as work:
            await operations.give_by_code(work, visit_id=visit.visit_id, code=code, score=1)


async def test_the_first_service_and_bad_ratings_are_called_back_without_the_company(
    works: Works, drain: Drain, clock: FixedClock
) -> None:
    first, second = finished(clock), finished(clock)
    await _finish(works, drain, first)
    await _finish(works, drain, second)
    assert "provider_id" not in CallBack.__table__.columns
    async with works(SYSTEM("elder")) as work:
        code = operations.feedback_code(works.vault, second.visit_id)
        await operations.give_by_code(work, visit_id=second.visit_id, code=code, score=2)
    async with works(Actor(role=Role.OPERATOR, label="op")) as work:
        calls = {call.visit_id: call for call in await queries.calls_due(work)}
        assert set(calls) == {first.visit_id, second.visit_id}
        shown = await operations.record_call_back(
            work, call_back_id=calls[second.visit_id].id, answers=Answers(True, 50, goods_instead=False, score=4)
        )
        assert shown.provider_id == COMPANY
    async with works(SYSTEM("test")) as work:
        rate = await queries.rate(work, provider_id=COMPANY, division="130903", month="2026-03")
        assert (rate.numerator, rate.denominator, rate.count.asked, rate.count.reached) == (1, 1, 2, 1)
        assert rate.percent is None
        (company,) = await queries.rates_by_company(work, month="2026-03")
        assert company.count == rate.count


async def test_three_calls_in_vain_stay_in_the_denominator(works: Works, drain: Drain, clock: FixedClock) -> None:
    await _finish(works, drain, finished(clock))
    async with works(SYSTEM("op")) as work:
        (call,) = await queries.calls_due(work)
    state = CallState.ASKED
    for _ in range(3):
        async with works(SYSTEM("op")) as work:
            state = await operations.record_no_answer(work, call_back_id=call.id)
        clock.advance(timedelta(hours=4))
    assert state is CallState.NOT_REACHED
    async with works(SYSTEM("test")) as work:
        rate = await queries.rate(work)
        assert (rate.count.asked, rate.count.not_reached, rate.reach) == (1, 1, 0.0)


async def test_silence_confirms_and_is_no_rating_and_the_draw_takes_a_tenth(
    works: Works, drain: Drain, clock: FixedClock
) -> None:
    await _finish(works, drain, *(finished(clock) for _ in range(40)))
    async with works(SYSTEM("test")) as work:
        await draws.commit_seed(work, day=day_of(work.now))
    clock.advance(timedelta(hours=80))
    async with works(SYSTEM("test")) as work:
        assert await operations.confirm_by_silence(work) == 40
        draw = await draws.draw_call_backs(work, day=day_of(clock.now() - timedelta(hours=80)))
        assert (draw.visits, draw.drawn) == (40, 4)
    async with works(SYSTEM("test")) as work:
        rate = await queries.rate(work)
        assert (rate.count.auto, rate.denominator, rate.percent) == (40, 0, None)
        assert 4 <= rate.count.asked <= 5


async def test_an_upheld_complaint_is_told_remedied_closed_and_appealed_to_another(
    works: Works, drain: Drain, clock: FixedClock
) -> None:
    visit = finished(clock)
    await _finish(works, drain, visit)
    first, second = Actor(role=Role.MANAGER, label="first"), Actor(role=Role.MANAGER, label="second")
    async with works(first) as work:
        complaint = await complaints.receive(work, visit_id=visit.visit_id, words="来得太晚，没有打扫厨房。")
        assert complaints.words(work, complaint) == "来得太晚，没有打扫厨房。"
        await complaints.acknowledge(work, complaint_id=complaint.id)
        await complaints.investigated(work, complaint_id=complaint.id)
    with pytest.raises(complaints.DeductionOutOfRange):
        async with works(first) as work:
            await complaints.decide(work, complaint_id=complaint.id, upheld=True, deduction_percent=10)
    async with works(first) as work:
        await complaints.decide(work, complaint_id=complaint.id, upheld=True, deduction_percent=50)
        assert work.emitted[-1].data["deduction_percent"] == 50
    with pytest.raises(complaints.NotRemedied):
        async with works(first) as work:
            await complaints.close(work, complaint_id=complaint.id)
    async with works(first) as work:
        await complaints.remedied(work, complaint_id=complaint.id)
        await complaints.close(work, complaint_id=complaint.id)
        await complaints.appeal(work, complaint_id=complaint.id)
    with pytest.raises(complaints.SameDecider):
        async with works(first) as work:
            await complaints.decide(work, complaint_id=complaint.id, upheld=False, deduction_percent=0)
    async with works(second) as work:
        again = await complaints.decide(work, complaint_id=complaint.id, upheld=False, deduction_percent=0)
        assert again.state is ComplaintState.DECIDED
    other = Actor(role=Role.PROVIDER, label="other", scope=Company(new_id()))
    with pytest.raises(Exception, match="permission denied"):
        async with works(other) as work:
            await queries.complaints(work)
