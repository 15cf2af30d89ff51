"""The map: a sketch of the district, on which what is late leads to the board."""

from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from dispatch.requests.model import OPEN, CareRequest
from kit.access.actor import SYSTEM
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(("language", "dark", "phone"), [("zh-CN", False, False), ("en-US", True, True)])
async def test_the_map_is_in_everybodys_reach(site: Site, language: str, dark: bool, phone: bool) -> None:
    async with site.page(language=language, dark=dark, phone=phone) as page:
        await site.sign_in(page, "operator", "/console/map")
        await page.locator(".map .door").first.wait_for()
        await page.locator(".map tbody tr").first.wait_for()
        assert await violations(page) == []


async def test_what_is_late_is_red_is_counted_in_its_town_and_leads_to_the_board(site: Site) -> None:
    async with site.works(SYSTEM("test")) as work:
        query = select(CareRequest).where(CareRequest.state.in_(OPEN))
        waiting = (await work.session.execute(query.order_by(CareRequest.latest))).scalars().all()
    site.clock.set(waiting[0].latest + timedelta(minutes=5))
    async with site.page() as page:
        await site.sign_in(page, "operator", "/console/map")
        await expect(page.locator(".map .door")).to_have_count(len(waiting))
        late = page.locator(".map .door.late")
        await late.first.wait_for()
        row = page.locator(".map tbody tr").first
        await expect(row.locator("td.red").first).not_to_have_text("0")
        await row.get_by_role("button").click()
        await expect(page.locator(".map .town.on")).to_have_count(1)
        await late.last.dispatch_event("click")
        case_no = (await page.locator(".map .chosen b").inner_text()).partition("，")[0]
        await page.get_by_role("link", name="到看板上处理").click()
        await page.locator(".board .line.on").get_by_text(case_no).wait_for()
