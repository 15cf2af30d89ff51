"""Complaints: taken, acknowledged, investigated, decided, remedied, closed, and once appealed to another person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from events.contracts.feedback import ComplaintDecided, ComplaintReceived
from events.work import Work
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.rules.typed import ValueRule
from providers.satisfaction import deadlines, queries
from providers.satisfaction.model import TRANSITIONS, Complaint, ComplaintState, ComplaintStep, Rateable
from providers.satisfaction.rules import (
    AcknowledgeHours,
    AppealDays,
    DaysOff,
    DaysWorked,
    DecideDays,
    InvestigateDays,
    LeastDeductionPercent,
    RemedyDays,
)


class ComplaintUnknownVisit(Refusal):
    """No such visit and no company named."""

    code = "complaint.unknown_visit"
    kind = Kind.NOT_FOUND


class ComplaintStateInvalid(Refusal):
    """The complaint is not where this step begins."""

    code = "complaint.wrong_state"
    kind = Kind.CONFLICT


class DeductionOutOfRange(Refusal):
    """An upheld complaint costs something, one that is not upheld nothing."""

    code = "complaint.deduction_out_of_range"


class NotRemedied(Refusal):
    """An upheld complaint is remedied before it is closed."""

    code = "complaint.not_remedied"
    kind = Kind.CONFLICT


class AppealTooLate(Refusal):
    """The time for an appeal is over."""

    code = "complaint.appeal_too_late"
    kind = Kind.CONFLICT


class SameDecider(Refusal):
    """An appeal is decided by somebody else."""

    code = "complaint.same_decider"
    kind = Kind.FORBIDDEN


class ComplaintDuplicate(Refusal):
    """Another complaint about the visit is not closed yet."""

    code = "complaint.duplicate"
    kind = Kind.CONFLICT


async def receive(
    work: Work, *, visit_id: UUID, words: str, provider_id: UUID | None = None, override_duplicate: bool = False
) -> Complaint:
    """Take a complaint about a visit; a visit not known here needs its company named. Emits ComplaintReceived.

    Refuses `complaint.unknown_visit`, and `complaint.duplicate` unless it is overridden. The words are sealed; nobody
    but the desk reads them.
    """
    await work.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(visit_id.bytes[8:], signed=True))))
    earlier = await open_about(work, visit_id)
    if earlier is not None and not override_duplicate:
        raise ComplaintDuplicate(number=earlier.number)
    rateable = await work.session.get(Rateable, visit_id)
    company = rateable.provider_id if rateable is not None else provider_id
    if company is None:
        raise ComplaintUnknownVisit
    complaint_id, key = new_id(), work.vault.new_key()
    within = (await rules.read(work.session, AcknowledgeHours, at=work.now)).span
    complaint = Complaint(
        id=complaint_id,
        visit_id=visit_id,
        provider_id=company,
        data_key=key,
        received_at=work.now,
        words_sealed=work.vault.seal(key, f"complaint|words_sealed|{complaint_id}", words),
        due_at=work.now + within,
        state=ComplaintState.RECEIVED,
    )
    work.session.add(complaint)
    await work.session.flush()
    _step(work, complaint)
    work.emit(ComplaintReceived(complaint_id=complaint_id, visit_id=visit_id, provider_id=company))
    return complaint


async def open_about(work: Work, visit_id: UUID) -> Complaint | None:
    """Return the first complaint about a visit that is not closed."""
    query = select(Complaint).where(Complaint.visit_id == visit_id, Complaint.state != ComplaintState.CLOSED)
    return (await work.session.execute(query.order_by(Complaint.number).limit(1))).scalar_one_or_none()


async def acknowledge(work: Work, *, complaint_id: UUID) -> Complaint:
    """Tell the complainant that it is in hand. Refuses `complaint.unknown`, `.wrong_state`."""
    complaint = await _moved(work, complaint_id, ComplaintState.ACKNOWLEDGED)
    complaint.due_at = await _working_days(work, InvestigateDays)
    _step(work, complaint)
    return complaint


async def investigated(work: Work, *, complaint_id: UUID) -> Complaint:
    """Record that the facts are found out. Refuses `complaint.unknown`, `.wrong_state`."""
    complaint = await _moved(work, complaint_id, ComplaintState.INVESTIGATED)
    complaint.due_at = await _working_days(work, DecideDays, since=complaint.received_at)
    _step(work, complaint)
    return complaint


async def decide(work: Work, *, complaint_id: UUID, upheld: bool, deduction_percent: int) -> Complaint:
    """Decide a complaint or its appeal; an upheld one costs the charge a part. Emits ComplaintDecided.

    Refuses `complaint.unknown`, `.wrong_state`, `.deduction_out_of_range`, `.same_decider` for an appeal.
    """
    least = (await rules.read(work.session, LeastDeductionPercent, at=work.now)).value
    if not (least <= deduction_percent <= 100 if upheld else deduction_percent == 0):
        raise DeductionOutOfRange(least=least)
    complaint = await _locked(work, complaint_id)
    if complaint.state is ComplaintState.APPEALED and complaint.decided_by == work.actor.label:
        raise SameDecider
    _move(complaint, ComplaintState.DECIDED)
    complaint.upheld, complaint.deduction_percent = upheld, deduction_percent
    complaint.decided_by, complaint.decided_at = work.actor.label, work.now
    complaint.due_at = await _working_days(work, RemedyDays) if upheld else None
    _step(work, complaint)
    work.emit(
        ComplaintDecided(
            complaint_id=complaint.id,
            visit_id=complaint.visit_id,
            provider_id=complaint.provider_id,
            upheld=upheld,
            deduction_percent=deduction_percent,
        )
    )
    return complaint


async def remedied(work: Work, *, complaint_id: UUID) -> Complaint:
    """Record that it was made good. Refuses `complaint.unknown`, `.wrong_state`."""
    complaint = await _moved(work, complaint_id, ComplaintState.REMEDIED)
    complaint.due_at = None
    _step(work, complaint)
    return complaint


async def close(work: Work, *, complaint_id: UUID) -> Complaint:
    """Close a complaint. Refuses `complaint.unknown`, `.wrong_state`, `.not_remedied` for an upheld one."""
    complaint = await _locked(work, complaint_id)
    if complaint.state is ComplaintState.DECIDED and complaint.upheld:
        raise NotRemedied
    _move(complaint, ComplaintState.CLOSED)
    complaint.due_at = None
    _step(work, complaint)
    return complaint


async def appeal(work: Work, *, complaint_id: UUID) -> Complaint:
    """Ask the bureau to decide again, within ten working days of closing. Refuses also `complaint.appeal_too_late`."""
    complaint = await _locked(work, complaint_id)
    closed = select(ComplaintStep.at).where(
        ComplaintStep.complaint_id == complaint_id, ComplaintStep.state == ComplaintState.CLOSED
    )
    closed_at = (await work.session.execute(closed.order_by(ComplaintStep.at.desc()).limit(1))).scalar()
    if closed_at is not None:
        until = await _working_days(work, AppealDays, since=closed_at)
        if work.now >= until:
            raise AppealTooLate(until=until.isoformat())
    _move(complaint, ComplaintState.APPEALED)
    complaint.due_at = await _working_days(work, DecideDays)
    _step(work, complaint)
    return complaint


def words(work: Work, complaint: Complaint) -> str:
    """Open a complaint's words, for the desk that handles it."""
    return work.vault.open(complaint.data_key, f"complaint|words_sealed|{complaint.id}", complaint.words_sealed)


async def _locked(work: Work, complaint_id: UUID) -> Complaint:
    complaint = await work.session.get(Complaint, complaint_id, with_for_update=True)
    if complaint is None:
        raise queries.ComplaintUnknown
    return complaint


async def _moved(work: Work, complaint_id: UUID, wanted: ComplaintState) -> Complaint:
    complaint = await _locked(work, complaint_id)
    _move(complaint, wanted)
    return complaint


def _move(complaint: Complaint, wanted: ComplaintState) -> None:
    if wanted not in TRANSITIONS[complaint.state]:
        raise ComplaintStateInvalid(state=complaint.state, wanted=wanted)
    complaint.state = wanted


def _step(work: Work, complaint: Complaint) -> None:
    work.session.add(
        ComplaintStep(
            id=new_id(),
            complaint_id=complaint.id,
            state=complaint.state,
            at=work.now,
            by=work.actor.label,
            due_at=complaint.due_at,
        )
    )


async def _working_days(work: Work, rule: type[ValueRule[int]], *, since: datetime | None = None) -> datetime:
    days = (await rules.read(work.session, rule, at=work.now)).value
    off = (await rules.read(work.session, DaysOff, at=work.now)).value
    on = (await rules.read(work.session, DaysWorked, at=work.now)).value
    return deadlines.after_working_days(since or work.now, days, off=off, on=on)
