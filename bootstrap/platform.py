"""Put the platform together from its settings and its rooms: database, vault, works, deliveries; and take it down."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from bootstrap import schema
from bootstrap.exclusive import HomeUnusable
from events.contracts.event import queues_of
from events.delivery import bus
from events.delivery.bus import Deliverer
from events.delivery.drained import Drained
from events.heads import SignedHeads
from events.model import Rehearsal
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.clock import Clock, RehearsalClock, WallClock
from kit.database import Database
from kit.metrics import State
from kit.room import Room, rules_of
from kit.rules import queries as rules
from kit.settings import Settings
from kit.vault import open_vault

if TYPE_CHECKING:
    from events.delivery.cluster import Cluster

log = logging.getLogger("nowalls.platform")

DATABASE = "nowalls"
"""The district's own database on the embedded server; simulations play in others."""

_DATABASE_ID = text("select 'urn:nowalls:' || system_identifier || ':' || current_database() from pg_control_system()")


@dataclass(slots=True)
class Platform:
    """One process's view of the platform."""

    settings: Settings
    rooms: Sequence[Room]
    works: Works
    deliverer: Deliverer


@asynccontextmanager
async def platform(
    settings: Settings,
    rooms: Sequence[Room],
    *,
    clock: Clock | None = None,
    connections: int = 20,
    database: str = DATABASE,
) -> AsyncIterator[Platform]:
    """Open the database (the embedded one unless a server is named), bring its schema up, and begin works on it."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        vault = open_vault(settings.home)
        url = settings.database_url or await postgres.start_embedded(settings.embedded, database)
    except OSError as error:
        raise HomeUnusable(home=str(settings.home), why=error.strerror or str(error)) from error
    await postgres.reach(url)
    await schema.ensure(url, rules_of(rooms))
    engines = Database(url, connections=connections)
    handlers = bus.table(handler for room in rooms for handler in room.handlers)
    works = Works(
        engines,
        clock or await _clock(engines),
        vault,
        routes=bus.routes(handlers),
        outgoing=bool(settings.kafka),
        source=settings.source or await _source(engines),
        heads=SignedHeads(settings.signed_heads, vault) if database == DATABASE else None,
    )
    await _check_rules(works, rooms)
    try:
        yield Platform(settings=settings, rooms=rooms, works=works, deliverer=Deliverer(works, handlers))
    finally:
        await engines.close()


async def forget(settings: Settings, database: str) -> None:
    """Drop one database of the embedded server with all that is in it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    address = await asyncio.to_thread(postgres.start, settings.embedded)
    await postgres.drop_database(address, database)


async def _check_rules(works: Works, rooms: Sequence[Room]) -> None:
    """Log the recorded values that no longer fit their rule; /health names them too, and the last that fits holds."""
    async with works(SYSTEM("start")) as work:
        for misfit in await rules.misfits(work.session, rules_of(rooms), at=work.now):
            log.error("the recorded rule %s no longer fits; the last value that fits holds", misfit)


async def _source(database: Database) -> str:
    """Return a URI that tells this database from every other: its cluster's id and its name."""
    async with database.session() as session:
        return str((await session.execute(_DATABASE_ID)).scalar_one())


async def _clock(database: Database) -> Clock:
    async with database.session() as session:
        ahead = (await session.execute(select(Rehearsal.ahead_seconds))).scalar_one_or_none()
    return WallClock() if ahead is None else RehearsalClock(timedelta(seconds=ahead))


@asynccontextmanager
async def deliveries(
    running: Platform, *, only: list[str] | None = None, relay: bool = True
) -> AsyncIterator[dict[str, State]]:
    """Deliver events to this process's groups; with Kafka named also relay, and still read what is delivered again.

    Yields a function for each part that says its state.
    """
    # A command of the terminal delivers nothing, and starts sooner without what the transports bring along.
    from events.delivery.cluster import Cluster
    from events.delivery.lag import LagWatch
    from events.delivery.redelivery import Redelivery
    from events.delivery.relay import Relay
    from events.delivery.transport import KafkaDelivery, PostgresDelivery

    cluster = Cluster.of(running.settings)
    async with AsyncExitStack() as stack:
        local = PostgresDelivery(running.deliverer, only=only)
        await local.start()
        stack.push_async_callback(local.stop)
        reading: PostgresDelivery | KafkaDelivery = local
        parts = dict[str, State]()
        if cluster:
            kafka = KafkaDelivery(cluster, running.deliverer, only=only)
            await kafka.start()
            stack.push_async_callback(kafka.stop)
            reading, parts = kafka, {"kafka": kafka.state, "replays": local.state}
            if relay:
                publishing = Relay(running.works, cluster)
                relaying = await stack.enter_async_context(task(publishing.run()))
                parts["relay"] = partial(while_running, relaying, publishing.state)
        kinds = {group: running.deliverer.handlers[group].keys() for group in reading.groups}
        missed = Redelivery(running.works, kinds, partial(_behind, cluster, reading.groups))
        looking = await stack.enter_async_context(task(missed.run()))
        parts["redelivery"] = partial(while_running, looking, missed.state)
        lag = LagWatch(running.works, reading.groups, cluster)
        measuring = await stack.enter_async_context(task(lag.run()))
        parts["lag"] = partial(while_running, measuring, lag.state)
        queues = [queue for group in reading.groups for queue in queues_of(group)]
        yield parts | {f"deliveries.{queue}": partial(reading.state_of, queue) for queue in queues}


async def _behind(cluster: "Cluster | None", groups: list[str]) -> bool:
    """Tell whether messages may be on their way to the groups outside the database."""
    from events.delivery import topics

    return cluster is not None and await topics.behind(cluster, groups)


def set_aside() -> None:
    """Exclude the objects of a started process from garbage collection: a full collection takes 16 ms instead of 200.

    Collections also run less often, because a request makes thousands of objects and hardly any reference cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def while_running(running: "asyncio.Task[None]", state: State) -> str:
    """Say a part's own state while its task runs, and `stopped` after."""
    return "stopped" if running.done() else await state()


@asynccontextmanager
async def task(work: Coroutine[Any, Any, None]) -> AsyncIterator["asyncio.Task[None]"]:
    """Run a coroutine beside the block and end it with the block."""
    running = asyncio.create_task(work)
    try:
        yield running
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def drained(running: Platform) -> Drained:
    """Watch this platform for the moment when every emitted event is handled."""
    return Drained(running.works, running.deliverer)
