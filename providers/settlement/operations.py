"""A month on paper: drawn up and frozen, confirmed or disputed by the company, approved by a second person, paid."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import String, bindparam, cast, false, func, insert, select, text

from events import log, merkle
from events.contracts.settlement import (
    ChargeMade,
    ChargeRecorded,
    LineDecided,
    LineDisputed,
    StatementApproved,
    StatementConfirmed,
    StatementDrafted,
    StatementPaid,
)
from events.heads import Head, SignedHead
from events.model import LoggedEvent, Seal
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import pending
from kit.rules import queries as rules
from kit.rules.model import ChangeKind
from providers.roster.model import Company
from providers.settlement import charges, ledger, papers, queries
from providers.settlement.arithmetic import FORGIVABLE, DeductionReason, canonical
from providers.settlement.model import (
    TRANSITIONS,
    Account,
    Charge,
    Dispute,
    DisputeState,
    FindingKind,
    Payment,
    Statement,
    StatementLine,
    StatementState,
)
from providers.settlement.rules import DeciderMayApprove, DrawerMayPay


class MonthNotOver(Refusal):
    """A running month cannot be frozen."""

    code = "statement.month_not_over"
    kind = Kind.CONFLICT


class LogBehind(Refusal):
    """A transaction that is still running keeps charges from being sealed."""

    code = "statement.log_behind"
    kind = Kind.BUSY


class StatementCannotMove(Refusal):
    """The statement is not in the state that this step begins from."""

    code = "statement.cannot_move"
    kind = Kind.CONFLICT


class DisputesOpen(Refusal):
    """Disputed lines wait for a decision."""

    code = "statement.disputes_open"
    kind = Kind.CONFLICT


class SecondPersonWanted(Refusal):
    """Who drew up, decided or approved may not take this step too."""

    code = "statement.second_person_wanted"
    kind = Kind.FORBIDDEN


class NoBankAccount(Refusal):
    """The company has no account that the statement was approved for."""

    code = "statement.no_bank_account"
    kind = Kind.CONFLICT


class BankAccountChanged(Refusal):
    """The company's account is another one than was approved."""

    code = "statement.bank_account_changed"
    kind = Kind.CONFLICT


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


_NEVER, _SEALING_TRIES, _SEALING_PAUSE = 2**62, 50, 0.1
_SEALED = (
    select(func.coalesce(func.bool_and(func.coalesce(Seal.number, _NEVER) <= bindparam("reaches")), false()))
    .select_from(LoggedEvent)
    .outerjoin(Seal, Seal.position == LoggedEvent.position)
    .where(LoggedEvent.subject == cast(Charge.id, String))
    .where(LoggedEvent.type.in_([ChargeMade.type_name(), ChargeRecorded.type_name()]))
    .correlate(Charge)
    .scalar_subquery()
)
_UNSEALED = (
    select(Charge.id)
    .where(~select(StatementLine.id).where(StatementLine.charge_id == Charge.id).exists(), ~_SEALED)
    .where(Charge.month <= bindparam("month"))
    .join(LoggedEvent, LoggedEvent.subject == cast(Charge.id, String))
    .where(LoggedEvent.recorded_at < func.now())  # when this transaction began
    .exists()
)
_UNSTATED = (
    select(Charge)
    .where(~select(StatementLine.id).where(StatementLine.charge_id == Charge.id).exists(), _SEALED)
    .order_by(Charge.provider_id, Charge.visited_on, Charge.visit_id, Charge.revision, Charge.kind)
)


async def draw_up(work: Work, *, month: str) -> list[Statement]:
    """Freeze every company's unstated charges up to a month that is over; a company with its paper keeps it.

    It takes the charges whose events are sealed when it begins, so that the same statements follow from the log alone.
    Whatever comes later is stated with the next month. Safe to run twice and by several at once. Refuses
    `statement.month_not_over`, and `statement.log_behind` where a running transaction keeps earlier charges unsealed.
    """
    if work.now < clock.month_bounds(month)[1]:
        raise MonthNotOver(month=month)
    await work.session.execute(text("select pg_advisory_xact_lock(hashtext('draw up'))"))
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
    content = papers.content(provider_id, month, [queries.line(row).content() for row in rows])
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
    return statement


async def confirm(work: Work, *, statement_id: UUID) -> Statement:
    """Agree to the paper (the company's own act). Refuses `statement.not_found`, `.cannot_move`, `.disputes_open`."""
    statement = await _locked(work, statement_id, StatementState.CONFIRMED)
    await _no_open_disputes(work, statement_id)
    statement.state = StatementState.CONFIRMED
    statement.confirmed_by, statement.confirmed_at = work.actor.label, work.now
    work.emit(_event(StatementConfirmed, statement))
    return statement


async def dispute(work: Work, *, line_id: UUID, reason: str) -> Dispute:
    """Object to one line of a drawn-up paper (the company's own act).

    Refuses `line.not_found`, `line.disputed_already`, `statement.cannot_move` once it is confirmed.
    """
    line = await work.session.get(StatementLine, line_id)
    if line is None:
        raise queries.LineNotFound
    statement = await _locked(work, line.statement_id, StatementState.CONFIRMED)
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
        raise SecondPersonWanted
    line = await work.session.get_one(StatementLine, objection.line_id)
    charge = await work.session.get_one(Charge, line.charge_id)
    given_back = [reason for reason in DeductionReason if upheld and reason in forgiven]
    if upheld and (not given_back or not FORGIVABLE.intersection(charge.deductions).issuperset(given_back)):
        raise CannotForgive
    objection.state = DisputeState.UPHELD if upheld else DisputeState.REJECTED
    objection.forgiven, objection.note = [reason.value for reason in given_back], note
    objection.decided_by, objection.decided_at = work.actor.label, work.now
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


async def approve(work: Work, *, statement_id: UUID) -> Statement:
    """Approve a confirmed paper and the account to which it is paid; an approved one only for another account.

    Who drew it up may not, nor who made or decided what it pays: its prices, visits and corrections; nor who decided
    its disputes unless the rule allows it. Refuses `statement.not_found`, `.cannot_move`, `.second_person_wanted`.
    """
    statement = await _locked(work, statement_id, StatementState.APPROVED)
    company = await work.session.get_one(Company, statement.provider_id)
    if statement.state is StatementState.APPROVED and not queries.account_changed(work, statement, company):
        raise StatementCannotMove(state=statement.state, wanted=StatementState.APPROVED)
    barred = {statement.drawn_by, *await queries.people_behind(work, statement)}
    if not (await rules.read(work.session, DeciderMayApprove, at=work.now)).value:
        decided = select(Dispute.decided_by).where(Dispute.statement_id == statement_id)
        barred.update(name for name in (await work.session.execute(decided)).scalars() if name)
    if work.actor.label in barred:
        raise SecondPersonWanted
    statement.state = StatementState.APPROVED
    statement.approved_by, statement.approved_at = work.actor.label, work.now
    statement.account_sealed = queries.seal_account(work, statement, company)
    work.emit(_event(StatementApproved, statement))
    return statement


async def pay(work: Work, *, statement_id: UUID, reference: str) -> Payment:
    """Pay the public share of an approved paper, once; nothing in it changes any more.

    Refuses `statement.not_found`, `.cannot_move`, and `.second_person_wanted` for who approved it or set the company's
    bank account, and for who drew it up unless the rule allows it. Money that leaves needs an account: refuses
    `.no_bank_account`, and `.bank_account_changed` where the account is no longer the one that was approved.
    """
    statement = await _locked(work, statement_id, StatementState.PAID)
    company = await work.session.get_one(Company, statement.provider_id)
    setters = await pending.people_behind(work.session, ChangeKind.BANK_ACCOUNT, [str(company.id)])
    barred = {statement.approved_by, company.bank_set_by, *setters}
    if not (await rules.read(work.session, DrawerMayPay, at=work.now)).value:
        barred.add(statement.drawn_by)
    if work.actor.label in barred:
        raise SecondPersonWanted
    if statement.subsidised_fen > 0 and queries.account_changed(work, statement, company):
        raise BankAccountChanged
    if statement.subsidised_fen > 0 and statement.account_sealed is None:
        raise NoBankAccount
    payment = Payment(
        id=new_id(),
        statement_id=statement.id,
        provider_id=statement.provider_id,
        month=statement.month,
        fen=statement.subsidised_fen,
        reference=reference,
        paid_by=work.actor.label,
        paid_at=work.now,
    )
    work.session.add(payment)
    await work.session.flush()
    if payment.fen:
        await ledger.post(
            work,
            [
                (payment.id, statement.provider_id, Account.DUE, payment.fen),
                (payment.id, statement.provider_id, Account.TREASURY, -payment.fen),
            ],
        )
    statement.state = StatementState.PAID
    statement.paid_by, statement.paid_at = work.actor.label, work.now
    work.emit(
        StatementPaid(
            statement_id=statement.id, provider_id=statement.provider_id, month=statement.month, total_fen=payment.fen
        )
    )
    return payment


async def _locked(work: Work, statement_id: UUID, wanted: StatementState) -> Statement:
    statement = await work.session.get(Statement, statement_id, with_for_update=True)
    if statement is None:
        raise queries.StatementNotFound
    if wanted not in TRANSITIONS[statement.state]:
        raise StatementCannotMove(state=statement.state, wanted=wanted)
    return statement


async def _no_open_disputes(work: Work, statement_id: UUID) -> None:
    query = select(func.count()).where(Dispute.statement_id == statement_id, Dispute.state == DisputeState.OPEN)
    if count := (await work.session.execute(query)).scalar_one():
        raise DisputesOpen(count=count)


def _event(
    kind: type[StatementConfirmed] | type[StatementApproved], statement: Statement
) -> StatementConfirmed | StatementApproved:
    return kind(statement_id=statement.id, provider_id=statement.provider_id, month=statement.month)
