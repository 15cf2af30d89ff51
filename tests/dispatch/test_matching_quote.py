"""A quote decides as a decision would: the same company, worker and hour, and nobody who is booked elsewhere."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from dispatch.matching import quoting
from dispatch.matching.quoting import Quote
from dispatch.requests import operations as requests
from dispatch.visits import bars, bookings
from dispatch.visits import queries as seen
from events.work import Works
from kit.clock import FixedClock
from tests.dispatch.stage import AREA, HOME, NINE, SYSTEM_ACTOR, Stage, set_stage

Drain = Callable[[], Awaitable[int]]
TEN = NINE + timedelta(hours=1)


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    stage = await set_stage(works, clock, companies=2)
    async with works(SYSTEM_ACTOR) as work:
        member = enrolment.Member(stage.elders[0], AREA, Category.LOW_INCOME, 4)
        await enrolment.take_over(work, members=[member])
    return stage


def wanted(stage: Stage, at: datetime = TEN, item: str = "B01") -> requests.NewRequest:
    return requests.NewRequest(
        person_id=stage.elders[0], item_code=item, earliest=at, latest=at + timedelta(minutes=30), accept_own_cost=True
    )


async def quoted(stage: Stage, at: datetime = TEN, item: str = "B01") -> Quote:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await quoting.quote(work, wanted=wanted(stage, at, item))


async def test_the_decision_asks_whom_the_quote_named(stage: Stage, drain: Drain) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        await bars.bar_worker(work, person_id=stage.elders[0], worker_id=stage.workers[0][0], reason="不合")
    first, second = (await quoted(stage)).companies
    async with stage.works(SYSTEM_ACTOR) as work:
        await requests.place(work, wanted=wanted(stage))
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        ((_, visit),) = await seen.offers_of(work)
    assert (visit.provider_id, visit.worker_id, visit.planned_start) == (
        first.provider_id,
        first.worker_id,
        first.starts_at,
    )
    assert first.worker_id != stage.workers[0][0]
    assert second.provider_id != first.provider_id
    assert [row.familiar for row in (first, second)] == [False, False]


async def test_a_worker_booked_off_duty_is_passed_over_as_an_offer_would_be_refused(stage: Stage) -> None:
    night = NINE + timedelta(hours=10, minutes=15)
    assert (await quoted(stage)).companies[0].worker_id == stage.workers[0][0]
    async with stage.works(SYSTEM_ACTOR) as work:
        # It begins in the worker's hours and ends after them, so that no route contains it.
        await bookings.book(
            work,
            visit_id=await _visit(stage),
            provider_id=stage.companies[0],
            workers=[(stage.workers[0][0], stage.numbers[stage.workers[0][0]])],
            place=HOME,
            during=(TEN, night),
        )
    assert stage.workers[0][0] not in [row.worker_id for row in (await quoted(stage)).companies]


async def _visit(stage: Stage) -> UUID:
    request = await stage.add_request(earliest=TEN + timedelta(days=3))
    return (await stage.offer(request, worker=1)).visit_id


async def test_two_workers_who_must_come_together_are_both_named(stage: Stage) -> None:
    quote = await quoted(stage, item="B03")
    assert quote.request is not None
    named = [(row.worker_called, row.second_worker_called) for row in quote.companies]
    if quote.request.persons == 2:
        assert named == [("w师傅", "w师傅")] * 2
    else:
        assert [second for _, second in named] == [None, None]


async def test_nobody_is_looked_for_where_the_elder_may_not_be_served(stage: Stage) -> None:
    stage.elders[0] = await stage.add_elder()
    quote = await quoted(stage)
    assert (quote.companies, quote.request, quote.arrives_from) == ([], None, None)
    assert [refusal.code for refusal in quote.refusals] == ["request.not_enrolled"]
