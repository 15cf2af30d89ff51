"""What every test may ask for: a fresh database of the real PostgreSQL, a clock that stands still, a way to drain."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from bootstrap import schema
from events.delivery import bus
from events.delivery.bus import Deliverer, Handlers
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.clock import FixedClock
from kit.database import Database
from kit.vault import Vault
from processes.rooms import ROOMS
from tests.databases import Copies

TEMPLATE = "nowalls_template"
HANDLERS = bus.table(handler for room in ROOMS for handler in room.handlers)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Give the address of a throw-away PostgreSQL, without a database name."""
    folder = Path(tempfile.mkdtemp(prefix="nowalls-test-"))
    folder.chmod(0o755)
    yield postgres.start(folder / "pg", throw_away=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server: str) -> str:
    """Create the schema once; every test's database is a copy of it."""
    url = await postgres.make_database(server, TEMPLATE)
    await schema.declare(url)
    return TEMPLATE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def copies(server: str, template: str) -> AsyncIterator[Copies]:
    """Give copies of the empty schema, which hold the shipped rules."""
    copies = await Copies.of(server, template)
    yield copies
    await copies.close()


@pytest_asyncio.fixture
async def database_url(copies: Copies) -> AsyncIterator[str]:
    """Give one test a database of its own."""
    async with copies.one() as url:
        yield url


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give the engines of both roles on the test's database."""
    found = Database(database_url, connections=8)
    yield found
    await found.close()


@pytest.fixture
def clock() -> FixedClock:
    """Give a clock that stands at Monday, 2 March 2026, nine in the morning in the district."""
    return FixedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def vault() -> Vault:
    """Give a vault with a key of the test's own."""
    return Vault(bytes(range(64)))


@pytest.fixture
def handlers() -> Handlers:
    """Give the handlers of every room; a test module that wants others overrides this."""
    return HANDLERS


@pytest.fixture
def works(database: Database, clock: FixedClock, vault: Vault, handlers: Handlers) -> Works:
    """Give units of work on the test's database, whose events go to the handlers of the test."""
    return Works(database, clock, vault, routes=bus.routes(handlers))


@pytest.fixture
def system() -> Actor:
    """Give the platform itself as the actor."""
    return SYSTEM("test")


@pytest.fixture
def drain(works: Works, handlers: Handlers) -> Callable[[], Awaitable[int]]:
    """Deliver all that was told, in the order of telling, until nothing waits; gives how many were delivered."""
    return partial(drained, works, handlers)


async def drained(works: Works, handlers: Handlers = HANDLERS) -> int:
    """Do what the fixture `drain` does, for works of one's own."""
    deliverer = Deliverer(works, handlers)
    delivered = 0
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    try:
        while rows := await connection.fetch("select * from event_delivery order by id limit 200"):
            for row in rows:
                await deliverer.deliver(row["queue"], json.loads(row["headers"]), row["payload"])
                await connection.execute("delete from event_delivery where id = $1", row["id"])
                delivered += 1
        waiting = await connection.fetch("select type, error from dead_letter where state = 'waiting'")
    finally:
        await connection.close()
    assert not waiting, f"dead letters: {[tuple(row) for row in waiting]}"
    return delivered


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Wait for a condition, asked again ten times a second for a minute; a test never waits for time alone."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        for _ in range(600):
            if await condition():
                return
            await asyncio.sleep(0.1)
        pytest.fail("the condition never came true")

    return wait
