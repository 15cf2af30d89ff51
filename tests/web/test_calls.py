"""Calls at the operator's desk: one rings, is answered by keys and loses nothing; who is meant; standing orders."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import select

from dispatch.calls.model import PhoneCall, PhoneCallState
from dispatch.requests.model import StandingOrder, StandingState
from kit.access.actor import SYSTEM
from kit.china import identifiers
from registry import operations as registry
from registry.model import ContactKind, Person
from registry.operations import ContactFacts, NewPerson
from tests.api.acts import HOME
from tests.api.lives import PASSWORD, VILLAGES
from tests.web.conftest import Site, path_of, violations
from tests.web.test_operator import elder, press, requests_of

pytestmark = pytest.mark.timeout(300)
NUMBER, NOBODYS = "13911112222", "03172765432"


class Exchange:
    """The telephone exchange, signed in for a year, which reports its calls."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def report(self, key: str, state: str, number: str | None = None) -> str:
        answer = await self.client.post("/calls", json={"source_key": key, "state": state, "number": number})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])


@asynccontextmanager
async def exchange(site: Site) -> AsyncIterator[Exchange]:
    async with httpx.AsyncClient(base_url=f"{site.url}/api/v1") as client:
        form = {"username": "exchange", "password": PASSWORD, "kind": "program"}
        token = (await client.post("/sessions", json=form)).json()["token"]
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {token}"
        yield Exchange(client)


async def others(site: Site, person_id: str, count: int) -> list[Person]:
    """Return some people beside one."""
    async with site.works(SYSTEM("test")) as work:
        query = select(Person).where(Person.id != UUID(person_id)).order_by(Person.number).limit(count)
        return list((await work.session.execute(query)).scalars())


async def set_number(site: Site, person_id: str | UUID, *, family: bool = False) -> None:
    """Make the number that will ring a person's own, or the daughter's."""
    async with site.works(SYSTEM("test")) as work:
        daughter = (ContactFacts(ContactKind.FAMILY, NUMBER, "女儿"),) if family else ()
        own = None if family else NUMBER
        await registry.set_contacts(work, person_id=UUID(str(person_id)), phone=own, contacts=daughter)


async def settle(site: Site, name: str, phone: str, address: str, sequence: int) -> str:
    """Register somebody; return the id."""
    id_no = identifiers.compose_resident_id(area="130999", born_on=date(1941, 2, 3), sequence=sequence)
    latitude, longitude = HOME
    async with site.works(SYSTEM("test")) as work:
        facts = NewPerson(
            name=name,
            id_no=id_no,
            phone=phone,
            address=address,
            division_code=VILLAGES[0][0],
            latitude=latitude,
            longitude=longitude,
        )
        (person_id,) = await registry.register_people(work, [facts])
    return str(person_id)


async def test_a_call_asks_is_answered_and_saved_by_keys_and_takes_nothing_away(site: Site) -> None:
    caller, name = await elder(site)
    (busy,) = await others(site, caller, 1)
    await set_number(site, caller)
    before = await requests_of(site, caller)
    async with exchange(site) as pbx, site.page() as page:
        pop = page.get_by_role("region", name="正在响、正在通话")
        await site.sign_in(page, "operator", f"/console/calls/{busy.id}")
        await page.locator(".usual button").first.wait_for()
        await press(page, "1")
        await page.keyboard.type("m14-15")
        await press(page, "Enter")
        note = page.get_by_label("给上门的人留话")
        await page.keyboard.type("王家的钥匙在")
        call_id = await pbx.report("pbx-1", "ringing", f"+86 {NUMBER}")
        await expect(pop).to_contain_text("139 1111 2222")
        await expect(pop).to_contain_text(f"{name[:1]}*")
        await expect(pop).not_to_contain_text(name)
        await page.keyboard.type("门口 <b>")
        await expect(note).to_have_value("王家的钥匙在门口 <b>")
        assert path_of(page) == f"/console/calls/{busy.id}"
        assert await violations(page) == []

        await press(page, "F2")
        await page.wait_for_url(f"**/console/calls/{caller}?call={call_id}")
        await expect(page.locator(".who strong")).to_have_text(name)
        await expect(pop).to_contain_text("通话")
        await page.locator(".usual button").first.wait_for()
        await press(page, "1")
        await page.keyboard.type("m12-1230")
        await press(page, "Enter")
        await page.keyboard.type("先打电话")
        await page.locator(".order").get_by_text("草稿已存本机").wait_for()
        await page.reload()
        await expect(page.get_by_label("给上门的人留话")).to_have_value("先打电话")
        await press(page, "Control+Enter")
        await page.locator(".note.good").wait_for()
        (placed,) = (await requests_of(site, caller))[len(before) :]
        async with site.works(SYSTEM("test")) as work:
            call = await work.session.get_one(PhoneCall, UUID(call_id))
        assert (str(placed.call_id), call.state) == (call_id, PhoneCallState.ANSWERED)
        assert call.answered_at is not None
        assert timedelta(0) <= placed.entered_at - call.rang_at <= timedelta(seconds=30)

        await pbx.report("pbx-1", "ended")
        await expect(pop).to_be_hidden()
        await pbx.report("pbx-2", "ringing", None)
        await expect(pop).to_contain_text("没有显示号码")
        await page.get_by_role("link", name="看板").click()
        await page.get_by_text("来电 1").wait_for()
        await page.locator(".board .all .line").first.wait_for()
        assert await violations(page) == []
        await press(page, "F2")
        await page.get_by_text("还没有选人").wait_for()
        await expect(pop).to_contain_text("没有显示号码")
        await press(page, "F3")
        await expect(pop).to_be_hidden()
        await page.goto(f"{site.url}/console/calls/{busy.id}")
        await expect(page.get_by_label("给上门的人留话")).to_have_value("王家的钥匙在门口 <b>")
        await expect(page.locator(".queue .today")).to_contain_text("今天接了 1 个")


async def test_several_people_on_one_number_are_chosen_by_a_digit_and_the_way_back_is_kept(site: Site) -> None:
    busy, _ = await elder(site)
    first, second = await others(site, busy, 2)
    await set_number(site, first.id)
    await set_number(site, second.id, family=True)
    async with exchange(site) as pbx, site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{busy}")
        await page.locator(".who strong").wait_for()
        await press(page, "F2")
        await page.keyboard.type("还没打完")
        await pbx.report("pbx-1", "ringing", NUMBER)
        await page.get_by_role("region", name="正在响、正在通话").get_by_text("接听").wait_for()
        await expect(page.get_by_role("textbox", name="谁来电")).to_have_value("还没打完")
        await press(page, "F2")
        candidates = page.locator(".queue > button.q").filter(has=page.locator("kbd"))
        await expect(candidates).to_have_count(2)
        await expect(candidates.nth(0)).to_contain_text(first.name)
        await expect(candidates.nth(1)).to_contain_text("女儿")
        assert path_of(page) == f"/console/calls/{busy}"
        assert await violations(page) == []
        await press(page, "2")
        await page.wait_for_url(f"**/console/calls/{second.id}?call=*")
        await expect(page.locator(".who strong")).to_have_text(second.name)
        await expect(page.get_by_role("textbox", name="谁来电")).to_have_value("还没打完")
        await page.get_by_role("button", name="回到").click()
        await page.wait_for_url(f"**/console/calls/{busy}")
        await expect(page.get_by_role("button", name="回到")).to_be_hidden()


async def test_an_unknown_caller_is_noted_in_three_fields_and_registered_when_there_is_time(site: Site) -> None:
    async with exchange(site) as pbx, site.page() as page:
        await site.sign_in(page, "operator")
        await page.get_by_text("还没有选人").wait_for()
        await pbx.report("pbx-1", "ringing", "0317-276-5432")
        await page.get_by_text("未登记的号码").wait_for()
        await press(page, "F2")
        form = page.get_by_role("form", name="登记没建档的来电人")
        await expect(form.get_by_label("姓名")).to_be_focused()
        await expect(form.get_by_label("电话")).to_have_value(NOBODYS)
        await page.keyboard.type("单小兰")
        await press(page, "Tab", "Tab")
        await page.keyboard.type("东头村")
        await page.reload()
        await expect(form.get_by_label("住址")).to_have_value("东头村")
        await expect(form.get_by_label("姓名")).to_have_value("单小兰")
        assert await violations(page) == []
        await form.get_by_label("住址").focus()
        await page.keyboard.press("End")
        await page.keyboard.type("三组")
        await press(page, "Enter")
        await form.get_by_role("status").wait_for()
        line = page.locator(".queue > button.q").filter(has_text="单**")
        await expect(line).to_contain_text("0317***5432")

        await line.click()
        rest = page.get_by_role("form", name="建档", exact=True)
        await expect(rest.get_by_label("住址")).to_have_value("东头村三组")
        await expect(rest.get_by_label("身份证号")).to_be_focused()
        await page.keyboard.type("130999194503021240")
        await rest.get_by_label("村或社区").select_option(VILLAGES[0][0])
        await rest.get_by_label("位置").fill("38.3045，116.8388")
        assert await violations(page) == []
        await press(page, "Enter")
        await expect(page.locator(".who strong")).to_have_text("单小兰")
        await page.get_by_text("没有入网").wait_for()
        await expect(line).to_have_count(0)
        async with site.works(SYSTEM("test")) as work:
            person = (await work.session.execute(select(Person).where(Person.name == "单小兰"))).scalar_one()
        assert path_of(page) == f"/console/calls/{person.id}"


async def test_somebody_is_found_by_pinyin_by_the_last_digits_and_by_the_door(site: Site) -> None:
    dragon = await settle(site, "单小龙", "13912341502", "清池大道长风小区12号楼1单元402", 700)
    orchid = await settle(site, "王小兰", "13912340001", "颐和庄园3号楼2单元1502", 702)
    async with site.page() as page:
        await site.sign_in(page, "operator")
        await page.get_by_text("还没有选人").wait_for()
        for typed, person, name in (
            ("sxl", dragon, "单小龙"),
            ("wangxiaolan", orchid, "王小兰"),
            ("长风小区12号楼", dragon, "单小龙"),
            ("0001", orchid, "王小兰"),
            ("3-2-1502", orchid, "王小兰"),
        ):
            await press(page, "F2")
            await page.keyboard.type(typed)
            await press(page, "Enter")
            await page.wait_for_url(f"**/console/calls/{person}")
            await expect(page.locator(".who strong")).to_have_text(name)
        await press(page, "F2")
        await page.keyboard.type("1502")
        await press(page, "Enter")
        candidates = page.locator(".queue > button.q").filter(has=page.locator("kbd"))
        await expect(candidates).to_have_count(2)
        await expect(candidates.nth(0)).to_contain_text("单**")
        await press(page, "1")
        await page.wait_for_url(f"**/console/calls/{dragon}")
        await press(page, "F2")
        await page.keyboard.type("没有这样的人")
        await press(page, "Enter")
        await page.get_by_text("没有找到这个人").wait_for()
        await press(page, "Enter")
        await expect(page.get_by_role("form", name="登记没建档的来电人").get_by_label("姓名")).to_be_focused()


async def test_a_standing_order_is_changed_from_a_day_on_and_ended_by_keys(site: Site) -> None:
    async with site.works(SYSTEM("test")) as work:
        query = select(StandingOrder).where(StandingOrder.state == StandingState.ACTIVE).order_by(StandingOrder.number)
        order = (await work.session.execute(query.limit(1))).scalar_one()
    first_day = order.starts_on + timedelta(days=14)
    async with site.page() as page:
        await site.sign_in(page, "operator", f"/console/calls/{order.person_id}")
        sheet = page.locator(".sheet")
        await sheet.get_by_text("周一到周五 10:30–12:30").wait_for()
        await press(page, "F9")
        form = page.get_by_role("form", name="改长期单")
        await expect(form.get_by_label("星期几")).to_be_focused()
        await page.keyboard.type("135")
        await form.get_by_text("周一、三、五").wait_for()
        await press(page, "Tab")
        await page.keyboard.type("11-1230")
        await press(page, "Tab")
        await page.keyboard.type("2")
        await form.get_by_label("从哪天起").fill(first_day.isoformat())
        assert await violations(page) == []
        await press(page, "Enter")
        await form.wait_for(state="detached")
        await sheet.get_by_text("周一、三、五 11:00–12:30").wait_for()
        await expect(sheet.get_by_text(f"{first_day.isoformat()[5:]} 前")).to_be_visible()
        async with site.works(SYSTEM("test")) as work:
            query = select(StandingOrder).where(StandingOrder.person_id == order.person_id)
            rows = (await work.session.execute(query.order_by(StandingOrder.number))).scalars().all()
        old, new = rows[0], rows[-1]
        assert (old.id, old.ends_on, old.weekdays) == (order.id, first_day, 31)
        assert (new.starts_on, new.weekdays, new.from_minute, new.to_minute, new.quantity) == (
            first_day,
            21,
            660,
            750,
            2,
        )

        await press(page, "F9")
        await expect(form).to_contain_text("周一到周五")
        await press(page, "F9")
        await expect(form).to_contain_text("周一、三、五")
        await page.get_by_role("form", name="结束这条").get_by_label("为什么不要了").focus()
        await page.keyboard.type("去儿子家 <b>")
        await press(page, "Enter")
        await form.wait_for(state="detached")
        await sheet.get_by_text("周一、三、五 11:00–12:30").wait_for(state="detached")
    async with site.works(SYSTEM("test")) as work:
        ended = await work.session.get_one(StandingOrder, new.id)
    assert (ended.state, ended.reason) == (StandingState.ENDED, "去儿子家 <b>")
