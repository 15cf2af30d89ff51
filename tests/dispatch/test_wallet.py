"""Quota money across months: moved with its request, covered, spent, granted anew, closed and expired."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from dispatch.enrolment import operations, queries, wallet
from dispatch.enrolment.model import Category, EndReason
from dispatch.enrolment.operations import Member
from events.work import Works
from kit.clock import FixedClock
from tests.dispatch.stage import AREA, SYSTEM_ACTOR, Stage, set_stage

MARCH, APRIL, MAY = "2026-03", "2026-04", "2026-05"
FULL = 25_000
"""Fen a month of an elder of low income at level 2."""


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    stage = await set_stage(works, clock, companies=0)
    async with works(SYSTEM_ACTOR) as work:
        await operations.take_over(work, members=[Member(stage.elders[0], AREA, Category.LOW_INCOME, 2)])
    return stage


async def hold(stage: Stage, fen: int, month: str = MARCH) -> UUID:
    request_id = uuid4()
    async with stage.works(SYSTEM_ACTOR) as work:
        terms = await queries.terms(work, stage.elders[0], month)
        await wallet.hold(work, terms=terms, person_id=stage.elders[0], request_id=request_id, fen=fen, beyond=False)
    return request_id


async def hold_again(stage: Stage, request_id: UUID, fen: int) -> wallet.Holding:
    """Hold the price of a request that moves to April."""
    (elder,) = stage.elders
    async with stage.works(SYSTEM_ACTOR) as work:
        terms = await queries.terms(work, elder, APRIL)
        return await wallet.hold_again(work, terms=terms, person_id=elder, request_id=request_id, fen=fen, beyond=False)


async def cover(stage: Stage, request_id: UUID, fen: int, month: str = MARCH) -> int:
    async with stage.works(SYSTEM_ACTOR) as work:
        return await wallet.cover(work, person_id=stage.elders[0], month=month, request_id=request_id, fen=fen)


async def capture(stage: Stage, request_id: UUID, fen: int, month: str = MARCH) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        await wallet.capture(
            work, person_id=stage.elders[0], month=month, request_id=request_id, charge_id=uuid4(), fen=fen
        )


async def months(stage: Stage) -> dict[str, tuple[int, int, int]]:
    """Return what is free, held and spent, by month; every wallet's entries add up to it."""
    balances: dict[str, tuple[int, int, int]] = {}
    async with stage.works(SYSTEM_ACTOR) as work:
        for month in (MARCH, APRIL, MAY):
            money = await queries.wallet(work, stage.elders[0], month)
            if money is None:
                continue
            entries = await queries.entries(work, stage.elders[0], month)
            for account, fen in (("free", money.free_fen), ("held", money.held_fen), ("spent", money.spent_fen)):
                came = sum(entry.fen for entry in entries if entry.to_account == account)
                assert came - sum(entry.fen for entry in entries if entry.from_account == account) == fen, account
            balances[month] = (money.free_fen, money.held_fen, money.spent_fen)
    return balances


async def test_a_request_that_moves_to_another_month_takes_nothing_from_the_first(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    holding = await hold_again(stage, request_id, 4_000)
    assert (holding.held_fen, holding.own_fen) == (4_000, 0)
    assert await months(stage) == {MARCH: (FULL, 0, 0), APRIL: (FULL - 4_000, 4_000, 0)}


async def test_a_move_that_is_refused_leaves_the_money_where_it_was(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    with pytest.raises(wallet.OverQuota):
        await hold_again(stage, request_id, FULL + 1)
    assert await months(stage) == {MARCH: (FULL - 3_000, 3_000, 0)}


async def test_a_dearer_visit_is_covered_as_far_as_money_is_free(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    await hold(stage, 20_000)
    assert await cover(stage, request_id, 4_500) == 4_500
    assert await cover(stage, request_id, 4_000) == 4_500
    assert await cover(stage, request_id, 9_000) == 5_000
    assert await months(stage) == {MARCH: (0, FULL, 0)}


async def test_a_visit_in_another_month_is_covered_by_that_month(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    assert await cover(stage, request_id, 3_000, APRIL) == 3_000
    assert await months(stage) == {MARCH: (FULL, 0, 0), APRIL: (FULL - 3_000, 3_000, 0)}
    assert await cover(stage, request_id, 3_000, "2026-02") == 0, "no terms were in force then"
    assert await months(stage) == {MARCH: (FULL, 0, 0), APRIL: (FULL, 0, 0)}


async def test_a_charge_spends_its_own_month_and_frees_the_other(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    await hold(stage, 1_000, APRIL)
    await capture(stage, request_id, 2_500, APRIL)
    assert await months(stage) == {MARCH: (FULL, 0, 0), APRIL: (FULL - 3_500, 1_000, 2_500)}
    await capture(stage, request_id, -500, MARCH)
    assert (await months(stage))[APRIL] == (FULL - 3_000, 1_000, 2_000), "refunded where it was spent"
    await capture(stage, uuid4(), 100, MAY)
    assert MAY not in await months(stage), "no quota was ever granted for that month"


async def test_a_charge_beyond_what_is_free_is_granted_late(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    await hold(stage, 22_000)
    await capture(stage, request_id, 3_600)
    assert await months(stage) == {MARCH: (0, 22_000, 3_600)}


async def test_another_category_adjusts_a_month_that_is_already_open(stage: Stage) -> None:
    await hold(stage, 3_000, APRIL)
    for category in (Category.SELF_PAID, Category.LOW_INCOME):
        async with stage.works(SYSTEM_ACTOR) as work:
            await operations.change_category(work, person_id=stage.elders[0], category=category)
            granted = (await queries.terms(work, stage.elders[0], APRIL)).monthly_fen
        free = (await months(stage))[APRIL][0]
        assert free == max(0, granted - 3_000), "what is held is not taken back"


async def test_an_end_closes_every_month_and_keeps_what_is_held(stage: Stage) -> None:
    request_id = await hold(stage, 3_000)
    await hold(stage, 1_000, APRIL)
    await hold(stage, 2_000, MAY)
    async with stage.works(SYSTEM_ACTOR) as work:
        await operations.end(work, person_id=stage.elders[0], reason=EndReason.REFUSED, ended_on=date(2026, 4, 15))
    assert await months(stage) == {MARCH: (0, 3_000, 0), APRIL: (0, 1_000, 0), MAY: (0, 2_000, 0)}
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await wallet.release(work, request_id=request_id) == 3_000
    assert (await months(stage))[MARCH] == (0, 0, 0), "what becomes free in a closed month expires"


async def test_months_that_nobody_opened_are_closed_without_one_to_carry_into(stage: Stage) -> None:
    async with stage.works(SYSTEM_ACTOR) as work:
        await wallet.open_month(work, person_id=stage.elders[0], month=MARCH)
    stage.clock.advance(timedelta(days=61))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await wallet.turn_months(work) == 1
        assert await wallet.turn_months(work) == 0
    assert await months(stage) == {MARCH: (0, 0, 0)}


async def test_a_month_opened_twice_is_granted_once(stage: Stage) -> None:
    for _ in range(2):
        async with stage.works(SYSTEM_ACTOR) as work:
            await wallet.open_month(work, person_id=stage.elders[0], month=MARCH)
    assert await months(stage) == {MARCH: (FULL, 0, 0)}
