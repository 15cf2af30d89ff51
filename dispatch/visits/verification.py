"""From a finished visit to one that may be charged: by the evidence where it stands, by a person where it does not."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest
from dispatch.visits import evidence, lifecycle
from dispatch.visits.flags import ALWAYS_HELD, Flag, Grade
from dispatch.visits.model import Act, Visit
from dispatch.visits.rules import EvidenceRules
from dispatch.visits.timeline import timeline
from dispatch.visits.transitions import ActKind, Outcome, VisitState
from events.contracts.visits import VisitDecided, VisitHeld, VisitVerified, VisitVoided
from events.work import Work
from kit import geo
from kit.access.roles import Role
from kit.ids import new_id
from kit.refusal import Kind, Refusal

_DAY = timedelta(days=1)
_STAYED = (VisitState.FINISHED, VisitState.NOBODY_HOME, VisitState.ABORTED, VisitState.VERIFIED, VisitState.HELD)


class DecisionForbidden(Refusal):
    """Only the bureau's manager decides on a held visit."""

    code = "visit.decision_forbidden"
    kind = Kind.FORBIDDEN


class SamePerson(Refusal):
    """The person who wrote a visit down may not verify it."""

    code = "visit.same_person"
    kind = Kind.FORBIDDEN


class TimesMissing(Refusal):
    """Without an arrival and a departure there is nothing to charge."""

    code = "visit.times_missing"


class TimesInvalid(Refusal):
    """The visit would end before it began."""

    code = "visit.times_invalid"


class TimesInFuture(Refusal):
    """The visit would end in the future."""

    code = "visit.times_in_future"


class TimesTooLong(Refusal):
    """The visit would last longer than a day."""

    code = "visit.times_too_long"


class RequestServed(Refusal):
    """Another visit of the same request stands: the elder asked, and pays, for one."""

    code = "visit.request_served"
    kind = Kind.CONFLICT


class VisitReasonMissing(Refusal):
    """Such a decision needs a reason on record."""

    code = "visit.reason_missing"


async def verify(work: Work, *, visit_id: UUID) -> Visit:
    """Weigh a visit that is over: the same acts under the same rules give the same answer.

    Emits VisitVerified with all facts for a charge, or VisitHeld. A visit that overlaps another of the same worker
    holds both.
    """
    visit = await lifecycle.locked(work, visit_id)
    if visit.state not in {VisitState.FINISHED, VisitState.NOBODY_HOME, VisitState.ABORTED}:
        return visit
    reports = await lifecycle.reports_of(work, visit_id)
    course = timeline(reports)
    rules = await lifecycle.weigh(work, visit, reports, course)
    if visit.arrived_at is not None and visit.left_at is not None:
        await _beside_neighbours(work, visit, visit.arrived_at, visit.left_at, rules)
    if await _served(work, visit):
        _flag(visit, Flag.SERVED_TWICE)
    reasons = [flag for flag in visit.flags if flag in rules.holds or flag in ALWAYS_HELD]
    if reasons or visit.state is VisitState.ABORTED:
        lifecycle.move(visit, VisitState.HELD, work)
        work.emit(
            VisitHeld(visit_id=visit.id, request_id=visit.request_id, provider_id=visit.provider_id, reasons=reasons)
        )
        return visit
    lifecycle.move(visit, VisitState.VERIFIED, work)
    certain = None
    if course.arrive is not None and course.end is not None:
        certain = evidence.certain_stay(reports, arrive=course.arrive, end=course.end)
    await emit_verified(work, visit, stay=certain)
    return visit


async def _beside_neighbours(
    work: Work, visit: Visit, arrived_at: datetime, left_at: datetime, rules: EvidenceRules
) -> None:
    """Compare a stay with the same worker's others of the day before to the day after."""
    workers = [number for _, number in lifecycle.workers_of(visit)]
    query = (
        select(Visit)
        .where(
            or_(Visit.worker_number.in_(workers), Visit.second_worker_number.in_(workers)),
            Visit.planned_start.between(visit.planned_start - _DAY, visit.planned_start + _DAY),
            Visit.id != visit.id,
            Visit.state.in_(_STAYED),
            Visit.arrived_at.is_not(None),
            Visit.left_at.is_not(None),
        )
        .order_by(Visit.arrived_at, Visit.worker_number)
        .with_for_update()
    )
    here = geo.Point(visit.latitude, visit.longitude)
    for other in (await work.session.execute(query)).scalars():
        if other.arrived_at is None or other.left_at is None:
            continue
        distance = geo.metres(here, geo.Point(other.latitude, other.longitude))
        if evidence.overlap((arrived_at, left_at), (other.arrived_at, other.left_at)):
            _flag(visit, Flag.OVERLAP)
            await _hold_other(work, other, Flag.OVERLAP, rules)
        elif other.left_at <= arrived_at:
            if evidence.too_fast(left_at=other.left_at, arrived_at=arrived_at, distance_metres=distance, rules=rules):
                _flag(visit, Flag.IMPOSSIBLE_SPEED)
        elif evidence.too_fast(left_at=left_at, arrived_at=other.arrived_at, distance_metres=distance, rules=rules):
            # The later of the two is the doubtful one, whichever came in first.
            await _hold_other(work, other, Flag.IMPOSSIBLE_SPEED, rules)


async def _served(work: Work, visit: Visit) -> bool:
    """Tell whether another visit of the same request stands; a visit done again without pay does not count."""
    if visit.rework_of is not None:
        return False
    other = exists().where(
        Visit.request_id == visit.request_id,
        Visit.id != visit.id,
        Visit.state == VisitState.VERIFIED,
        Visit.rework_of.is_(None),
    )
    return bool(await work.session.scalar(select(other)))


def _flag(visit: Visit, flag: Flag) -> None:
    visit.flags = sorted({*visit.flags, flag})


async def _hold_other(work: Work, other: Visit, flag: Flag, rules: EvidenceRules) -> None:
    if flag in rules.holds and other.decided_by is None and other.state is VisitState.VERIFIED:
        await lifecycle.hold(work, other, flag)
    else:
        _flag(other, flag)


async def emit_verified(work: Work, visit: Visit, *, stay: timedelta | None = None) -> None:
    """Emit VisitVerified; refuse `visit.times_missing`.

    `stay` is what is certain of the time at the door; without it the visit's times are those that a person decided.
    """
    if visit.arrived_at is None or visit.left_at is None or visit.outcome is None:
        raise TimesMissing
    if visit.rework_of is not None:
        return  # the second time is on the company
    if stay is None:
        stay = visit.left_at - visit.arrived_at
    request = await work.session.get_one(CareRequest, visit.request_id)
    quota_held_fen = await requests.cover(work, request.id, visit.planned_start)
    late = visit.arrived_at - visit.window_to
    work.emit(
        VisitVerified(
            visit_id=visit.id,
            request_id=visit.request_id,
            provider_id=visit.provider_id,
            person_id=visit.person_id,
            worker_id=visit.worker_id,
            item_code=visit.item_code,
            division_code=visit.division_code,
            planned_start=visit.planned_start,
            planned_minutes=visit.minutes,
            quantity=visit.quantity,
            arrived_at=visit.arrived_at,
            left_at=visit.left_at,
            late_minutes=max(0, late // timedelta(minutes=1)),
            done_minutes=stay // timedelta(minutes=1),
            evidence_grade=visit.grade or Grade.D,
            outcome=visit.outcome,
            urgent=visit.urgent,
            category=request.category,
            copay_percent=request.copay_percent,
            quota_held_fen=quota_held_fen,
            own_limit_fen=request.own_fen,
        )
    )


async def decide_held(
    work: Work,
    *,
    visit_id: UUID,
    stands: bool,
    reason: str,
    arrived_at: datetime | None = None,
    left_at: datetime | None = None,
) -> Visit:
    """Decide a held visit: it stands and is paid, or is void; times may be corrected where a sign-out is missing.

    A visit that stands has the grade P, whatever its own evidence was worth: the decision is the proof.
    Refuses `visit.decision_forbidden` unless a manager asks, `visit.same_person` to who back-filled it,
    `visit.not_allowed` unless it is held, `visit.reason_missing`, `visit.times_missing`, `visit.times_invalid`,
    `.times_in_future`, `.times_too_long`, and
    `visit.request_served` where another visit of the request stands.
    """
    _manager(work, reason)
    visit = await lifecycle.locked(work, visit_id)
    if visit.state is not VisitState.HELD:
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.VERIFIED if stands else VisitState.VOIDED)
    if visit.backfilled_by is not None and visit.backfilled_by == work.actor.account_id:
        raise SamePerson
    visit.decided_by = work.actor.account_id
    before = visit.arrived_at, visit.left_at
    if not stands:
        _emit_decided(work, visit, reason, before, stands=False)
        return _void(work, visit, reason)
    visit.arrived_at = arrived_at or visit.arrived_at
    visit.left_at = left_at or visit.left_at
    if visit.arrived_at is None or visit.left_at is None:
        raise TimesMissing
    _possible(work, visit.arrived_at, visit.left_at)
    if await _served(work, visit):
        raise RequestServed
    visit.outcome = visit.outcome or Outcome.COMPLETED
    visit.grade = Grade.P
    lifecycle.move(visit, VisitState.VERIFIED, work, reason=reason)
    _emit_decided(work, visit, reason, before, stands=True)
    await emit_verified(work, visit)
    return visit


async def void(work: Work, *, visit_id: UUID, reason: str) -> Visit:
    """Void a verified visit, for example because the elder was in hospital; its charge is reversed.

    Refuses `visit.decision_forbidden` unless a manager asks, `visit.reason_missing`, `visit.not_found`,
    `visit.not_allowed` unless the visit is verified, and `visit.same_person` to who back-filled it.
    """
    _manager(work, reason)
    visit = await lifecycle.locked(work, visit_id)
    if visit.state is not VisitState.VERIFIED:
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.VOIDED)
    if visit.backfilled_by is not None and visit.backfilled_by == work.actor.account_id:
        raise SamePerson
    visit.decided_by = work.actor.account_id
    _emit_decided(work, visit, reason, (visit.arrived_at, visit.left_at), stands=False)
    return _void(work, visit, reason)


def _emit_decided(
    work: Work, visit: Visit, reason: str, before: tuple[datetime | None, datetime | None], *, stands: bool
) -> None:
    work.emit(
        VisitDecided(
            visit_id=visit.id,
            request_id=visit.request_id,
            provider_id=visit.provider_id,
            stands=stands,
            reason=reason.strip()[:200],
            arrived_before=before[0],
            left_before=before[1],
            arrived_after=visit.arrived_at,
            left_after=visit.left_at,
        )
    )


def _manager(work: Work, reason: str) -> None:
    if work.actor.role is not Role.MANAGER or work.actor.account_id is None:
        raise DecisionForbidden
    if not reason.strip():
        raise VisitReasonMissing


def _void(work: Work, visit: Visit, reason: str) -> Visit:
    lifecycle.move(visit, VisitState.VOIDED, work, reason=reason)
    work.emit(
        VisitVoided(
            visit_id=visit.id, request_id=visit.request_id, provider_id=visit.provider_id, reason=visit.reason or ""
        )
    )
    return visit


def _possible(work: Work, arrived_at: datetime, left_at: datetime) -> None:
    if arrived_at >= left_at:
        raise TimesInvalid
    if left_at > work.now:
        raise TimesInFuture
    if left_at - arrived_at > _DAY:
        raise TimesTooLong


async def back_fill(work: Work, *, visit_id: UUID, arrived_at: datetime, left_at: datetime, reason: str) -> Visit:
    """Write down a visit that no phone reported (补录); it is held until a second person has decided.

    Refuses `visit.reason_missing`, `.times_invalid`, `.times_in_future`, `.times_too_long`, `.not_found`, and
    `.not_allowed` unless it was promised or is counted as missed.
    """
    if not reason.strip():
        raise VisitReasonMissing
    _possible(work, arrived_at, left_at)
    visit = await lifecycle.locked(work, visit_id)
    if visit.accepted_at is None:
        raise lifecycle.VisitNotAllowed(state=visit.state, wanted=VisitState.HELD)
    last = await work.session.scalar(select(func.max(Act.sequence)).where(Act.visit_id == visit.id)) or 0
    for step, (kind, at) in enumerate(((ActKind.ARRIVE, arrived_at), (ActKind.LEAVE, left_at)), start=1):
        work.session.add(
            Act(
                id=new_id(),
                visit_id=visit.id,
                provider_id=visit.provider_id,
                kind=kind,
                sequence=last + step,
                at=at,
                claimed_at=at,
                received_at=work.now,
                offline=True,
                certain=False,
                reason=reason.strip()[:200],
                account_id=work.actor.account_id,
            )
        )
    visit.backfilled_by = work.actor.account_id
    visit.arrived_at, visit.left_at, visit.outcome = arrived_at, left_at, Outcome.COMPLETED
    visit.grade = Grade.D
    visit.reason = reason.strip()[:200]
    await lifecycle.hold(work, visit, Flag.BACKFILLED)
    return visit
