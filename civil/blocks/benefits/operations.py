"""A month's run: compute, cancel, approve by a second person, send to the bank, take what the bank returned."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from civil.blocks.benefits import arithmetic, claims, queries
from civil.blocks.benefits.model import BenefitPayment, Grant, PayLine, PayRun, PayRunState
from civil.blocks.declared import Programme
from events.contracts.civil import PayRunPaid
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.rules.model import RuleRow
from kit.rules.typed import BEGINNING
from registry import queries as registry
from registry.model import Person


class PayRunExists(Refusal):
    """The month, or a later one, has its run; what changes afterwards is a line of the next run."""

    code = "pay_run.exists"
    kind = Kind.CONFLICT


class PayRunOpen(Refusal):
    """An earlier run is neither approved nor cancelled."""

    code = "pay_run.open"
    kind = Kind.CONFLICT


class PayRunTooEarly(Refusal):
    """The month has not begun."""

    code = "pay_run.too_early"


class PayRunEmpty(Refusal):
    """Nobody has had the benefit up to that month."""

    code = "pay_run.empty"
    kind = Kind.CONFLICT


class PayRunWrongState(Refusal):
    """The run is in no state that allows it."""

    code = "pay_run.wrong_state"
    kind = Kind.CONFLICT


class PayRunNeedsSecondPerson(Refusal):
    """Whoever computed a run does not approve it."""

    code = "pay_run.second_person"
    kind = Kind.CONFLICT


class PayRunProvisional(Refusal):
    """A standard of the run is a proposal that nobody has decided: the run is not for real payment."""

    code = "pay_run.provisional"
    kind = Kind.CONFLICT


class PaymentUnknown(Refusal):
    """The run has no such payment, or it was returned before."""

    code = "pay_run.payment_unknown"


_OVERLAP = timedelta(hours=1)
"""A grant touched shortly before a run may have been committed after it; whoever has not changed gives no line."""


async def compute(work: Work, programme: Programme[Any], *, month: str) -> PayRun:
    """Freeze claims and standards of a month, and of what changed in the months before, and enter the differences.

    Refuses `pay_run.exists`, `.open`, `.too_early`, `.empty`.
    """
    lock = func.pg_advisory_xact_lock(func.hashtext(f"pay run {programme.name}"))
    await work.session.execute(select(lock))
    if month > clock.month_of(work.now):
        raise PayRunTooEarly(month=month)
    runs = await claims.runs_of(work, programme.name)
    if any(run.month >= month for run in runs):
        raise PayRunExists(month=month)
    if any(run.state is PayRunState.COMPUTED for run in runs):
        raise PayRunOpen
    since = max((run.computed_at - _OVERLAP for run in runs), default=None)
    first = await claims.first_month(work, programme.name)
    if first is None or first > month:
        raise PayRunEmpty(month=month)
    standards = {name: await _standards(work, programme, name) for name in arithmetic.months(first, month)}
    before = claims.latest_standards(runs)
    for_all = {name for name, values in standards.items() if before.get(name) != values} | {month}
    # Another standard of an earlier month concerns those too whose benefit has ended since.
    all_of_them = since is None or len(for_all) > 1
    grants = await claims.histories(work, programme.name, month=month, since=None if all_of_them else since)
    entered = await claims.entered(work, programme.name)
    rows: list[dict[str, Any]] = []
    run_id = new_id()
    for grant in grants:
        touched = since is None or grant.touched_at > since
        for name in arithmetic.months(grant.from_month, month):
            if touched or name in for_all:
                rows += _lines(programme, grant, name, standards[name], entered.get((grant.id, name), {}))
    used = {name: standards[name] for name in sorted({row["month"] for row in rows} | for_all)}
    run = PayRun(
        id=run_id,
        programme=programme.name,
        month=month,
        state=PayRunState.COMPUTED,
        provisional=await _provisional(work, programme, used),
        standards=used,
        lines=len(rows),
        total_fen=sum(row["fen"] for row in rows),
        content_hash=arithmetic.content_hash(used, rows),
        computed_by=work.actor.label,
        computed_at=work.now,
    )
    work.session.add(run)
    await work.session.flush()
    if rows:
        await work.session.execute(insert(PayLine), [row | {"run_id": run_id} for row in rows])
    return run


def _lines(
    programme: Programme[Any],
    grant: claims.GrantHistory,
    month: str,
    standards: Mapping[str, Any],
    entered: Mapping[str, int],
) -> list[dict[str, Any]]:
    frozen = grant.claim(month)
    due = {} if frozen is None else programme.amount(claims.read_claim(programme, month, frozen), standards)
    return [
        {
            "id": new_id(),
            "grant_id": grant.id,
            "month": month,
            "component": component,
            "due_fen": now,
            "before_fen": before,
            "fen": now - before,
            "claim": frozen,
        }
        for component, (now, before) in arithmetic.differences(due, entered).items()
    ]


async def cancel(work: Work, *, run_id: UUID) -> PayRun:
    """Throw away a run that nobody has approved; its month is computed anew. Refuses `pay_run.wrong_state`."""
    run = await _in_state(work, run_id, PayRunState.COMPUTED)
    run.state = PayRunState.CANCELLED
    await work.session.flush()
    return run


async def approve(work: Work, *, run_id: UUID) -> PayRun:
    """Let a second person approve a run and make its payments; somebody reported dead is sent nothing yet.

    What was not sent stays owed and goes with the next run. Refuses `pay_run.wrong_state`, `pay_run.second_person`.
    """
    run = await _in_state(work, run_id, PayRunState.COMPUTED)
    if run.computed_by == work.actor.label:
        raise PayRunNeedsSecondPerson
    lines = (
        select(PayLine.grant_id, func.sum(PayLine.fen).label("fen"))
        .join(PayRun, PayRun.id == PayLine.run_id)
        .where(PayRun.programme == run.programme, PayRun.state != PayRunState.CANCELLED)
        .group_by(PayLine.grant_id)
        .subquery()
    )
    sent = (
        select(BenefitPayment.grant_id, func.sum(BenefitPayment.fen).label("fen"))
        .where(BenefitPayment.returned_at.is_(None))
        .group_by(BenefitPayment.grant_id)
        .subquery()
    )
    query = (
        select(Grant.id, Grant.person_id, lines.c.fen, func.coalesce(sent.c.fen, 0))
        .join(lines, lines.c.grant_id == Grant.id)
        .join(Person, Person.id == Grant.person_id)
        .outerjoin(sent, sent.c.grant_id == Grant.id)
        .where(Person.death_reported_on.is_(None) | Person.died_on.is_not(None))
    )
    rows = [
        {"id": new_id(), "run_id": run.id, "grant_id": grant_id, "person_id": person_id, "fen": fen}
        for grant_id, person_id, owed, gone in (await work.session.execute(query)).all()
        if (fen := arithmetic.payable(int(owed), int(gone)))
    ]
    if rows:
        await work.session.execute(insert(BenefitPayment), rows)
    run.state, run.approved_by, run.approved_at = PayRunState.APPROVED, work.actor.label, work.now
    await work.session.flush()
    return run


async def send_to_bank(work: Work, *, run_id: UUID) -> list[queries.BankLine]:
    """Return the payments of an approved run with name and account, for the bank; who has no account is left out.

    Refuses `pay_run.wrong_state`, and `pay_run.provisional` for what is not for real payment.
    """
    run = await _in_state(work, run_id, PayRunState.APPROVED)
    if run.provisional:
        raise PayRunProvisional
    lines = await queries.bank_lines(work, run.id)
    people = {line.person_id for line in lines}
    await registry.record_reading(work, people, purpose="pay run", fields=["name", "bank_account"])
    return [line for line in lines if line.account is not None]


async def take_returns(work: Work, *, run_id: UUID, returned: Mapping[UUID, str]) -> PayRun:
    """Close a run with what the bank returned and why; what has no account counts as returned.

    What came back is owed again and goes with the next run. Refuses `pay_run.wrong_state`, `pay_run.provisional` and
    `pay_run.payment_unknown`.
    """
    run = await _in_state(work, run_id, PayRunState.APPROVED)
    if run.provisional:
        raise PayRunProvisional
    payments = await _payments(work, run.id)
    if unknown := returned.keys() - payments.keys():
        raise PaymentUnknown(payment_id=str(min(unknown)))
    without = {line.payment_id: "no account" for line in await queries.bank_lines(work, run.id) if line.account is None}
    for payment_id, reason in (without | dict(returned)).items():
        payments[payment_id].returned_at, payments[payment_id].return_reason = work.now, reason
    kept = [payment.fen for payment in payments.values() if payment.returned_at is None]
    run.state, run.paid_at = PayRunState.PAID, work.now
    await work.session.flush()
    work.emit(
        PayRunPaid(run_id=run.id, programme=run.programme, month=run.month, paid_fen=sum(kept), payments=len(kept))
    )
    return run


async def recompute(work: Work, programmes: Sequence[Programme[Any]], *, run_id: UUID) -> int:
    """Compute every line of a run again from what it froze; return how many do not come out to the fen."""
    run = await queries.pay_run(work, run_id)
    (programme,) = (programme for programme in programmes if programme.name == run.programme)
    lines = (await work.session.execute(select(PayLine).where(PayLine.run_id == run.id))).scalars().all()
    wrong = 0
    for line in lines:
        due: Mapping[str, int] = {}
        if line.claim is not None:
            claim = claims.read_claim(programme, line.month, line.claim)
            due = programme.amount(claim, run.standards[line.month])
        wrong += due.get(line.component, 0) != line.due_fen or line.due_fen - line.before_fen != line.fen
    frozen = [{column.key: getattr(line, column.key) for column in PayLine.__table__.columns} for line in lines]
    return wrong + (arithmetic.content_hash(run.standards, frozen) != run.content_hash)


async def _standards(work: Work, programme: Programme[Any], month: str) -> dict[str, Any]:
    begins, _ = clock.month_bounds(month)
    read = {rule.about.name: await rules.read(work.session, rule, at=begins) for rule in programme.standards}
    return {name: value.content for name, value in read.items()}


async def _provisional(work: Work, programme: Programme[Any], months: Mapping[str, Any]) -> bool:
    """Tell whether in any of the months a standard is one that nobody has decided."""
    names = {rule.about.name for rule in programme.standards}
    begins = clock.month_bounds(min(months))[0]
    decided = select(RuleRow.name).where(
        RuleRow.name.in_(names), RuleRow.valid_from <= begins, RuleRow.valid_from != BEGINNING
    )
    return bool(names - set((await work.session.execute(decided)).scalars()))


async def _in_state(work: Work, run_id: UUID, state: PayRunState) -> PayRun:
    run = await queries.pay_run(work, run_id, for_update=True)
    if run.state is not state:
        raise PayRunWrongState(state=run.state)
    return run


async def _payments(work: Work, run_id: UUID) -> dict[UUID, BenefitPayment]:
    query = select(BenefitPayment).where(BenefitPayment.run_id == run_id, BenefitPayment.returned_at.is_(None))
    return {payment.id: payment for payment in (await work.session.execute(query)).scalars()}
