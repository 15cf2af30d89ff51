"""A running application on the test's database, and people at every desk."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from api.accounts import operations
from api.app import build
from events.work import Works
from kit.actor import SYSTEM, Role

PASSWORD = "river stone lantern 7"
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def client(works: Works) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(works))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as found:
        yield found


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
            transport=client._transport, base_url="http://test", headers={"Authorization": f"Bearer {token}"}
        )
        opened.append(other)
        return other

    yield as_role
    for other in opened:
        await other.aclose()
