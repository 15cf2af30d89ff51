"""Open a case for a person, take it, hand it over, close it with a reason."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, bindparam, exists, func, select, tuple_, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from dispatch.escalation.model import TRANSITIONS, Case, CaseKind, CaseState
from dispatch.escalation.rules import AnswerMinutes, LateMinutes, UrgentWaitMinutes, WaitMinutes
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.contracts.escalations import CaseClosed, CaseEscalated
from events.model import DeadLetter, DeadLetterCause, DeadLetterState
from events.work import Work
from kit import clock
from kit.access.roles import Role
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.roster.model import Certificate, Worker, WorkerState

_OWNER = {
    CaseKind.VISIT_HELD: Role.MANAGER,
    CaseKind.COMPLAINT_OVERDUE: Role.MANAGER,
    CaseKind.CHARGE_UNFUNDED: Role.MANAGER,
    CaseKind.BUDGET_REACHED: Role.MANAGER,
    CaseKind.WORKER_TWICE: Role.MANAGER,
    CaseKind.CERTIFICATE_EXPIRING: Role.MANAGER,
    CaseKind.REWORK_UNSERVED: Role.MANAGER,
    CaseKind.MESSAGE_FORGED: Role.MANAGER,
    CaseKind.DEATH_REPORTED: Role.MANAGER,
    CaseKind.DEATH_CORRECTED: Role.MANAGER,
}
"""The desk of a case by its kind; every other kind belongs to the call centre."""


class CaseNotFound(Refusal):
    """No such case."""

    code = "case.not_found"
    kind = Kind.NOT_FOUND


class CaseIsClosed(Refusal):
    """The case is over."""

    code = "case.closed"
    kind = Kind.CONFLICT


async def raise_case(
    work: Work, *, kind: CaseKind, subject_id: UUID, since: datetime, facts: dict[str, Any] | None = None
) -> Case | None:
    """Give something that waits too long to a person; None when a case about it is open already."""
    within = (await rules.read(work.session, AnswerMinutes, at=work.now)).span
    row = {
        "id": new_id(),
        "kind": kind,
        "subject_id": subject_id,
        "since": since,
        "facts": facts or {},
        "due_at": work.now + within,
        "owner_role": _OWNER.get(kind, Role.OPERATOR),
        "state": CaseState.OPEN,
        "raised_at": work.now,
    }
    made = await work.session.execute(insert(Case).values(row).on_conflict_do_nothing().returning(Case))
    case = made.scalar_one_or_none()
    if case is not None:
        work.emit(CaseEscalated(case_id=case.id, kind=kind.value, subject_id=subject_id, since=since))
    return case


async def assign(work: Work, *, case_id: UUID, owner_id: UUID) -> Case:
    """Assign a case to a person. Refuses `case.not_found`, `case.closed`."""
    case = await _locked(work, case_id, CaseState.ASSIGNED)
    case.state, case.owner_id = CaseState.ASSIGNED, owner_id
    return case


async def close(work: Work, *, case_id: UUID, reason: str) -> Case:
    """Close a case, saying what was done. Refuses `case.not_found`, `case.closed`."""
    case = await _locked(work, case_id, CaseState.CLOSED)
    case.state, case.closed_at, case.closed_by = CaseState.CLOSED, work.now, work.actor.label
    case.reason = reason[:200]
    work.emit(CaseClosed(case_id=case.id, kind=case.kind.value, subject_id=case.subject_id))
    return case


async def settle(work: Work, *, kind: CaseKind, subject_id: UUID, reason: str) -> None:
    """Close the open case of a kind about a subject, where what it waited for has happened; without one, do nothing."""
    query = select(Case.id).where(Case.kind == kind, Case.subject_id == subject_id, Case.state != CaseState.CLOSED)
    case_id = (await work.session.execute(query)).scalar_one_or_none()
    if case_id is not None:
        await close(work, case_id=case_id, reason=reason)


async def sweep(work: Work, *, limit: int = 200) -> int:
    """Find what waits longer than its rule allows and raise a case for each; return how many were raised."""
    urgent = (await rules.read(work.session, UrgentWaitMinutes, at=work.now)).span
    ordinary = (await rules.read(work.session, WaitMinutes, at=work.now)).span
    late = (await rules.read(work.session, LateMinutes, at=work.now)).span
    tomorrow = clock.at_local(clock.day_of(work.now), 1440)
    waiting = (
        select(CareRequest.id, CareRequest.state_since)
        .where(
            CareRequest.state == RequestState.WAITING,
            # Requests from standing orders wait for the overnight plan, which emits NobodyFound itself.
            CareRequest.standing_order_id.is_(None) | (CareRequest.earliest < tomorrow),
            (CareRequest.urgent & (CareRequest.state_since <= work.now - urgent))
            | (CareRequest.state_since <= work.now - ordinary),
            ~_open(CaseKind.REQUEST_WAITING, CareRequest.id),
        )
        .order_by(CareRequest.number)
        .limit(limit)
    )
    overdue = (
        select(Visit.id, Visit.window_to)
        .where(
            Visit.state.in_([VisitState.ACCEPTED, VisitState.DEPARTED]),
            Visit.window_to <= work.now - late,
            ~_open(CaseKind.VISIT_NOT_STARTED, Visit.id),
        )
        .order_by(Visit.window_to, Visit.id)
        .limit(limit)
    )
    raised = 0
    for kind, query in ((CaseKind.REQUEST_WAITING, waiting), (CaseKind.VISIT_NOT_STARTED, overdue)):
        for subject_id, since in (await work.session.execute(query)).all():
            raised += await raise_case(work, kind=kind, subject_id=subject_id, since=since) is not None
    return raised + await _twice(work, limit=limit) + await _forged(work)


_FIRST, _SECOND, _PAPER = aliased(Worker), aliased(Worker), aliased(Certificate)
# Two joins by equality: one join by either condition compares every worker with every other, half a second for 600.
_SAME = union(
    select(_FIRST.id.label("first"), _SECOND.id.label("second"))
    .join(_SECOND, _FIRST.id_blind == _SECOND.id_blind)
    .where(_FIRST.id != _SECOND.id),
    select(Certificate.worker_id, _PAPER.worker_id)
    .join(_PAPER, (_PAPER.skill == Certificate.skill) & (_PAPER.number == Certificate.number))
    .where(Certificate.worker_id != _PAPER.worker_id),
).subquery()
_TOLD = select(Case.id).where(Case.kind == CaseKind.WORKER_TWICE, Case.subject_id == _SECOND.id).exists()
_TWICE: Final = (
    select(_SECOND.id, _SECOND.hired_at, _SECOND.number, _FIRST.number)
    .join(_SAME, _SAME.c.second == _SECOND.id)
    .join(_FIRST, _SAME.c.first == _FIRST.id)
    .where(
        _FIRST.provider_id != _SECOND.provider_id,
        tuple_(_FIRST.hired_at, _FIRST.number) < tuple_(_SECOND.hired_at, _SECOND.number),
        _FIRST.state == WorkerState.ACTIVE,
        _SECOND.state == WorkerState.ACTIVE,
        ~_TOLD,
    )
    .order_by(_SECOND.hired_at, _SECOND.number, _FIRST.number)
    .limit(bindparam("most", type_=Integer))
)


async def _twice(work: Work, *, limit: int) -> int:
    """Tell the bureau, once, of each active worker whose person or paper is at work for another company too."""
    raised = 0
    for worker_id, since, *numbers in (await work.session.execute(_TWICE, {"most": limit})).all():
        facts = {"worker_numbers": sorted(numbers)}
        made = await raise_case(work, kind=CaseKind.WORKER_TWICE, subject_id=worker_id, since=since, facts=facts)
        raised += made is not None
    return raised


async def _forged(work: Work) -> int:
    """Raise one case for all messages that the log does not know; another one only when more of them have come."""
    kind = CaseKind.MESSAGE_FORGED
    newest = (
        select(DeadLetter.id, func.min(DeadLetter.dead_at).over(), func.count().over())
        .where(DeadLetter.cause == DeadLetterCause.FORGED, DeadLetter.state == DeadLetterState.WAITING)
        .order_by(DeadLetter.id.desc())
        .limit(1)
        .subquery()
    )
    query = select(newest).where(
        ~exists().where(Case.kind == kind, (Case.subject_id == newest.c.id) | (Case.state != CaseState.CLOSED))
    )
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        return 0
    subject_id, since, messages = row
    facts = {"messages": messages}
    return int(await raise_case(work, kind=kind, subject_id=subject_id, since=since, facts=facts) is not None)


def _open(kind: CaseKind, subject: Any) -> Any:
    return select(Case.id).where(Case.kind == kind, Case.subject_id == subject, Case.state != CaseState.CLOSED).exists()


async def _locked(work: Work, case_id: UUID, wanted: CaseState) -> Case:
    case = await work.session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise CaseNotFound
    if wanted not in TRANSITIONS[case.state]:
        raise CaseIsClosed
    return case
