"""The catalogue: what ships, what a price was on a day, and what was known of it then."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.work import Works
from kit.access.actor import SYSTEM, Actor
from kit.clock import FixedClock
from providers.catalogue import operations, queries
from providers.catalogue.model import ItemCategory, Skill

MARCH = date(2026, 3, 2)


async def test_25_counted_items_in_five_categories_and_urgent_help_ship(works: Works, system: Actor) -> None:
    async with works(system) as work:
        assert len(await operations.ship_catalogue(work)) == 26
        assert await operations.ship_catalogue(work) == []
    async with works(system) as work:
        items = await queries.items(work, work.now)
        counted = [item for item in items if item.counted]
        sizes = {category: sum(item.category is category for item in counted) for category in ItemCategory}
        assert sizes == dict(zip(ItemCategory, [4, 8, 5, 5, 3, 0], strict=True))
        assert {item.code for item in items if item.medical} == {"D03", "D04", "D05"}
        urgent = await queries.item(work, "U01", work.now)
        assert urgent is not None
        assert (urgent.minutes, urgent.skill, urgent.window_from, urgent.window_to) == (30, Skill.CARE, 0, 1440)
        assert await queries.price(work, "U01", work.now) == 6000
        bath = await queries.item(work, "B03", work.now)
        assert bath is not None
        assert bath.two_person_from_level == 3
        assert await queries.price(work, "B03", MARCH) == 12000
        assert (await queries.prices(work, MARCH))["A02"] == 1300


async def test_a_code_is_never_given_to_another_service(works: Works, system: Actor) -> None:
    facts = operations.ItemFacts(
        code="B01",
        category=ItemCategory.DAILY_LIVING,
        name="擦窗",
        unit="次",
        minutes=30,
        skill=Skill.GENERAL,
        fen=2000,
    )
    async with works(system) as work:
        await operations.ship_catalogue(work)
    with pytest.raises(operations.ItemTaken):
        async with works(system) as work:
            await operations.add_item(work, facts=facts, active_from=MARCH)


async def test_a_late_paper_never_rewrites_what_was_known(works: Works, system: Actor, clock: FixedClock) -> None:
    async with works(system) as work:
        await operations.ship_catalogue(work)
        await operations.set_price(work, item_code="A01", fen=1600, valid_from=date(2026, 6, 1))
    before = clock.now()
    clock.advance(timedelta(days=60))
    async with works(system) as work:
        late = await operations.set_price(work, item_code="A01", fen=1700, valid_from=date(2026, 2, 1))
        assert late.valid_to == date(2026, 6, 1)
    async with works(system) as work:
        expected = {date(2026, 1, 31): 1500, date(2026, 2, 1): 1700, date(2026, 5, 31): 1700, date(2026, 6, 1): 1600}
        for day, fen in expected.items():
            assert await queries.price(work, "A01", day) == fen
        assert await queries.price(work, "A01", date(2026, 3, 1), before) == 1500
        assert (await queries.prices(work, date(2026, 3, 1), before))["A01"] == 1500
        assert [row.fen for row in await queries.price_history(work, "A01")] == [1500, 1600, 1700]


async def test_a_price_with_an_end_leaves_the_days_after_it_alone(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await operations.ship_catalogue(work)
        await operations.set_price(
            work, item_code="A01", fen=100, valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 6)
        )
    async with works(system) as work:
        days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 5), date(2026, 5, 6)]
        assert [await queries.price(work, "A01", day) for day in days] == [1500, 100, 100, 1500]


async def test_nonsense_about_prices_and_items_is_refused(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await operations.ship_catalogue(work)
        with pytest.raises(operations.PriceNegative):
            await operations.set_price(work, item_code="A01", fen=-1, valid_from=MARCH)
        with pytest.raises(operations.ItemUnknown):
            await operations.set_price(work, item_code="Z99", fen=1, valid_from=MARCH)
        with pytest.raises(operations.ItemUnknown):
            await operations.retire_item(work, code="Z99", active_to=MARCH)
        with pytest.raises(operations.ItemRetiredBeforeItBegan):
            await operations.retire_item(work, code="A01", active_to=operations.PRICED_FROM)


async def test_a_retired_item_is_off_offer_from_that_day_of_the_district(works: Works, system: Actor) -> None:
    async with works(system) as work:
        await operations.ship_catalogue(work)
        await operations.retire_item(work, code="A01", active_to=MARCH)
    async with works(SYSTEM("asks")) as work:
        # 16:00 UTC is midnight in the district
        assert await queries.item(work, "A01", datetime(2026, 3, 1, 15, 59, tzinfo=UTC)) is not None
        assert await queries.item(work, "A01", datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) is None
        assert len(await queries.items(work, MARCH)) == 25
