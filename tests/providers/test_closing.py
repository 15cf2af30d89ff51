"""A month is closed for good, and a budget is reported when it is reached: in the rows, in the log, to the fen."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from events.contracts.rules import RuleRecorded
from events.contracts.settlement import BudgetReached, MonthClosed, StatementDrafted
from events.work import Works
from kit import metrics, postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import FixedClock
from kit.ids import new_id
from kit.rules import operations as rules
from providers.settlement import month, operations, queries
from providers.settlement.closing import budget
from providers.settlement.closing import operations as closing
from providers.settlement.closing import queries as closed
from providers.settlement.closing.fold import ClosingBooks, Spending
from providers.settlement.closing.model import BudgetReport
from providers.settlement.closing.rules import BudgetYearFen
from providers.settlement.replay import NumberedEvent, replay
from tests.providers.handled import START, handle, look_at_all, verified
from tests.providers.test_review_draws import DRAWER, admitted, drawn_up

SECOND, CASHIER = Actor(Role.MANAGER, "second"), Actor(Role.FINANCE, "cashier")


async def owner(works: Works, statement: str) -> None:
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await connection.execute(statement)
    await connection.close()


async def pay(works: Works, company: UUID, of_month: str = "2026-03") -> None:
    async with works(SYSTEM("test")) as work:
        (paper,) = await queries.statements(work, month=of_month, provider_id=company)
    async with works(Actor(Role.PROVIDER, "own", scope=Company(company))) as work:
        await operations.confirm(work, statement_id=paper.id)
    await look_at_all(works, paper.id, by=SECOND)
    async with works(SECOND) as work:
        await operations.approve(work, statement_id=paper.id)
    async with works(CASHIER) as work:
        await operations.pay(work, statement_id=paper.id, reference="bank")


async def close(works: Works, of_month: str = "2026-03") -> None:
    async with works(SECOND) as work:
        await closing.close_month(work, month=of_month)


async def wrong(works: Works, of_month: str = "2026-03") -> set[str]:
    async with works(SYSTEM("test")) as work:
        return {entry["field"] for entry in (await month.replayed(work, of_month)).disagreements}


async def test_a_month_is_closed_once_everything_of_it_is_paid_and_what_is_later_goes_to_the_next(
    works: Works, clock: FixedClock
) -> None:
    first, second = await admitted(works, 2)
    await handle(works, verified(first))
    with pytest.raises(closing.MonthStillRunning):
        await close(works)
    await drawn_up(works, clock)
    with pytest.raises(closing.MonthNotPaid):
        await close(works)
    await pay(works, first)
    await handle(works, verified(second))  # a visit of March that became known in April
    with pytest.raises(closing.MonthNotDrawnUp):
        await close(works)
    async with works(DRAWER) as work:
        assert len(await operations.draw_up(work, month="2026-03")) == 1
    await pay(works, second)
    await close(works)
    for late in ("2026-03", "2026-02"):
        with pytest.raises(closing.MonthIsClosed):
            await close(works, late)
        with pytest.raises(closing.MonthIsClosed):
            async with works(DRAWER) as work:
                await operations.draw_up(work, month=late)
    await handle(works, verified(first))
    clock.set(START + timedelta(days=62))
    async with works(DRAWER) as work:
        (april,) = await operations.draw_up(work, month="2026-04")
        assert (april.lines, april.payable_fen) == (1, 3000)
        ((_, row),) = await queries.lines(work, april.id)
        assert row.month == "2026-03"
        (shut,) = await closed.closed_months(work)
        assert (shut.month, shut.statements, shut.payable_fen, shut.subsidised_fen) == ("2026-03", 2, 6000, 5400)
    assert await wrong(works) == await wrong(works, "2026-04") == set()
    await owner(works, "update closed_month set payable_fen = payable_fen + 1")
    assert await wrong(works) == {"closed payable_fen"}
    await owner(works, "update event_log set data = jsonb_set(data, '{statements}', '7') where type like '%closed.v1'")
    assert await wrong(works) >= {"statements", "closed statements"}


async def test_a_month_without_a_single_visit_can_be_closed(works: Works, clock: FixedClock) -> None:
    clock.set(START + timedelta(days=31))
    await close(works)
    assert await wrong(works) == set()


def test_a_statement_drawn_up_in_a_closed_month_is_a_fault() -> None:
    shut = MonthClosed(month="2026-03", statements=0, payable_fen=0, subsidised_fen=0)
    paper = StatementDrafted(statement_id=new_id(), provider_id=new_id(), month="2026-02", lines=0, total_fen=0)
    books = replay([NumberedEvent(1, new_id(), shut), NumberedEvent(2, new_id(), paper)])
    assert [(fault.subject, fault.field) for fault in books.faults] == [(paper.statement_id, "month")]
    again = replay([NumberedEvent(1, new_id(), shut), NumberedEvent(2, new_id(), shut)])
    assert [(fault.number, fault.field) for fault in again.faults] == [(2, "closed")]


async def cap(works: Works, fen: int) -> None:
    async with works(SYSTEM("bureau")) as work:
        since = START - timedelta(days=30)
        row = await rules.backdate(
            work.session, BudgetYearFen.of(fen), valid_from=since, now=work.now, by="bureau", source="a paper"
        )
        work.emit(RuleRecorded.of(row))


async def reported(works: Works) -> list[int]:
    """Let the ticker report; the shares of all reports there are now."""
    async with works(SYSTEM("ticker")) as work:
        await closing.report_budget(work)
    async with works(SYSTEM("test")) as work:
        rows = await work.session.execute(select(BudgetReport.cap_fen, BudgetReport.percent))
        return sorted(percent for _, percent in rows)


async def test_each_share_of_the_budget_is_reported_once_and_a_raised_budget_anew(
    works: Works, clock: FixedClock
) -> None:
    (company,) = await admitted(works)
    await cap(works, 100_000)  # a visit costs the public purse 2,700
    for _ in range(29):
        await handle(works, verified(company))
    assert await reported(works) == []  # 78.3 %
    assert metrics.BUDGET_CHARGED._value.get() == pytest.approx(0.783)
    await handle(works, verified(company))
    assert await reported(works) == [80]
    assert await reported(works) == [80]
    for _ in range(8):
        await handle(works, verified(company))
    assert await reported(works) == [80, 95, 100]  # two at once: 102.6 %
    async with works(SYSTEM("test")) as work:
        state = await closed.budget_state(work)
        assert (state.year, state.spent_fen, state.percent, state.reported) == (2026, 102_600, 102, [80, 95, 100])
        assert (await closed.budget_state(work, year=2025)).spent_fen == 0
    await cap(works, 120_000)
    assert await reported(works) == [80, 80, 95, 100]
    await drawn_up(works, clock)
    assert await wrong(works) == set()
    await owner(
        works,
        "update event_log set data = jsonb_set(data, '{spent_fen}', '99999') where type like '%budget_reached.v1'",
    )
    assert await wrong(works) >= {"spent_fen", "chain"}


async def test_last_years_budget_is_as_it_was_at_its_end(works: Works, clock: FixedClock) -> None:
    (company,) = await admitted(works)
    await cap(works, 100_000)
    for _ in range(30):
        await handle(works, verified(company))
    clock.set(START + timedelta(days=330))  # January 2027
    assert await reported(works) == [80]
    async with works(SYSTEM("test")) as work:
        row = (await work.session.execute(select(BudgetReport))).scalar_one()
        assert (row.year, row.spent_fen) == (2026, 81_000)


FEN, CAP = st.integers(-(10**12), 10**12), st.integers(100_000, 10**12)
PERCENTS = st.lists(st.integers(1, 200), min_size=1, max_size=10, unique=True).map(sorted)


@given(FEN, CAP, PERCENTS)
def test_a_share_is_reached_to_the_fen_and_told_in_whole_percent_never_too_high(
    spent: int, cap_fen: int, percents: list[int]
) -> None:
    there = budget.reached(spent, cap_fen, percents)
    assert there == percents[: len(there)]
    for percent in percents:
        least = -(-cap_fen * percent // 100)  # the fewest fen that are that share
        assert (percent in there) is (spent >= least)
        assert budget.reached(least, cap_fen, [percent]) == [percent]
        assert budget.reached(least - 1, cap_fen, [percent]) == []
    shown = budget.percent_of(spent, cap_fen)
    assert shown * cap_fen <= max(0, spent) * 100 < (shown + 1) * cap_fen
    assert budget.reached(spent, cap_fen, percents, reported=there) == []


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(-5000, 5000)), max_size=30), st.integers(0, 60))
def test_what_was_charged_up_to_an_event_is_the_sum_of_what_was_charged_before(
    charges: list[tuple[int, int]], until: int
) -> None:
    charges = sorted(charges, key=lambda pair: pair[0])
    spending = Spending()
    for number, fen in charges:
        spending.add(number, fen)
    assert spending.at(until) == sum(fen for number, fen in charges if number <= until)


def test_a_report_of_a_year_that_nothing_was_charged_for_is_a_fault() -> None:
    event = BudgetReached(year=2026, reached_percent=80, cap_fen=100_000, spent_fen=80_000, reaches=1)
    pairs = ClosingBooks().reach(event, [100_000])
    assert {name for name, (recorded, computed) in pairs.items() if recorded != computed} == {"spent_fen"}
