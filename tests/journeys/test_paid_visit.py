"""From a call to a paid visit, through every room: once on PostgreSQL's delivery, once over a real Apache Kafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bootstrap.platform import task
from dispatch.enrolment import operations as enrolment
from dispatch.enrolment import queries as enrolments
from dispatch.enrolment.model import Category
from dispatch.requests import operations as requests
from dispatch.requests import queries as placed
from dispatch.requests.model import Channel, RequestState
from dispatch.visits import operations as visits
from dispatch.visits import queries as offered
from dispatch.visits import visit_codes
from dispatch.visits.operations import ActIn
from events import log
from events.delivery import bus
from events.delivery.bus import Deliverer
from events.delivery.cluster import Cluster
from events.delivery.drained import Drained
from events.delivery.relay import Relay
from events.delivery.transport import KafkaDelivery, PostgresDelivery
from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from processes import kafka as broker
from providers.satisfaction import operations as satisfaction
from providers.satisfaction import queries as rates
from providers.settlement import operations as settlement
from providers.settlement import queries as owed
from tests import machine
from tests.conftest import HANDLERS
from tests.dispatch.stage import AREA, HOME, NINE, Stage, set_stage
from tests.providers.handled import look_at_all

Wait = Callable[[], Awaitable[None]]


@asynccontextmanager
async def _delivering(works: Works, servers: str | None) -> AsyncIterator[Wait]:
    works.routes, works.outgoing = bus.routes(HANDLERS), servers is not None
    deliverer = Deliverer(works, HANDLERS)
    outstanding = Drained(works, deliverer)
    async with AsyncExitStack() as stack:
        local = PostgresDelivery(deliverer)
        await local.start()
        stack.push_async_callback(local.stop)
        if servers is not None:
            kafka = KafkaDelivery(Cluster(servers), deliverer)
            await kafka.start()
            stack.push_async_callback(kafka.stop)
            _ = await stack.enter_async_context(task(Relay(works, Cluster(servers)).run()))
        yield lambda: asyncio.wait_for(outstanding.wait(), 60)


async def _district(works: Works, clock: FixedClock) -> Stage:
    stage = await set_stage(works, clock, companies=2, elders=1)
    (person_id,) = stage.elders
    async with works(SYSTEM("test")) as work:
        await enrolment.take_over(work, members=[enrolment.Member(person_id, AREA, Category.LOW_INCOME, 2)])
    return stage


def _at_the_door(clock: FixedClock, code: str | None = None) -> ActIn:
    return ActIn(
        id=new_id(),
        claimed_at=clock.now(),
        code=code,
        latitude=HOME[0],
        longitude=HOME[1],
        accuracy_metres=10,
        fix_age_seconds=2,
    )


async def _journey(works: Works, clock: FixedClock, wait: Wait) -> None:
    stage = await _district(works, clock)
    await wait()
    (person_id,) = stage.elders
    async with works(Actor(Role.OPERATOR, "operator")) as work:
        request = await requests.place(
            work,
            wanted=requests.NewRequest(
                person_id=person_id,
                item_code="B01",
                earliest=NINE + timedelta(hours=1),
                latest=NINE + timedelta(hours=3),
                source_key="call-1",
                channel=Channel.PHONE,
            ),
        )
        again = await requests.place(
            work,
            wanted=requests.NewRequest(
                person_id=person_id,
                item_code="B01",
                earliest=NINE + timedelta(hours=1),
                latest=NINE + timedelta(hours=3),
                source_key="call-1",
                channel=Channel.PHONE,
            ),
        )
        assert again.id == request.id
    await wait()
    async with works(SYSTEM("test")) as work:
        ((offer, visit),) = await offered.offers_of(work)
        code = visit_codes.code(work, visit.id)
    company = stage.companies.index(visit.provider_id)
    stranger = stage.person_of(1 - company)
    async with works(stranger) as work:
        assert not await offered.offers_of(work)
    async with works(stage.person_of(company)) as work:
        await visits.accept(work, offer_id=offer.id)
    await wait()
    worker = stage.person_of(company, stage.workers[company].index(visit.worker_id))
    clock.set(visit.planned_start)
    async with works(worker) as work:
        await visits.arrive(work, visit_id=visit.id, act=_at_the_door(clock, code))
    await wait()
    clock.advance(timedelta(minutes=61))
    async with works(worker) as work:
        await visits.leave(work, visit_id=visit.id, act=_at_the_door(clock))
    await wait()
    async with works(SYSTEM("elder")) as work:
        digits = satisfaction.feedback_code(works.vault, visit.id)
        assert (await satisfaction.give_by_code(work, visit_id=visit.id, code=digits, score=5)).accepted
    await wait()
    async with works(SYSTEM("test")) as work:
        served = await placed.request(work, request.id)
        assert served is not None
        assert served.state is RequestState.FINISHED
        (charge,) = await owed.charges_of(work, visit_id=visit.id)
        assert charge.payable_fen == charge.subsidised_fen == served.price_fen == 3000
        wallet = await enrolments.wallet(work, person_id, "2026-03")
        assert wallet is not None
        standing = await enrolments.standing(work, person_id, clock.now())
        assert standing is not None
        assert standing.terms is not None
        assert standing.quota_left_fen == standing.terms.monthly_fen - 3000
        rate = await rates.rate(work, provider_id=visit.provider_id, month="2026-03")
        assert (rate.numerator, rate.denominator) == (1, 1)
    clock.set(NINE + timedelta(days=31))
    async with works(Actor(Role.FINANCE, "drawer")) as work:
        (statement,) = await settlement.draw_up(work, month="2026-03")
    async with works(stage.person_of(company)) as work:
        await settlement.confirm(work, statement_id=statement.id)
    assert await look_at_all(works, statement.id, by=Actor(Role.FINANCE, "approver")) == 1
    async with works(Actor(Role.FINANCE, "approver")) as work:
        await settlement.approve(work, statement_id=statement.id)
    async with works(Actor(Role.FINANCE, "cashier")) as work:
        assert (await settlement.pay(work, statement_id=statement.id, reference="1")).fen == 3000
    await wait()
    async with works(SYSTEM("test")) as work:
        assert (await work.session.execute(text("select count(*) from dead_letter"))).scalar_one() == 0
        assert (await owed.recompute(work, statement)).equal
        while await log.seal(work):
            pass
        verdict = await log.verify(work)
        assert (verdict.first_bad, verdict.unsealed) == (None, 0)


async def test_a_call_becomes_a_paid_visit_on_postgres(works: Works, clock: FixedClock) -> None:
    async with _delivering(works, None) as wait:
        await _journey(works, clock, wait)


@pytest.mark.timeout(240)
async def test_a_call_becomes_a_paid_visit_over_kafka(works: Works, clock: FixedClock, tmp_path: Path) -> None:
    machine.need("kafka", "java", "mvn")
    servers = await asyncio.to_thread(broker.start, tmp_path)
    try:
        async with _delivering(works, servers) as wait:
            await _journey(works, clock, wait)
    finally:
        await asyncio.to_thread(broker.stop, tmp_path)
