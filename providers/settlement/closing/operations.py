"""Close a month for good; report how far the year's budget is charged."""

from sqlalchemy import func, insert, select, text

from events import log
from events.contracts.settlement import BudgetReached, MonthClosed
from events.work import Work
from kit import clock, metrics
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.settlement import queries as owed
from providers.settlement.closing import budget, queries
from providers.settlement.closing.model import BudgetReport, ClosedMonth
from providers.settlement.closing.rules import BudgetReportPercents
from providers.settlement.model import Charge, Statement, StatementLine, StatementState

DRAWING = text("select pg_advisory_xact_lock(hashtext('draw up'))")
"""Held by whoever draws a month up or closes one, so that neither happens in the middle of the other."""


class MonthStillRunning(Refusal):
    """A running month is not closed."""

    code = "month.not_over"
    kind = Kind.CONFLICT


class MonthIsClosed(Refusal):
    """The month is closed; what is later goes to the next one."""

    code = "month.closed"
    kind = Kind.CONFLICT


class MonthNotDrawnUp(Refusal):
    """Companies have charges up to the month and no statement for it."""

    code = "month.not_drawn_up"
    kind = Kind.CONFLICT


class MonthNotPaid(Refusal):
    """Statements up to the month are not paid."""

    code = "month.not_paid"
    kind = Kind.CONFLICT


async def still_open(work: Work, month: str) -> None:
    """Hold drawings and closings off until the commit; refuse `month.closed` for a month that is closed."""
    await work.session.execute(DRAWING)
    last = await queries.last_closed(work)
    if last is not None and month <= last:
        raise MonthIsClosed(month=month, last=last)


async def close_month(work: Work, *, month: str) -> ClosedMonth:
    """Close a month, and every month before it, for good: what becomes known later goes to the next one.

    Refuses `month.not_over`, `month.closed`, `month.not_drawn_up` while a company has charges up to the month and no
    statement for it, `month.not_paid` while a statement up to the month is not paid.
    """
    if work.now < clock.month_bounds(month)[1]:
        raise MonthStillRunning(month=month)
    await still_open(work, month)
    paper = select(Statement.id).where(Statement.provider_id == Charge.provider_id, Statement.month == month)
    stated = select(StatementLine.id).where(StatementLine.charge_id == Charge.id)
    waiting = select(func.count(Charge.provider_id.distinct())).where(
        Charge.month <= month, ~stated.exists(), ~paper.exists()
    )
    if count := (await work.session.execute(waiting)).scalar_one():
        raise MonthNotDrawnUp(month=month, count=count)
    unpaid = select(func.count()).where(Statement.month <= month, Statement.state != StatementState.PAID)
    if count := (await work.session.execute(unpaid)).scalar_one():
        raise MonthNotPaid(month=month, count=count)
    sums = select(
        func.count(),
        func.coalesce(func.sum(Statement.payable_fen), 0),
        func.coalesce(func.sum(Statement.subsidised_fen), 0),
    ).where(Statement.month == month)
    statements, payable_fen, subsidised_fen = map(int, (await work.session.execute(sums)).one())
    closed = ClosedMonth(
        month=month,
        statements=statements,
        payable_fen=payable_fen,
        subsidised_fen=subsidised_fen,
        closed_by=work.actor.label,
        closed_at=work.now,
    )
    work.session.add(closed)
    await work.session.flush()
    work.emit(MonthClosed(month=month, statements=statements, payable_fen=payable_fen, subsidised_fen=subsidised_fen))
    return closed


async def report_budget(work: Work) -> int:
    """Report each share of this year's and last year's budget that the charges have reached; return how many.

    A share of a budget is reported once; a budget that is raised is reported anew from its first share on.
    """
    year = budget.year_of(clock.month_of(work.now))
    made = sum([await _report(work, each) for each in (year - 1, year)])
    state = await queries.budget_state(work, year=year)
    metrics.BUDGET_CHARGED.set(state.spent_fen / state.cap_fen)
    return made


async def _report(work: Work, year: int) -> int:
    state = await queries.budget_state(work, year=year)
    at = queries.valid_at(work.now, year)
    percents = (await rules.read(work.session, BudgetReportPercents, at=at)).value
    if not budget.reached(state.spent_fen, state.cap_fen, percents, reported=state.reported):
        return 0
    # What is reported follows from the log: only charges whose events are sealed count.
    head = await log.seal_all(work)
    charged = select(func.coalesce(func.sum(Charge.subsidised_fen), 0)).where(
        Charge.month.between(f"{year}-01", f"{year}-12"), owed.SEALED
    )
    spent = int((await work.session.execute(charged, {"reaches": head.number})).scalar_one())
    made = budget.reached(spent, state.cap_fen, percents, reported=state.reported)
    for percent in made:
        row = {"year": year, "cap_fen": state.cap_fen, "spent_fen": spent, "reaches": head.number}
        await work.session.execute(insert(BudgetReport).values(**row, percent=percent, reported_at=work.now))
        work.emit(BudgetReached(**row, reached_percent=percent))
    return len(made)
