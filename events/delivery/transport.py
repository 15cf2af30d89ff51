"""Two deliveries for one set of handlers: queues in PostgreSQL, read as they fill, or FastStream's KafkaBroker."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import asyncpg
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from events.contracts.event import REGISTRY, URGENT_GROUPS, URGENT_TOPIC, queue_of, queues_of
from events.delivery import bus, records, topics
from events.delivery.cluster import Cluster
from events.delivery.message import Message
from events.model import DELIVERY_CHANNEL
from kit import boundaries, loops
from kit.boundaries import Boundary
from kit.database import DESK_ROLE
from kit.postgres import plain

LONGEST_LOOK_SECONDS = 2.0
"""The longest wait of a delivery if the database's notification is lost."""
_FILLED = "select distinct queue from event_delivery"
_PATIENCE_SECONDS = 10.0
"""The longest wait at the end for messages in progress; what they did not commit is delivered again."""

_LOG = logging.getLogger("nowalls.transport")
_EACH_MESSAGE = logging.DEBUG
"""FastStream logs two lines for each message at this level; what goes wrong it logs as an error."""


async def _whole_batch(message: Any) -> Any:
    return message.raw_message


async def _unread_headers(batch: Any, parse: Any) -> Any:
    """Let FastStream see no headers: it reads them as UTF-8, and one that is not would lose its whole batch."""
    message = await parse(tuple(replace(record, headers=()) for record in batch))
    message.raw_message = batch
    return message


def _message(record: Any) -> Message:
    headers = tuple((name, value or b"") for name, value in record.headers)
    return Message(headers, record.value or b"", f"{record.topic}/{record.partition}/{record.offset}")


def _groups(deliverer: bus.Deliverer, only: list[str] | None) -> list[str]:
    return [group for group in sorted(deliverer.handlers) if only is None or group in only]


class PostgresDelivery:
    """Read each group's queues in `event_delivery` as they fill (LISTEN/NOTIFY), each by a task of its own.

    A message leaves its queue in the transaction of its effect: there is nothing to lease and nothing to acknowledge,
    and what a killed process had in hand is free again at once.
    """

    def __init__(self, deliverer: bus.Deliverer, *, only: list[str] | None = None) -> None:
        self._deliverer = deliverer
        self.groups = _groups(deliverer, only)
        self._filled = {queue: asyncio.Event() for group in self.groups for queue in queues_of(group)}
        self._attempts = {queue: loops.Attempts(f"delivery {queue}") for queue in self._filled}
        self._listening = loops.Attempts("delivery listening")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to read."""
        self._listener = asyncio.create_task(loops.keep(self._listening, self._listen))
        for queue in self._filled:
            self._tasks[queue] = asyncio.create_task(self._read(queue))

    async def _listen(self) -> None:
        settings = {"role": DESK_ROLE, "application_name": "nowalls-delivery"}
        connection = await asyncpg.connect(
            dsn=plain(self._deliverer.works.database.url), server_settings=settings, timeout=_PATIENCE_SECONDS
        )
        closed = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: closed.set())
            await connection.add_listener(DELIVERY_CHANNEL, self._notified)
            self._listening.recovered()
            while not closed.is_set():
                # What was written while nobody listened, and what a killed process had in hand.
                for row in await connection.fetch(_FILLED):
                    self._notified(row["queue"])
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_LOOK_SECONDS):
                        await closed.wait()
        finally:
            await connection.close(timeout=2)
        message = "the connection that listens was closed"
        raise ConnectionResetError(message)

    def _notified(self, *notice: Any) -> None:
        if notice[-1] in self._filled:
            self._filled[notice[-1]].set()

    async def _read(self, queue: str) -> None:
        while not self._stopping:
            if not await self._attempts[queue].make(partial(self._empty, queue)):
                await self._attempts[queue].pause()

    async def _empty(self, queue: str) -> None:
        """Handle what waits in a queue, then wait until there is more."""
        self._filled[queue].clear()
        while not self._stopping and await self._deliverer.deliver_next(queue):
            self._attempts[queue].recovered()
        self._attempts[queue].recovered()
        await self._filled[queue].wait()

    async def state(self) -> str:
        """Say whether every queue is read: `ok`, `failing` or `stopped`."""
        states = [await self.state_of(queue) for queue in self._filled]
        return next((state for state in ("stopped", "failing") if state in states), "ok")

    async def state_of(self, queue: str) -> str:
        """Say `ok` while a queue is read, `failing` after an attempt that failed, `stopped` when nothing reads it."""
        if queue not in self._tasks or self._tasks[queue].done():
            return "stopped"
        return "failing" if self._attempts[queue].failing else "ok"

    async def stop(self) -> None:
        """Finish the messages in progress and leave the rest for the next start."""
        self._stopping = True
        for filled in self._filled.values():
            filled.set()
        tasks = [*self._tasks.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=_PATIENCE_SECONDS)
        for task in [*tasks, *([self._listener] if self._listener else [])]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class KafkaDelivery:
    """Subscribe each group to the topics that its handlers need, as one consumer group of Apache Kafka.

    A group with an urgent lane has two consumers, of which one reads the topic of that lane alone.
    """

    def __init__(self, cluster: Cluster, deliverer: bus.Deliverer, *, only: list[str] | None = None) -> None:
        self._cluster = cluster
        records.read_any_names()
        self.broker = KafkaBroker(
            cluster.addresses,
            security=cluster.security(),
            logger=_LOG,
            log_level=_EACH_MESSAGE,
            apply_types=False,
        )
        self.groups = _groups(deliverer, only)
        self._subscribers: dict[str, Any] = {}
        self._begun: dict[str, int] = {}
        for group in self.groups:
            kinds = [REGISTRY[kind] for kind in deliverer.handlers[group]]
            topics_ = {kind.topic for kind in kinds}
            if any(kind.urgent_lane for kind in kinds):
                if group in URGENT_GROUPS:
                    self._subscribe(queue_of(group, urgent=True), group, deliverer, [URGENT_TOPIC])
                else:
                    topics_.add(URGENT_TOPIC)
            self._subscribe(group, group, deliverer, sorted(topics_))

    def _subscribe(self, title: str, group: str, deliverer: bus.Deliverer, wanted: list[str]) -> None:
        # The default policy acknowledges first and loses what a crash interrupts; a batch costs one commit, not many.
        subscriber = self.broker.subscriber(
            *wanted,
            group_id=topics.GROUP_PREFIX + group,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            batch=True,
            max_records=200,
            fetch_max_wait_ms=100,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            parser=_unread_headers,
            decoder=_whole_batch,
            title=title,
        )
        self._subscribers[title] = subscriber

        @subscriber
        async def handle(batch: Any) -> None:
            boundaries.crossed(Boundary.RECEIVED)
            await deliverer.deliver_all(group, [_message(record) for record in batch])
            boundaries.crossed(Boundary.HANDLED)

    async def start(self) -> None:
        """Make the topics and join the groups."""
        await topics.provision(self._cluster)
        await self.broker.start()
        self._begun = {title: len(subscriber.tasks) for title, subscriber in self._subscribers.items()}

    async def state(self) -> str:
        """Say whether the broker answers: `ok` or `away`."""
        return "ok" if await self.broker.ping(timeout=2.0) else "away"

    async def state_of(self, queue: str) -> str:
        """Say `ok` while as many tasks read a lane of a group as at the start, else `stopped`."""
        alive = sum(not task.done() for task in self._subscribers[queue].tasks)
        return "ok" if 0 < self._begun.get(queue, 1) <= alive else "stopped"

    async def stop(self) -> None:
        """Leave the groups."""
        await self.broker.stop()
