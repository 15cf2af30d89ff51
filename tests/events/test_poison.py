"""What anybody who can write to Kafka may send: nothing of it is believed, and none of it stops or loses another."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer
from sqlalchemy import text

from events.contracts.people import PersonMoved
from events.delivery import bus, topics
from events.delivery.bus import Deliverer, Handlers, on
from events.delivery.cluster import Cluster
from events.delivery.drained import Drained
from events.delivery.redelivery import Redelivery, redeliver
from events.delivery.relay import Relay
from events.delivery.transport import KafkaDelivery, PostgresDelivery
from events.work import Work, Works
from kit.access.actor import SYSTEM
from processes import kafka
from tests import machine


class _RawName(str):
    """A header name that is sent as bytes which are no UTF-8; aiokafka would refuse to send it."""

    __slots__ = ()

    def encode(self, *_: object, **__: object) -> bytes:
        return b"\xff\xfe name"


GOOD = 150
POISONED = 150
NAMES = 3
SEEN: list[int] = []
PERSONS = [UUID(int=number) for number in range(1, 6)]


@on(PersonMoved, group="poisoned")
async def when_moved(work: Work, event: PersonMoved) -> None:
    SEEN.append(int(event.division_code))


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to one handler, which writes down what it sees."""
    SEEN.clear()
    return bus.table([when_moved])


def poisoned(chance: random.Random) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    """Draw a record that no room of ours has sent: its value and its headers."""
    headers = {
        "ce_id": str(uuid4()).encode(),
        "ce_type": b"people.person_moved.v1",
        "ce_time": b"2026-01-01T00:00:00+00:00",
        "ce_actor": b"system",
        "ce_subject": str(PERSONS[0]).encode(),
        "ce_correlation": str(uuid4()).encode(),
    }
    value: bytes | None = b'{"person_id": "00000000-0000-0000-0000-000000000001", "division_code": "999999"}'
    match chance.randrange(9):
        case 0:
            headers[chance.choice(list(headers))] = chance.choice([b"\xff\xfe", b"\x00", b"a\x00b", b"\xed\xa0\x80"])
            headers["ce_id"] = chance.choice([headers["ce_id"], b"\xff", b""])
        case 1:
            value = None
        case 2:
            value = chance.randbytes(chance.randrange(200))
        case 3:
            value = b"[" * 50_000
        case 4:
            value = b'{"person_id": "\\ud800", "division_code": "\\u0000"}'
        case 5:
            headers["ce_type"] = chance.choice([b"people.lantern_lit.v1", b"", b"x" * 5_000])
        case 6:
            value = b" " * 900_000
        case 7:
            headers = {}
        case _:
            pass  # forged: well formed, and not in the log
    return value, list(headers.items())


def _send_names_that_are_no_text(servers: str) -> None:
    """Send records whose header names are not UTF-8, between two others in one batch."""
    with closing(KafkaProducer(bootstrap_servers=servers.split(","), linger_ms=500)) as producer:
        for number in range(NAMES):
            name = _RawName("name") if number == 1 else "name"
            headers = [(name, b"x"), ("ce_type", b"people.person_moved.v1")]
            producer.send("people", b"{}", key=b"names", headers=headers)


@asynccontextmanager
async def _running(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _emit(works: Works, numbers: range) -> None:
    for number in numbers:
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=PERSONS[number % 5], division_code=str(number)))


async def _count(works: Works, statement: str) -> int:
    async with works(SYSTEM("test")) as work:
        return int((await work.session.execute(text(statement))).scalar_one())


@pytest.mark.timeout(300)
async def test_poison_among_good_messages_is_set_apart_and_a_wiped_broker_is_healed(
    works: Works,
    handlers: Handlers,
    tmp_path: Path,
    until: Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]],
) -> None:
    machine.need("kafka", "java", "mvn")
    chance = random.Random(20_261_128)
    works.outgoing = True
    deliverer = Deliverer(works, handlers)
    outstanding = Drained(works, deliverer)
    local = PostgresDelivery(deliverer)
    await local.start()
    servers = await asyncio.to_thread(kafka.start, tmp_path / "first")
    delivery = KafkaDelivery(Cluster(servers), deliverer)
    await delivery.start()
    async with works(SYSTEM("test")) as work:  # as every process does that begins to deliver
        await redeliver(work, group="poisoned", kinds=[PersonMoved.type_name()])
    try:
        async with (
            _running(Relay(works, Cluster(servers), lease_seconds=3).run()),
            AIOKafkaProducer(bootstrap_servers=servers, max_request_size=2_000_000) as producer,
        ):
            for number in range(GOOD):
                await _emit(works, range(number, number + 1))
                for _ in range(POISONED // GOOD):
                    value, headers = poisoned(chance)
                    key = str(PERSONS[number % 5]).encode()
                    await producer.send_and_wait("people", value, key=key, headers=headers)
            await asyncio.to_thread(_send_names_that_are_no_text, servers)
            await asyncio.wait_for(outstanding.wait(), 60)

            async def all_are_dead_letters() -> bool:
                return await _count(works, "select count(*) from dead_letter") == POISONED + NAMES

            await until(all_are_dead_letters)
        assert sorted(SEEN) == list(range(GOOD))
        assert await delivery.state_of("poisoned") == "ok"
        assert not sum(lag.messages for lag in await topics.lags(Cluster(servers), ["poisoned"]))
        # What the broker holds when it is wiped is delivered out of the log.
        await delivery.stop()
        async with _running(Relay(works, Cluster(servers), lease_seconds=3).run()):
            await _emit(works, range(GOOD, GOOD + 20))

            async def all_is_published() -> bool:
                return await _count(works, "select count(*) from event_outgoing") == 0

            await until(all_is_published)
    finally:
        await asyncio.to_thread(kafka.stop, tmp_path / "first")
    servers = await asyncio.to_thread(kafka.start, tmp_path / "second")
    try:
        delivery = KafkaDelivery(Cluster(servers), deliverer)
        await delivery.start()

        async def behind() -> bool:
            return await topics.behind(Cluster(servers), ["poisoned"])

        look = Redelivery(
            works,
            {group: kinds.keys() for group, kinds in handlers.items()},
            behind,
            period_seconds=0.5,
            age_seconds=0.5,
        )
        async with _running(look.run()):
            await asyncio.wait_for(outstanding.wait(), 60)
            assert await look.state() == "ok"
        await delivery.stop()
    finally:
        await asyncio.to_thread(kafka.stop, tmp_path / "second")
        await local.stop()
    assert sorted(SEEN) == list(range(GOOD + 20))
    assert await _count(works, "select count(*) from dead_letter") == POISONED + NAMES
