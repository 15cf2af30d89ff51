"""A section of the bureau: a home registered, inspected, suspended, put right by another, and overdue in the end."""

import pytest
from playwright.async_api import expect

from kit.access.roles import Role
from kit.access.scope import Section
from kit.china import identifiers
from tests import documents
from tests.web.conftest import Site, violations
from tests.web.offices import Offices, move
from tests.web.test_month import saved

pytestmark = pytest.mark.timeout(300)
NAME = "示例<i>康宁</i>养老院"


async def test_a_home_is_registered_inspected_suspended_put_right_by_another_and_overdue(site: Site) -> None:
    offices = Offices(site)
    await offices.open_desk("section.second", Role.SECTION, Section.ELDERCARE)
    async with site.page() as page:
        await site.sign_in(page, "section", "/console/civil/ledger")
        await page.locator(".civil tbody tr").first.wait_for()
        await page.get_by_role("button", name="新登记").click()
        form = page.locator(".peek")
        await form.get_by_label("区划").select_option(index=1)
        await form.get_by_label("机构名称").fill(NAME)
        await form.get_by_label("统一社会信用代码").fill(identifiers.compose_uscc(area="130999", sequence=9001))
        await form.get_by_label("举办性质").select_option(label="民办")
        await form.get_by_label("床位数，").first.fill("10")
        await form.get_by_label("其中护理型床位数").fill("12")
        await form.get_by_role("button", name="登记", exact=True).click()
        await form.get_by_role("alert").wait_for()
        assert await violations(page) == []
        await form.get_by_label("其中护理型床位数").fill("4")
        await form.get_by_role("button", name="登记", exact=True).click()
        await expect(form.locator(".big")).to_have_text("已登记")
        await expect(form.locator("h2")).to_contain_text(NAME)
        await move(page, "已备案")
        await page.get_by_role("button", name="记一次检查").click()
        await form.get_by_label("不合格", exact=True).check()
        await form.get_by_label("食品安全合格").check()
        await form.get_by_role("button", name="记一次检查").last.click()
        await expect(form.locator(".steps").first).to_contain_text("不合格")
        assert await violations(page) == []
        await move(page, "停业整顿")
        back = page.locator(".moves li").filter(has_text="已备案")
        await expect(back.get_by_role("button")).to_be_disabled()
        await expect(back).to_contain_text("要另一个人办")
        await page.get_by_role("button", name="修改内容").click()
        await form.get_by_label("床位数，").first.fill("20")
        await form.get_by_role("button", name="保存修改").click()
        await expect(form.locator(".steps").last).to_contain_text("改了床位数")

    async with site.page() as page:
        await site.sign_in(page, "section.second", "/console/civil/ledger")
        await page.locator(".civil tbody tr", has_text=NAME).get_by_role("button").click()
        await move(page, "已备案")
        await expect(page.locator(".peek .steps").last).to_contain_text("section.second")

    offices.go_on(400)
    async with site.page() as page:
        await site.sign_in(page, "section", "/console/civil/ledger")
        await expect(page.locator(".late-line")).to_contain_text("4 条超过期限")
        await expect(page.locator(".civil tr.late-row")).to_have_count(4)
        assert await violations(page) == []
        name, content = await saved(page, "导出 Excel")
        assert name.startswith("养老机构台账-")
        rows = documents.sheets(content)["台账"]
        assert [row[2] for row in rows[1:]].count("已备案") == 4
        assert NAME in {row[3] for row in rows[1:]}
        await page.get_by_label("台账种类").select_option(label="机构入住")
        await page.locator(".empty").wait_for()


async def test_a_fund_is_planned_filled_asked_beyond_and_an_entry_is_undone(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/civil/funds")
        await page.locator(".civil tbody button").first.click()
        peek = page.locator(".peek")
        await expect(peek.locator(".left")).to_have_text("10,000.00")
        await peek.get_by_role("button", name="同意", exact=True).click()
        await expect(peek.locator(".steps").first).to_contain_text("同意")
        await peek.get_by_role("button", name="定年度计划").click()
        await peek.get_by_label("金额，元").fill("50000")
        await peek.get_by_label("文号").fill("<b>示财〔2026〕3号</b>")
        assert await violations(page) == []
        await peek.get_by_role("button", name="定下计划").click()
        await expect(peek.locator(".steps").last).to_contain_text("<b>示财〔2026〕3号</b>")
    async with site.page() as page:
        await site.sign_in(page, "finance", "/console/civil/funds")
        await page.locator(".civil tbody button").first.click()
        peek = page.locator(".peek")
        await peek.get_by_role("button", name="登记拨入").click()
        await peek.get_by_label("金额，元").fill("1,234.50")
        await peek.get_by_label("文号").fill("拨 7")
        await peek.get_by_role("button", name="登记", exact=True).click()
        await expect(peek.locator(".left")).to_have_text("11,234.50")
        entry = peek.locator(".steps li").filter(has_text="拨 7")
        await entry.get_by_role("button", name="冲销").click()
        await peek.get_by_label("为什么冲销").fill("重复登记")
        assert await violations(page) == []
        await entry.locator("form").get_by_role("button", name="冲销").click()
        await expect(peek.locator(".left")).to_have_text("10,000.00")
        await expect(entry).to_contain_text("已冲销")
