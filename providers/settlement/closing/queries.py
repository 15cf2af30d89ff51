"""Questions about closed months and the year's budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from events.work import Work
from kit import clock
from kit.rules import queries as rules
from providers.settlement.closing import budget
from providers.settlement.closing.model import BudgetReport, ClosedMonth
from providers.settlement.closing.rules import BudgetYearFen
from providers.settlement.model import Charge


@dataclass(frozen=True, slots=True)
class BudgetState:
    """How far a year's budget is charged now; `reported` are the shares that were told of this budget."""

    year: int
    cap_fen: int
    spent_fen: int
    percent: int
    reported: list[int]


async def last_closed(work: Work) -> str | None:
    """Return the last month that is closed, and with it all before; None where none is."""
    return (await work.session.execute(select(func.max(ClosedMonth.month)))).scalar_one()


async def closed_month(work: Work, month: str) -> ClosedMonth | None:
    """Return the closing of a month; None where it was not closed itself."""
    return await work.session.get(ClosedMonth, month)


async def closed_months(work: Work) -> Sequence[ClosedMonth]:
    """Return the closed months, the newest first."""
    return (await work.session.execute(select(ClosedMonth).order_by(ClosedMonth.month.desc()))).scalars().all()


async def budget_state(work: Work, *, year: int | None = None) -> BudgetState:
    """Return how far the budget of a year, or of this one, is charged by all charges of its visits."""
    year = year or budget.year_of(clock.month_of(work.now))
    cap = await cap_of(work, year)
    spent = await _spent(work, year)
    reports = await reported(work, year, cap)
    return BudgetState(year, cap, spent, budget.percent_of(spent, cap), reports)


async def cap_of(work: Work, year: int) -> int:
    """Return a year's budget as it is in force now; of a year that is over as it was at its end."""
    return (await rules.read(work.session, BudgetYearFen, at=valid_at(work.now, year))).value


def valid_at(now: datetime, year: int) -> datetime:
    """Return the instant whose rules a year's budget goes by: now, or the year's last instant once it is over."""
    return min(now, clock.month_bounds(f"{year}-12")[1])


async def reported(work: Work, year: int, cap_fen: int) -> list[int]:
    """Return the shares of one budget of a year that were reported."""
    query = select(BudgetReport.percent).where(BudgetReport.year == year, BudgetReport.cap_fen == cap_fen)
    return sorted((await work.session.execute(query)).scalars())


async def _spent(work: Work, year: int) -> int:
    months = Charge.month.between(f"{year}-01", f"{year}-12")
    query = select(func.coalesce(func.sum(Charge.subsidised_fen), 0)).where(months)
    return int((await work.session.execute(query)).scalar_one())
