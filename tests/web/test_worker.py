"""A worker's phone: the day in the pocket, one button, and nothing lost or doubled without a signal."""

import re
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import select

from api.accounts import operations as accounts
from api.accounts.model import Account, AccountSession, SessionKind
from dispatch.visits import operations, visit_codes
from dispatch.visits.model import Act, Offer, Visit
from dispatch.visits.transitions import OfferRefusalReason, OfferState, VisitState
from events.model import LoggedEvent
from kit import text
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from providers.roster.model import Worker
from tests.api.acts import HOME
from tests.api.lives import OPERATOR, PASSWORD
from tests.web.conftest import Site, fill, violations

pytestmark = pytest.mark.timeout(300)


async def account_of(site: Site, visit: Visit) -> str:
    """Open an account for the worker of a visit; return its name."""
    name = f"phone-{str(visit.worker_id)[-12:]}"
    async with site.works(SYSTEM("test")) as work:
        if (await work.session.execute(select(Account).where(Account.username == name))).first() is None:
            await accounts.open_account(
                work,
                username=name,
                display_name="李师傅",
                role=Role.WORKER,
                password=PASSWORD,
                provider_id=visit.provider_id,
                worker_id=visit.worker_id,
            )
    return name


def dispatcher(visit: Visit) -> Actor:
    return Actor(Role.PROVIDER, "test", UUID(int=99), Company(visit.provider_id))


async def offered(site: Site) -> tuple[Offer, Visit]:
    """Return an open offer and its visit."""
    async with site.works(SYSTEM("test")) as work:
        query = select(Offer, Visit).join(Visit, Visit.id == Offer.visit_id).where(Offer.state == OfferState.OPEN)
        offer, visit = (await work.session.execute(query.order_by(Offer.id.desc()).limit(1))).one()
    return offer, visit


async def two_visits(site: Site) -> tuple[Visit, Visit]:
    """Promise a worker a second visit, later on the same day; return both."""
    async with site.works(SYSTEM("test")) as work:
        promised = select(Visit).where(Visit.state == VisitState.ACCEPTED)
        asked = select(Visit.provider_id).join(Offer, Offer.visit_id == Visit.id).where(Offer.state == OfferState.OPEN)
        query = promised.where(Visit.provider_id.in_(asked)).order_by(Visit.planned_start).limit(1)
        first = (await work.session.execute(query)).scalar_one()
        asks = select(Offer).where(Offer.state == OfferState.OPEN, Offer.provider_id == first.provider_id)
        offer = (await work.session.execute(asks.limit(1))).scalar_one()
        hour = first.planned_start + timedelta(hours=4)
    async with site.works(dispatcher(first)) as work:
        await operations.accept(work, offer_id=offer.id)
    async with site.works(OPERATOR) as work:
        await operations.reschedule(work, visit_id=offer.visit_id, starts_at=hour, agreed_to=hour, reason="at noon")
    async with site.works(dispatcher(first)) as work:
        second = await operations.change_worker(
            work, visit_id=offer.visit_id, worker_id=first.worker_id, reason="the other one is ill"
        )
    return first, second


async def at_the_door(context: BrowserContext) -> None:
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation({"latitude": HOME[0], "longitude": HOME[1], "accuracy": 12})


async def tap(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def acts_of(site: Site, *visits: Visit) -> list[Act]:
    async with site.works(SYSTEM("test")) as work:
        query = (
            select(Act).where(Act.visit_id.in_([visit.id for visit in visits])).order_by(Act.received_at, Act.sequence)
        )
        return list((await work.session.execute(query)).scalars())


async def emitted(site: Site, visit: Visit) -> Counter[str]:
    """Count what the log tells of a visit's acts."""
    async with site.works(SYSTEM("test")) as work:
        rows = await work.session.execute(select(LoggedEvent.type, LoggedEvent.data))
        return Counter(type_ for type_, data in rows if data.get("visit_id") == str(visit.id))


async def test_a_day_without_a_signal_is_reported_in_order_and_once(site: Site) -> None:
    first, second = await two_visits(site)
    name = await account_of(site, first)
    async with site.works(SYSTEM("test")) as work:
        code = visit_codes.code(work, first.id)
    async with site.page(phone=True) as page:
        await at_the_door(page.context)
        await site.sign_in(page, name, "/field/")
        await page.get_by_role("button", name="出发", exact=True).wait_for()
        await page.evaluate("navigator.serviceWorker.ready")
        await tap(page, "出发")
        await page.get_by_role("button", name="到门口了，签到").wait_for()
        await page.get_by_text("未上报 0").wait_for()
        assert [act.kind for act in await acts_of(site, first)] == ["depart"]

        await page.context.set_offline(True)
        await page.get_by_text("没有信号").wait_for()
        await page.close()
        phone = await page.context.new_page()
        await phone.goto(site.url + "/field/")
        await tap(phone, "到门口了，签到")
        await phone.get_by_text("位置找到了").wait_for()
        assert await violations(phone) == []
        await phone.fill("[name=code]", code)
        await tap(phone, "签到")
        await phone.get_by_text("未上报 1").wait_for()
        await tap(phone, "做完了，签退")
        await phone.get_by_text("位置找到了").wait_for()
        await tap(phone, "签退")
        await tap(phone, "出发")  # to the second elder, who is somebody else's by now
        await phone.get_by_text("未上报 3").wait_for()
        assert await violations(phone) == []

        site.clock.advance(timedelta(minutes=45))
        async with site.works(SYSTEM("test")) as work:
            others = select(Worker.id).where(Worker.provider_id == first.provider_id, Worker.id != first.worker_id)
            colleague = (await work.session.execute(others.order_by(Worker.number).limit(1))).scalar_one()
        async with site.works(dispatcher(first)) as work:
            await operations.change_worker(work, visit_id=second.id, worker_id=colleague, reason="on the way")
        await phone.reload()
        await phone.get_by_text("未上报 3").wait_for()
        await phone.context.set_offline(False)
        await phone.get_by_text("未上报 0").wait_for(timeout=60_000)
        await tap(phone, "需要处理 1")
        refusal = phone.locator(".sheet .refused")
        await expect(refusal).to_contain_text("出发")
        await expect(refusal).to_contain_text(text.sentence("visit.not_found", "zh"))
        assert await violations(phone) == []
        await tap(phone, "知道了")
        await refusal.wait_for(state="detached")
        acts = await acts_of(site, first, second)
        assert [(act.visit_id, act.kind, act.sequence) for act in acts] == [
            (first.id, kind, number) for number, kind in enumerate(("depart", "arrive", "leave"), 1)
        ]
        assert [act.offline for act in acts] == [False, True, True]
        counted = await emitted(site, first)
        assert [counted[f"visits.{what}.v1"] for what in ("worker_departed", "worker_arrived", "visit_finished")] == [
            1
        ] * 3
        async with site.works(SYSTEM("test")) as work:
            session = select(AccountSession).join(Account, Account.id == AccountSession.account_id)
            latest = session.where(Account.username == name).order_by(AccountSession.id.desc()).limit(1)
            begun = (await work.session.execute(latest)).scalar_one()
            assert (begun.kind, begun.counter) == (SessionKind.PHONE, 4)


async def test_another_account_on_the_phone_sees_nothing_and_signing_out_leaves_nothing(site: Site) -> None:
    async with site.works(SYSTEM("test")) as work:
        query = select(Visit).where(Visit.accepted_at.is_not(None)).order_by(Visit.planned_start.desc())
        first, *rest = (await work.session.execute(query)).scalars()
    other = next(visit for visit in rest if visit.provider_id != first.provider_id)
    names = [await account_of(site, visit) for visit in (first, other)]
    kept = "indexedDB.databases().then((all) => all.map((one) => one.name).filter((name) => name.startsWith('field-')))"
    async with site.page(phone=True) as page:
        await site.sign_in(page, names[0], "/field/")
        await page.get_by_text("未上报 0").wait_for()
        before = await page.evaluate(kept)
        assert len(before) == 1
        await page.context.clear_cookies()
        await page.reload()
        await fill(page, names[1])
        await page.get_by_text("未上报 0").wait_for()
        await page.wait_for_function(f"{kept}.then((names) => names.length === 1 && names[0] !== '{before[0]}')")
        await page.context.set_offline(True)
        await tap(page, "更多")
        await tap(page, "退出")
        await page.get_by_role("alert").get_by_text("没有信号").wait_for()
        await page.context.set_offline(False)
        async with page.expect_navigation():
            await tap(page, "退出")
        await page.locator(".sign-in").wait_for()
        assert await page.evaluate(kept) == []
        assert (await page.request.get(f"{site.url}/api/v1/me")).status == 401


async def test_an_offer_counts_down_and_is_refused_with_a_reason(site: Site) -> None:
    offer, visit = await offered(site)
    async with site.page(phone=True) as page:
        await site.sign_in(page, await account_of(site, visit), "/field/")
        await page.get_by_role("timer").get_by_text("还剩").wait_for()
        assert await violations(page) == []
        await tap(page, "不接，选原因")
        await tap(page, "太远，赶不到")
        await page.get_by_role("dialog").wait_for(state="detached")
        async with site.works(SYSTEM("test")) as work:
            answered = await work.session.get_one(Offer, offer.id)
            assert (answered.state, answered.reason) == (OfferState.REFUSED, OfferRefusalReason.TOO_FAR)


async def test_the_phone_can_be_installed(site: Site) -> None:
    async with site.page(phone=True) as page:
        await page.goto(site.url + "/field/")
        await page.evaluate("navigator.serviceWorker.ready")
        session = await page.context.new_cdp_session(page)
        errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
        assert {error["errorId"] for error in errors} <= {"in-incognito"}
        assert (await session.send("Page.getAppManifest"))["errors"] == []


async def test_the_map_is_asked_for_the_door_in_the_datum_that_it_takes(site: Site) -> None:
    async with site.works(SYSTEM("test")) as work:
        query = select(Visit).where(Visit.state == VisitState.ACCEPTED).order_by(Visit.planned_start).limit(1)
        visit = (await work.session.execute(query)).scalar_one()
    async with site.page(phone=True) as page:
        await site.sign_in(page, await account_of(site, visit), "/field/")
        link = page.get_by_role("link", name="导航")
        await link.wait_for()
        await expect(link).to_have_attribute("href", re.compile(r"^https://uri\.amap\.com/navigation\?to=116\.80"))
        await page.context.set_offline(True)
        await page.get_by_text("没有信号").wait_for()
        await expect(link).to_have_attribute("href", f"geo:{HOME[0]:.6f},{HOME[1]:.6f}")
