"""Decide which worker is offered a request, each decision with its decision record."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from dispatch.enrolment import queries as enrolment
from dispatch.matching.decide import asking, outcome, relaxation
from dispatch.matching.decide.outcome import Award
from dispatch.matching.fleet import candidates
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.memory import Fleet, fleet_of
from dispatch.matching.fleet.score import Option, share_points
from dispatch.matching.model import DecisionOutcome, DecisionRecord
from dispatch.matching.rules import MostAttempts
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.bookings import WorkerBusy
from dispatch.visits.model import Visit
from dispatch.visits.transitions import OPEN, VisitState
from events.contracts.event import Envelope
from events.work import Work
from kit import clock, metrics
from kit.ids import new_id
from kit.rules import queries as rules
from providers.roster import queries as roster
from registry import queries as registry

ENGINE = "routing.insert 1"
OVERLOOKED_AFTER = timedelta(minutes=1)
"""Redelivery looks for lost events in this time; a request that still has no decision then is looked for by itself."""
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
    REOPENED = "reopened"  # a person has the request dispatched again
    RELAXED = "relaxed"  # a person applied the change that would help
    AMENDED = "amended"  # a person changed the request


_BY_A_PERSON = frozenset({Cause.REOPENED, Cause.RELAXED, Cause.AMENDED})
"""Each of these makes one attempt more than the rule allows, and a record also where the last one found nobody."""


async def decide(work: Work, *, request_id: UUID, cause: Cause) -> UUID | None:
    """Offer the request to the best worker who may and can come, and store why; return the offered visit's id.

    Nothing happens for a request that is over or that has an open visit, so that an event handled twice makes one
    offer. A request of an elder whose death has been reported, or who is suspended, waits until that has changed.
    Companies that refused, did not answer or did not come are not asked again. If nobody can come, `NobodyFound` names
    the smallest change that would help, and the request waits or is unserved (`matching.nobody_waits`).
    """
    return (await decide_together(work, {request_id: None}, cause=cause)).get(request_id)


async def decide_together(work: Work, events: Mapping[UUID, Envelope | None], *, cause: Cause) -> dict[UUID, UUID]:
    """Do what `decide` does for several requests, each step in one statement; return the visits offered, by request.

    Urgent requests come first, then the order of the numbers; each decision sees what those before it have promised.
    `events` names the event that each decision follows from. Refuses `visit.worker_busy`, for the whole, where another
    process has booked a worker first: the caller undoes it and decides on each request alone.
    """
    started = perf_counter()
    cases = await _cases(work, events, cause)
    offered = await _choose(work, cases, repeated=cause in _BY_A_PERSON) if cases else {}
    for case in cases:
        came_to = DecisionOutcome.OFFERED if case.request.id in offered else DecisionOutcome.NOBODY
        metrics.DECISION_SECONDS.labels(came_to).observe((perf_counter() - started) / len(cases))
        metrics.DECISIONS.labels(cause, came_to).inc()
    return offered


@dataclass(frozen=True, slots=True)
class Case:
    """A request for which somebody is to be found; `event` is what this follows from, if not the work's own cause."""

    request: CareRequest
    demand: Demand
    attempt: int
    event: Envelope | None

    @property
    def day(self) -> date:
        """Return the district's day of the demand."""
        return clock.day_of(self.demand.earliest)


async def _cases(work: Work, events: Mapping[UUID, Envelope | None], cause: Cause) -> list[Case]:
    """Lock the requests and return those for which somebody is to be found now; close or put off the others."""
    query = (
        select(CareRequest)
        .where(CareRequest.id.in_(events))
        .order_by(CareRequest.urgent.desc(), CareRequest.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    undecided = [
        request
        for request in (await work.session.execute(query)).scalars()
        if request.state in _WAITING and not (cause is Cause.REQUESTED and _waits_for_overnight_plan(request, work.now))
    ]
    histories = await asking.histories_of(work, undecided) if undecided else {}
    most = (await rules.read(work.session, MostAttempts, at=work.now)).value
    cases: list[Case] = []
    for request in undecided:
        history, event = histories[request.id], events[request.id]
        if any(row.state in OPEN for row in history.attempts):
            continue
        if event is not None:
            work.follow(event)
        attempt = 1 + max((row.attempt for row in history.attempts), default=0)
        if request.latest <= work.now:
            await outcome.give_up(work, request, "window_passed")
        elif history.elder_waits:
            if request.state is not RequestState.WAITING:
                requests.mark(work, request, RequestState.WAITING)
        elif cause not in _BY_A_PERSON and attempt > most:
            await outcome.exhausted(work, request, attempt)
        else:
            cases.append(Case(request, await asking.demand_of(work, request, history), attempt, event))
    return cases


def _waits_for_overnight_plan(request: CareRequest, now: datetime) -> bool:
    """Return whether overnight planning handles a request: it comes from a standing order and is for a later day."""
    return request.standing_order_id is not None and clock.day_of(request.earliest) > clock.day_of(now)


async def _choose(work: Work, cases: Sequence[Case], *, repeated: bool) -> dict[UUID, UUID]:
    """Search, choose and book; if another process booked the worker first, search again, at most `_TRIES` times."""
    fleet = fleet_of(work)
    taken: set[int] = set()
    batch_id = new_id() if len(cases) > 1 else None
    for _ in range(_TRIES):
        choices: list[tuple[Case, Day, Option | None, dict[str, Any]]] = []
        async with fleet.lock:
            days = await fleet.refresh_all(work, {case.day for case in cases})
            for place, case in enumerate(cases):
                day = days[case.day]
                batch = (batch_id, place) if batch_id else None
                best, record = weigh(work, fleet, day, case, taken=taken, batch=batch)
                choices.append((case, day, best, record))
                if best is not None and batch_id:
                    numbers = [number for number in (best.worker, best.second_worker) if number]
                    provider_id, starts_at = day.provider_of(best.worker), record["starts_at"]
                    fleet.show(day.promised(case.demand, provider_id=provider_id, numbers=numbers, starts_at=starts_at))
                    await asyncio.sleep(0)  # a batch takes as long as ten searches, and callers wait in this process
        awards = [
            Award(request=case.request, day=day, option=best, record=record, event=case.event)
            for case, day, best, record in choices
            if best is not None
        ]
        try:
            offered = await outcome.offer(work, awards)
        except WorkerBusy:
            if batch_id:
                raise
            # Another process booked the worker, or the worker is booked off duty, which the board does not show.
            taken |= {
                number for award in awards for number in (award.option.worker, award.option.second_worker) if number
            }
            continue
        for case, _day, best, record in choices:
            if best is None:
                if case.event is not None:
                    work.follow(case.event)
                await outcome.nobody(work, case.request, record, repeated=repeated)
        return offered
    message = f"request {cases[0].request.id}: hours were taken {_TRIES} times in a row"
    raise RuntimeError(message)


def weigh(
    work: Work, fleet: Fleet, day: Day, case: Case, *, taken: set[int], batch: tuple[UUID, int] | None = None
) -> tuple[Option | None, dict[str, Any]]:
    """Return the best option of a case, None if nobody can come, and the decision record."""
    demand = case.demand
    result = search(work, fleet, day, demand, taken=taken)
    options, companies = result.options, result.companies
    best = options[0] if options else None
    metrics.DECISION_CANDIDATES.observe(len(result.options))
    weighed = candidates.content(
        options,
        rules=result.rules,
        numbers=day.numbers,
        company_of=day.company_of,
        companies=companies,
        taken=taken,
        unchosen=day.unchosen(demand),
    )
    record = outcome.record(
        case.request,
        day,
        demand,
        weighed,
        best,
        engine=ENGINE,
        attempt=case.attempt,
        snapshot=fleet.snapshot,
        now=work.now,
        fingerprint=day.fingerprint(demand, awarded=result.awarded, shares=result.shares, taken=taken, now=work.now),
        batch=batch,
    )
    if best is None:
        relaxed = relaxation.smallest(day, demand, now=work.now, companies=companies, taken=taken)
        record["relaxation"] = relaxed.as_json() if relaxed else None
    return best, record


@dataclass(frozen=True, slots=True)
class Search:
    """Who could come for a demand, best first, and what that rests on."""

    options: list[Option]
    rules: list[int]
    companies: candidates.Companies
    awarded: Mapping[int, int]
    shares: Mapping[int, int]


def search(work: Work, fleet: Fleet, day: Day, demand: Demand, *, taken: Collection[int]) -> Search:
    """Return who could come for a demand on a day that has just been refreshed, without those `taken`; nothing changes.

    Hold the fleet's lock.
    """
    awarded = fleet.awarded(day, demand.earliest)
    shares = share_points(awarded, day.targets(), day.weights)
    result = day.find(demand, now=work.now, companies=day.companies(demand, awarded), shares=shares)
    options = [option for option in result.options if option.worker not in taken and option.second_worker not in taken]
    return Search(options, result.rules, result.companies, awarded, shares)


async def look_again(work: Work, *, limit: int = 50) -> int:
    """Decide again on requests for which an earlier decision found nobody; return how many were offered.

    A request that is older than a minute and that nothing has decided on, for whatever reason, is decided on too.
    Requests whose latest arrival has passed become unserved. The ticker calls it every minute.
    """
    decided = exists().where(DecisionRecord.request_id == CareRequest.id)
    tomorrow = clock.at_local(clock.day_of(work.now) + timedelta(days=1), 0)
    overlooked = and_(
        CareRequest.entered_at < work.now - OVERLOOKED_AFTER,
        or_(CareRequest.standing_order_id.is_(None), CareRequest.earliest < tomorrow),
        CareRequest.person_id.not_in(registry.reported_dead()),
        CareRequest.person_id.not_in(enrolment.suspended()),
    )
    query = (
        select(CareRequest.id)
        .where(CareRequest.state == RequestState.WAITING, or_(decided, overlooked))
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


async def hold_person(work: Work, *, person_id: UUID, reason: str) -> int:
    """Withdraw the open offers for an elder whose death or stay in an institution was reported; return how many.

    Accepted visits stay: the worker at the door sees whether the report is true, and escalation opens a case.
    """
    query = select(Visit.id).where(Visit.person_id == person_id, Visit.state == VisitState.OFFERED).order_by(Visit.id)
    visit_ids = (await work.session.execute(query)).scalars().all()
    for visit_id in visit_ids:
        await visits.withdraw(work, visit_id=visit_id, reason=reason)
    return len(visit_ids)


async def resume_person(work: Work, *, person_id: UUID) -> int:
    """Decide on all waiting requests of an elder about whom a report no longer holds; return how many were offered."""
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
