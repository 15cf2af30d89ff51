"""The real server on a district that was lived in, and a real browser in front of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

import run
from api.app import build
from dispatch.calls import operations as calls
from dispatch.calls.model import PhoneCallState
from events.delivery import bus
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.database import Database
from kit.vault import Vault
from processes.rooms import ROOMS
from processes.server import Server
from tests import machine
from tests.api.lives import PASSWORD
from tests.api.world import Lived
from tests.conftest import HANDLERS
from tests.databases import Copies

AXE = Path(run.WEB) / "node_modules" / "axe-core" / "axe.min.js"
OFFICE = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=30_000)  # as long as every other wait of a page: a busy machine is slow, not wrong


@dataclass(slots=True)
class Site:
    """The address of the running server, who can sign in there, and its units of work."""

    url: str
    roles: dict[str, Role]
    works: Works
    clock: FixedClock
    browser: Browser

    @asynccontextmanager
    async def page(self, *, language: str = "zh-CN", dark: bool = False, phone: bool = False) -> AsyncIterator[Page]:
        """Open a window of its own; a page that throws, or asks anything of another host, fails its test."""
        context = await self.browser.new_context(
            viewport=PHONE if phone else OFFICE,  # type: ignore[arg-type]  # a plain dictionary of two numbers
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        thrown: list[str] = []
        elsewhere: list[str] = []

        def ask(request: Request) -> None:
            if not request.url.startswith((self.url, "data:", "blob:")):
                elsewhere.append(request.url)

        def hear(message: ConsoleMessage) -> None:
            # Chromium itself writes down each answer of 400 and more, which a page may well expect.
            if message.type == "error" and not message.text.startswith("Failed to load resource"):
                thrown.append(message.text)

        page.on("request", ask)
        page.on("console", hear)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        yield page
        await context.close()
        assert elsewhere == []
        assert thrown == []

    async def sign_in(self, page: Page, name: str, path: str = "/console/") -> None:
        """Sign in by the form and wait for the page behind it."""
        await page.goto(self.url + path)
        await fill(page, name)
        await page.locator(".sign-in").wait_for(state="detached")


async def fill(page: Page, name: str) -> None:
    """Fill the sign-in form by keys and press Enter."""
    await page.fill(".sign-in [name=username]", name)
    await page.fill(".sign-in [name=password]", PASSWORD)
    await page.keyboard.press("Enter")


async def violations(page: Page) -> list[tuple[str, str]]:
    """Return what axe-core finds on the page: the rule and the first element that breaks it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = await page.evaluate("axe.run()")
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]]


def path_of(page: Page) -> str:
    """Return the path that the page stands at."""
    return urlsplit(page.url).path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Build the pages and open one browser for all stories."""
    machine.need("browser", "chromium")
    if not (run.npm() and (run.WEB / "node_modules" / ".installed").exists()):
        machine.lack("web", "the packages of web/ are not installed: python3 run.py web")
    await asyncio.to_thread(run.build_pages)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=60_000
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def site(lived: Lived, lived_copies: Copies, browser: Browser) -> AsyncIterator[Site]:
    """Serve a copy of the district that this story alone changes."""
    async with lived_copies.one() as url:
        database = Database(url, connections=8)
        clock = FixedClock(lived.now)
        works = Works(database, clock, Vault(bytes(range(64))), routes=bus.routes(HANDLERS))
        async with works(SYSTEM("test")) as work:  # who rings, rings in the story alone
            await calls.report_call(work, source_key="left ringing", state=PhoneCallState.ENDED, number=None)
        port = machine.free_port()
        server = Server(uvicorn.Config(build(works, ROOMS), port=port, log_config=None, timeout_graceful_shutdown=1))
        server.heeds_signals = False
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        roles = {name: actor.role for name, actor in lived.actors.items()}
        yield Site(f"http://127.0.0.1:{port}", roles, works, clock, browser)
        server.stop()
        await serving
        await database.close()


@pytest.fixture(scope="session")
def password() -> str:
    return PASSWORD
