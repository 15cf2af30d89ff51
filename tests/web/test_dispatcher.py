"""A company's dispatcher: offers are answered by keys alone, and the timeline says who may go and who not."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from dispatch.matching import operations as matching
from dispatch.matching.operations import Cause
from dispatch.requests import operations as requests
from dispatch.requests.model import Channel
from dispatch.visits.model import Offer, Visit
from dispatch.visits.transitions import OfferState, VisitState
from kit.access.roles import Role
from providers.roster.model import Worker
from tests.api.lives import ITEMS, OPERATOR, Company
from tests.api.world import Lived
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def company(lived: Lived) -> Company:
    return lived.companies[1]


def dispatcher(company: Company) -> str:
    return f"{company.mark}.{Role.PROVIDER}"


async def asked(site: Site, company: Company, *, hours: int, elder: int = 0) -> Visit:
    """Place a request of the company's first or second elder that it is asked about; return the offered visit."""
    async with site.works(OPERATOR) as work:
        begin = work.now + timedelta(hours=hours)
        request = await requests.place(
            work,
            wanted=requests.NewRequest(
                person_id=company.elders[elder],
                item_code=ITEMS[0],
                earliest=begin,
                latest=begin + timedelta(minutes=20),
                override_duplicate=True,
                channel=Channel.PHONE,
                accept_own_cost=True,
            ),
        )
    async with site.works(OPERATOR) as work:
        visit_id = await matching.decide(work, request_id=request.id, cause=Cause.REQUESTED)
        assert visit_id is not None
        visit = await work.session.get_one(Visit, visit_id)
    assert visit.provider_id == company.id
    return visit


async def numbers_of(site: Site, company: Company) -> dict[UUID, int]:
    """Return the number of each worker of the company; the plan shows them in this order."""
    async with site.works(OPERATOR) as work:
        query = select(Worker).where(Worker.id.in_(company.workers))
        return {worker.id: worker.number for worker in (await work.session.execute(query)).scalars()}


async def answer_to(site: Site, visit: Visit) -> tuple[Offer, Visit]:
    async with site.works(OPERATOR) as work:
        query = select(Offer, Visit).join(Visit, Visit.id == Offer.visit_id).where(Visit.id == visit.id)
        offer, now = (await work.session.execute(query)).one()
    return offer, now


async def chosen_by_digit(page: Page, site: Site, visit: Visit) -> None:
    """Press the digit of the visit's offer, the nearest deadline first."""
    async with site.works(OPERATOR) as work:
        query = select(Offer.visit_id).where(Offer.state == OfferState.OPEN, Offer.provider_id == visit.provider_id)
        waiting = list((await work.session.execute(query.order_by(Offer.deadline, Offer.id))).scalars())
    await expect(page.locator(".offers li")).to_have_count(len(waiting))
    await page.keyboard.press(str(waiting.index(visit.id) + 1))
    await page.locator(".offers li").nth(waiting.index(visit.id)).locator(".btn.go").wait_for()


async def test_offers_are_answered_by_keys_alone_one_with_a_chosen_worker_one_with_a_reason(
    site: Site, company: Company
) -> None:
    first, second = await asked(site, company, hours=4), await asked(site, company, hours=7)
    numbers = await numbers_of(site, company)
    other = next(worker for worker in company.workers[:2] if worker != first.worker_id)
    async with site.page() as page:
        await site.sign_in(page, dispatcher(company))
        await page.wait_for_url("**/console/dispatch")
        await page.locator(".plan .line").first.wait_for()
        await chosen_by_digit(page, site, first)
        await page.locator(".offers [role=timer]").get_by_text("还剩").first.wait_for()
        await page.keyboard.press("w")
        await page.locator(".plan .block.may").first.wait_for()
        await expect(page.locator(".plan .block.may")).to_have_count(2)
        await expect(page.locator(".plan .line.no .block.rule")).to_have_text(["不在班"])
        assert await violations(page) == []
        await page.keyboard.press("ArrowDown" if numbers[other] > numbers[first.worker_id] else "ArrowUp")
        await expect(page.locator(".plan .line.on .who")).to_contain_text(str(numbers[other]))
        await page.keyboard.press("Enter")
        await page.locator(".told").get_by_text("接下了").wait_for()
        offer, visit = await answer_to(site, first)
        assert (offer.state, visit.state, visit.worker_id) == (OfferState.ACCEPTED, VisitState.ACCEPTED, other)

        await chosen_by_digit(page, site, second)
        await page.keyboard.press("d")
        await page.locator(".side .reasons button").first.wait_for()
        assert await violations(page) == []
        await page.keyboard.press("7")
        await page.locator(".side .input:focus").wait_for()
        await page.keyboard.type("过河的桥在修 <b>1</b>")
        await page.keyboard.press("Enter")
        await page.locator(".told").get_by_text("没有接").wait_for()
        offer, visit = await answer_to(site, second)
        assert (offer.state, offer.reason, offer.note) == (OfferState.REFUSED, "other", "过河的桥在修 <b>1</b>")
        assert visit.state is VisitState.REFUSED


async def test_an_offer_that_comes_in_shows_at_once_and_one_that_is_answered_elsewhere_goes(
    site: Site, company: Company
) -> None:
    async with site.page() as page:
        await site.sign_in(page, dispatcher(company))
        count = page.locator(".offers .count b")
        await page.locator(".plan .line").first.wait_for()
        before = int(await count.inner_text())
        visit = await asked(site, company, hours=6)
        await expect(count).to_have_text(str(before + 1))
        offer, _ = await answer_to(site, visit)
        reason = {"reason": "no_worker"}
        path = f"/api/v1/offers/{offer.id}/refusal"
        async with site.page() as elsewhere:
            await site.sign_in(elsewhere, dispatcher(company))
            answer = await elsewhere.request.post(site.url + path, data=reason)
            assert answer.status == 200
        await expect(count).to_have_text(str(before))


async def test_the_plan_is_there_after_a_reload_and_after_signing_in_on_its_own_address(
    site: Site, company: Company
) -> None:
    async with site.page() as page:
        await site.sign_in(page, dispatcher(company), "/console/dispatch")
        await page.locator(".plan .line").first.wait_for()
        await page.reload()
        await page.locator(".plan .line").first.wait_for()
        await expect(page.locator("#head-state")).to_contain_text("户做完")


async def test_a_promised_visit_goes_to_another_worker_by_keys_and_back_again(site: Site, company: Company) -> None:
    visit = await asked(site, company, hours=5)
    numbers = await numbers_of(site, company)
    other = next(worker for worker in company.workers[:2] if worker != visit.worker_id)
    async with site.page() as page:
        await site.sign_in(page, dispatcher(company))
        await chosen_by_digit(page, site, visit)
        await page.keyboard.press("a")
        await page.locator(".told").get_by_text("接下了").wait_for()
        hour = (visit.planned_start + timedelta(hours=8)).strftime("%H:%M")
        block = page.locator(f".plan button.block[title^='{hour}']")
        await block.focus()
        await page.keyboard.press("Enter")
        await page.locator(".plan .block.may").nth(1).wait_for()
        await page.keyboard.press("ArrowDown" if numbers[other] > numbers[visit.worker_id] else "ArrowUp")
        await expect(page.locator(".side .btn.go")).to_be_enabled()
        await page.keyboard.press("Enter")
        await page.locator(".told").get_by_text("→").wait_for()
        assert (await answer_to(site, visit))[1].worker_id == other
        await page.keyboard.press("z")
        await page.locator(".told").get_by_text("撤销了").wait_for()
        assert (await answer_to(site, visit))[1].worker_id == visit.worker_id


async def test_a_promised_visit_is_dragged_past_a_forbidden_row_to_a_lawful_one(site: Site, company: Company) -> None:
    visit = await asked(site, company, hours=5)
    other = next(worker for worker in company.workers[:2] if worker != visit.worker_id)
    async with site.page() as page:
        await site.sign_in(page, dispatcher(company))
        await chosen_by_digit(page, site, visit)
        await page.keyboard.press("a")
        await page.locator(".told").get_by_text("接下了").wait_for()
        hour = (visit.planned_start + timedelta(hours=8)).strftime("%H:%M")
        block = page.locator(f".plan button.block[title^='{hour}']")

        await _drag(page, block)
        hatched = page.locator(".plan .line.no")
        await hatched.wait_for()
        await expect(hatched.locator(".block.rule")).to_have_text(["不在班"])
        await _over(page, hatched)
        await page.mouse.up()
        await page.locator(".plan .block.held").wait_for(state="detached")
        await block.wait_for()
        assert (await answer_to(site, visit))[1].worker_id == visit.worker_id

        await _drag(page, block)
        lawful = page.locator(f"#plan-{other}")
        await lawful.locator(".block.may").wait_for()
        await _over(page, lawful)
        await expect(lawful).to_have_class(re.compile(r"\bon\b"))
        await page.mouse.up()
        await page.locator(".told").get_by_text("→").wait_for()
        assert (await answer_to(site, visit))[1].worker_id == other


async def _drag(page: Page, block: Locator) -> None:
    """Press the mouse on a block and move it a little."""
    box = await block.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 8, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 20, box["y"] + 14, steps=4)
    await page.locator(".plan .block.held").wait_for()


async def _over(page: Page, row: Locator) -> None:
    box = await row.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)


@pytest.mark.parametrize(("language", "dark", "phone"), [("en-US", True, False), ("zh-CN", False, True)])
async def test_the_dispatchers_page_is_in_everybodys_reach(
    site: Site, company: Company, language: str, dark: bool, phone: bool
) -> None:
    async with site.page(language=language, dark=dark, phone=phone) as page:
        await site.sign_in(page, dispatcher(company))
        await page.locator(".plan .line").first.wait_for()
        for tab in await page.get_by_role("tab").all():
            await tab.click()
            await page.wait_for_load_state("networkidle")
            assert await violations(page) == [], tab
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{wide} px wider than the screen"
