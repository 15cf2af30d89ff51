"""The server is killed under five open pages: each is right again by itself, and nothing typed is lost or doubled."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.context import ForkServerProcess

import httpx
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect

from api.app import build
from events.delivery import bus
from events.work import Works
from kit.clock import FixedClock
from kit.database import Database
from kit.vault import Vault
from processes.rooms import ROOMS
from processes.server import Server
from tests import machine
from tests.api.world import Lived
from tests.conftest import HANDLERS
from tests.databases import Copies
from tests.web.conftest import Site
from tests.web.test_dispatcher import asked, dispatcher
from tests.web.test_operator import press, requests_of
from tests.web.test_worker import account_of, two_visits

pytestmark = pytest.mark.timeout(300)
_PROCESSES = multiprocessing.get_context("forkserver")
_KEY = bytes(range(64))


def _works(url: str, at: datetime) -> Works:
    return Works(Database(url, connections=8), FixedClock(at), Vault(_KEY), routes=bus.routes(HANDLERS))


def _serve(url: str, at: datetime, port: int) -> None:
    """Serve a district until the process is killed."""
    asyncio.run(Server(uvicorn.Config(build(_works(url, at), ROOMS), port=port, log_config=None)).serve())


@dataclass
class Killable:
    """A server in a process of its own, on one port."""

    database: str
    at: datetime
    port: int = field(default_factory=machine.free_port)
    process: ForkServerProcess | None = None

    async def start(self) -> None:
        """Start it and wait until it is well."""
        self.process = _PROCESSES.Process(target=_serve, args=(self.database, self.at, self.port))
        await asyncio.to_thread(self.process.start)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            while True:
                try:
                    if (await client.get("/health")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                assert self.process.is_alive()
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.join)


@pytest_asyncio.fixture
async def killable(lived: Lived, lived_copies: Copies) -> AsyncIterator[Killable]:
    async with lived_copies.one() as url:
        started = Killable(url, lived.now)
        await started.start()
        yield started
        await started.kill()


async def test_five_pages_are_right_again_and_what_was_typed_is_saved_once(
    killable: Killable, lived: Lived, browser: Browser
) -> None:
    works, company = _works(killable.database, lived.now), lived.companies[1]
    roles = {name: actor.role for name, actor in lived.actors.items()}
    clock = works.clock
    assert isinstance(clock, FixedClock)
    site = Site(f"http://127.0.0.1:{killable.port}", roles, works, clock, browser)
    elder = str(company.elders[1])
    first, _ = await two_visits(site)
    worker = await account_of(site, first)
    async with AsyncExitStack() as stack:
        call, board, plan, overview = [await stack.enter_async_context(site.page()) for _ in range(4)]
        phone = await stack.enter_async_context(site.page(phone=True))
        await site.sign_in(call, "operator", f"/console/calls/{elder}")
        await site.sign_in(board, "operator", "/console/board")
        await site.sign_in(plan, dispatcher(company))
        await site.sign_in(overview, "manager")
        await site.sign_in(phone, worker, "/field/")
        await _type(call)
        await plan.locator(".plan .line").first.wait_for()
        await phone.get_by_text("未上报 0").wait_for()
        waiting = int(await plan.locator(".offers .count b").inner_text())
        before = len(await requests_of(site, elder))

        await killable.kill()
        await press(call, "Control+Enter")
        await call.get_by_text("没登记上").wait_for()
        visit = await asked(site, company, hours=6)
        await killable.start()

        await expect(plan.locator(".offers .count b")).to_have_text(str(waiting + 1))
        request = next(row for row in await requests_of(site, str(visit.person_id)) if row.id == visit.request_id)
        await expect(board.get_by_text(request.case_no).first).to_be_visible()
        await phone.get_by_role("button", name="出发", exact=True).click()
        await phone.get_by_role("button", name="到门口了，签到").wait_for()
        await phone.get_by_text("未上报 0").wait_for()
        await expect(overview.get_by_text("服务器没有回话")).to_have_count(0)
        await expect(call.locator(".order input[maxlength='500']")).to_have_value("先打电话")
        await press(call, "Control+Enter")
        await call.locator(".note.good").wait_for()
        assert len(await requests_of(site, elder)) == before + 1
    await works.database.close()


async def _type(call: Page) -> None:
    """Type a whole request and save nothing."""
    await call.locator(".usual button").first.wait_for()
    await press(call, "1")
    await call.keyboard.type("+6 9-11")
    await press(call, "Enter")
    await call.locator(".out .pick").wait_for()
    await call.keyboard.type("先打电话")
