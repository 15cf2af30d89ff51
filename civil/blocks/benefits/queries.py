"""Questions about grants, runs and payments."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from civil.blocks.benefits.model import BenefitPayment, Grant, PayLine, PayRun
from events.work import Work
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from registry.people import listed

GRANTS: Final = SortOrder("civil_grants", Grant.number)
RUNS: Final = SortOrder("civil_pay_runs", PayRun.id, falling=1)
LINES: Final = SortOrder("civil_pay_lines", PayLine.id)
PAYMENTS: Final = SortOrder("civil_payments", BenefitPayment.id)


class PayRunNotFound(Refusal):
    """There is no such run."""

    code = "pay_run.not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class BankLine:
    """One payment as the bank needs it; `account` is None where none is known."""

    payment_id: UUID
    person_id: UUID
    name: str
    account: str | None
    fen: int


async def grants(
    work: Work,
    *,
    programme: str | None = None,
    person_id: UUID | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Grant]:
    """Return grants by number: of a programme, or paid to a person."""
    query = select(Grant)
    if programme is not None:
        query = query.where(Grant.programme == programme)
    if person_id is not None:
        query = query.where(Grant.person_id == person_id)
    return (await work.session.execute(GRANTS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def pay_runs(
    work: Work, *, programme: str | None = None, after: str | None = None, limit: int | None = None
) -> Sequence[PayRun]:
    """Return runs, the newest first."""
    query = select(PayRun) if programme is None else select(PayRun).where(PayRun.programme == programme)
    return (await work.session.execute(RUNS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def pay_run(work: Work, run_id: UUID, *, for_update: bool = False) -> PayRun:
    """Return a run; refuses `pay_run.not_found`."""
    query = select(PayRun).where(PayRun.id == run_id)
    run = (await work.session.execute(query.with_for_update() if for_update else query)).scalar_one_or_none()
    if run is None:
        raise PayRunNotFound
    return run


async def payees(work: Work, grant_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return who is paid by each of many grants."""
    query = select(Grant.id, Grant.person_id).where(Grant.id.in_(grant_ids))
    return {row.id: row.person_id for row in await work.session.execute(query)}


async def pay_lines(
    work: Work, run_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[PayLine]:
    """Return the lines of a run."""
    await pay_run(work, run_id)
    query = select(PayLine).where(PayLine.run_id == run_id)
    return (await work.session.execute(LINES.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def payments(
    work: Work, run_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[BenefitPayment]:
    """Return the payments of a run."""
    await pay_run(work, run_id)
    query = select(BenefitPayment).where(BenefitPayment.run_id == run_id)
    return (await work.session.execute(PAYMENTS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def bank_lines(work: Work, run_id: UUID) -> list[BankLine]:
    """Return what the bank needs for each payment of a run that has not come back."""
    query = (
        select(BenefitPayment)
        .where(BenefitPayment.run_id == run_id, BenefitPayment.returned_at.is_(None))
        .order_by(BenefitPayment.id)
    )
    rows = (await work.session.execute(query)).scalars().all()
    records = await listed.records(work, {row.person_id for row in rows})
    lines = []
    for row in rows:
        name, account = "", None
        with suppress(KeyError):
            name, account = records[row.person_id].name, records[row.person_id].bank_account
        lines.append(BankLine(row.id, row.person_id, name, account, row.fen))
    return lines
