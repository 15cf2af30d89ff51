"""The family's link: an operator gives it, the family follows the visit to its end and rates it in two taps, once."""

from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from dispatch.visits import operations, queries, visit_codes
from dispatch.visits.model import Visit
from dispatch.visits.transitions import OPEN, VisitState
from events.delivery.bus import Deliverer
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from providers.satisfaction.model import Channel, Rateable
from tests.api.acts import at_the_door
from tests.conftest import HANDLERS
from tests.documents import qr_modules, qr_of
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)
LEAST_PX, LEAST_TARGET = 24, 64
SEEN = """[...document.querySelectorAll('main, main *')].filter(e => e.innerText && e.tagName !== 'MAIN').map(e => [
  e.tagName, parseFloat(getComputedStyle(e).fontSize), e.getBoundingClientRect().height])"""


async def promised(site: Site) -> Visit:
    """Return the promised visit that is due last, and the only one of its elder."""
    other = aliased(Visit)
    others = exists().where(other.person_id == Visit.person_id, other.id != Visit.id, other.state.in_(OPEN))
    async with site.works(SYSTEM("test")) as work:
        query = select(Visit).where(Visit.state == VisitState.ACCEPTED, ~others).order_by(Visit.planned_start.desc())
        return (await work.session.execute(query.limit(1))).scalar_one()


async def heard(site: Site) -> None:
    """Deliver what waits for the room that opens visits for ratings, and nothing else."""
    deliverer = Deliverer(site.works, HANDLERS)
    connection = await asyncpg.connect(dsn=postgres.plain(site.works.database.url))
    waiting = "select queue from event_delivery where queue = 'satisfaction' limit 1"
    while queue := await connection.fetchval(waiting):
        await deliverer.deliver_next(queue, together=False)
    await connection.close()


async def state(page: Page, words: str) -> None:
    await page.reload()
    await page.locator(".state", has_text=words).wait_for()


async def readable(page: Page) -> None:
    """Assert what an old hand and an old eye need, on a small telephone, without scrolling."""
    seen = await page.evaluate(SEEN)
    assert [element for element in seen if element[1] < LEAST_PX] == []
    assert [element for element in seen if element[0] == "BUTTON" and element[2] < LEAST_TARGET] == []
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []


async def test_a_family_follows_a_visit_by_its_link_and_rates_it_in_two_taps_once(site: Site) -> None:
    visit = await promised(site)
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{visit.person_id}")
        await page.get_by_role("button", name="家人链接").click()
        address = await page.get_by_label("发给家人").input_value()
        assert await violations(page) == []
    assert address.startswith(f"{site.url}/my/")
    worker = Actor(Role.WORKER, "test", UUID(int=98), Company(visit.provider_id, visit.worker_id))
    async with site.page(phone=True) as page:
        await page.set_viewport_size({"width": 360, "height": 640})
        await page.goto(address)
        await page.locator(".state", has_text="约好了").wait_for()
        await expect(page.locator(".facts")).to_contain_text("师傅")
        await expect(page.get_by_role("button")).to_have_count(0)
        await readable(page)
        site.clock.set(visit.planned_start)
        async with site.works(SYSTEM("test")) as work:
            code = visit_codes.code(work, visit.id)
        async with site.works(worker) as work:
            await operations.depart(work, visit_id=visit.id, act=at_the_door(work.now, "family", None))
        await state(page, "在路上")
        async with site.works(worker) as work:
            await operations.arrive(work, visit_id=visit.id, act=at_the_door(work.now, "family", code))
        await state(page, "师傅到了")
        site.clock.set(visit.planned_end)
        async with site.works(worker) as work:
            await operations.leave(work, visit_id=visit.id, act=at_the_door(work.now, "family", None))
        await heard(site)
        await state(page, "做完了")
        await page.get_by_role("button", name="满意", exact=True).wait_for()
        await readable(page)
        await page.get_by_role("button", name="不满意").click()
        await readable(page)
        await page.get_by_role("button", name="再想想").click()
        await page.get_by_role("button", name="满意", exact=True).click()
        await page.get_by_role("button", name="就是这样").click()
        await page.get_by_text("评价记下了").wait_for()
        await expect(page.get_by_role("button")).to_have_count(0)
        await readable(page)
    async with site.works(SYSTEM("test")) as work:
        row = await work.session.get_one(Rateable, visit.id)
        assert (row.score, row.channel) == (5, Channel.FAMILY)
    async with site.page(phone=True, language="en-US", dark=True) as page:
        await page.goto(address)
        await page.get_by_text("Your rating is kept").wait_for()
        await readable(page)
        asked = await page.request.get(f"{site.url}/api/v1/my/{address.rpartition('/')[2]}")
        content = await asked.text()
        assert not [
            id_ for id_ in (visit.id, visit.person_id, visit.request_id, visit.worker_id) if str(id_) in content
        ]
        await page.goto(f"{address}A")
        await page.get_by_role("alert").wait_for()
        await expect(page.locator(".facts")).to_have_count(0)


async def test_an_operator_prints_the_card_for_the_wall_from_the_call_sheet(site: Site) -> None:
    visit = await promised(site)
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{visit.person_id}")
        async with page.expect_download() as waiting:
            await page.get_by_role("button", name="签到卡").click()
        download = await waiting.value
        assert download.suggested_filename.startswith("签到卡-")
        content = Path(await download.path()).read_bytes()
    async with site.works(SYSTEM("test")) as work:
        assert qr_modules(content) == qr_of(queries.home_token(work, visit.person_id))
