"""Questions about what is owed: lines, statements, and the same statement computed again from its facts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from events.work import Work
from providers.settlement import charges
from providers.settlement.arithmetic import Facts, canonical, charge
from providers.settlement.model import Charge, ChargeKind, Dispute, LedgerEntry, Statement, StatementLine

_SUMS = ("claimed_fen", "deducted_fen", "payable_fen", "subsidised_fen", "own_fen")


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A statement computed again: its canonical bytes, and whether they are the ones that were frozen."""

    content: bytes
    content_hash: str
    equal: bool


def line(row: Charge) -> dict[str, Any]:
    """Return one charge as it stands on paper; no name, no address."""
    return {
        "charge": str(row.id), "visit": str(row.visit_id), "revision": row.revision, "kind": row.kind.value,
        "item": row.item_code, "visited_on": row.visited_on.isoformat(), "price_fen": row.price_fen,
        "rules": row.rule_version, "facts": row.facts, "deductions": row.deductions,
        **{name: getattr(row, name) for name in _SUMS},
    }  # fmt: skip


def content(provider_id: UUID, month: str, lines: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the canonical bytes of a whole statement."""
    sums = {name: sum(one[name] for one in lines) for name in _SUMS}
    return canonical({"provider": str(provider_id), "month": month, "lines": list(lines), "totals": sums})


def totals(rows: Sequence[Charge]) -> dict[str, int]:
    """Return the sums of the lines."""
    return {name: sum(getattr(row, name) for row in rows) for name in _SUMS}


async def statements(work: Work, *, month: str | None = None, provider_id: UUID | None = None) -> Sequence[Statement]:
    """Return statements, newest month first; a company's people see only their own."""
    query = select(Statement).order_by(Statement.month.desc(), Statement.provider_id)
    if month is not None:
        query = query.where(Statement.month == month)
    if provider_id is not None:
        query = query.where(Statement.provider_id == provider_id)
    return (await work.session.execute(query)).scalars().all()


async def statement(work: Work, statement_id: UUID) -> Statement | None:
    """Return one statement, None when there is none that this actor may see."""
    return await work.session.get(Statement, statement_id)


async def lines(work: Work, statement_id: UUID) -> Sequence[tuple[StatementLine, Charge]]:
    """Return a statement's lines with their charges, in order."""
    query = (
        select(StatementLine, Charge)
        .join(Charge, Charge.id == StatementLine.charge_id)
        .where(StatementLine.statement_id == statement_id)
        .order_by(StatementLine.position)
    )
    return [(found, row) for found, row in (await work.session.execute(query)).all()]


async def disputes(work: Work, statement_id: UUID) -> Sequence[Dispute]:
    """Return the objections to a statement's lines, oldest first."""
    query = select(Dispute).where(Dispute.statement_id == statement_id).order_by(Dispute.raised_at, Dispute.id)
    return (await work.session.execute(query)).scalars().all()


async def charges_of(work: Work, *, visit_id: UUID) -> Sequence[Charge]:
    """Return all lines of one visit, in the order they were made."""
    query = select(Charge).where(Charge.visit_id == visit_id).order_by(Charge.revision, Charge.kind.desc())
    return (await work.session.execute(query)).scalars().all()


async def recompute(work: Work, found: Statement) -> Recomputed:
    """Compute a statement again from the facts, prices and rule values of its charges alone."""
    again: list[dict[str, Any]] = []
    for _, row in await lines(work, found.id):
        standards = await charges.standards_of(work, row.rule_version)
        amounts = charge(Facts.read(row.facts), price_fen=row.price_fen, standards=standards)
        if row.kind is ChargeKind.REVERSAL:
            amounts = amounts.reversed()
        again.append({
            **line(row), "claimed_fen": amounts.claimed, "deducted_fen": amounts.deducted,
            "payable_fen": amounts.payable, "subsidised_fen": amounts.subsidised, "own_fen": amounts.own,
            "deductions": amounts.deductions,
        })  # fmt: skip
    made = content(found.provider_id, found.month, again)
    digest = hashlib.sha256(made).hexdigest()
    return Recomputed(made, digest, digest == found.content_hash)


async def balances(work: Work) -> dict[str, int]:
    """Return the sum of each account of the ledger; they sum to zero."""
    query = select(LedgerEntry.account, func.sum(LedgerEntry.fen)).group_by(LedgerEntry.account)
    return {account.value: int(fen) for account, fen in (await work.session.execute(query)).all()}
