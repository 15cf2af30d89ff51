"""The page of call-backs: one call at a time by digits, the company hidden until the answers are saved."""

import pytest
from playwright.async_api import expect
from sqlalchemy import func, select

from kit.access.actor import SYSTEM
from providers.roster.model import Company
from providers.satisfaction.model import CallBack, CallState
from registry.model import ReadAudit
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)


async def call_again(site: Site) -> int:
    """Have three elders wait for a call, also those whom another story has called; return how many wait."""
    async with site.works(SYSTEM("test")) as work:
        query = select(CallBack).order_by(CallBack.due_at, CallBack.id).limit(3)
        for call in (await work.session.execute(query)).scalars():
            call.state, call.tries, call.last_try_at, call.answers = CallState.ASKED, 0, None, None
    return await open_calls(site)


async def open_calls(site: Site) -> int:
    async with site.works(SYSTEM("test")) as work:
        query = select(func.count()).where(CallBack.state == CallState.ASKED, CallBack.last_try_at.is_(None))
        return (await work.session.execute(query)).scalar_one()


async def readings(site: Site) -> int:
    async with site.works(SYSTEM("test")) as work:
        query = select(func.count()).where(ReadAudit.purpose == "call-back")
        return (await work.session.execute(query)).scalar_one()


async def names(site: Site) -> set[str]:
    async with site.works(SYSTEM("test")) as work:
        return set((await work.session.execute(select(Company.name))).scalars())


async def test_an_elder_answers_by_digits_and_the_company_is_shown_only_then(site: Site) -> None:
    waiting, read, companies = await call_again(site), await readings(site), await names(site)
    assert waiting >= 3
    async with site.page() as page:
        heard: list[str] = []
        page.on("request", lambda request: heard.append(request.url))
        await site.sign_in(page, "operator", "/console/callbacks")
        await page.get_by_text(f"还有 {waiting} 位要回访").wait_for()
        assert await violations(page) == []
        assert await readings(site) == read, "a list that is looked at reads nobody's record"
        await page.keyboard.press("Control+Enter")
        await page.locator(".who strong").wait_for()
        assert await readings(site) == read + 1
        await page.keyboard.press("1")
        await page.keyboard.type("55")
        await page.keyboard.press("Enter")
        await page.keyboard.press("2")
        await page.locator(".said li").nth(2).wait_for()
        await page.reload()
        await page.locator(".said li").nth(2).wait_for()
        await expect(page.locator(".said")).to_contain_text("55 分钟")
        await page.keyboard.press("Backspace")
        await page.keyboard.press("1")
        await page.keyboard.press("4")
        await page.locator(".said li").nth(3).wait_for()
        assert await violations(page) == []
        assert not any("/visits" in url for url in heard)
        text = await page.locator("main").inner_text()
        assert not any(name in text for name in companies)
        await page.context.set_offline(True)
        await page.keyboard.press("Control+Enter")
        await page.get_by_role("alert").filter(has_text="没有回话").wait_for()
        await page.context.set_offline(False)
        await page.keyboard.press("Control+Enter")
        await page.locator(".shown strong").wait_for()
        assert await page.locator(".shown strong").inner_text() in companies
        assert await violations(page) == []
        call = page.url.rpartition("/")[2]
    async with site.works(SYSTEM("test")) as work:
        saved = await work.session.get_one(CallBack, call)
        assert saved.answers == {"came": True, "stayed_minutes": 55, "goods_instead": False, "score": 4}
    assert await open_calls(site) == waiting - 1


async def test_nobody_at_the_telephone_and_nobody_at_the_door_are_both_recorded(site: Site) -> None:
    waiting = await call_again(site)
    async with site.page(phone=True) as page:
        await site.sign_in(page, "operator", "/console/callbacks")
        await page.get_by_role("button", name="下一位").click()
        await page.get_by_role("button", name="没有人接").click()
        await page.locator(".shown").filter(has_text="再打").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await page.get_by_role("button", name="下一位").click()
        await page.get_by_role("button", name="没有来").click()
        await page.get_by_role("button", name="保存").click()
        await page.locator(".shown").filter(has_text="投诉").wait_for()
        assert await violations(page) == []
    assert await open_calls(site) == waiting - 2
