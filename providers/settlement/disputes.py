"""A company's objection to a line of its statement, and the bureau's decision."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from events.contracts.settlement import LineDecided, LineDisputed
from events.work import Work
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from providers.settlement import charges, queries, steps
from providers.settlement.arithmetic import FORGIVABLE, DeductionReason
from providers.settlement.model import (
    Charge,
    Dispute,
    DisputeState,
    FindingKind,
    Statement,
    StatementLine,
    StatementState,
)


class LineDisputedAlready(Refusal):
    """The line has its dispute."""

    code = "line.disputed_already"
    kind = Kind.CONFLICT


class DisputeNotFound(Refusal):
    """No such dispute."""

    code = "dispute.not_found"
    kind = Kind.NOT_FOUND


class DisputeDecidedAlready(Refusal):
    """A dispute is decided once."""

    code = "dispute.decided_already"
    kind = Kind.CONFLICT


class CannotForgive(Refusal):
    """Only a line's own deductions for shortness and lateness can be given back by a dispute."""

    code = "dispute.cannot_forgive"


async def dispute(work: Work, *, line_id: UUID, reason: str) -> Dispute:
    """Object to one line of a drawn-up paper (the company's own act).

    Refuses `line.not_found`, `line.disputed_already`, `statement.cannot_move` once it is confirmed.
    """
    line = await work.session.get(StatementLine, line_id)
    if line is None:
        raise queries.LineNotFound
    statement = await steps.locked(work, line.statement_id, StatementState.CONFIRMED)
    if (await work.session.execute(select(Dispute.id).where(Dispute.line_id == line_id))).scalar() is not None:
        raise LineDisputedAlready
    objection = Dispute(
        id=new_id(),
        statement_id=statement.id,
        line_id=line_id,
        provider_id=statement.provider_id,
        state=DisputeState.OPEN,
        reason=reason,
        raised_by=work.actor.label,
        raised_at=work.now,
        forgiven=[],
    )
    work.session.add(objection)
    await work.session.flush()
    work.emit(
        LineDisputed(
            statement_id=statement.id, provider_id=statement.provider_id, month=statement.month, line_id=line_id
        )
    )
    return objection


async def decide_dispute(
    work: Work, *, dispute_id: UUID, upheld: bool, forgiven: Sequence[DeductionReason] = (), note: str = ""
) -> Dispute:
    """Decide an objection; an upheld one gives the named deductions back by a correcting line in the next paper.

    Refuses `dispute.not_found`, `.decided_already`, `.cannot_forgive` for a deduction that the line does not have or
    that has its own way of appeal, and `statement.second_person_wanted` for who raised it or drew the paper up.
    """
    objection = await work.session.get(Dispute, dispute_id, with_for_update=True)
    if objection is None:
        raise DisputeNotFound
    if objection.state is not DisputeState.OPEN:
        raise DisputeDecidedAlready
    statement = await work.session.get_one(Statement, objection.statement_id)
    if work.actor.label in {objection.raised_by, statement.drawn_by}:
        raise steps.SecondPersonWanted
    line = await work.session.get_one(StatementLine, objection.line_id)
    charge = await work.session.get_one(Charge, line.charge_id)
    given_back = [reason for reason in DeductionReason if upheld and reason in forgiven]
    if upheld and (not given_back or not FORGIVABLE.intersection(charge.deductions).issuperset(given_back)):
        raise CannotForgive
    objection.state = DisputeState.UPHELD if upheld else DisputeState.REJECTED
    objection.forgiven, objection.note = [reason.value for reason in given_back], note
    objection.decided_by, objection.decided_at = work.actor.label, work.now
    statement.reminded_at = statement.silent_until = None  # the company has spoken; its days begin anew
    work.emit(
        LineDecided(
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            line_id=line.id,
            upheld=upheld,
            forgiven=objection.forgiven,
        )
    )
    for reason in given_back:
        await charges.find(
            work, visit_id=charge.visit_id, source_id=objection.id, kind=FindingKind.FORGIVEN, reason=reason.value
        )
    return objection
