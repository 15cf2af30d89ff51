"""Questions about funds: what they are, where they stand in a year, what came in and went out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, select

from civil.blocks.declared import FundKind
from civil.blocks.fund import arithmetic
from civil.blocks.fund.model import Fund, FundConsent, FundEntry, FundEntryKind, FundPlan
from events.work import Work
from kit import clock
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry.model import Level

FUNDS: Final = SortOrder("civil_funds", Fund.number)
ENTRIES: Final = SortOrder("civil_fund_entries", FundEntry.id)
PLANS: Final = SortOrder("civil_fund_plans", FundPlan.id)
CONSENTS: Final = SortOrder("civil_fund_consents", FundConsent.id)
_DIGITS: Final = {Level.DISTRICT: 6, Level.TOWNSHIP: 9, Level.COMMUNITY: 12}


class FundNotFound(Refusal):
    """There is no such fund, or none that the actor may see."""

    code = "fund.not_found"
    kind = Kind.NOT_FOUND


class FundEntryNotFound(Refusal):
    """There is no such entry, or none that the actor may see."""

    code = "fund.entry_not_found"
    kind = Kind.NOT_FOUND


class FundConsentNotFound(Refusal):
    """Nobody has asked for such a consent, or not where the actor may see it."""

    code = "fund.consent_not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class FundStanding:
    """Where a fund stands in a year, in fen; `left_fen` is what may be paid without a second person's consent."""

    fund: Fund
    year: int
    plan_fen: int
    paid_fen: int
    balance_fen: int

    @property
    def left_fen(self) -> int:
        """Return what is left of the balance and of the year's plan."""
        return arithmetic.left(self.balance_fen, self.plan_fen, self.paid_fen)


async def funds(
    work: Work, *, kind: str | None = None, after: str | None = None, limit: int | None = None
) -> Sequence[Fund]:
    """Return funds by number: all, or of a kind."""
    query = select(Fund) if kind is None else select(Fund).where(Fund.kind == kind)
    return (await work.session.execute(FUNDS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def fund(work: Work, fund_id: UUID) -> Fund:
    """Return a fund; refuses `fund.not_found`."""
    row = await work.session.get(Fund, fund_id)
    if row is None:
        raise FundNotFound
    return row


async def fund_for(work: Work, kind: FundKind, division_code: str) -> Fund:
    """Return the fund of a kind that pays for what lies in a division; refuses `fund.not_found`."""
    query = select(Fund).where(Fund.kind == kind.name, Fund.division_code == holder(kind.level, division_code))
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise FundNotFound
    return row


def holder(level: Level, division_code: str) -> str:
    """Return the 12-digit code of the division of a level that a division is or lies in."""
    return division_code[: _DIGITS[level]].ljust(12, "0")


async def standings(work: Work, rows: Sequence[Fund]) -> list[FundStanding]:
    """Return where funds stand in this year, in their order."""
    year = clock.day_of(work.now).year
    ids = [row.id for row in rows]
    spent = and_(
        FundEntry.kind == FundEntryKind.PAYMENT, FundEntry.entered_on.between(date(year, 1, 1), date(year, 12, 31))
    )
    sums = (
        select(FundEntry.fund_id, func.sum(FundEntry.fen), func.coalesce(func.sum(FundEntry.fen).filter(spent), 0))
        .where(FundEntry.fund_id.in_(ids))
        .group_by(FundEntry.fund_id)
    )
    balances: dict[UUID, int] = {}
    paid: dict[UUID, int] = {}
    for fund_id, balance, out in await work.session.execute(sums):
        balances[fund_id], paid[fund_id] = int(balance), -int(out)
    planned = (
        select(FundPlan.fund_id, FundPlan.fen)
        .where(FundPlan.fund_id.in_(ids), FundPlan.year == year)
        .order_by(FundPlan.recorded_at, FundPlan.id)
    )
    plans = {row[0]: row[1] for row in await work.session.execute(planned)}  # of several the latest recorded holds
    return [FundStanding(row, year, plans.get(row.id, 0), paid.get(row.id, 0), balances.get(row.id, 0)) for row in rows]


async def low_below(work: Work, kind: FundKind) -> int | None:
    """Return the balance below which a fund of the kind is low; None where the kind has no floor."""
    if kind.floor is None or kind.low_percent is None:
        return None
    floor = (await rules.read(work.session, kind.floor, at=work.now)).root
    return arithmetic.low_below(floor, (await rules.read(work.session, kind.low_percent, at=work.now)).root)


async def plans(work: Work, fund_id: UUID, *, after: str | None = None, limit: int | None = None) -> Sequence[FundPlan]:
    """Return every plan of a fund as it was recorded; refuses `fund.not_found`."""
    await fund(work, fund_id)
    query = PLANS.page(select(FundPlan).where(FundPlan.fund_id == fund_id), work.vault, after=after, limit=limit)
    return (await work.session.execute(query)).scalars().all()


async def entries(
    work: Work, fund_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[FundEntry]:
    """Return the entries of a fund as they were made; refuses `fund.not_found`."""
    await fund(work, fund_id)
    query = ENTRIES.page(select(FundEntry).where(FundEntry.fund_id == fund_id), work.vault, after=after, limit=limit)
    return (await work.session.execute(query)).scalars().all()


async def entry(work: Work, entry_id: UUID) -> FundEntry:
    """Return an entry; refuses `fund.entry_not_found`."""
    row = await work.session.get(FundEntry, entry_id)
    if row is None:
        raise FundEntryNotFound
    return row


async def consents(
    work: Work, fund_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[FundConsent]:
    """Return what was asked beyond what was left of a fund; refuses `fund.not_found`."""
    await fund(work, fund_id)
    query = select(FundConsent).where(FundConsent.fund_id == fund_id)
    return (await work.session.execute(CONSENTS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def payment_for(work: Work, subject_id: UUID) -> FundEntry | None:
    """Return the payment for a case or record that nothing has reversed."""
    reversed_ids = select(FundEntry.reverses_id).where(FundEntry.reverses_id.is_not(None))
    query = select(FundEntry).where(
        FundEntry.subject_id == subject_id, FundEntry.reverses_id.is_(None), FundEntry.id.not_in(reversed_ids)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def came_back(work: Work, subject_id: UUID) -> bool:
    """Tell whether the actor sees that a case or record was paid for and that every payment was reversed."""
    query = select(FundEntry.id).where(FundEntry.subject_id == subject_id).limit(1)
    there = (await work.session.execute(query)).first() is not None
    return there and await payment_for(work, subject_id) is None
