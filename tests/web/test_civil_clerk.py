"""A town clerk's day: an application entered, publicised, objected to, confirmed by another, paid, and returned."""

from datetime import date
from pathlib import Path

import pytest
from playwright.async_api import expect

from civil.dibao.rules import DibaoFloor, DibaoStandard, DibaoTopUp
from kit.access.roles import Role
from kit.access.scope import Section
from tests.web.conftest import Site, path_of, violations
from tests.web.offices import Offices, move

pytestmark = pytest.mark.timeout(300)
OBJECTION = "<b>邻居说有存款</b>"


async def test_an_application_goes_from_the_town_to_the_bank_and_one_payment_comes_back(site: Site) -> None:
    offices = Offices(site)
    await offices.decide(DibaoStandard.proposed(), DibaoTopUp.proposed(), DibaoFloor.proposed())
    await offices.open_desk("clerk.help", Role.CLERK, Section.ASSISTANCE)
    await offices.open_desk("section.help", Role.SECTION, Section.ASSISTANCE)
    await offices.open_desk("cashier", Role.FINANCE)
    await offices.register("示例甲", born_on=date(1970, 5, 1), sequence=901)
    async with site.page() as page:
        await site.sign_in(page, "clerk.help")
        await page.locator(".civil .empty").wait_for()
        assert path_of(page) == "/console/civil/cases"
        assert await violations(page) == []
        await page.keyboard.press("n")
        form = page.locator(".peek")
        await form.get_by_label("事项").select_option(label="最低生活保障申请")
        await form.locator(".person-picker input").first.fill("示例")
        await page.keyboard.press("Enter")
        await form.locator(".hits button").first.click()
        await expect(form.locator(".picked").first).to_contain_text("示** 1970")
        await form.get_by_label("月计算收入").fill("200.50")
        assert await violations(page) == []
        await form.get_by_role("button", name="登记", exact=True).click()
        await expect(form.locator(".big")).to_have_text("已受理")
        await expect(form.locator(".shown").first).to_contain_text("200.50 元")
        await move(page, "已核对")
        await page.locator(".moves").get_by_role("button", name="已入户调查").click()
        await page.get_by_label("同时修改填报内容").check()
        await page.get_by_label("入户调查人数").fill("2")
        await page.get_by_role("button", name="办到“已入户调查”").click()
        await expect(form.locator(".big")).to_have_text("已入户调查")
        await move(page, "公示中")
        await expect(form).to_contain_text("还有 7 天")
        confirm = page.locator(".moves li").filter(has_text="已确认")
        await expect(confirm.get_by_role("button")).to_be_disabled()
        await expect(confirm).to_contain_text("这一步由")
        assert await violations(page) == []
        await move(page, "已入户调查", reason=OBJECTION)
        await expect(form.locator(".steps")).to_contain_text(OBJECTION)
        await move(page, "公示中")

    async with site.page() as page:
        await site.sign_in(page, "section.help")
        await page.locator(".civil tbody button").first.click()
        confirm = page.locator(".moves li").filter(has_text="已确认")
        await expect(confirm.get_by_role("button")).to_be_disabled()
        await expect(confirm).to_contain_text("公示没有满")
    offices.go_on(8)
    async with site.page() as page:
        await site.sign_in(page, "section.help")
        await page.locator(".civil tbody button").first.click()
        await move(page, "已确认")
        await expect(page.locator(".peek .steps")).to_contain_text("clerk.help")
        await expect(page.locator(".peek")).to_contain_text("这件已经办结")
        await page.get_by_role("link", name="看这个人在享的待遇").click()
        await expect(page.locator(".civil tbody tr")).to_contain_text(["最低生活保障"])

    offices.go_on(31)
    async with site.page() as page:
        await site.sign_in(page, "finance", "/console/civil/pay-runs")
        await page.get_by_label("待遇", exact=True).select_option(label="最低生活保障")
        await page.get_by_role("button", name="生成这个月").click()
        peek = page.locator(".peek")
        await expect(peek.locator(".big")).to_have_text("已生成")
        await expect(peek).to_contain_text("499.50")  # 700.00 a month less what the applicant has
        await expect(peek.get_by_role("button", name="审批通过")).to_be_disabled()
        await expect(peek).to_contain_text("要另一个人审批")
        await peek.get_by_role("button", name="重新核算一遍").click()
        await expect(peek.get_by_role("status")).to_have_text("核算一致，一分不差")
        assert await violations(page) == []
        run = path_of(page)

    async with site.page() as page:
        await site.sign_in(page, "cashier", run)
        peek = page.locator(".peek")
        await peek.get_by_role("button", name="审批通过").click()
        await expect(peek.locator(".big")).to_have_text("已审批")
        async with page.expect_download() as waiting:
            await peek.get_by_role("button", name="银行代发文件").click()
        download = await waiting.value
        assert download.suggested_filename.startswith("代发文件-最低生活保障-")
        lines = Path(await download.path()).read_text(encoding="utf-8-sig").splitlines()
        assert [line.split(",")[1:] for line in lines[1:]] == [["示例甲", "6217000000009999", "499.50"]]
        await peek.get_by_role("button", name="登记银行回盘").click()
        await peek.get_by_label("示** 499.50").check()
        await expect(peek.get_by_role("button", name="登记 1 笔退回")).to_be_disabled()
        await peek.get_by_label("银行说的原因").fill("<i>账户已销户</i>")
        assert await violations(page) == []
        await peek.get_by_role("button", name="登记 1 笔退回").click()
        await expect(peek.locator(".big")).to_have_text("已发放")
        await expect(peek).to_contain_text("银行退回：<i>账户已销户</i>")


async def test_what_is_refused_is_said_and_nothing_typed_is_lost(site: Site) -> None:
    offices = Offices(site)
    await offices.open_desk("clerk.help", Role.CLERK, Section.ASSISTANCE)
    await offices.register("示例乙", born_on=date(1970, 5, 1), sequence=903)
    async with site.page() as page:
        await site.sign_in(page, "clerk.help")
        await page.get_by_role("button", name="新办一件").click()
        form = page.locator(".peek")
        await form.get_by_label("事项").select_option(label="支出型临时救助申请")
        await form.locator(".person-picker input").first.fill("qzbirch")
        await page.keyboard.press("Enter")
        await form.get_by_text("没有找到").wait_for()  # she lives in another town
        await form.locator(".person-picker input").first.fill("示例乙")
        await page.keyboard.press("Enter")
        await form.locator(".hits button").first.click()
        await form.get_by_label("致困事由").select_option(label="医疗支出")
        await form.get_by_label("救助人数").fill("1")
        await form.get_by_label("救助金额").fill("99999")
        await form.get_by_role("button", name="登记", exact=True).click()
        await form.get_by_role("alert").wait_for()
        assert await violations(page) == []
        await expect(form.get_by_label("救助金额")).to_have_value("99999")
        await page.context.set_offline(True)
        await form.get_by_label("救助金额").fill("1200")
        await form.get_by_role("button", name="登记", exact=True).click()
        await expect(form.get_by_role("alert")).to_contain_text("没有回话")
        await page.context.set_offline(False)
        await form.get_by_role("button", name="登记", exact=True).click()
        await expect(form.locator(".big")).to_have_text("已受理")
        await expect(page.locator(".civil tbody tr")).to_have_count(1)


@pytest.mark.parametrize(("language", "dark", "phone"), [("en-GB", True, False), ("zh-CN", False, True)])
async def test_the_bureaus_pages_are_in_everybodys_reach(site: Site, language: str, dark: bool, phone: bool) -> None:
    for name, path in (
        ("clerk", "/console/civil/cases"),
        ("section", "/console/civil/ledger"),
        ("finance", "/console/civil/pay-runs"),
        ("auditor", "/console/civil/funds"),
        ("manager", "/console/civil/report"),
    ):
        async with site.page(language=language, dark=dark, phone=phone) as page:
            await site.sign_in(page, name, path)
            await page.wait_for_load_state("networkidle")
            assert await violations(page) == [], path
            if await page.locator(".civil tbody button").count():
                await page.locator(".civil tbody button").first.click()
                await page.locator(".peek").wait_for()
                await page.wait_for_load_state("networkidle")
                assert await violations(page) == [], f"{path} opened"
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} px wider than the screen"
