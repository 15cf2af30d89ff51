"""Who gets a request, and why: one decision at a time, each with its record."""

from datetime import datetime
from enum import StrEnum
from time import perf_counter
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, update

from dispatch.matching.decide import asking, outcome, relaxation
from dispatch.matching.fleet import candidates
from dispatch.matching.fleet.day import Ask
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.fleet.score import share_points
from dispatch.matching.model import Barred, DecisionOutcome, DecisionRecord
from dispatch.matching.rules import MostAttempts
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.bookings import WorkerBusy
from dispatch.visits.model import Visit
from dispatch.visits.transitions import OPEN, VisitState
from events.work import Work
from kit import clock, metrics
from kit.refusal import Refusal
from kit.rules import queries as rules
from providers.roster import queries as roster
from registry import queries as registry

ENGINE = "routing.insert 1"
BARRED = "barred"
"""Why a visit is taken back from a worker who is from now on not sent to the elder."""
_TRIES = 4
_WAITING = (RequestState.WAITING, RequestState.OFFERED, RequestState.ACCEPTED, RequestState.UNDER_WAY)


class Cause(StrEnum):
    """Why somebody is looked for."""

    REQUESTED = "requested"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"  # the company is out, or a person took it back
    UNAVAILABLE = "unavailable"  # ill, on leave, gone
    OVERRUN = "overrun"  # the worker is still at another door
    MISSED = "missed"
    ABORTED = "aborted"
    LOOKED_AGAIN = "looked_again"


class BarReasonMissing(Refusal):
    """Keeping an elder and a worker apart needs a reason on record."""

    code = "barred.reason_missing"


async def decide(work: Work, *, request_id: UUID, cause: Cause) -> UUID | None:
    """Offer a request to the best worker who may and can come, and record why; return the visit offered.

    A request of an elder whose death has been reported waits until the report is confirmed or withdrawn. Nothing
    happens for a request that is over or for which somebody is expected already, so that an event handled twice
    asks nobody twice. Companies that refused, were silent or did not come are not asked again. With nobody left, a
    person is told with the smallest change that would help, and the request is unserved or waits, by rule.
    """
    started = perf_counter()
    request = await work.session.get(CareRequest, request_id, with_for_update=True, populate_existing=True)
    if (
        request is None
        or request.state not in _WAITING
        or (cause is Cause.REQUESTED and _has_its_night(request, work.now))
    ):
        return None
    past = await asking.past(work, request)
    if any(row.state in OPEN for row in past.tries):
        return None
    if request.latest <= work.now:
        await outcome.give_up(work, request, "window_passed")
        return None
    if past.reported_dead:
        if request.state is not RequestState.WAITING:
            requests.mark(work, request, RequestState.WAITING)
        return None
    attempt = 1 + max((row.attempt for row in past.tries), default=0)
    if attempt > (await rules.read(work.session, MostAttempts, at=work.now)).value:
        await outcome.exhausted(work, request, attempt)
        return None
    ask = await asking.ask(work, request, past)
    visit_id = await _choose(work, request, ask, attempt)
    came_to = DecisionOutcome.OFFERED if visit_id else DecisionOutcome.NOBODY
    metrics.DECISION_SECONDS.labels(came_to).observe(perf_counter() - started)
    metrics.DECISIONS.labels(cause, came_to).inc()
    return visit_id


def _has_its_night(request: CareRequest, now: datetime) -> bool:
    """Tell whether a request waits for the plan of its day: made of a standing order, for a day that is to come."""
    return request.standing_order_id is not None and clock.day_of(request.earliest) > clock.day_of(now)


async def _choose(work: Work, request: CareRequest, ask: Ask, attempt: int) -> UUID | None:
    """Look, choose and book; where another process was quicker, look again."""
    fleet = fleet_of(work)
    taken: set[int] = set()
    for _ in range(_TRIES):
        async with fleet.lock:
            day = await fleet.look(work, clock.day_of(ask.earliest))
            won = fleet.won(day, ask.earliest)
            shares = share_points(won, day.targets(), day.weights)
            companies = day.companies(ask, won)
            found = day.find(ask, now=work.now, companies=companies, shares=shares)
            options = [option for option in found.options if not taken & {option.worker, option.second_worker}]
            weighed = candidates.content(
                options,
                rules=found.rules,
                numbers=day.numbers,
                company_of=day.company_of,
                companies=companies,
                taken=taken,
            )
            record = outcome.record(
                request,
                day,
                ask,
                weighed,
                options[0] if options else None,
                engine=ENGINE,
                attempt=attempt,
                snapshot=fleet.snapshot,
                now=work.now,
                fingerprint=day.fingerprint(ask, won=won, shares=shares, taken=taken, now=work.now),
            )
            if not options:
                eased = relaxation.smallest(day, ask, now=work.now, companies=companies, taken=taken)
                record["relaxation"] = eased.as_json() if eased else None
        if not options:
            await outcome.nobody(work, request, record)
            return None
        try:
            visit_id = await outcome.offer(work, request, day, options[0], record)
        except WorkerBusy:
            # Somebody else's booking, which the next look shows; or hours the board cannot show (off duty): pass by.
            taken |= {options[0].worker, options[0].second_worker}
            continue
        metrics.DECISION_CANDIDATES.observe(len(found.options))
        return visit_id
    message = f"request {request.id}: hours were taken {_TRIES} times in a row"
    raise RuntimeError(message)


async def look_again(work: Work, *, limit: int = 50) -> int:
    """Decide anew on requests that wait although a decision found nobody; return how many found somebody.

    Those whose latest arrival has passed become unserved. For the ticker, every minute or so.
    """
    decided = exists().where(DecisionRecord.request_id == CareRequest.id)
    query = (
        select(CareRequest.id)
        .where(CareRequest.state == RequestState.WAITING, decided)
        .order_by(CareRequest.latest, CareRequest.number)
        .limit(limit)
    )
    waiting = (await work.session.execute(query)).scalars().all()
    return sum(
        [await decide(work, request_id=request_id, cause=Cause.LOOKED_AGAIN) is not None for request_id in waiting]
    )


async def withdraw_worker(work: Work, *, worker_id: UUID, from_at: datetime, until_at: datetime, reason: str) -> int:
    """Take back what a worker cannot do within a half-open window; return how many visits. Others are asked by event.

    A visit that has begun stays: nobody but the person at the door knows better.
    """
    return await _withdraw(
        work,
        or_(Visit.worker_id == worker_id, Visit.second_worker_id == worker_id)
        & (Visit.planned_start < until_at)
        & (Visit.planned_end > from_at),
        reason,
    )


async def hold_person(work: Work, *, person_id: UUID) -> int:
    """Take back what nobody has accepted yet for an elder whose death has been reported; return how many offers.

    What a company has promised stays: whoever comes to the door sees what is true, and a person is asked by a case.
    """
    query = select(Visit.id).where(Visit.person_id == person_id, Visit.state == VisitState.OFFERED).order_by(Visit.id)
    visit_ids = (await work.session.execute(query)).scalars().all()
    for visit_id in visit_ids:
        await visits.withdraw(work, visit_id=visit_id, reason=asking.DEATH_REPORTED)
    return len(visit_ids)


async def resume_person(work: Work, *, person_id: UUID) -> int:
    """Decide on all that an elder waits for, after a report of death was withdrawn; return how many found somebody."""
    query = select(CareRequest.id).where(CareRequest.person_id == person_id, CareRequest.state == RequestState.WAITING)
    waiting = (await work.session.execute(query.order_by(CareRequest.number))).scalars().all()
    return sum([await decide(work, request_id=request_id, cause=Cause.REQUESTED) is not None for request_id in waiting])


async def withdraw_lost_hours(work: Work, *, worker_id: UUID, shift_id: UUID, from_at: datetime) -> int:
    """Take back what a worker cannot do since a weekly shift ends at an instant; return how many visits.

    What lies in another shift of the worker stays, and so does a visit agreed outside all of them.
    """
    theirs = or_(Visit.worker_id == worker_id, Visit.second_worker_id == worker_id)
    ahead = select(Visit.id, Visit.planned_start, Visit.planned_end).where(
        theirs, Visit.planned_end > from_at, Visit.state.in_((VisitState.OFFERED, VisitState.ACCEPTED))
    )
    visits_ahead = (await work.session.execute(ahead)).all()
    if not visits_ahead:
        return 0
    last = max(visit.planned_end for visit in visits_ahead)
    lost = await roster.lost_hours(work, shift_id=shift_id, from_at=from_at, until_at=last)
    undone = [
        visit.id
        for visit in visits_ahead
        if any(visit.planned_start < end and visit.planned_end > start for start, end in lost)
    ]
    return await _withdraw(work, Visit.id.in_(undone), "shift_ended") if undone else 0


async def withdraw_company(work: Work, *, provider_id: UUID, reason: str) -> int:
    """Take back all that a company was asked for or had promised and not begun; return how many visits."""
    return await _withdraw(work, Visit.provider_id == provider_id, reason)


async def _withdraw(work: Work, which: ColumnElement[bool], reason: str) -> int:
    query = (
        select(Visit.id)
        .where(which, Visit.state.in_((VisitState.OFFERED, VisitState.ACCEPTED)))
        .order_by(Visit.planned_start, Visit.worker_number)
    )
    found = (await work.session.execute(query)).scalars().all()
    for visit_id in found:
        await visits.withdraw(work, visit_id=visit_id, reason=reason)
    return len(found)


async def bar(work: Work, *, person_id: UUID, worker_id: UUID, reason: str) -> None:
    """Keep an elder and a worker apart from now on and take back their visits to come; twice changes nothing.

    Refuses `barred.reason_missing`, `person.not_found`, `worker.not_found`.
    """
    if not reason.strip():
        raise BarReasonMissing
    await registry.vital(work, person_id)
    await roster.worker(work, worker_id)
    is_barred = await work.session.scalar(
        select(exists().where(Barred.person_id == person_id, Barred.worker_id == worker_id, Barred.lifted_at.is_(None)))
    )
    if not is_barred:
        work.session.add(
            Barred(
                person_id=person_id,
                worker_id=worker_id,
                reason=reason.strip()[:200],
                since=work.now,
                set_by=work.actor.label,
            )
        )
        await work.session.flush()
        await _withdraw(work, (Visit.person_id == person_id) & (Visit.worker_id == worker_id), BARRED)


async def unbar(work: Work, *, person_id: UUID, worker_id: UUID) -> None:
    """Let an elder and a worker meet again; nothing happens where they were not kept apart."""
    await work.session.execute(
        update(Barred)
        .where(Barred.person_id == person_id, Barred.worker_id == worker_id, Barred.lifted_at.is_(None))
        .values(lifted_at=work.now)
    )
