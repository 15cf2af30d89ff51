"""Signing in by the page: every role reaches its desk, and an ended session takes nothing away."""

import pytest
from playwright.async_api import Request, expect
from sqlalchemy import select

from api.desks import home_of
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from providers.satisfaction.model import Rateable
from providers.satisfaction.operations import feedback_code
from tests.web.conftest import Site, fill, path_of, violations

pytestmark = pytest.mark.timeout(300)
SIZES = {"/console/": 220_000, "/field/": 75_000, "/my/": 45_000}
"""The most bytes, compressed, that the first load of each build may take."""


async def test_every_role_signs_in_and_reaches_its_desk(site: Site) -> None:
    for name, role in site.roles.items():
        async with site.page() as page:
            await site.sign_in(page, name)
            await page.wait_for_url(f"**{home_of(role)}")
            await page.locator("h1").wait_for(state="attached")
            assert (
                name.replace(".worker", " worker").replace(".provider", " provider")
                in await page.locator("body").inner_text()
            )


@pytest.mark.parametrize(("language", "dark"), [("zh-CN", False), ("en-US", False), ("zh-CN", True), ("en-US", True)])
@pytest.mark.parametrize("phone", [False, True])
async def test_nothing_of_the_first_pages_is_out_of_anybodys_reach(
    site: Site, language: str, dark: bool, phone: bool
) -> None:
    worker = next(name for name, role in site.roles.items() if role is Role.WORKER)
    for path, name in (("/console/", "operator"), ("/console/account", "manager"), ("/field/", worker)):
        async with site.page(language=language, dark=dark, phone=phone) as page:
            await page.goto(site.url + path)
            await page.locator(".sign-in").wait_for()
            assert await violations(page) == [], f"{path} before"
            await fill(page, name)
            await page.locator(".sign-in").wait_for(state="detached")
            await page.locator("h1").first.wait_for(state="attached")
            await page.wait_for_load_state("networkidle")
            assert await violations(page) == [], f"{path} after"
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} px wider than the screen"


async def test_a_wrong_password_is_said_in_the_readers_language(site: Site) -> None:
    for language, words in (("zh-CN", "不正确"), ("en-US", "wrong")):
        async with site.page(language=language) as page:
            await page.goto(f"{site.url}/console/")
            await page.fill("[name=username]", "nobody")
            await page.fill("[name=password]", "wrong wrong wrong")
            await page.keyboard.press("Enter")
            await expect(page.locator("[role=alert]")).to_contain_text(words)
            await expect(page.locator("[name=username]")).to_have_value("nobody")


async def test_an_ended_session_asks_again_over_the_page_and_nothing_typed_is_lost(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/account")
        await page.get_by_label("现在的密码").fill("half a password")
        await page.context.clear_cookies()
        await page.get_by_role("button", name="让它退出").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.wait_for()
        await expect(page.locator("dialog [name=username]")).to_have_value("manager")
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_visible()
        await page.fill("dialog [name=password]", "wrong wrong wrong")
        await page.keyboard.press("Enter")
        await dialog.get_by_role("alert").wait_for()
        await fill(page, "manager")
        await dialog.wait_for(state="detached")
        await expect(page.get_by_label("现在的密码")).to_have_value("half a password")
        assert path_of(page) == "/console/account"


async def test_another_account_that_signs_in_over_a_page_sees_nothing_of_it(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/account")
        await page.get_by_label("现在的密码").fill("the manager's own")
        await page.context.clear_cookies()
        await page.get_by_role("button", name="让它退出").first.click()
        await page.get_by_role("dialog").wait_for()
        async with page.expect_navigation():
            await fill(page, "finance")
        await page.get_by_role("dialog").wait_for(state="detached")
        await expect(page.get_by_label("现在的密码")).to_have_count(0)
        await expect(page.locator(".head")).to_contain_text("finance")


async def test_language_and_theme_are_chosen_once(site: Site) -> None:
    async with site.page() as page:
        await page.goto(f"{site.url}/console/")
        await page.get_by_role("button", name="English").click()
        await page.get_by_role("button", name="Dark").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await page.reload()
        await page.get_by_role("button", name="Sign in").wait_for()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert await page.title() == "Home eldercare platform"


async def test_signing_out_leaves_the_form_and_no_session(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "auditor")
        async with page.expect_navigation():
            await page.get_by_role("button", name="退出", exact=True).click()
        await page.locator(".sign-in").wait_for()
        assert (await page.request.get(f"{site.url}/api/v1/me")).status == 401


@pytest.mark.parametrize("path", sorted(SIZES))
async def test_the_first_load_is_small(site: Site, path: str) -> None:
    async with site.page(phone=True) as page:
        loads: list[Request] = []

        def keep(request: Request) -> None:
            loads.append(request)

        page.on("requestfinished", keep)
        await page.goto(site.url + path)
        await page.wait_for_load_state("networkidle")
        files = [request for request in loads if "/api/" not in request.url and "favicon" not in request.url]
        sizes = [(await request.sizes())["responseBodySize"] for request in files]
        assert len(files) >= 3
        assert sum(sizes) <= SIZES[path], sizes


async def test_an_elder_rates_a_visit_by_its_code_in_two_taps_once(site: Site) -> None:
    async with site.works(SYSTEM("test")) as work:
        silent = select(Rateable.visit_id).where(Rateable.channel.is_(None)).limit(1)
        visit_id = (await work.session.execute(silent)).scalar_one()
        code = feedback_code(work.vault, visit_id)
    async with site.page(phone=True) as page:
        await page.clock.install()
        await page.goto(f"{site.url}/my/{visit_id}#{code}")
        assert await violations(page) == []
        await page.get_by_role("button", name="不满意").click()
        await page.get_by_role("button", name="再想想").click()
        await page.get_by_role("button", name="满意", exact=True).click()
        await page.clock.fast_forward(9_000)
        await expect(page.get_by_role("button", name="再想想")).to_be_visible()
        await page.clock.run_for(2_000)
        await page.get_by_text("记下了，谢谢您").wait_for()
    async with site.works(SYSTEM("test")) as work:
        assert (await work.session.get_one(Rateable, visit_id)).score == 5
    async with site.page(phone=True) as page:
        await page.clock.install()
        await page.goto(f"{site.url}/my/{visit_id}")
        await page.get_by_label("评价码").fill(code)
        await page.get_by_role("button", name="一般").click()
        await page.clock.run_for(11_000)
        await page.get_by_role("alert").wait_for()
    async with site.works(SYSTEM("test")) as work:
        assert (await work.session.get_one(Rateable, visit_id)).score == 5


async def test_the_elders_page_is_large_and_whole_on_a_small_phone(site: Site) -> None:
    async with site.page(phone=True) as page:
        await page.set_viewport_size({"width": 360, "height": 640})
        await page.goto(f"{site.url}/my/")
        await expect(page.locator("main")).to_contain_text("短信里的链接")
        await page.goto(f"{site.url}/my/01890a5d-ac96-774b-bcce-b302099a8057#123456")
        await page.get_by_role("button", name="不满意").wait_for()
        seen = await page.evaluate(
            """[...document.querySelectorAll('main *')].filter(e => e.innerText || e.tagName === 'INPUT').map(e => [
              e.tagName, parseFloat(getComputedStyle(e).fontSize), e.getBoundingClientRect().height])"""
        )
        assert [element for element in seen if element[1] < 24] == []
        assert [element for element in seen if element[0] in {"BUTTON", "INPUT"} and element[2] < 60] == []
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
