"""The page of complaints: taken by the desk, led step by step to a decision, replied to, never decided twice by one."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from dispatch.requests.model import CareRequest
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from kit.access.actor import SYSTEM
from providers.satisfaction.model import Complaint, ComplaintState, ComplaintStep
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)
WORDS = "<b>师傅没有擦窗</b>，来得也晚"


async def number_of_a_request(site: Site) -> str:
    """Return the number of a request whose visit is over."""
    async with site.works(SYSTEM("test")) as work:
        over = select(CareRequest).join(Visit, Visit.request_id == CareRequest.id)
        query = over.where(Visit.state == VisitState.VERIFIED).order_by(CareRequest.number).limit(1)
        return (await work.session.execute(query)).scalar_one().case_no


async def latest(site: Site) -> Complaint:
    async with site.works(SYSTEM("test")) as work:
        query = select(Complaint).order_by(Complaint.number.desc()).limit(1)
        return (await work.session.execute(query)).scalar_one()


async def take(page: Page, site: Site) -> int:
    """Take a complaint at the operator's desk, though one about the visit may be open; return its number."""
    await page.keyboard.press("n")
    await page.get_by_label("哪一单").fill(await number_of_a_request(site))
    await page.keyboard.press("Enter")
    await page.locator("input[name=visit]").first.wait_for()
    await page.get_by_label("老人怎么说的").fill(WORDS)
    await page.locator(".peek .btn.go").click()
    said = page.locator("blockquote")
    again = page.get_by_role("button", name="仍然登记")
    await said.or_(again).first.wait_for()
    if await again.is_visible():
        await again.click()
    await said.wait_for()
    await expect(said).to_have_text(WORDS)
    return (await latest(site)).number


async def test_a_complaint_is_taken_decided_remedied_closed_and_appealed_to_another(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "operator", "/console/complaints")
        await page.locator(".complaints tbody tr").first.wait_for()
        number = await take(page, site)
        await expect(page.locator(".peek")).to_contain_text(f"第 {number} 件")
        assert await violations(page) == []
        await expect(page.get_by_role("button", name="确认受理")).to_have_count(0)
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/complaints")
        await page.get_by_role("button", name=f"第 {number} 件").click()
        await page.locator("blockquote", has_text=WORDS).wait_for()
        await page.get_by_role("button", name="确认受理").click()
        await page.get_by_role("button", name="完成调查").click()
        decide = page.get_by_role("button", name="裁定", exact=True)
        await decide.wait_for()
        await expect(decide).to_be_disabled()
        await page.get_by_label("成立", exact=True).check()
        await page.get_by_label("百分之几").fill("1")
        await decide.click()
        await page.get_by_role("alert").wait_for()
        await page.get_by_label("百分之几").fill("60")
        assert await violations(page) == []
        await decide.click()
        await page.locator(".peek dd").filter(has_text="成立，扣 60%").wait_for()
        await expect(page.locator(".say")).to_contain_text("扣企业 60%")
        await page.get_by_role("button", name="完成整改").click()
        await page.get_by_role("tab", name="已整改").click()
        await page.get_by_role("button", name="办结", exact=True).click()
        await page.get_by_role("button", name="申诉", exact=True).click()
        await page.get_by_text("申诉要另一个人裁定").wait_for()
        await expect(page.get_by_role("button", name="裁定", exact=True)).to_be_disabled()
        await expect(page.locator(".peek .steps li", has_text="已申诉")).to_be_visible()
        steps = await page.locator(".peek .steps li").all_inner_texts()
        walked = ["已受理", "已确认", "已调查", "已裁定", "已整改", "已办结", "已申诉"]
        assert [word in step for word, step in zip(walked, steps, strict=False)] == [True] * 7
    complaint = await latest(site)
    assert (complaint.number, complaint.state, complaint.deduction_percent) == (number, ComplaintState.APPEALED, 60)


async def test_a_step_whose_answer_is_lost_is_taken_once(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "operator", "/console/complaints")
        await page.locator(".complaints tbody tr").first.wait_for()
        number = await take(page, site)
    async with site.page() as page:
        await site.sign_in(page, "manager", "/console/complaints")
        await page.get_by_role("button", name=f"第 {number} 件").click()
        await page.context.set_offline(True)
        await page.get_by_role("button", name="确认受理").click()
        await page.get_by_role("alert").filter(has_text="没有回话").wait_for()
        await expect(page.locator("blockquote")).to_have_text(WORDS)
        await page.context.set_offline(False)
        await page.get_by_role("button", name="确认受理").click()
        await page.get_by_role("button", name="完成调查").wait_for()
    async with site.works(SYSTEM("test")) as work:
        steps = select(ComplaintStep).where(ComplaintStep.complaint_id == (await latest(site)).id)
        assert len((await work.session.execute(steps)).scalars().all()) == 2


@pytest.mark.parametrize(("language", "dark", "phone"), [("en-GB", True, False), ("zh-CN", False, True)])
async def test_an_auditor_reads_complaints_and_takes_no_step(
    site: Site, language: str, dark: bool, phone: bool
) -> None:
    async with site.page(language=language, dark=dark, phone=phone) as page:
        await site.sign_in(page, "auditor", "/console/complaints")
        await page.locator(".complaints tbody button").first.click()
        await page.locator("blockquote").wait_for()
        await page.locator(".peek .steps li").first.wait_for()
        await expect(page.locator(".peek form")).to_have_count(0)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
