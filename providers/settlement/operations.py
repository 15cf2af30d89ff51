"""The verbs of a month on paper, under one name: drawn up and frozen here, the later steps beside their nouns."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import String, bindparam, cast, func, insert, select

from events import log, merkle
from events.contracts.settlement import StatementDrafted
from events.heads import Head, SignedHead
from events.model import LoggedEvent
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from providers.settlement import papers, queries
from providers.settlement.arithmetic import canonical
from providers.settlement.closing import operations as closing
from providers.settlement.confirmation import DisputesOpen, confirm
from providers.settlement.disputes import (
    CannotForgive,
    DisputeDecidedAlready,
    LineDisputedAlready,
    decide_dispute,
    dispute,
)
from providers.settlement.model import Charge, Statement, StatementLine
from providers.settlement.payments import ReviewOpen, approve, pay, record_return
from providers.settlement.review import operations as review
from providers.settlement.steps import SecondPersonWanted, StatementCannotMove

__all__ = [
    "CannotForgive",
    "DisputeDecidedAlready",
    "DisputesOpen",
    "LineDisputedAlready",
    "LogBehind",
    "MonthNotOver",
    "ReviewOpen",
    "SecondPersonWanted",
    "StatementCannotMove",
    "approve",
    "confirm",
    "decide_dispute",
    "dispute",
    "draw_up",
    "pay",
    "record_return",
]


class MonthNotOver(Refusal):
    """A running month cannot be frozen."""

    code = "statement.month_not_over"
    kind = Kind.CONFLICT


class LogBehind(Refusal):
    """A transaction that is still running keeps charges from being sealed."""

    code = "statement.log_behind"
    kind = Kind.BUSY


_SEALING_TRIES, _SEALING_PAUSE = 50, 0.1
_UNSEALED = (
    select(Charge.id)
    .where(~select(StatementLine.id).where(StatementLine.charge_id == Charge.id).exists(), ~queries.SEALED)
    .where(Charge.month <= bindparam("month"))
    .join(LoggedEvent, LoggedEvent.subject == cast(Charge.id, String))
    .where(LoggedEvent.recorded_at < func.now())  # when this transaction began
    .exists()
)
_UNSTATED = (
    select(Charge)
    .where(~select(StatementLine.id).where(StatementLine.charge_id == Charge.id).exists(), queries.SEALED)
    .order_by(Charge.provider_id, Charge.visited_on, Charge.visit_id, Charge.revision, Charge.kind)
)


async def draw_up(work: Work, *, month: str) -> list[Statement]:
    """Freeze every company's unstated charges up to a month that is over; a company with its paper keeps it.

    It takes the charges whose events are sealed when it begins, so that the same statements follow from the log alone.
    Whatever comes later is stated with the next month. Safe to run twice and by several at once. Refuses
    `statement.month_not_over`, `month.closed`, and `statement.log_behind` where a running transaction keeps earlier
    charges unsealed.
    """
    if work.now < clock.month_bounds(month)[1]:
        raise MonthNotOver(month=month)
    await closing.still_open(work, month)
    head = await _sealed(work, month)
    done = set((await work.session.execute(select(Statement.provider_id).where(Statement.month == month))).scalars())
    by_company: dict[UUID, list[Charge]] = {}
    for row in (await work.session.execute(_UNSTATED.where(Charge.month <= month), {"reaches": head.number})).scalars():
        if row.provider_id not in done:
            by_company.setdefault(row.provider_id, []).append(row)
    root, _ = merkle.root_and_path(await log.links(work, last=head.number))
    return [await _freeze(work, id_, month, rows, head=head, root=root) for id_, rows in by_company.items()]


async def _sealed(work: Work, month: str) -> Head:
    """Return the end of the sealed log once it holds every charge made before this; refuse where it takes too long."""
    for _ in range(_SEALING_TRIES):
        head = await log.seal_all(work)
        if not await work.session.scalar(select(_UNSEALED), {"reaches": head.number, "month": month}):
            return head
        await asyncio.sleep(_SEALING_PAUSE)
    raise LogBehind


async def _freeze(
    work: Work, provider_id: UUID, month: str, rows: Sequence[Charge], *, head: Head, root: bytes
) -> Statement:
    stated = [queries.line(row) for row in rows]
    content = papers.content(provider_id, month, [line.content() for line in stated])
    inputs = canonical([[str(row.id), row.facts, row.price_fen, row.rule_version] for row in rows])
    statement = Statement(
        id=new_id(),
        provider_id=provider_id,
        month=month,
        lines=len(rows),
        **queries.totals(rows),
        rule_versions=sorted({row.rule_version for row in rows}),
        input_hash=hashlib.sha256(inputs).hexdigest(),
        content_hash=hashlib.sha256(content).hexdigest(),
        log_head=str(SignedHead.of(head, work.now, work.vault)),
        drawn_by=work.actor.label,
        drawn_at=work.now,
    )
    work.session.add(statement)
    await work.session.flush()
    await work.session.execute(
        insert(StatementLine),
        [
            {
                "id": papers.line_id(statement.id, row.id),
                "statement_id": statement.id,
                "position": place,
                "charge_id": row.id,
                "provider_id": provider_id,
            }
            for place, row in enumerate(rows, start=1)
        ],
    )
    work.emit(
        StatementDrafted(
            statement_id=statement.id,
            provider_id=provider_id,
            month=month,
            lines=len(rows),
            total_fen=statement.payable_fen,
            reaches=head.number,
            content_hash=statement.content_hash,
            tree_hash=root.hex(),
        )
    )
    await review.freeze(work, statement=statement, lines=stated)
    return statement
