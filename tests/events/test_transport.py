"""Both deliveries feed the same handlers in the order of commits, and lose nothing when the broker goes away."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from events.contracts.people import PersonMoved, PersonRegistered
from events.delivery import bus, topics
from events.delivery.bus import Deliverer, Handlers, on
from events.delivery.cluster import Cluster
from events.delivery.drained import Drained
from events.delivery.relay import Relay
from events.delivery.transport import KafkaDelivery, PostgresDelivery
from events.work import Work, Works
from kit.access.actor import SYSTEM
from processes import kafka
from tests import machine

PERSONS = [UUID(int=number) for number in range(1, 6)]


SEEN: dict[str, list[tuple[UUID, str]]] = {"first": [], "second": []}


@on(PersonMoved, group="first")
async def when_moved(work: Work, event: PersonMoved) -> None:
    SEEN["first"].append((event.person_id, event.division_code))


@on(PersonMoved, group="second")
async def when_moved_too(work: Work, event: PersonMoved) -> None:
    SEEN["second"].append((event.person_id, event.division_code))
    if event.division_code == "3":
        work.emit(PersonRegistered(person_id=event.person_id, division_code="again"))


@on(PersonRegistered, group="first")
async def when_registered(work: Work, event: PersonRegistered) -> None:
    SEEN["first"].append((event.person_id, event.division_code))


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to two groups that write down what they see."""
    for rows in SEEN.values():
        rows.clear()
    return bus.table([when_moved, when_moved_too, when_registered])


async def _tell(works: Works, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=PERSONS[number % 5], division_code=str(number)))


def _in_order(rows: list[tuple[UUID, str]], count: int) -> None:
    for person in PERSONS:
        moves = [int(code) for who, code in rows if who == person and code != "again"]
        assert moves == sorted(moves)
    assert sorted(int(code) for _, code in rows if code != "again") == list(range(count))


async def test_postgres_delivers_to_each_group_once_and_in_order(works: Works, handlers: Handlers) -> None:
    deliverer = Deliverer(works, handlers)
    outstanding = Drained(works, deliverer)
    delivery = PostgresDelivery(deliverer)
    await delivery.start()
    try:
        await _tell(works, 40)
        await asyncio.wait_for(outstanding.wait(), 30)
    finally:
        await delivery.stop()
    _in_order(SEEN["second"], 40)
    _in_order(SEEN["first"], 40)
    assert (PERSONS[3], "again") in SEEN["first"]


async def test_what_a_killed_process_left_is_counted_and_delivered(works: Works, handlers: Handlers) -> None:
    await _tell(works, 7)
    deliverer = Deliverer(works, handlers)
    outstanding = Drained(works, deliverer)
    assert await outstanding.count_outstanding() == 14
    delivery = PostgresDelivery(deliverer)
    await delivery.start()
    await asyncio.wait_for(outstanding.wait(), 30)
    assert (await delivery.state(), await delivery.state_of("first")) == ("ok", "ok")
    await delivery.stop()
    assert (await delivery.state(), await delivery.state_of("first")) == ("stopped", "stopped")
    _in_order(SEEN["first"], 7)


@asynccontextmanager
async def _relaying(works: Works, servers: str) -> AsyncIterator[Relay]:
    relay = Relay(works, Cluster(servers), lease_seconds=3)
    task = asyncio.create_task(relay.run())
    yield relay
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


# aiokafka does not close the socket of a broker that dies while it is dialled
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(300)
async def test_kafka_delivers_the_same_and_survives_the_brokers_death(
    works: Works,
    handlers: Handlers,
    tmp_path: Path,
    until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]],
) -> None:
    machine.need("kafka", "java", "mvn")
    servers = await asyncio.to_thread(kafka.start, tmp_path)
    try:
        works.outgoing = True
        deliverer = Deliverer(works, handlers)
        outstanding = Drained(works, deliverer)
        delivery = KafkaDelivery(Cluster(servers), deliverer)
        await delivery.start()
        async with _relaying(works, servers) as relay:
            await _tell(works, 30)
            await asyncio.wait_for(outstanding.wait(), 60)
            assert [await relay.state(), await delivery.state()] == ["ok", "ok"]
            await asyncio.to_thread(kafka.kill, tmp_path, 1)
            await _tell(works, 30, start=30)

            async def both_are_away() -> bool:
                return [await relay.state(), await delivery.state()] == ["away", "away"]

            await until(both_are_away)
            await asyncio.to_thread(kafka.restart, tmp_path, 1)
            await asyncio.wait_for(outstanding.wait(), 90)
            assert await relay.state() == "ok"
        # One that begins while the broker is away meets it already when it asks for the topics, and must outlive that.
        await asyncio.to_thread(kafka.kill, tmp_path, 1)
        await _tell(works, 10, start=60)
        async with _relaying(works, servers) as relay:

            async def it_is_away() -> bool:
                return await relay.state() == "away"

            await until(it_is_away)
            await asyncio.to_thread(kafka.restart, tmp_path, 1)
            await asyncio.wait_for(outstanding.wait(), 90)

            async def caught_up() -> bool:
                return not sum(lag.messages for lag in await topics.lags(Cluster(servers), ["first", "second"]))

            await until(caught_up)
            assert {await delivery.state_of(group) for group in ("first", "second")} == {"ok"}
        await delivery.stop()
    finally:
        await asyncio.to_thread(kafka.stop, tmp_path)
    _in_order(SEEN["first"], 70)
    _in_order(SEEN["second"], 70)
    async with works(SYSTEM("test")) as work:
        assert (await work.session.execute(text("select count(*) from event_outgoing"))).scalar_one() == 0
    gc.collect()
