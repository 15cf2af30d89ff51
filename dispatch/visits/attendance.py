"""Record the acts that workers report, online or offline, once each and unchanged, and apply them to the visit."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects import postgresql

from dispatch.visits import bookings, evidence, lifecycle, visit_codes
from dispatch.visits.flags import Flag
from dispatch.visits.model import Act, Visit
from dispatch.visits.timeline import Report, Timeline, timeline
from dispatch.visits.transitions import PROMISED, ActKind, Outcome, VisitState
from events.contracts.visits import NobodyHome, VisitAborted, VisitFinished, WorkerArrived, WorkerDeparted
from events.work import Work
from kit import geo
from kit.refusal import Kind, Refusal


class VisitNotOpen(Refusal):
    """Nothing can be reported from this visit: it was never promised, or was taken back."""

    code = "visit.not_open"
    kind = Kind.CONFLICT


class AlreadyFinished(Refusal):
    """The visit is over."""

    code = "visit.already_finished"
    kind = Kind.CONFLICT


class NotArrived(Refusal):
    """Only who has signed in can sign out."""

    code = "visit.not_arrived"
    kind = Kind.CONFLICT


class ActTaken(Refusal):
    """The act's id was used for another visit."""

    code = "act.id_taken"
    kind = Kind.CONFLICT


class ActMalformed(Refusal):
    """The act's number is not between 1 and 999."""

    code = "act.malformed"


class PositionIncomplete(Refusal):
    """Half a position was sent."""

    code = "act.position_incomplete"


class ActReasonMissing(Refusal):
    """A visit can be aborted only with a reason."""

    code = "act.reason_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActIn:
    """One act as a phone sends it.

    `id` is the phone's own and makes sending again harmless. `sequence` numbers the acts of one visit from 1; without
    one the server numbers the act as it comes in, which is right only with a signal. Position in WGS-84 degrees, its
    accuracy in metres, its age in seconds when the act was made. `home` is the content of the home's QR, `code` the
    elder's six digits. `anchor` is the last one the server gave for this visit, `elapsed_seconds` what the phone's
    monotonic clock counted since: together they say when an act without signal happened, whatever the phone's calendar
    says.
    """

    id: UUID
    claimed_at: datetime
    sequence: int | None = None
    offline: bool = False
    latitude: float | None = None
    longitude: float | None = None
    accuracy_metres: float | None = None
    fix_age_seconds: float | None = None
    mocked: bool = False
    code: str | None = None
    home: str | None = None
    device: str | None = None
    reason: str | None = None
    anchor: str | None = None
    elapsed_seconds: float | None = None


async def depart(work: Work, *, visit_id: UUID, act: ActIn) -> Visit:
    """Report setting out; refuse what `arrive` refuses."""
    return await _report(work, visit_id, ActKind.DEPART, act)


async def arrive(work: Work, *, visit_id: UUID, act: ActIn) -> Visit:
    """Sign in at the door.

    Refuses `visit.not_found`, `visit.not_open`, `visit.already_finished`, `act.id_taken`, `act.malformed`,
    `act.position_incomplete`. Poor evidence is not refused: care goes on, the payment waits.
    """
    return await _report(work, visit_id, ActKind.ARRIVE, act)


async def leave(work: Work, *, visit_id: UUID, act: ActIn) -> Visit:
    """Sign out; refuse what `arrive` refuses and, for an unnumbered act, `visit.not_arrived`."""
    return await _report(work, visit_id, ActKind.LEAVE, act)


async def nobody_home(work: Work, *, visit_id: UUID, act: ActIn) -> Visit:
    """Report that nobody opened, after the wait that the rule asks for; refuse what `leave` refuses."""
    return await _report(work, visit_id, ActKind.NOBODY_HOME, act)


async def abort(work: Work, *, visit_id: UUID, act: ActIn) -> Visit:
    """Break a visit off, on the way or at the door; refuse what `arrive` refuses and `act.reason_missing`."""
    if not (act.reason or "").strip():
        raise ActReasonMissing
    return await _report(work, visit_id, ActKind.ABORT, act)


async def _report(work: Work, visit_id: UUID, kind: ActKind, act: ActIn) -> Visit:
    visit = await lifecycle.locked(work, visit_id)
    if visit.accepted_at is None or visit.state in {VisitState.WITHDRAWN, VisitState.CANCELLED}:
        raise VisitNotOpen(state=visit.state)
    reports = await lifecycle.reports_of(work, visit_id)
    if any(report.id == act.id for report in reports):
        return visit
    values = await _new_act(work, visit, kind, act, reports)
    statement = postgresql.insert(Act).values(values).on_conflict_do_nothing(index_elements=["id"]).returning(Act)
    row = (await work.session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise ActTaken(id=str(act.id))
    reports = sorted([*reports, lifecycle.as_report(row)], key=lambda report: (report.sequence, report.id))
    await fold(work, visit, reports, timeline(reports))
    return visit


async def _new_act(work: Work, visit: Visit, kind: ActKind, act: ActIn, reports: Sequence[Report]) -> dict[str, object]:
    sequence = act.sequence
    if sequence is None:
        _next_step(visit, kind)
        sequence = max((report.sequence for report in reports), default=0) + 1
    if not 1 <= sequence <= 999:
        raise ActMalformed
    if (act.latitude is None) != (act.longitude is None):
        raise PositionIncomplete
    distance = None
    if act.latitude is not None and act.longitude is not None:
        door = geo.Point(visit.latitude, visit.longitude)
        distance = geo.metres(door, geo.Point(act.latitude, act.longitude))
    rules = await lifecycle.evidence_rules(work, work.now)
    when = _when(work, visit, act, rules.skew)
    tries = sum(report.code_matches is False for report in reports)
    return {
        "id": act.id,
        "visit_id": visit.id,
        "provider_id": visit.provider_id,
        "kind": kind,
        "sequence": sequence,
        "at": when.at,
        "not_before": when.not_before,
        "certain": when.certain,
        "claimed_at": act.claimed_at,
        "received_at": work.now,
        "offline": act.offline,
        "device": act.device and act.device[:80],
        "distance_metres": distance,
        "latitude": act.latitude,
        "longitude": act.longitude,
        "accuracy_metres": act.accuracy_metres,
        "fix_age_seconds": act.fix_age_seconds,
        "mocked": act.mocked,
        # Beyond the allowed tries a code is not even looked at: six digits can be guessed with enough tries.
        "code_matches": None
        if act.code is None
        else tries < rules.code_tries and _same(visit_codes.code(work, visit.id), act.code),
        "home_matches": None if act.home is None else _same(visit_codes.home_token(work, visit.person_id), act.home),
        "reason": act.reason and act.reason.strip()[:200],
        "account_id": work.actor.account_id,
    }


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.strip().encode())


def _next_step(visit: Visit, kind: ActKind) -> None:
    if visit.state not in PROMISED:
        raise AlreadyFinished(state=visit.state)
    if kind in {ActKind.LEAVE, ActKind.NOBODY_HOME} and visit.state is not VisitState.ARRIVED:
        raise NotArrived(state=visit.state)


@dataclass(frozen=True, slots=True)
class _ActTime:
    """When an act happened: `certain`, or as the phone claims within what is known; never later than its receipt."""

    at: datetime
    not_before: datetime | None
    certain: bool


def _when(work: Work, visit: Visit, act: ActIn, skew: timedelta) -> _ActTime:
    """Say when an act happened: a phone's calendar is only a claim.

    With a signal it is the server's now. Without, the last anchor that the server gave plus what the phone counted
    since, where that is not later than now. Failing that, the act has no time of its own: it lies between the last
    thing known and its receipt.
    """
    if not act.offline:
        return _ActTime(work.now, work.now, certain=True)
    anchored = visit_codes.read_anchor(work, visit.id, act.anchor) if act.anchor else None
    if anchored is not None and act.elapsed_seconds is not None and 0 <= act.elapsed_seconds < 10**7:
        counted = anchored + timedelta(seconds=act.elapsed_seconds)
        if counted <= work.now + skew:
            return _ActTime(min(counted, work.now), anchored, certain=True)
    claimed = max(act.claimed_at, anchored) if anchored else act.claimed_at
    return _ActTime(min(claimed, work.now), anchored, certain=False)


async def fold(work: Work, visit: Visit, reports: Sequence[Report], timeline: Timeline) -> None:
    """Bring a visit to where its acts lead, telling each fact the first time it is known."""
    if visit.state in PROMISED:
        await _advance(work, visit, reports, timeline)
        return
    if visit.decided_by is not None or visit.backfilled_by is not None:
        return
    if visit.state is VisitState.MISSED:
        await lifecycle.hold(work, visit, Flag.AFTER_MISSED)
    elif timeline.clash:
        await lifecycle.hold(work, visit, Flag.CLASH)
    elif visit.state is VisitState.VERIFIED and evidence.too_many_phones(
        reports, workers=len(lifecycle.workers_of(visit))
    ):
        await lifecycle.hold(work, visit, Flag.TWO_PHONES)
    if visit.state is VisitState.HELD:
        _times(visit, timeline)
        await lifecycle.weigh(work, visit, reports, timeline)


async def _advance(work: Work, visit: Visit, reports: Sequence[Report], timeline: Timeline) -> None:
    ids = {"visit_id": visit.id, "request_id": visit.request_id, "provider_id": visit.provider_id}
    news = timeline.arrive is not None and visit.arrived_at is None
    departed = timeline.depart is not None and visit.departed_at is None and visit.arrived_at is None
    if visit.state is VisitState.ACCEPTED and timeline.state is not visit.state:
        await bookings.begin(work, visit.id)
    if timeline.state is not visit.state:
        lifecycle.move(visit, timeline.state, work)
    _times(visit, timeline)
    if departed and timeline.depart is not None:
        work.emit(WorkerDeparted(**ids, worker_id=visit.worker_id, at=timeline.depart.at))
    if news and timeline.arrive is not None:
        worth = evidence.grade(reports, end=None, rules=await lifecycle.evidence_rules(work, timeline.arrive.at))
        visit.grade = worth
        work.emit(WorkerArrived(**ids, worker_id=visit.worker_id, at=timeline.arrive.at, grade=worth))
    if timeline.state is VisitState.FINISHED and visit.arrived_at is not None and visit.left_at is not None:
        visit.outcome = Outcome.COMPLETED
        work.emit(
            VisitFinished(
                **ids,
                person_id=visit.person_id,
                worker_id=visit.worker_id,
                item_code=visit.item_code,
                division_code=visit.division_code,
                arrived_at=visit.arrived_at,
                left_at=visit.left_at,
            )
        )
    elif timeline.state is VisitState.NOBODY_HOME and timeline.end is not None:
        visit.outcome = Outcome.NOBODY_HOME
        work.emit(NobodyHome(**ids, person_id=visit.person_id, at=timeline.end.at))
    elif timeline.state is VisitState.ABORTED and timeline.end is not None:
        visit.reason = timeline.end.reason
        if visit.arrived_at is None:
            await bookings.release(work, visit.id)
        work.emit(VisitAborted(**ids, reason=timeline.end.reason or "", urgent=visit.urgent))


def _times(visit: Visit, timeline: Timeline) -> None:
    visit.departed_at = timeline.depart.at if timeline.depart else None
    visit.arrived_at = timeline.arrive.at if timeline.arrive else None
    over = timeline.end is not None and not timeline.gap
    visit.left_at = max(timeline.end.at, timeline.arrive.at) if over and timeline.end and timeline.arrive else None
