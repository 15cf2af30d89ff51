"""Put the house together from its settings: database, vault, works, deliveries; and take it down again."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events import bus
from events.bus import Deliverer
from events.quiet import Quiet
from events.relay import Relay
from events.transport import KafkaDelivery, PostgresDelivery
from events.work import Works
from kit import postgres
from kit.clock import Clock, WallClock
from kit.database import Database
from kit.settings import Settings
from kit.vault import open_vault
from processes import schema

DATABASE = "nowalls"
"""The district's own database on the embedded server; simulations play in others."""


@dataclass(slots=True)
class House:
    """One process's view of the platform."""

    settings: Settings
    works: Works
    deliverer: Deliverer


@asynccontextmanager
async def house(
    settings: Settings, *, clock: Clock | None = None, connections: int = 20, database: str = DATABASE
) -> AsyncIterator[House]:
    """Open the database (the embedded one unless a server is named), bring its schema up, and begin works on it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    url = settings.database_url or await postgres.start_embedded(embedded_folder(settings), database)
    await schema.ensure(url)
    schema.import_handlers()
    engines = Database(url, connections=connections)
    works = Works(
        engines, clock or WallClock(), open_vault(settings.home), routes=bus.routes(), outgoing=bool(settings.kafka)
    )
    try:
        yield House(settings=settings, works=works, deliverer=Deliverer(works))
    finally:
        await engines.close()


async def forget(settings: Settings, database: str) -> None:
    """Drop one database of the embedded server with all that is in it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    address = await asyncio.to_thread(postgres.start, embedded_folder(settings))
    await postgres.drop_database(address, database)


def embedded_folder(settings: Settings) -> Path:
    """Say where the embedded server keeps its data."""
    return settings.home / "postgres"


@asynccontextmanager
async def deliveries(
    found: House, *, only: list[str] | None = None, relay: bool = True
) -> AsyncIterator[dict[str, object]]:
    """Deliver events to this process's groups; with Kafka named also relay, and still read replayed parked messages."""
    settings = found.settings
    async with AsyncExitStack() as stack:
        local = PostgresDelivery(found.works.database.url, found.deliverer, only=only)
        await local.start()
        stack.push_async_callback(local.stop)
        running: dict[str, object] = {"postgres": local}
        if settings.kafka:
            kafka = KafkaDelivery(settings.kafka, found.deliverer, only=only)
            await kafka.start()
            stack.push_async_callback(kafka.stop)
            running["kafka"] = kafka
            if relay:
                running["relay"] = await stack.enter_async_context(
                    task(Relay(found.works.database.url, settings.kafka).run())
                )
        yield running


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


def quiet(found: House) -> Quiet:
    """Watch this house until all that was told is handled."""
    return Quiet(found.works, found.deliverer, bus.routes())
