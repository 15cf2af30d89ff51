"""A confirmed statement is approved by a second person and paid by a third; what the bank returns is paid again."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from events.contracts.settlement import PaymentReturned, StatementApproved, StatementPaid
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import pending
from kit.rules import queries as rules
from kit.rules.model import ChangeKind
from providers.roster.model import Company
from providers.settlement import ledger, papers, queries, steps
from providers.settlement.model import (
    Account,
    Dispute,
    Payment,
    PaymentReturn,
    PaymentReturnReason,
    Statement,
    StatementState,
)
from providers.settlement.review import queries as reviewed
from providers.settlement.rules import DeciderMayApprove, DrawerMayPay


class ReviewOpen(Refusal):
    """Lines that are reviewed wait for somebody to look at them."""

    code = "statement.review_open"
    kind = Kind.CONFLICT


class NoBankAccount(Refusal):
    """The company has no account that the statement was approved for."""

    code = "statement.no_bank_account"
    kind = Kind.CONFLICT


class BankAccountChanged(Refusal):
    """The company's account is another one than was approved."""

    code = "statement.bank_account_changed"
    kind = Kind.CONFLICT


class NothingToReturn(Refusal):
    """No money was sent for the statement that a bank could send back."""

    code = "statement.nothing_to_return"
    kind = Kind.CONFLICT


class ReturnDayInvalid(Refusal):
    """A payment comes back between the day on which it was made and today."""

    code = "statement.return_day_invalid"


async def approve(work: Work, *, statement_id: UUID) -> Statement:
    """Approve a confirmed paper and the account to which it is paid; an approved one only for another account.

    Who drew it up may not, nor who made or decided what it pays: its prices, visits and corrections; nor who recorded
    that the bank returned it; nor who decided its disputes unless the rule allows it. Refuses `statement.not_found`,
    `.cannot_move`, `.second_person_wanted`, and `.review_open` while a line that is reviewed waits to be looked at.
    """
    statement = await steps.locked(work, statement_id, StatementState.APPROVED)
    company = await work.session.get_one(Company, statement.provider_id)
    if statement.state is StatementState.APPROVED and not queries.account_changed(work, statement, company):
        raise steps.StatementCannotMove(state=statement.state, wanted=StatementState.APPROVED)
    barred = {statement.drawn_by, *await queries.people_behind(work, statement)}
    recorded = select(PaymentReturn.recorded_by).where(PaymentReturn.statement_id == statement_id)
    barred.update((await work.session.execute(recorded)).scalars())
    if not (await rules.read(work.session, DeciderMayApprove, at=work.now)).value:
        decided = select(Dispute.decided_by).where(Dispute.statement_id == statement_id)
        barred.update(name for name in (await work.session.execute(decided)).scalars() if name)
    if work.actor.label in barred:
        raise steps.SecondPersonWanted
    if count := await reviewed.waiting(work, statement_id):
        raise ReviewOpen(count=count)
    statement.state = StatementState.APPROVED
    statement.approved_by, statement.approved_at = work.actor.label, work.now
    statement.account_sealed = queries.seal_account(work, statement, company)
    work.emit(StatementApproved(statement_id=statement.id, provider_id=statement.provider_id, month=statement.month))
    return statement


async def pay(work: Work, *, statement_id: UUID, reference: str) -> Payment:
    """Pay the public share of an approved paper, once; nothing in it changes any more. What came back is paid again.

    Refuses `statement.not_found`, `.cannot_move`, and `.second_person_wanted` for who approved it or set the company's
    bank account, and for who drew it up unless the rule allows it. Money that leaves needs an account: refuses
    `.no_bank_account`, and `.bank_account_changed` where the account is no longer the one that was approved.
    """
    statement = await steps.locked(work, statement_id, StatementState.PAID)
    company = await work.session.get_one(Company, statement.provider_id)
    setters = await pending.people_behind(work.session, ChangeKind.BANK_ACCOUNT, [str(company.id)])
    barred = {statement.approved_by, company.bank_set_by, *setters}
    if not (await rules.read(work.session, DrawerMayPay, at=work.now)).value:
        barred.add(statement.drawn_by)
    if work.actor.label in barred:
        raise steps.SecondPersonWanted
    if statement.subsidised_fen > 0 and queries.account_changed(work, statement, company):
        raise BankAccountChanged
    if statement.subsidised_fen > 0 and statement.account_sealed is None:
        raise NoBankAccount
    earlier = await queries.payments_of(work, statement_id)
    payment = Payment(
        id=new_id(),
        statement_id=statement.id,
        provider_id=statement.provider_id,
        month=statement.month,
        fen=statement.subsidised_fen,
        reference=reference,
        replaces=earlier[-1][0].id if earlier else None,
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
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            total_fen=payment.fen,
            payment_id=payment.id,
        )
    )
    return payment


async def record_return(
    work: Work, *, statement_id: UUID, reason: PaymentReturnReason, reference: str, returned_on: date
) -> PaymentReturn:
    """Record that the bank sent a statement's payment back: a posting the other way round, and a new approval.

    The statement is `confirmed` again: a second person, who did not record this, approves it with its account as it is
    then, and it is paid by a new payment. Refuses `statement.not_found`, `.cannot_move` unless it is paid,
    `.nothing_to_return` where nothing was sent, and `.return_day_invalid`.
    """
    statement = await work.session.get(Statement, statement_id, with_for_update=True)
    if statement is None:
        raise queries.StatementNotFound
    if statement.state is not StatementState.PAID:
        raise steps.StatementCannotMove(state=statement.state, wanted=StatementState.CONFIRMED)
    payment = (await queries.payments_of(work, statement_id))[-1][0]
    if payment.fen <= 0:
        raise NothingToReturn
    first, today = clock.day_of(payment.paid_at), clock.day_of(work.now)
    if not first <= returned_on <= today:
        raise ReturnDayInvalid(first=first.isoformat(), last=today.isoformat())
    back = PaymentReturn(
        id=papers.return_id(payment.id),
        payment_id=payment.id,
        statement_id=statement.id,
        provider_id=statement.provider_id,
        month=statement.month,
        fen=payment.fen,
        reason=reason,
        reference=reference,
        returned_on=returned_on,
        recorded_by=work.actor.label,
        recorded_at=work.now,
    )
    work.session.add(back)
    await work.session.flush()
    await ledger.post(
        work,
        [
            (back.id, statement.provider_id, Account.DUE, -payment.fen),
            (back.id, statement.provider_id, Account.TREASURY, payment.fen),
        ],
    )
    statement.state = StatementState.CONFIRMED
    statement.approved_by = statement.approved_at = statement.account_sealed = None
    statement.paid_by = statement.paid_at = None
    work.emit(
        PaymentReturned(
            statement_id=statement.id,
            provider_id=statement.provider_id,
            month=statement.month,
            payment_id=payment.id,
            total_fen=payment.fen,
            reason=reason.value,
            returned_on=returned_on,
        )
    )
    return back
