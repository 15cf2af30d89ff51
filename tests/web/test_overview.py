"""The manager's overview: one number down to the decision behind a visit, and the same on a wall."""

import pytest
from playwright.async_api import expect

from tests.web.conftest import Site, path_of, violations

pytestmark = pytest.mark.timeout(300)


async def test_a_month_opens_its_definition_its_rows_a_visit_and_the_decision_with_one_n(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager")
        await page.locator(".funnel b").first.wait_for()
        assert path_of(page) == "/console/overview"
        month = page.locator(".overview svg a").first
        await month.wait_for()
        assert await violations(page) == []
        n = (await month.get_attribute("aria-label") or "").rpartition("n = ")[2]
        assert int(n) > 0
        await month.focus()
        await page.keyboard.press("Enter")
        await page.locator(".number .whole").wait_for()
        assert path_of(page) == "/console/overview/satisfaction"
        await expect(page.locator(".number .whole")).to_have_text(n)
        await page.locator(".number tbody tr").first.wait_for()
        await expect(page.locator(".number tbody tr")).to_have_count(int(n))
        names = await page.locator(".number tbody td:nth-child(2)").all_inner_texts()
        assert all(name.endswith("*") for name in names)
        await page.locator(".number tbody button").first.click()
        await page.locator(".number .peek .steps li").first.wait_for()
        await expect(page.locator(".number .peek")).to_contain_text("派单")
        assert await violations(page) == []
        await page.get_by_role("link", name="回到总览").click()
        await page.locator(".funnel").wait_for()


async def test_a_step_of_the_funnel_has_as_many_rows_as_it_says(site: Site) -> None:
    async with site.page(language="en-GB", dark=True) as page:
        await site.sign_in(page, "auditor")
        step = page.locator(".funnel a").first
        await step.wait_for()
        count = await step.locator("b").inner_text()
        await step.click()
        await page.locator(".number .facts b").first.wait_for()
        await expect(page.locator(".number .facts b").first).to_have_text(count)
        assert await violations(page) == []


async def test_late_and_unserved_lead_to_their_rows_on_the_board(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager")
        count = await page.locator(".two a b").nth(1).inner_text()
        await page.locator(".two a").nth(1).click()
        await page.locator(".number .facts b").first.wait_for()
        assert path_of(page) == "/console/overview/unserved"
        await expect(page.locator(".number .facts b").first).to_have_text(count)
        await page.get_by_text(f"明细，{count} 条，共 {count} 条").wait_for()
        assert await violations(page) == []
        await page.get_by_role("link", name="到看板上处理").click()
        await page.locator(".board").wait_for()
        await expect(page.locator("[role=tab][aria-selected=true]")).to_contain_text("无人可派")


async def test_the_wall_has_no_menu_and_turns_its_panels(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/overview?wall=1")
        await page.locator(".overview.wall section").first.wait_for()
        await expect(page.locator(".menu")).to_be_hidden()
        assert await violations(page) == []
        await expect(page.locator(".turn.on")).to_have_count(1)
        await page.reload()
        await page.locator(".overview.wall section").first.wait_for()
