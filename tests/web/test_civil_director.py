"""The director: from the report to a figure, to the rows that it is the fold of, to a person whose name is masked."""

import pytest
from playwright.async_api import expect

from tests.web.conftest import Site, path_of, violations

pytestmark = pytest.mark.timeout(300)


async def test_a_number_of_the_report_leads_to_its_rows_and_to_a_masked_person(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/civil/report")
        article = page.locator(".report article")
        await expect(article).to_contain_text("处数据")
        assert await violations(page) == []
        number = article.locator("a[href$='/GL.ACTIVE']").first
        await expect(number).to_have_text("3")
        await number.click()
        peek = page.locator(".peek")
        await expect(peek.locator(".big")).to_contain_text("3 人")
        assert path_of(page) == "/console/civil/report/GL.ACTIVE"
        await expect(peek.locator("tbody tr")).to_have_count(3)
        names = await peek.locator("tbody td:first-child").all_inner_texts()
        assert all(name.startswith("q*") for name in names)
        assert await violations(page) == []
        await peek.locator("tbody a").first.click()
        await expect(page.locator(".civil tbody tr")).to_contain_text(["高龄津贴"])
        assert path_of(page) == "/console/civil/ledger"


async def test_a_clerk_reads_figures_of_the_own_division_and_no_report(site: Site) -> None:
    async with site.page(language="en-GB") as page:
        await site.sign_in(page, "clerk", "/console/civil/report")
        figure = page.locator(".figures a[href$='/GL.ACTIVE']")
        await expect(figure).to_contain_text("1 people")
        await expect(page.get_by_role("tab")).to_have_count(0)
        await page.get_by_label("Find a figure").fill("no such figure")
        await page.locator(".empty").wait_for()
        assert await violations(page) == []
