"""The company agrees to its statement, or is silent, is reminded, and has then agreed by its silence."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from events.contracts.settlement import StatementConfirmed, StatementReminded
from events.work import Work
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.settlement import steps
from providers.settlement.model import Dispute, DisputeState, Statement, StatementState
from providers.settlement.rules import ConfirmDays, RemindDays


class DisputesOpen(Refusal):
    """Disputed lines wait for a decision."""

    code = "statement.disputes_open"
    kind = Kind.CONFLICT


_DISPUTED: Final = select(Dispute.id).where(Dispute.statement_id == Statement.id, Dispute.state == DisputeState.OPEN)
_HEARD: Final = (
    select(func.greatest(func.max(Dispute.raised_at), func.max(Dispute.decided_at)))
    .where(Dispute.statement_id == Statement.id)
    .scalar_subquery()
)
"""When a statement was last spoken about: an objection raised or decided."""


async def confirm(work: Work, *, statement_id: UUID) -> Statement:
    """Agree to the paper (the company's own act). Refuses `statement.not_found`, `.cannot_move`, `.disputes_open`."""
    statement = await steps.locked(work, statement_id, StatementState.CONFIRMED)
    await _no_open_disputes(work, statement_id)
    return _confirmed(work, statement, by_silence=False)


async def turn_silence(work: Work) -> int:
    """Remind companies that have been silent about a draft, and confirm by silence where the reminder was not answered.

    A reminder comes after `statement.confirm_days` without a word, the confirmation `statement.remind_days` later, both
    as they were in force when the statement was drawn up. While an objection is open nobody is silent, and the decision
    begins the days anew. Returns how many statements took a step; doing it again takes none.
    """
    query = (
        select(Statement, func.greatest(Statement.drawn_at, _HEARD))
        .where(Statement.state == StatementState.DRAFT, ~_DISPUTED.exists())
        .order_by(Statement.month, Statement.provider_id)
        .with_for_update(of=Statement, skip_locked=True)
    )
    turned = 0
    for statement, since in (await work.session.execute(query)).all():
        turned += await _turn(work, statement, since=since)
    return turned


async def _turn(work: Work, statement: Statement, *, since: datetime) -> bool:
    reminded = statement.reminded_at is not None and statement.reminded_at >= since
    if reminded and statement.silent_until is not None:
        if work.now < statement.silent_until:
            return False
        _confirmed(work, statement, by_silence=True)
        return True
    if work.now < since + (await rules.read(work.session, ConfirmDays, at=statement.drawn_at)).span:
        return False
    statement.reminded_at = work.now
    statement.silent_until = work.now + (await rules.read(work.session, RemindDays, at=statement.drawn_at)).span
    work.emit(
        StatementReminded(
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            silent_until=statement.silent_until,
        )
    )
    return True


def _confirmed(work: Work, statement: Statement, *, by_silence: bool) -> Statement:
    statement.state = StatementState.CONFIRMED
    statement.confirmed_by, statement.confirmed_at = work.actor.label, work.now
    if by_silence:  # a column that the company's own role does not write
        statement.by_silence = True
    work.emit(
        StatementConfirmed(
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            by_silence=by_silence,
        )
    )
    return statement


async def _no_open_disputes(work: Work, statement_id: UUID) -> None:
    query = select(func.count()).where(Dispute.statement_id == statement_id, Dispute.state == DisputeState.OPEN)
    if count := (await work.session.execute(query)).scalar_one():
        raise DisputesOpen(count=count)
