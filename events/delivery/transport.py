"""Two deliveries for one set of handlers: faststream-outbox out of PostgreSQL, or FastStream's KafkaBroker."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream_outbox import OutboxBroker
from faststream_outbox.message import OutboxMessage
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from events.contracts.event import REGISTRY
from events.delivery import bus, topics
from events.delivery.message import Message
from events.model import DELIVERY
from events.work import Work
from kit.database import DESK_ROLE, IDLE_SETTINGS

LONGEST_LOOK_SECONDS = 2.0
"""The longest wait of a delivery if the database's notification is lost."""

_LOG = logging.getLogger("nowalls.transport")
_EACH_MESSAGE = logging.DEBUG
"""FastStream logs two lines for each message at this level; what goes wrong it logs as an error."""


async def _whole_row(message: OutboxMessage) -> tuple[Mapping[str, str], bytes]:
    return message.headers, message.body


async def _whole_batch(message: Any) -> Any:
    return message.raw_message


async def _unread_headers(records: Any, parse: Any) -> Any:
    """Let FastStream see no headers: it reads them as UTF-8, and one that is not would lose its whole batch."""
    message = await parse(tuple(replace(record, headers=()) for record in records))
    message.raw_message = records
    return message


def _message(record: Any) -> Message:
    headers = tuple((name, value or b"") for name, value in record.headers)
    return Message(headers, record.value or b"", f"{record.topic}/{record.partition}/{record.offset}")


def _groups(deliverer: bus.Deliverer, only: list[str] | None) -> list[str]:
    return [group for group in sorted(deliverer.handlers) if only is None or group in only]


class _Reading:
    """The consumers of each group, the event types it handles, and whether all consumers still run."""

    def __init__(self) -> None:
        self.of: dict[str, Any] = {}
        self.kinds: dict[str, frozenset[str]] = {}
        self._tasks: dict[str, int] = {}

    def begun(self) -> None:
        """Remember how many tasks each group reads with."""
        self._tasks = {group: len(subscriber.tasks) for group, subscriber in self.of.items()}

    async def state(self, group: str) -> str:
        """Say `ok` while as many tasks read a group as at the start, else `stopped`."""
        alive = sum(not task.done() for task in self.of[group].tasks)
        return "ok" if 0 < self._tasks.get(group, 1) <= alive else "stopped"


class PostgresDelivery:
    """Read each group's rows from `event_delivery` as they are written (LISTEN/NOTIFY, leases), one at a time."""

    def __init__(self, url: str, deliverer: bus.Deliverer, *, only: list[str] | None = None) -> None:
        groups = _groups(deliverer, only)
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=2 * len(groups) + 2,
            max_overflow=4,
            connect_args={
                "server_settings": {
                    "role": DESK_ROLE,
                    "jit": "off",
                    "application_name": "nowalls-delivery",
                    **IDLE_SETTINGS,
                }
            },
        )
        self.broker = OutboxBroker(
            self._engine, outbox_table=DELIVERY, logger=_LOG, log_level=_EACH_MESSAGE, apply_types=False
        )
        self.reading = _Reading()
        for group in groups:
            self._subscribe(group, deliverer)

    def _subscribe(self, group: str, deliverer: bus.Deliverer) -> None:
        subscriber = self.broker.subscriber(
            group,
            max_workers=1,
            fetch_batch_size=100,
            min_fetch_interval=0.05,
            max_fetch_interval=LONGEST_LOOK_SECONDS,
            lease_ttl_seconds=30,
            terminal_flush_batch_size=50,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            decoder=_whole_row,
            title_=group,
        )
        self.reading.of[group], self.reading.kinds[group] = subscriber, frozenset(deliverer.handlers[group])

        @subscriber
        async def handle(message: tuple[Mapping[str, str], bytes]) -> None:
            await deliverer.deliver(group, Message.of(*message))

    async def start(self) -> None:
        """Begin to listen."""
        await self.broker.start()
        self.reading.begun()

    async def state(self) -> str:
        """Say whether every group is read: `ok` or `stopped`."""
        return "stopped" if "stopped" in [await self.reading.state(group) for group in self.reading.of] else "ok"

    async def stop(self) -> None:
        """Finish the messages in progress and leave the rest for the next start."""
        await self.broker.stop()
        await self._engine.dispose()


async def release_leases(work: Work) -> int:
    """Give back what an earlier process had in hand, where that process is known to be dead; return how many rows.

    Without it they come back when their leases end.
    """
    held = update(DELIVERY).where(DELIVERY.c.acquired_token.is_not(None)).values(acquired_at=None, acquired_token=None)
    return len((await work.session.execute(held.returning(DELIVERY.c.id))).all())


class KafkaDelivery:
    """Subscribe each group to the topics that its handlers need, as one consumer group of Apache Kafka."""

    def __init__(self, servers: str, deliverer: bus.Deliverer, *, only: list[str] | None = None) -> None:
        self._servers = servers
        self.broker = KafkaBroker(
            servers.split(","),
            acks="all",
            enable_idempotence=True,
            logger=_LOG,
            log_level=_EACH_MESSAGE,
            apply_types=False,
        )
        self.reading = _Reading()
        for group in _groups(deliverer, only):
            self._subscribe(group, deliverer)

    def _subscribe(self, group: str, deliverer: bus.Deliverer) -> None:
        wanted = sorted({REGISTRY[kind].topic for kind in deliverer.handlers[group]})

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
            title=group,
        )
        self.reading.of[group], self.reading.kinds[group] = subscriber, frozenset(deliverer.handlers[group])

        @subscriber
        async def handle(records: Any) -> None:
            for record in records:
                await deliverer.deliver(group, _message(record))

    async def start(self) -> None:
        """Make the topics and join the groups."""
        await topics.provision(self._servers)
        await self.broker.start()
        self.reading.begun()

    async def state(self) -> str:
        """Say whether the broker answers: `ok` or `away`."""
        return "ok" if await self.broker.ping(timeout=2.0) else "away"

    async def stop(self) -> None:
        """Leave the groups."""
        await self.broker.stop()
