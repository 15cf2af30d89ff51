"""Urgent events have a lane of their own in PostgreSQL and in Kafka, and wait behind nothing that is not urgent."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from bootstrap.platform import task
from events.contracts.care_requests import CareRequested
from events.contracts.event import URGENT_TOPIC, Envelope
from events.contracts.offers import OfferRefused
from events.delivery import bus, topics
from events.delivery.bus import Deliverer, Handlers, on, on_several
from events.delivery.cluster import Cluster
from events.delivery.drained import Drained
from events.delivery.redelivery import redeliver
from events.delivery.relay import Relay
from events.delivery.transport import KafkaDelivery, PostgresDelivery
from events.work import Work, Works
from kit.access.actor import SYSTEM
from processes import kafka
from tests import machine

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SEEN: list[str] = []
BESIDE: list[int] = []
SIZES: list[int] = []
OPEN: list[asyncio.Event] = []
"""The gate before the ordinary lane, while a test holds it shut."""


@on_several(CareRequested, group="matching", most=3)
async def when_requested(work: Work, envelopes: Sequence[Envelope]) -> None:
    for envelope in envelopes:
        work.follow(envelope)
        if not envelope.data["urgent"]:
            await OPEN[-1].wait()
        SEEN.append(f"request {UUID(envelope.subject).int}")
    SIZES.append(len(envelopes))


@on(OfferRefused, group="matching")
async def when_refused(work: Work, event: OfferRefused) -> None:
    if not event.urgent:
        await OPEN[-1].wait()  # offers have a topic of their own, whose messages may come before those of requests
    SEEN.append(f"refusal {event.request_id.int}")


@on(OfferRefused, group="beside")
async def when_refused_beside(work: Work, event: OfferRefused) -> None:
    BESIDE.append(event.request_id.int)


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to handlers that write down what they see, once the gate is open."""
    for rows in (SEEN, BESIDE, SIZES):
        rows.clear()
    return bus.table([when_requested, when_refused, when_refused_beside])


def request(number: int, *, urgent: bool = False) -> CareRequested:
    return CareRequested(
        request_id=UUID(int=number),
        district="130999",
        person_id=UUID(int=1),
        division_code="130999000000",
        item_code="U01",
        earliest=AT,
        latest=AT,
        urgent=urgent,
    )


def refusal(number: int, *, urgent: bool) -> OfferRefused:
    ids = {"offer_id": UUID(int=1), "visit_id": UUID(int=1), "provider_id": UUID(int=1)}
    return OfferRefused(district="130999", request_id=UUID(int=number), reason="-", urgent=urgent, **ids)


async def _overtakes(
    works: Works, outstanding: Drained, until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    """Emit ten ordinary requests behind a shut gate and two urgent events after them; open it when those are seen."""
    OPEN.append(asyncio.Event())
    for number in range(10):
        async with works(SYSTEM("test")) as work:
            work.emit(request(number))
    async with works(SYSTEM("test")) as work:
        work.emit(refusal(20, urgent=False))
        work.emit(request(21, urgent=True))
        work.emit(refusal(22, urgent=True))

    async def two_are_seen() -> bool:
        return len(SEEN) > 1

    try:
        await until(two_are_seen)
        assert SEEN == ["request 21", "refusal 22"]
    finally:
        OPEN[-1].set()  # a handler that waits for ever would keep the delivery from stopping
    await asyncio.wait_for(outstanding.wait(), 60)
    ordinary = [*(f"request {number}" for number in range(10)), "refusal 20"]
    assert sorted(SEEN[2:]) == sorted(ordinary)  # on Kafka offers travel on another topic than requests
    assert sorted(BESIDE) == [20, 22]
    assert max(SIZES) == 3


async def test_an_urgent_event_waits_in_a_queue_of_its_own(
    works: Works, handlers: Handlers, until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
) -> None:
    deliverer = Deliverer(works, handlers)
    outstanding = Drained(works, deliverer)
    delivery = PostgresDelivery(deliverer)
    await delivery.start()
    try:
        await _overtakes(works, outstanding, until)
        assert [await delivery.state_of(queue) for queue in ("matching.urgent", "matching", "beside")] == ["ok"] * 3
    finally:
        await delivery.stop()


@pytest.mark.timeout(240)
async def test_an_urgent_event_goes_through_a_topic_of_its_own(
    works: Works,
    handlers: Handlers,
    tmp_path: Path,
    until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]],
) -> None:
    machine.need("kafka", "java", "mvn")
    works.outgoing = True
    deliverer = Deliverer(works, handlers)
    outstanding = Drained(works, deliverer)
    servers = await asyncio.to_thread(kafka.start, tmp_path)
    try:
        async with AsyncExitStack() as stack:
            delivery = KafkaDelivery(Cluster(servers), deliverer)
            await delivery.start()
            stack.push_async_callback(delivery.stop)
            _ = await stack.enter_async_context(task(Relay(works, Cluster(servers), lease_seconds=3).run()))
            await _overtakes(works, outstanding, until)
            queues = ("matching.urgent", "matching", "beside")
            assert [await delivery.state_of(queue) for queue in queues] == ["ok"] * 3

            async def caught_up() -> bool:
                lags = await topics.lags(Cluster(servers), ["matching"])
                return {lag.topic: lag.messages for lag in lags} == {"care-requests": 0, "offers": 0, URGENT_TOPIC: 0}

            await until(caught_up)
    finally:
        await asyncio.to_thread(kafka.stop, tmp_path)


async def test_what_was_lost_comes_again_in_its_lane(works: Works, drain: Callable[[], Awaitable[int]]) -> None:
    OPEN.append(asyncio.Event())
    OPEN[-1].set()
    kinds = [CareRequested.type_name(), OfferRefused.type_name()]
    async with works(SYSTEM("test")) as work:
        await redeliver(work, group="matching", kinds=kinds)
    async with works(SYSTEM("test")) as work:
        work.emit(request(1))
        work.emit(request(2, urgent=True))
        work.emit(refusal(3, urgent=True))
    async with works(SYSTEM("test")) as work:
        queues = text("select queue from event_delivery order by id")
        lost = (await work.session.execute(queues)).scalars().all()
        assert lost == ["matching", "matching.urgent", "beside", "matching.urgent"]
        assert await redeliver(work, group="matching", kinds=kinds, age_seconds=0) == 0  # they wait
        await work.session.execute(text("delete from event_delivery"))
    async with works(SYSTEM("test")) as work:
        assert await redeliver(work, group="matching", kinds=kinds, age_seconds=0) == 3
        again = (await work.session.execute(queues)).scalars().all()
        assert again == ["matching", "matching.urgent", "matching.urgent"]
    assert await drain() == 3


async def test_in_a_simulation_urgent_events_wait_among_all_others(works: Works) -> None:
    works.lanes = False
    async with works(SYSTEM("test")) as work:
        work.emit(request(1, urgent=True))
    async with works(SYSTEM("test")) as work:
        topic = (await work.session.execute(text("select topic from event_log"))).scalar_one()
        queue = (await work.session.execute(text("select queue from event_delivery"))).scalar_one()
    assert (topic, queue) == ("care-requests", "matching")
