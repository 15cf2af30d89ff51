"""A month at four desks: a dispute decided, the statement confirmed, looked at, approved by a second person, paid."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from api.accounts import operations as accounts
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.money import in_words
from providers.catalogue import operations as catalogue
from providers.settlement import operations as settlement
from providers.settlement.model import Payment, PaymentReturn, Statement, StatementState
from tests import documents
from tests.api.lives import MANAGER, PASSWORD
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)


async def statement_of(site: Site, month: str, company: str | None = None) -> Statement:
    async with site.works(SYSTEM("test")) as work:
        query = select(Statement).where(Statement.month == month).order_by(Statement.claimed_fen.desc())
        rows = (await work.session.execute(query)).scalars().all()
    return next(row for row in rows if company is None or str(row.provider_id) == company)


def yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"


async def open_month(page: Page, site: Site, name: str, month: str) -> None:
    await site.sign_in(page, name, "/console/finance")
    await page.get_by_label("月份").select_option(month)
    await page.locator(".paper tbody tr").first.wait_for()


async def saved(page: Page, button: str) -> tuple[str, bytes]:
    """Press a button that saves a file; its name and what it holds."""
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=button, exact=True).click()
    download = await waiting.value
    return download.suggested_filename, Path(await download.path()).read_bytes()


async def test_a_month_goes_from_a_disputed_line_to_its_payment(site: Site) -> None:
    provider = next(name for name, role in site.roles.items() if role is Role.PROVIDER)
    async with site.works(SYSTEM("test")) as work:
        draft = select(Statement).where(Statement.state == StatementState.DRAFT).limit(1)
        month = (await work.session.execute(draft)).scalar_one().month
        await accounts.open_account(
            work, username="cashier", display_name="cashier", role=Role.FINANCE, password=PASSWORD
        )
    async with site.page() as page:
        await site.sign_in(page, provider, "/console/finance")
        await page.locator(".paper tbody tr").first.wait_for()
        company = (await page.evaluate("fetch('/api/v1/me').then(me => me.json())"))["provider_id"]
        await expect(page.locator(".firms .list button")).to_have_count(1)
        statement = await statement_of(site, month, company)
        sums = await page.locator(".sums").inner_text()
        for fen in (statement.claimed_fen, statement.payable_fen, statement.subsidised_fen, statement.own_fen):
            assert yuan(fen) in sums
        await expect(page.locator(".words [lang]")).to_have_text(in_words(statement.payable_fen))
        await expect(page.get_by_role("button", name="确认")).to_be_disabled()
        await page.get_by_text("1 条异议没有决定").wait_for()
        called = await page.locator(".firms b").inner_text()

    async with site.page() as page:
        await open_month(page, site, "manager", month)
        await page.locator(".firms .list button", has_text=called).click()
        await page.locator("tr.wait-row").click()
        await page.get_by_label("决定的理由").fill("<b>路是通的</b>")
        await page.get_by_role("button", name="驳回异议").click()
        await page.locator(".drawer").get_by_text("<b>路是通的</b>").wait_for()

    async with site.page() as page:
        await open_month(page, site, provider, month)
        await page.get_by_role("button", name="确认").click()
        await page.get_by_text("等第二个人复核").wait_for()
        await expect(page.get_by_role("button", name="付款文件")).to_have_count(0)

    async with site.page() as page:
        await open_month(page, site, "finance", month)
        await page.locator(".firms .list button", has_text=called).click()
        await page.keyboard.press("j")
        await page.locator(".drawer dt").first.wait_for()
        await page.locator(".drawer").get_by_role("heading", name="派单").wait_for()
        await page.locator(".drawer li").first.wait_for()
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await page.get_by_text("行要由人查看").wait_for()
        assert await page.get_by_role("button", name="复核", exact=True).is_disabled()
        await page.get_by_label("只看要查看的").check()
        while await page.locator("tr.look-row").count():
            waiting = await page.locator("tr.look-row").count()
            await page.locator("tr.look-row").first.click()
            await page.locator(".drawer").get_by_role("heading", name="复核前查看").wait_for()
            assert await violations(page) == []
            await page.get_by_label("看了什么，怎么样").fill("<i>电话问过老人</i>")
            await page.get_by_role("button", name="属实", exact=True).click()
            await page.locator(".drawer").get_by_text("<i>电话问过老人</i>").wait_for()
            await expect(page.locator("tr.look-row")).to_have_count(waiting - 1)
        await page.get_by_role("button", name="复核", exact=True).click()
        await page.get_by_text("你是复核人，付款要另一个人").wait_for()
        await expect(page.get_by_role("button", name="付款", exact=True)).to_be_disabled()

    async with site.page() as page:
        await open_month(page, site, "cashier", month)
        await page.locator(".firms .list button", has_text=called).click()
        name, content = await saved(page, "Excel")
        assert name == f"结算单-{called}-{month}.xlsx"
        _, values = documents.sheets(content)["结算单"][:2]
        assert documents.fen(values[7]) == statement.payable_fen
        name, content = await saved(page, "PDF")
        assert name == f"结算单-{called}-{month}.pdf"
        assert in_words(statement.payable_fen) in documents.pdf_text(content)
        for button, called_file in (("整月 Excel", f"结算单-{month}.xlsx"), ("汇总 PDF", f"结算汇总表-{month}.pdf")):
            assert (await saved(page, button))[0] == called_file
        name, content = await saved(page, "付款文件")
        assert name == f"付款文件-{month}.xlsx"
        (row,) = [row for row in documents.sheets(content)["付款"] if row[1] == called]
        assert (documents.fen(row[4]), row[5]) == (statement.subsidised_fen, in_words(statement.subsidised_fen))
        await page.get_by_label("银行流水号").fill("bank 31")
        await page.get_by_role("button", name="付款", exact=True).click()
        await page.locator(".acts .done").wait_for()
    async with site.works(SYSTEM("test")) as work:
        payment = (await work.session.execute(select(Payment).where(Payment.statement_id == statement.id))).scalar_one()
    assert (payment.fen, payment.reference) == (statement.subsidised_fen, "bank 31")


async def test_a_payment_that_came_back_is_recorded_and_a_paid_month_is_closed(site: Site) -> None:
    async with site.page() as page:
        await open_month(page, site, "finance", "2026-03")
        await page.get_by_text("2026 年预算 5,000,000.00 元").wait_for()
        assert await violations(page) == []
        await page.get_by_role("button", name="登记退票").click()
        await page.get_by_label("退票原因").select_option("account_unknown")
        await page.get_by_label("银行退票号").fill("RT <b>1</b>")
        assert await violations(page) == []
        await page.get_by_role("button", name="登记", exact=True).click()
        await page.locator(".payments .late").get_by_text("账号不存在，RT <b>1</b>").wait_for()
        await expect(page.get_by_role("button", name="2026-03 关账")).to_have_count(0)

    async with site.works(SYSTEM("test")) as work:
        (back,) = (await work.session.execute(select(PaymentReturn))).scalars().all()
        rows = (await work.session.execute(select(Statement).where(Statement.month == "2026-03"))).scalars().all()
        assert {row.id for row in rows if row.state is StatementState.CONFIRMED} == {back.statement_id}
    async with site.works(Actor(Role.MANAGER, "second")) as work:
        await settlement.approve(work, statement_id=back.statement_id)
    async with site.works(Actor(Role.FINANCE, "cashier")) as work:
        await settlement.pay(work, statement_id=back.statement_id, reference="bank 32")
    async with site.page() as page:
        await open_month(page, site, "finance", "2026-03")
        await page.get_by_role("button", name="2026-03 关账").click()
        await page.locator(".period .done").get_by_text("已关账").wait_for()
        assert await violations(page) == []


async def test_a_price_that_waits_is_shown_to_finance_and_taken_back_by_a_manager(site: Site) -> None:
    async with site.works(MANAGER) as work:
        day = work.now.date().replace(year=work.now.year + 1)
        await catalogue.propose_price(work, item_code="B01", fen=9900, valid_from=day)
    for name, decides in (("finance", False), ("manager", True)):
        async with site.page() as page:
            await site.sign_in(page, name, "/console/changes")
            card = page.locator(".changes .card", has_text="9900")
            await card.wait_for()
            assert await violations(page) == []
            await expect(card.get_by_role("button", name="撤回")).to_have_count(int(decides))
            if decides:
                await expect(card.get_by_role("button", name="确认")).to_be_disabled()
                await expect(card).to_contain_text("起可以确认")
                await card.get_by_role("button", name="撤回").click()
                await card.wait_for(state="detached")


@pytest.mark.parametrize(("language", "dark", "phone"), [("en-US", True, False), ("zh-CN", False, True)])
async def test_the_months_pages_are_in_everybodys_reach(site: Site, language: str, dark: bool, phone: bool) -> None:
    for path in ("/console/finance", "/console/changes"):
        async with site.page(language=language, dark=dark, phone=phone) as page:
            await site.sign_in(page, "finance", path)
            await page.wait_for_load_state("networkidle")
            assert await violations(page) == [], path
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} px wider than the screen"
