"""The audit package in a real browser, opened from a file: green as it is, red after any byte was changed."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser, Page, Request, async_playwright
from playwright.async_api import TimeoutError as NotInTime

from events import log
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from providers.settlement import queries
from providers.settlement.audit import evidence
from providers.settlement.audit.package import package
from tests import machine

pytestmark = pytest.mark.timeout(300)
EDITS = 20
ENDED = "addEventListener('securitypolicyviolation', () => { window.stopped = 'stopped' })"
VERDICT = "window.stopped || document.querySelector('#verdict')?.className"
NAMED = (
    (r'\\"payable_fen\\": ?\d+', r'\\"payable_fen\\":1', "event"),
    (r'"values":\{"full_from_percent":\d+', '"values":{"full_from_percent":7', "rules"),
    (r'"head":"(\d+):', r'"head":"1\1:', "the head"),
)
"""A pattern of the file, what to write instead, and what the page then names."""
NO_SUBTLE = "Object.defineProperty(crypto, 'subtle', { value: undefined })"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Give the machine's browser."""
    machine.need("browser", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=60_000
        )
        yield browser
        await browser.close()


async def packages(works: Works) -> list[str]:
    """Return the package of each statement, March first."""
    async with works(SYSTEM("test")) as work:
        await log.seal_all(work)
        rows = [await queries.statements(work, month=month) for month in ("2026-03", "2026-04")]
        return [await package(work, row) for (row,) in rows]


async def verdict(page: Page, file: Path, content: bytes) -> str:
    """Open a package from a file; return the class of its verdict, which is `equal` where it is green."""
    file.write_bytes(content)
    await page.goto(file.as_uri())
    try:
        return str(await (await page.wait_for_function(VERDICT, timeout=3_000)).json_value())
    except NotInTime:
        return ""  # the code of the page was never read as code


async def test_a_package_is_green_as_it_is_asks_nobody_and_shows_the_statement(
    works: Works, company: UUID, browser: Browser, tmp_path: Path
) -> None:
    for number, (content, kept) in enumerate(zip(await packages(works), (None, NO_SUBTLE), strict=True)):
        page = await browser.new_page()
        requests: list[str] = []

        def ask(request: Request, asked: list[str] = requests) -> None:
            asked.append(request.url)

        page.on("request", ask)
        await page.add_init_script(ENDED if kept is None else f"{ENDED};{kept}")
        file = tmp_path / f"{number}.html"
        assert await verdict(page, file, content.encode()) == "equal", await page.inner_text("#verdict")
        assert requests == [file.as_uri()]
        shown = await page.inner_text("main")
        assert str(company) in shown
        assert await page.locator("tbody").first.locator("tr").count() == len(re.findall(r'"findings":', content))
        assert await page.locator("svg path").get_attribute("d")
        await page.close()


async def test_a_single_byte_that_is_changed_anywhere_turns_the_package_red(
    works: Works, company: UUID, browser: Browser, tmp_path: Path
) -> None:
    content = (await packages(works))[1].encode()
    chance, page = Random(13), await browser.new_page()
    await page.add_init_script(ENDED)
    green = []
    for _ in range(EDITS):
        place = chance.randrange(len(content))
        byte = chance.choice([value for value in range(33, 127) if value != content[place]])
        edited = content[:place] + bytes([byte]) + content[place + 1 :]
        if await verdict(page, tmp_path / "edited.html", edited) == "equal":
            green.append((place, byte, content[place - 20 : place + 20]))
    assert green == []


async def test_what_differs_is_named(works: Works, company: UUID, browser: Browser, tmp_path: Path) -> None:
    content = (await packages(works))[1]
    page = await browser.new_page()
    for pattern, instead, named in NAMED:
        edited = re.sub(pattern, instead, content, count=1)
        assert edited != content, pattern
        assert await verdict(page, tmp_path / "edited.html", edited.encode()) == "differs"
        assert named in await page.inner_text("#verdict")
        assert await page.inner_text("main") == ""


async def test_a_package_made_of_changed_rows_is_red_although_its_own_hashes_are_new(
    works: Works, company: UUID, browser: Browser, tmp_path: Path
) -> None:
    await packages(works)
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await connection.execute(
        "update event_log set data = jsonb_set(data, '{late_minutes}', '0') where position = (select max(position)"
        " from event_log where type like 'visits.visit_verified%' and data->>'late_minutes' > '0')"
    )
    await connection.close()
    page = await browser.new_page()
    seen = [await verdict(page, tmp_path / "rows.html", content.encode()) for content in await packages(works)]
    assert "differs" in seen
    assert "the root of the tree" in await page.inner_text("#verdict")


async def test_a_package_waits_for_the_seal_and_needs_the_tree(works: Works, company: UUID) -> None:
    async with works(SYSTEM("test")) as work:
        (april,) = await queries.statements(work, month="2026-04")
        with pytest.raises(evidence.NotSealed):
            await package(work, april)
    await packages(works)
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    drafted = "where type like 'settlement.statement_drafted%'"
    await connection.execute(f"update event_log set data = data - 'tree_hash' {drafted}")
    async with works(SYSTEM("test")) as work:
        with pytest.raises(evidence.NoTree):
            await package(work, april)
    await connection.execute(f"update event_log set data = data - 'reaches' {drafted}")
    async with works(SYSTEM("test")) as work:
        with pytest.raises(evidence.NoTree):
            await package(work, april)
        await connection.execute(f"delete from event_log {drafted}")
        with pytest.raises(queries.StatementNotFound):
            await package(work, april)
    await connection.close()


async def test_a_package_names_nobody_and_points_nowhere(works: Works, company: UUID) -> None:
    for content in await packages(works):
        assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", content) == []
        assert "default-src 'none'" in content
