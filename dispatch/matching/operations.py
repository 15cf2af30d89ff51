"""Decide which worker is offered a request, one decision at a time, each with its decision record."""

from datetime import datetime
from enum import StrEnum
from time import perf_counter
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from dispatch.matching.decide import asking, outcome, relaxation
from dispatch.matching.fleet import candidates
from dispatch.matching.fleet.day import Demand
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.fleet.score import share_points
from dispatch.matching.model import DecisionOutcome, DecisionRecord
from dispatch.matching.rules import MostAttempts
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.bookings import WorkerBusy
from dispatch.visits.model import Visit
from dispatch.visits.transitions import OPEN, VisitState
from events.work import Work
from kit import clock, metrics
from kit.rules import queries as rules
from providers.roster import queries as roster

ENGINE = "routing.insert 1"
_TRIES = 4
_WAITING = (RequestState.WAITING, RequestState.OFFERED, RequestState.ACCEPTED, RequestState.UNDER_WAY)


class Cause(StrEnum):
    """What triggers a decision."""

    REQUESTED = "requested"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"  # the company left the programme, or an operator withdrew the offer
    UNAVAILABLE = "unavailable"  # the worker is ill, on leave or has left
    OVERRUN = "overrun"  # the worker's earlier visit has not ended
    MISSED = "missed"
    ABORTED = "aborted"
    LOOKED_AGAIN = "looked_again"


async def decide(work: Work, *, request_id: UUID, cause: Cause) -> UUID | None:
    """Offer a request to the best worker who may and can come, and store why; return the offered visit's id.

    Nothing happens for a request that is over or that has an open visit, so that an event handled twice makes one
    offer. A request of an elder whose death has been reported waits until the report is confirmed or withdrawn.
    Companies that refused, did not answer or did not come are not asked again. If nobody can come, `NobodyFound` names
    the smallest change that would help, and the request waits or is unserved (`matching.nobody_waits`).
    """
    started = perf_counter()
    request = await work.session.get(CareRequest, request_id, with_for_update=True, populate_existing=True)
    if (
        request is None
        or request.state not in _WAITING
        or (cause is Cause.REQUESTED and _waits_for_overnight_plan(request, work.now))
    ):
        return None
    history = await asking.history_of(work, request)
    if any(row.state in OPEN for row in history.attempts):
        return None
    if request.latest <= work.now:
        await outcome.give_up(work, request, "window_passed")
        return None
    if history.reported_dead:
        if request.state is not RequestState.WAITING:
            requests.mark(work, request, RequestState.WAITING)
        return None
    attempt = 1 + max((row.attempt for row in history.attempts), default=0)
    if attempt > (await rules.read(work.session, MostAttempts, at=work.now)).value:
        await outcome.exhausted(work, request, attempt)
        return None
    demand = await asking.demand_of(work, request, history)
    visit_id = await _choose(work, request, demand, attempt)
    came_to = DecisionOutcome.OFFERED if visit_id else DecisionOutcome.NOBODY
    metrics.DECISION_SECONDS.labels(came_to).observe(perf_counter() - started)
    metrics.DECISIONS.labels(cause, came_to).inc()
    return visit_id


def _waits_for_overnight_plan(request: CareRequest, now: datetime) -> bool:
    """Return whether overnight planning handles a request: it comes from a standing order and is for a later day."""
    return request.standing_order_id is not None and clock.day_of(request.earliest) > clock.day_of(now)


async def _choose(work: Work, request: CareRequest, demand: Demand, attempt: int) -> UUID | None:
    """Search, choose and book; if another process booked the worker first, search again, at most `_TRIES` times."""
    fleet = fleet_of(work)
    taken: set[int] = set()
    for _ in range(_TRIES):
        async with fleet.lock:
            day = await fleet.refresh(work, clock.day_of(demand.earliest))
            awarded = fleet.awarded(day, demand.earliest)
            shares = share_points(awarded, day.targets(), day.weights)
            companies = day.companies(demand, awarded)
            search = day.find(demand, now=work.now, companies=companies, shares=shares)
            options = [option for option in search.options if not taken & {option.worker, option.second_worker}]
            weighed = candidates.content(
                options,
                rules=search.rules,
                numbers=day.numbers,
                company_of=day.company_of,
                companies=companies,
                taken=taken,
            )
            record = outcome.record(
                request,
                day,
                demand,
                weighed,
                options[0] if options else None,
                engine=ENGINE,
                attempt=attempt,
                snapshot=fleet.snapshot,
                now=work.now,
                fingerprint=day.fingerprint(demand, awarded=awarded, shares=shares, taken=taken, now=work.now),
            )
            if not options:
                relaxed = relaxation.smallest(day, demand, now=work.now, companies=companies, taken=taken)
                record["relaxation"] = relaxed.as_json() if relaxed else None
        if not options:
            await outcome.nobody(work, request, record)
            return None
        try:
            visit_id = await outcome.offer(work, request, day, options[0], record)
        except WorkerBusy:
            # Another process booked the worker, or the worker is booked off duty, which the board does not show.
            taken |= {options[0].worker, options[0].second_worker}
            continue
        metrics.DECISION_CANDIDATES.observe(len(search.options))
        return visit_id
    message = f"request {request.id}: hours were taken {_TRIES} times in a row"
    raise RuntimeError(message)


async def look_again(work: Work, *, limit: int = 50) -> int:
    """Decide again on requests for which an earlier decision found nobody; return how many were offered.

    Requests whose latest arrival has passed become unserved. The ticker calls it every minute.
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
    """Withdraw a worker's offered and accepted visits in a half-open window; return how many.

    `OfferWithdrawn` then makes matching offer each of them to somebody else. A visit that has begun is not withdrawn.
    """
    return await _withdraw(
        work,
        or_(Visit.worker_id == worker_id, Visit.second_worker_id == worker_id)
        & (Visit.planned_start < until_at)
        & (Visit.planned_end > from_at),
        reason,
    )


async def hold_person(work: Work, *, person_id: UUID) -> int:
    """Withdraw the open offers for an elder whose death has been reported; return how many.

    Accepted visits stay: the worker at the door sees whether the report is true, and escalation opens a case.
    """
    query = select(Visit.id).where(Visit.person_id == person_id, Visit.state == VisitState.OFFERED).order_by(Visit.id)
    visit_ids = (await work.session.execute(query)).scalars().all()
    for visit_id in visit_ids:
        await visits.withdraw(work, visit_id=visit_id, reason=asking.DEATH_REPORTED)
    return len(visit_ids)


async def resume_person(work: Work, *, person_id: UUID) -> int:
    """Decide on all waiting requests of an elder after a death report was withdrawn; return how many were offered."""
    query = select(CareRequest.id).where(CareRequest.person_id == person_id, CareRequest.state == RequestState.WAITING)
    waiting = (await work.session.execute(query.order_by(CareRequest.number))).scalars().all()
    return sum([await decide(work, request_id=request_id, cause=Cause.REQUESTED) is not None for request_id in waiting])


async def withdraw_lost_hours(work: Work, *, worker_id: UUID, shift_id: UUID, from_at: datetime) -> int:
    """Withdraw the visits in the hours that a worker loses because a weekly shift ends; return how many.

    Visits within another shift of the worker stay, and so do visits outside all shifts.
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
    """Withdraw all offered and accepted visits of a company that have not begun; return how many."""
    return await _withdraw(work, Visit.provider_id == provider_id, reason)


async def _withdraw(work: Work, which: ColumnElement[bool], reason: str) -> int:
    query = (
        select(Visit.id)
        .where(which, Visit.state.in_((VisitState.OFFERED, VisitState.ACCEPTED)))
        .order_by(Visit.planned_start, Visit.worker_number)
    )
    visit_ids = (await work.session.execute(query)).scalars().all()
    for visit_id in visit_ids:
        await visits.withdraw(work, visit_id=visit_id, reason=reason)
    return len(visit_ids)
