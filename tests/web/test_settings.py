"""The settings: rules are decided by the form that their schema draws, guarded ones wait, others read."""

import pytest
from playwright.async_api import expect

from tests.web.conftest import Site, path_of, violations

pytestmark = pytest.mark.timeout(300)


async def test_a_rule_is_refused_out_of_bounds_and_then_decided_by_its_form(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/settings")
        await page.get_by_label("找规则").fill("offer.deadline_minutes")
        await page.locator(".names button").click()
        assert await violations(page) == []
        await page.locator("form.rule .input").first.fill("100000")
        await page.get_by_label("依据").fill("十一月二十日会议纪要")
        await page.get_by_role("button", name="定下来").click()
        await page.get_by_role("alert").wait_for()
        await page.locator("form.rule .input").first.fill("47")
        await page.get_by_role("button", name="定下来").click()
        await page.get_by_role("status").filter(has_text="记下了").wait_for()
        await page.locator(".history li").filter(has_text="十一月二十日会议纪要").filter(has_text="47").wait_for()
        await expect(page.locator(".history .tag.blue").first).to_be_visible()


async def test_a_rule_about_money_is_only_proposed_and_is_shown_as_waiting(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/settings")
        await page.get_by_label("找规则").fill("complaint.least_deduction_percent")
        rules = (await (await page.request.get(f"{site.url}/api/v1/rules")).json())["items"]
        guarded = next(rule for rule in rules if rule["second_person"] and rule["form"].get("type") == "integer")
        await page.get_by_label("找规则").fill(guarded["name"])
        await page.locator(".names button").first.click()
        await page.locator("form.rule .input").first.fill(str(guarded["value"]))
        await page.get_by_label("依据").fill("会议纪要")
        await page.get_by_role("button", name="提交，等另一个人复核").click()
        await page.get_by_role("status").filter(has_text="等另一个人复核").wait_for()
        await page.locator(".names .st.wait").first.wait_for()


async def test_the_administrator_is_led_to_the_accounts_and_reads_the_rules(site: Site) -> None:
    async with site.page(language="en-GB") as page:
        await site.sign_in(page, "administrator")
        await page.locator("td").filter(has_text="operator").first.wait_for()
        assert path_of(page) == "/console/settings"
        assert await violations(page) == []
        await page.get_by_role("tab", name="Dead letters").click()
        await page.get_by_role("button", name="Handle again").first.wait_for()
        assert await violations(page) == []
        await page.get_by_role("tab", name="Rules").click()
        await page.locator(".names button").first.click()
        await expect(page.get_by_text("The manager decides the rules")).to_be_visible()


async def test_the_log_is_searched_from_an_event_to_all_about_the_same_thing(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "administrator", "/console/settings")
        await page.get_by_role("tab", name="查日志").click()
        await page.locator(".log tbody tr").first.wait_for()
        await page.get_by_label("事件").fill("visits.visit_verified")
        await page.keyboard.press("Enter")
        await expect(page.locator(".log tbody tr", has_not_text="visit_verified")).to_have_count(0)
        await expect(page.locator(".log tbody tr", has_text="visit_verified")).not_to_have_count(0)
        subject = page.locator(".log tbody tr td:nth-child(4) button").first
        about = await subject.inner_text()
        await subject.click()
        await expect(page.get_by_label("关于")).to_have_value(about)
        await expect(page.locator(".log tbody tr", has_not_text=about)).to_have_count(0)
        await expect(page.locator(".log tbody tr", has_text=about)).not_to_have_count(0)
        kinds = await page.locator(".log tbody td:nth-child(3)").all_inner_texts()
        assert set(kinds) == {"visits.visit_verified.v1"}
        assert await violations(page) == []
        await page.get_by_label("关于").fill("<nobody>")
        await page.get_by_role("button", name="查", exact=True).click()
        await page.get_by_text("没有这样的事件").wait_for()
        await page.get_by_role("button", name="全部").click()
        await page.locator(".log tbody tr").first.wait_for()
