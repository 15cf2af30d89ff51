"""What two companies' pages and a worker's phone hold: their own, and nothing that is another's or not yet theirs."""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page, Response, expect
from sqlalchemy import select, update

from dispatch.matching import operations as matching
from dispatch.matching.operations import Cause
from dispatch.requests.model import CareRequest
from dispatch.visits import operations
from dispatch.visits.model import Offer, Visit
from dispatch.visits.transitions import OfferState, VisitState
from kit.access.actor import SYSTEM
from registry.model import ReadAudit
from tests.api.lives import OPERATOR, Company
from tests.api.world import UUIDS, Lived, World
from tests.web.conftest import Site
from tests.web.test_dispatcher import asked, dispatcher
from tests.web.test_operator import press, requests_of
from tests.web.test_worker import account_of

pytestmark = pytest.mark.timeout(300)


class Heard:
    """Everything that the server has said to one page: answers, and frames of its stream."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.texts: list[str] = []
        self.frames: list[str] = []
        self._reading: list[asyncio.Task[None]] = []

    async def follow(self, page: Page) -> None:
        """Listen to a page from now on."""
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        devtools.on("Network.eventSourceMessageReceived", lambda frame: self.frames.append(frame["data"]))
        page.on("response", lambda answer: self._reading.append(asyncio.create_task(self._read(answer))))

    async def _read(self, answer: Response) -> None:
        self.asked |= set(UUIDS.findall(answer.request.url.lower()))
        kind = answer.headers.get("content-type", "")
        if "/api/" in answer.url and "event-stream" not in kind:
            self.texts.append((await answer.body()).decode(errors="replace"))

    async def all(self) -> list[str]:
        """Return all that was said, once every answer has been read."""
        await asyncio.gather(*self._reading)
        return [*self.texts, *self.frames]


async def test_two_companies_side_by_side_hold_nothing_of_each_other(site: Site, lived: Lived) -> None:
    pair = lived.companies[0], lived.companies[1]
    heard = {company.mark: Heard() for company in pair}
    downloads: dict[str, list[bytes]] = {company.mark: [] for company in pair}
    async with site.page() as left, site.page() as right:
        pages = dict(zip((company.mark for company in pair), (left, right), strict=True))
        for company in pair:
            page = pages[company.mark]
            await heard[company.mark].follow(page)
            await site.sign_in(page, dispatcher(company))
            await page.locator(".plan .line").first.wait_for()
        for hours in range(4, 7):
            for company in pair:
                count = pages[company.mark].locator(".offers .count b")
                before = int(await count.inner_text())
                visit = await asked(site, company, hours=hours, elder=hours % 2)
                await expect(count).to_have_text(str(before + 1))
                if hours % 2:
                    await _answered(site, company, visit)
                    await expect(count).to_have_text(str(before))
        for company in pair:
            page = pages[company.mark]
            for place in await page.locator("nav.menu a").all():
                await place.click()
                await expect(page.locator("main")).not_to_be_empty()
            for kind in ("xlsx", "pdf"):
                downloads[company.mark] += await _statements(page, site.url, kind)
    world = await World.open(lived, site.works)
    try:
        for company in pair:
            secrets, words = await world.secrets(company) - await _events_of(world, company), world.words(company)
            said = await heard[company.mark].all()
            assert len(said) > 10
            assert len(heard[company.mark].frames) >= 3
            seen = {uuid for text in said for uuid in UUIDS.findall(text.lower())} - heard[company.mark].asked
            assert seen & secrets == set()
            assert [word for word in words for text in said if word in text] == []
            assert downloads[company.mark]
            assert [word for word in words for file in downloads[company.mark] if word.encode() in file] == []
    finally:
        await world.close()


async def _events_of(world: World, company: Company) -> set[str]:
    """Return the ids of the events of a company, which name its frames."""
    rows = await world.plain.fetch("select id from event_log where data->>'provider_id' = $1", str(company.id))
    return {str(row["id"]) for row in rows}


async def _answered(site: Site, company: Company, visit: Visit) -> None:
    async with site.works(company.dispatcher) as work:
        query = select(Offer).where(Offer.visit_id == visit.id, Offer.state == OfferState.OPEN)
        offer = (await work.session.execute(query)).scalar_one()
        await operations.accept(work, offer_id=offer.id)


async def _statements(page: Page, url: str, kind: str) -> list[bytes]:
    listed: dict[str, Any] = json.loads(await (await page.request.get(f"{url}/api/v1/statements")).body())
    answers = [await page.request.get(f"{url}/api/v1/statements/{row['id']}.{kind}") for row in listed["items"]]
    assert {answer.status for answer in answers} == {200}
    return [await answer.body() for answer in answers]


async def test_what_the_operator_typed_is_read_at_the_door_by_who_is_promised_to_come(site: Site, lived: Lived) -> None:
    company, note = lived.companies[1], "门铃坏了 <b>请敲门</b>"
    elder = str(company.elders[0])
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{elder}")
        await page.locator(".usual button").first.wait_for()
        await press(page, "1")
        await page.keyboard.type("15-17")
        await press(page, "Enter")
        await page.keyboard.type(note)
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
    request = (await requests_of(site, elder))[-1]
    async with site.works(OPERATOR) as work:
        visit_id = await matching.decide(work, request_id=request.id, cause=Cause.REQUESTED)
        visit = await work.session.get_one(Visit, visit_id)
    await _nothing_before(site, visit)
    name = await account_of(site, visit)
    async with site.page(phone=True) as phone:
        await site.sign_in(phone, name, "/field/")
        await phone.get_by_text("未上报 0").wait_for()
        await expect(phone.get_by_text("请敲门")).to_have_count(0)
        await _answered(site, company, visit)
        await phone.reload()
        await phone.get_by_text(note).first.wait_for()
        assert ("worker", "request_note") in await _read_at_the_door(site, request)
        colleague = next(worker for worker in company.workers if worker != visit.worker_id)
        async with site.works(company.dispatcher) as work:
            await operations.change_worker(work, visit_id=visit.id, worker_id=colleague, reason="ill")
        await phone.reload()
        await phone.get_by_text("未上报 0").wait_for()
        await expect(phone.get_by_text("请敲门")).to_have_count(0)


async def _nothing_before(site: Site, visit: Visit) -> None:
    """Take back what else the worker is promised for: the phone shows the next door."""
    async with site.works(OPERATOR) as work:
        others = update(Visit).where(Visit.worker_id == visit.worker_id, Visit.state == VisitState.ACCEPTED)
        await work.session.execute(others.values(state=VisitState.WITHDRAWN))


async def _read_at_the_door(site: Site, request: CareRequest) -> set[tuple[str, str]]:
    """Return who read which field of the elder for a visit."""
    async with site.works(SYSTEM("test")) as work:
        query = select(ReadAudit).where(ReadAudit.person_id == request.person_id)
        rows = (await work.session.execute(query.where(ReadAudit.purpose == "disclosure: door note"))).scalars()
        return {(row.role, field) for row in rows for field in row.fields}
