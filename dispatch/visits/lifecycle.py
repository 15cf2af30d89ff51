"""The steps that all changes of a visit share: find and lock it, move it, grade its evidence, hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from dispatch.requests.model import CareRequest
from dispatch.visits import evidence
from dispatch.visits.flags import LASTING, Flag, Grade
from dispatch.visits.model import Act, Visit
from dispatch.visits.rules import EarlyMinutes, EvidenceRules, FarEarlyMinutes
from dispatch.visits.timeline import Report, Timeline
from dispatch.visits.transitions import OPEN, TRANSITIONS, ActKind, VisitState
from events.contracts.visits import VisitHeld
from events.work import Work
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules


class VisitNotFound(Refusal):
    """No such visit, or none that this actor may know of."""

    code = "visit.not_found"
    kind = Kind.NOT_FOUND


class VisitNotAllowed(Refusal):
    """The visit is not in a state that allows it."""

    code = "visit.not_allowed"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The worker to ask and the start; `attempt` counts from 1 within the request."""

    provider_id: UUID
    worker_id: UUID
    worker_number: int
    starts_at: datetime
    attempt: int
    second_worker_id: UUID | None = None
    second_worker_number: int | None = None


async def locked(work: Work, visit_id: UUID) -> Visit:
    """Return a visit that this actor may see, locked until the work ends; refuse `visit.not_found`."""
    query = select(Visit).where(Visit.id == visit_id).with_for_update().execution_options(populate_existing=True)
    visit = (await work.session.execute(query)).scalar_one_or_none()
    if visit is None or not may_see(work, visit):
        raise VisitNotFound(visit_id=str(visit_id))
    return visit


def may_see(work: Work, visit: Visit) -> bool:
    """Tell whether the actor's company, and for a worker the actor in person, has to do with a visit."""
    company = work.actor.company
    if company is None:
        return True  # rows that a clerk's or an elder's database role may not see are not returned
    own = visit.provider_id == company.id
    return own and company.worker_id in {None, visit.worker_id, visit.second_worker_id}


def workers_of(choice: Choice | Visit) -> list[tuple[UUID, int]]:
    """Return the one or two workers, with their numbers, the leading one first."""
    workers = [(choice.worker_id, choice.worker_number)]
    if choice.second_worker_id is not None and choice.second_worker_number is not None:
        workers.append((choice.second_worker_id, choice.second_worker_number))
    return workers


def move(visit: Visit, state: VisitState, work: Work, *, reason: str | None = None) -> None:
    """Move a visit, refusing `visit.not_allowed` where TRANSITIONS does not list it."""
    if state not in TRANSITIONS[visit.state]:
        raise VisitNotAllowed(state=visit.state, wanted=state)
    visit.state = state
    if reason is not None:
        visit.reason = reason[:200]
    if state not in OPEN and visit.closed_at is None:
        visit.closed_at = work.now


async def hold(work: Work, visit: Visit, *flags: Flag) -> None:
    """Let a person decide; holding a held visit adds the reasons."""
    visit.flags = sorted({*visit.flags, *flags})
    if visit.state is not VisitState.HELD:
        move(visit, VisitState.HELD, work)
    work.emit(
        VisitHeld(visit_id=visit.id, request_id=visit.request_id, provider_id=visit.provider_id, reasons=visit.flags)
    )


async def reports_of(work: Work, visit_id: UUID) -> list[Report]:
    """Return the acts of a visit in the order of their numbers."""
    query = select(Act).where(Act.visit_id == visit_id).order_by(Act.sequence, Act.id)
    return [as_report(row) for row in (await work.session.execute(query)).scalars()]


def as_report(row: Act) -> Report:
    """Return an act as the timeline reads it."""
    return Report(
        id=row.id,
        kind=row.kind,
        sequence=row.sequence,
        at=row.at,
        claimed_at=row.claimed_at,
        received_at=row.received_at,
        offline=row.offline,
        not_before=row.not_before,
        certain=not row.offline or row.not_before is not None if row.certain is None else row.certain,
        device=row.device,
        account_id=row.account_id,
        distance_metres=row.distance_metres,
        accuracy_metres=row.accuracy_metres,
        fix_age_seconds=row.fix_age_seconds,
        mocked=row.mocked,
        code_matches=row.code_matches,
        home_matches=row.home_matches,
        reason=row.reason,
    )


async def evidence_rules(work: Work, at: datetime) -> EvidenceRules:
    """Return the rule `visit.evidence` as it is valid at an instant."""
    return await rules.read(work.session, EvidenceRules, at=at)


async def weigh(work: Work, visit: Visit, reports: Sequence[Report], timeline: Timeline) -> EvidenceRules:
    """Put the grade and the flags that a visit's own acts deserve on it; return the rules they were weighed by."""
    weighed_by = await evidence_rules(work, visit.arrived_at or visit.planned_start)
    flags = {flag for flag in map(Flag, visit.flags) if flag in LASTING}
    if timeline.clash:
        flags.add(Flag.CLASH)
    if timeline.end is not None and timeline.end.kind is ActKind.ABORT:
        flags.add(Flag.ABORTED)
    if timeline.arrive is not None:
        flags.update(await _early(work, visit, timeline.arrive.at))
    if timeline.gap or timeline.arrive is None or timeline.end is None:
        flags.add(Flag.MISSING_ACT)
    if timeline.arrive is None or timeline.end is None or visit.accepted_at is None:
        visit.grade = Grade.D
    else:
        result = evidence.weigh(
            reports,
            arrive=timeline.arrive,
            end=timeline.end,
            accepted_at=visit.accepted_at,
            minutes=visit.minutes,
            found_home=timeline.end.kind is not ActKind.NOBODY_HOME,
            workers=len(workers_of(visit)),
            rules=weighed_by,
        )
        visit.grade = result.grade
        flags.update(result.flags)
    visit.flags = sorted(flags)
    return weighed_by


async def _early(work: Work, visit: Visit, arrived_at: datetime) -> list[Flag]:
    """Return how a sign-in lies before the agreed window; a visit done again without pay has a window of its own."""
    request = None if visit.rework_of is not None else await work.session.get(CareRequest, visit.request_id)
    before = (request.earliest if request is not None else visit.planned_start) - arrived_at
    if before > (await rules.read(work.session, FarEarlyMinutes, at=arrived_at)).span:
        return [Flag.FAR_EARLY]
    return [Flag.EARLY] if before > (await rules.read(work.session, EarlyMinutes, at=arrived_at)).span else []
