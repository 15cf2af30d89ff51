"""A running application on the test's database, and people at every desk."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from api.accounts import operations
from api.app import build
from events.delivery import bus
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.database import Database
from kit.vault import Vault
from processes.rooms import ROOMS
from tests.api.bureau import Bureau
from tests.api.street import Street
from tests.api.world import BASE, SAME_REQUEST, Lived, World
from tests.conftest import HANDLERS
from tests.databases import Copies

PASSWORD = "river stone lantern 7"
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def client(works: Works, one_hash: None) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(works, ROOMS))
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=SAME_REQUEST) as http:
        yield http


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest_asyncio.fixture
async def sign_in(works: Works, client: httpx.AsyncClient) -> AsyncIterator[SignIn]:
    opened: list[httpx.AsyncClient] = []

    async def as_role(role: str) -> httpx.AsyncClient:
        async with works(SYSTEM("test")) as work:
            await operations.open_account(
                work, username=f"{role}-1", display_name=role, role=Role(role), password=PASSWORD
            )
        answer = await client.post("/sessions", json={"username": f"{role}-1", "password": PASSWORD})
        token = answer.json()["token"]
        client.cookies.clear()
        other = httpx.AsyncClient(
            transport=client._transport, base_url=BASE, headers={"Authorization": f"Bearer {token}"} | SAME_REQUEST
        )
        opened.append(other)
        return other

    yield as_role
    for other in opened:
        await other.aclose()


@pytest_asyncio.fixture
async def world(lived_copies: Copies, lived: Lived, vault: Vault) -> AsyncIterator[World]:
    """Give a copy of the district that was lived in, with the application on it."""
    async with lived_copies.one() as url:
        database = Database(url, connections=8)
        opened = await World.open(lived, Works(database, FixedClock(lived.now), vault, routes=bus.routes(HANDLERS)))
        yield opened
        await opened.close()
        await database.close()


@pytest_asyncio.fixture
async def bureau(works: Works, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]) -> Bureau:
    """Give a bureau whose March statements are drawn up."""
    bureau = Bureau(works, client, drain)
    await bureau.open()
    await bureau.months_later(1)
    await bureau("drawer", "POST", "/statements", {"month": "2026-03"}, status=201)
    return bureau


@pytest_asyncio.fixture
async def street(works: Works, client: httpx.AsyncClient, drain: Callable[[], Awaitable[int]]) -> Street:
    """Give a street on the morning of Monday, 2 March 2026."""
    street = Street(works, client, drain)
    await street.open()
    return street
