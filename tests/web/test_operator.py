"""The operator's pages: a call is taken by keys alone, and the board shows what waits."""

import asyncio
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select

from dispatch.enrolment.model import Enrolment, EnrolmentState
from dispatch.requests.model import OPEN, CareRequest, RequestState
from kit.access.actor import SYSTEM
from registry.model import Person
from tests.web.conftest import Site, violations

pytestmark = pytest.mark.timeout(300)


async def elder(site: Site) -> tuple[str, str]:
    """Return the id and the name of the served elder with the fewest requests in the month, so with quota left."""
    async with site.works(SYSTEM("test")) as work:
        month = work.now.replace(day=1, hour=0)
        waiting = select(func.count()).where(CareRequest.person_id == Person.id, CareRequest.earliest >= month)
        served = (
            select(Person)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .where(Enrolment.state == EnrolmentState.ACTIVE)
            .order_by(waiting.scalar_subquery(), Person.number)
            .limit(1)
        )
        person = (await work.session.execute(served)).scalar_one()
    return str(person.id), person.name


async def requests_of(site: Site, person_id: str) -> list[CareRequest]:
    async with site.works(SYSTEM("test")) as work:
        query = select(CareRequest).where(CareRequest.person_id == person_id).order_by(CareRequest.number)
        return list((await work.session.execute(query)).scalars())


async def press(page: Page, *keys: str) -> None:
    """Press keys one after another, as a person does; no mouse."""
    for key in keys:
        await page.keyboard.press(key)


async def test_a_call_is_saved_by_keys_alone_and_asked_about_once_more_when_it_is_a_duplicate(site: Site) -> None:
    person_id, name = await elder(site)
    before = await requests_of(site, person_id)
    async with site.page() as page:
        await site.sign_in(page, "operator")
        await page.get_by_text("还没有选人").wait_for()
        await press(page, "F2")
        await page.keyboard.type(name)
        await press(page, "Enter")
        await page.locator(".who strong").wait_for()
        await expect(page.locator(".who strong")).to_have_text(name)
        await page.wait_for_url(f"**/console/calls/{person_id}")
        await press(page, "1")
        await page.keyboard.type("m12-1230")
        await press(page, "Enter")
        await page.keyboard.type("先打电话 <b>再来</b>")
        await page.get_by_text("明天 12:00–12:30").wait_for()
        await expect(page.locator(".say")).to_contain_text("中午十二点")
        assert await violations(page) == []
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
        placed = (await requests_of(site, person_id))[len(before) :]
        assert len(placed) == 1
        await expect(page.locator(".note.good")).to_contain_text(placed[0].case_no)
        await expect(page.locator(".say")).to_contain_text(placed[0].case_no)
        await press(page, "Control+Enter")
        await page.keyboard.type(" ")
        await page.locator(".note.good").wait_for(state="detached")
        await press(page, "Control+Enter")
        await page.get_by_role("alert").filter(has_text=placed[0].case_no).wait_for()
        await expect(page.get_by_role("button", name="仍然登记")).to_be_visible()
        assert len(await requests_of(site, person_id)) == len(before) + 1
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
        assert len(await requests_of(site, person_id)) == len(before) + 2


async def test_enter_says_who_would_come_before_anything_is_saved_and_the_same_request_is_changed_instead(
    site: Site,
) -> None:
    person_id, _ = await elder(site)
    before = len(await requests_of(site, person_id))
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{person_id}")
        await page.locator(".usual button").first.wait_for()
        await press(page, "1")
        await page.keyboard.type("+6 9-11")
        await press(page, "Enter")
        first = page.locator(".out .pick")
        await first.wait_for()
        await expect(first).to_contain_text("师傅")
        await expect(page.locator(".order .price")).to_contain_text("元，自付")
        await expect(page.locator(".say")).to_contain_text(await first.locator("strong").inner_text())
        await page.keyboard.type("先打电话")
        await expect(first).to_be_visible()
        assert await violations(page) == []
        assert len(await requests_of(site, person_id)) == before
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
        placed = (await requests_of(site, person_id))[-1]

        await page.get_by_label("时间窗").or_(page.locator(".order input").first).first.fill("+6 0900-11")
        await press(page, "Enter")
        await page.locator(".order").get_by_role("alert").filter(has_text=placed.case_no).wait_for()
        await expect(page.get_by_role("button", name="仍然登记")).to_be_visible()
        await press(page, "F7")
        form = page.get_by_role("form", name="改这一单")
        await form.get_by_text(placed.case_no).wait_for()
        await form.get_by_label("时间窗").fill("+6 14-16")
        await form.get_by_label("为什么改").fill("上午要去医院")
        assert await violations(page) == []
        await press(page, "Enter")
        await form.wait_for(state="detached")
    requests = await requests_of(site, person_id)
    assert len(requests) == before + 1
    assert (requests[-1].id, requests[-1].earliest) == (placed.id, placed.earliest + timedelta(hours=5))


async def test_what_is_typed_survives_a_reload_and_a_lost_network_and_is_saved_once(site: Site) -> None:
    person_id, _ = await elder(site)
    before = len(await requests_of(site, person_id))
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{person_id}")
        await page.locator(".usual button").nth(1).wait_for()
        await press(page, "2")
        await page.keyboard.type("+3 14-15")
        await press(page, "Enter")
        await page.keyboard.type("三楼，没有电梯")
        await page.locator(".order").get_by_text("草稿已存本机").wait_for()
        await page.reload()
        await page.locator(".order").get_by_text("草稿已存本机").wait_for()
        await expect(page.get_by_label("给上门的人留话")).to_have_value("三楼，没有电梯")
        await expect(page.locator(".order .btn.go")).to_be_enabled()
        await page.context.set_offline(True)
        await press(page, "Control+Enter")
        await page.get_by_role("alert").filter(has_text="不会重复登记").wait_for()
        await page.get_by_role("status").filter(has_text="断网").wait_for()
        await page.context.set_offline(False)
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
    assert len(await requests_of(site, person_id)) == before + 1


async def test_the_board_shows_every_open_request_and_follows_what_happens(site: Site) -> None:
    async with site.works(SYSTEM("test")) as work:
        open_now = (await work.session.execute(select(CareRequest.id).where(CareRequest.state.in_(OPEN)))).all()
    async with site.page() as page:
        await site.sign_in(page, "operator", "/console/board")
        total = page.get_by_role("tab").first.locator("b")
        await page.locator(".board .all .line").first.wait_for()
        assert int(await total.inner_text()) >= len(open_now)
        assert await violations(page) == []
        names = await page.locator(".board .all .line span:nth-child(2)").all_inner_texts()
        assert all(name.endswith("*") for name in names if name)
        chosen = page.locator(".board .line[aria-selected=true]")
        first = await chosen.get_attribute("id") or ""
        await press(page, "j")
        await expect(chosen).not_to_have_attribute("id", first)
        await press(page, "k")
        await expect(chosen).to_have_attribute("id", first)
        await press(page, "n")
        await page.locator(".peek dt").get_by_text("留话").wait_for()


async def on_the_board(page: Page, site: Site, request: CareRequest) -> None:
    """Wait until the board, which is counted once for all viewers, has what was written past the verbs."""
    while True:
        rows = (await (await page.request.get(f"{site.url}/api/v1/board")).json())["rows"]
        latest = [datetime.fromisoformat(row["latest"]) for row in rows if row["request_id"] == str(request.id)]
        if latest and latest[0] < request.earliest:
            return


async def test_a_request_that_is_late_stands_on_top_in_red_and_can_be_cancelled_with_a_reason(site: Site) -> None:
    person_id, _ = await elder(site)
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{person_id}")
        await page.locator(".usual button").first.wait_for()
        await press(page, "1")
        await page.keyboard.type("+5 12-1230")
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
        request = (await requests_of(site, person_id))[-1]
        async with site.works(SYSTEM("test")) as work:
            held = await work.session.get_one(CareRequest, request.id)
            held.earliest, held.latest = work.now - timedelta(hours=3), work.now - timedelta(hours=2)
        await on_the_board(page, site, request)
        await page.goto(f"{site.url}/console/board")
        row = page.locator(f"[id='row-{request.id}']")
        await row.wait_for()
        await expect(row).to_contain_class("late-row")
        await expect(row).to_contain_text("晚 120 分")
        lines = await page.locator(".board .all .line").all()
        red = ["late-row" in (await line.get_attribute("class") or "") for line in lines]
        assert red == sorted(red, reverse=True)
        await row.click()
        await press(page, "x")
        await page.get_by_label("为什么取消").fill("<script>家里来人了</script>")
        await press(page, "Enter")
        await row.wait_for(state="detached")
    assert (await requests_of(site, person_id))[-1].state is RequestState.CANCELLED


async def test_letters_typed_into_a_field_or_an_input_method_move_nothing(site: Site) -> None:
    async with site.page() as page:
        await site.sign_in(page, "operator", "/console/board")
        await page.locator(".board .all .line").first.wait_for()
        chosen = page.locator(".board .line[aria-selected=true]")
        first = await chosen.get_attribute("id") or ""
        await page.evaluate(
            "dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyJ', key: 'j', isComposing: true, bubbles: true}))"
        )
        await asyncio.sleep(0)
        await expect(chosen).to_have_attribute("id", first)
        await page.keyboard.press("x")
        await page.get_by_label("为什么取消").fill("")
        await page.keyboard.type("jjj")
        await expect(chosen).to_have_attribute("id", first)
        await expect(page.get_by_label("为什么取消")).to_have_value("jjj")


async def test_only_the_operator_finds_the_call_page_in_the_menu(site: Site) -> None:
    bureau = ["办件", "台账", "发放", "资金", "报表"]
    menus = {
        "operator": ["来电", "看板", "地图", "回访", "投诉", "导入", "账号"],
        "manager": ["总览", "看板", "地图", "投诉", "结算", *bureau, "待确认", "导入", "设置", "账号"],
        "finance": ["结算", *bureau, "待确认", "设置", "账号"],
    }
    for name, pages in menus.items():
        async with site.page() as page:
            await site.sign_in(page, name)
            await expect(page.locator(".menu a")).to_have_text(pages)
            await page.goto(f"{site.url}/console/calls")
            await page.locator(".menu a.on").wait_for()
            await expect(page.locator(".menu a.on")).to_have_text(pages[0])
