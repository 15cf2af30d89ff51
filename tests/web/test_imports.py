"""The page of lists: a list with faults is tried, mended and taken in once, whatever the network does."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, Route, expect
from sqlalchemy import func, select

from dispatch.enrolment.model import Enrolment
from kit.access.actor import SYSTEM
from tests.journeys.lists import csv_bytes
from tests.journeys.test_bad_imports import HEADER, person
from tests.web.conftest import Site, path_of, violations

pytestmark = pytest.mark.timeout(300)

TOWN = {"所属社区": "130999001001"}
OTHER_HEADER = ["怎么称呼" if title == "姓名" else title for title in HEADER]


def people(*rows: list[str], header: list[str] = HEADER, name: str = "名册.csv") -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": csv_bytes(header, list(rows))}


async def members(site: Site) -> int:
    async with site.works(SYSTEM("test")) as work:
        return (await work.session.execute(select(func.count()).select_from(Enrolment))).scalar_one()


async def open_people(page: Page, site: Site) -> None:
    await site.sign_in(page, "manager", "/console/imports")
    await page.get_by_role("button", name="老人名册").click()
    await page.locator(".columns li").first.wait_for()


async def test_a_list_with_faults_is_tried_mended_and_taken_in_whole(site: Site, tmp_path: Path) -> None:
    before = await members(site)
    async with site.page() as page:
        await open_people(page, site)
        assert await violations(page) == []
        field = page.locator("input[type=file]")
        broken = person(702, 出生日期="1945年2月30日", 住址="=1+1", **TOWN)
        await field.set_input_files(people(person(701, **TOWN), broken, header=OTHER_HEADER))
        await page.locator(".faults tbody tr", has_text="姓名").wait_for()
        await expect(page.get_by_role("button", name="收进来")).to_be_disabled()
        await page.get_by_label("怎么称呼").select_option("name")
        await page.locator(".faults tbody tr", has_text="姓名").wait_for(state="detached")
        rows = page.locator(".faults tbody tr")
        await expect(rows).to_have_count(2)
        places = [await row.locator("td").all_inner_texts() for row in await rows.all()]
        assert {(line, column) for line, column, _ in places} == {("3", "出生日期"), ("3", "住址")}
        assert await violations(page) == []
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="下载（CSV）").click()
        kept = tmp_path / "faults.csv"
        await (await saving.value).save_as(kept)
        text = kept.read_text(encoding="utf-8-sig")
        assert [line.split(",")[1:3] for line in text.splitlines()] == [["行", "列"], *(part[:2] for part in places)]
        assert await members(site) == before
        await field.set_input_files(people(person(701, **TOWN), person(702, **TOWN), header=OTHER_HEADER))
        await page.get_by_role("button", name="收进来 2 行").click()
        await page.get_by_role("status").filter(has_text="写入 2 行").wait_for()
    assert await members(site) == before + 2


async def test_a_lost_answer_loses_neither_the_file_nor_takes_it_in_twice(site: Site) -> None:
    before = await members(site)
    async with site.page() as page:
        await open_people(page, site)
        await page.locator("input[type=file]").set_input_files(people(person(711, **TOWN), person(712, **TOWN)))
        take = page.get_by_role("button", name="收进来 2 行")
        await take.wait_for()
        await page.context.set_offline(True)
        await page.keyboard.press("Control+Enter")
        failure = page.get_by_role("alert").filter(has_text="没有等到回话")
        await failure.wait_for()
        await page.context.set_offline(False)

        async def lose(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await page.route("**/imports/people?dry_run=false", lose)
        await take.click()
        await failure.wait_for(state="detached")
        await failure.wait_for()
        assert await members(site) == before + 2, "it was taken in, and nobody has heard of it"
        await expect(page.locator(".file b")).to_have_text("名册.csv")
        await page.unroute("**/imports/people?dry_run=false")
        await take.click()
        await page.get_by_role("status").filter(has_text="写入 2 行").wait_for()
    assert await members(site) == before + 2


async def test_only_the_lists_of_a_role_can_be_brought(site: Site) -> None:
    async with site.page(language="en-GB", dark=True) as page:
        await site.sign_in(page, "operator", "/console/imports")
        await page.locator(".kinds .on").wait_for()
        await expect(page.locator(".kinds .on")).to_have_text("care requests")
        await expect(page.locator("input[type=file]")).to_have_count(1)
        await page.get_by_role("button", name="divisions read only").first.click()
        await page.get_by_text("Your role does not bring this list").wait_for()
        await expect(page.locator("input[type=file]")).to_have_count(0)
        assert await violations(page) == []
    async with site.page(phone=True) as page:
        await open_people(page, site)
        await page.locator("input[type=file]").set_input_files(people(person(721, 出生日期="昨天", **TOWN)))
        await page.locator(".faults tbody tr").first.wait_for()
        assert path_of(page) == "/console/imports"
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
