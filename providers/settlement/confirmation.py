"""The company agrees to its statement."""

from uuid import UUID

from sqlalchemy import func, select

from events.contracts.settlement import StatementConfirmed
from events.work import Work
from kit.refusal import Kind, Refusal
from providers.settlement import steps
from providers.settlement.model import Dispute, DisputeState, Statement, StatementState


class DisputesOpen(Refusal):
    """Disputed lines wait for a decision."""

    code = "statement.disputes_open"
    kind = Kind.CONFLICT


async def confirm(work: Work, *, statement_id: UUID) -> Statement:
    """Agree to the paper (the company's own act). Refuses `statement.not_found`, `.cannot_move`, `.disputes_open`."""
    statement = await steps.locked(work, statement_id, StatementState.CONFIRMED)
    await _no_open_disputes(work, statement_id)
    statement.state = StatementState.CONFIRMED
    statement.confirmed_by, statement.confirmed_at = work.actor.label, work.now
    work.emit(StatementConfirmed(statement_id=statement.id, provider_id=statement.provider_id, month=statement.month))
    return statement


async def _no_open_disputes(work: Work, statement_id: UUID) -> None:
    query = select(func.count()).where(Dispute.statement_id == statement_id, Dispute.state == DisputeState.OPEN)
    if count := (await work.session.execute(query)).scalar_one():
        raise DisputesOpen(count=count)
