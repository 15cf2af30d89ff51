"""Who else of its own workers a company may send to a visit, and the hard rule that forbids each of the others."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from dispatch.matching.by_hand import AssignmentForbidden
from dispatch.matching.decide import asking
from dispatch.matching.fleet.candidates import OF_RULE, RuledOutReason
from dispatch.matching.fleet.day import Day, Hours
from dispatch.matching.rules import Travel, Weights
from dispatch.requests.model import CareRequest
from dispatch.visits import offers
from dispatch.visits import queries as promised
from dispatch.visits.lifecycle import VisitNotAllowed
from dispatch.visits.model import Booking, Visit
from dispatch.visits.transitions import VisitState
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.rules import queries as rules
from providers.roster import queries as roster
from providers.roster.model import WorkerState
from routing.model.rules import PlanRule


@dataclass(frozen=True, slots=True)
class Colleague:
    """One worker of the visit's company: may go where `forbidden_by` is null.

    `travel_minutes` is how much longer the worker's day on the road becomes, null for who may not go; `familiar` tells
    that the worker has been with the elder lately, `wanted` that the elder asks for the worker.
    """

    worker_id: UUID
    worker_number: int
    chosen: bool
    familiar: bool
    wanted: bool
    forbidden_by: RuledOutReason | None
    travel_minutes: int | None


async def colleagues(work: Work, *, visit_id: UUID) -> list[Colleague]:
    """Return all active workers of the company of an offered or promised visit, by number; nothing changes.

    Every hard rule of a decision that tells workers of one company apart is checked for the visit's own hour, against
    the company's bookings of that day; contract and capacity were checked when the company was asked.
    Refuses `visit.not_found`, and `visit.not_allowed` once the worker is on the way.
    """
    return await _weigh(work, await promised.visit(work, visit_id))


async def accept(work: Work, *, offer_id: UUID, worker_id: UUID | None = None) -> Visit:
    """Accept an offer, if given with another worker of the company than the one who was asked for.

    Refuses what `offers.accept` refuses, `worker.not_found` also for another company's, and `assignment.forbidden` with
    the rule that keeps the worker from going. A worker's own phone chooses nobody else.
    """
    _, visit = await offers.locked(work, offer_id)
    if worker_id is None or worker_id == visit.worker_id:
        return await offers.accept(work, offer_id=offer_id)
    company = work.actor.company
    by_id = {} if company and company.worker_id else {row.worker_id: row for row in await _weigh(work, visit)}
    if worker_id not in by_id:
        raise roster.WorkerNotFound
    colleague = by_id[worker_id]
    if colleague.forbidden_by is not None:
        raise AssignmentForbidden(rules=[colleague.forbidden_by])
    return await offers.accept(work, offer_id=offer_id, leading=(worker_id, colleague.worker_number))


async def _weigh(work: Work, visit: Visit) -> list[Colleague]:
    if visit.state not in {VisitState.OFFERED, VisitState.ACCEPTED}:
        raise VisitNotAllowed(state=visit.state, wanted=VisitState.ACCEPTED)
    day, busy = await _company_day(work, visit)
    request = await work.session.get_one(CareRequest, visit.request_id)
    history = (await asking.histories_of(work, [request]))[request.id]
    demand = replace(
        await asking.demand_of(work, request, history),
        earliest=visit.planned_start,
        latest=visit.planned_start,
        persons=1,
        asked=frozenset(),
    )
    day.advance(work.now)
    number = day.board.add(day.visit(demand, range(len(day.company_numbers))))
    verdict = day.board.evaluate(number, best=max(1, len(day.roster)), exhaustive=True)
    travel = {candidate.worker: candidate.travel_points for candidate in verdict.candidates}
    a_minute = day.weights.travel_points_per_second * 60
    rows = []
    for worker in await roster.workers(work, provider_id=visit.provider_id, state=WorkerState.ACTIVE):
        place = day.place_of.get(worker.id)
        reason = RuledOutReason.OFF_SHIFT if place is None else None
        if visit.provider_id in demand.barred_companies:
            reason = RuledOutReason.BARRED
        elif worker.id in busy:
            reason = RuledOutReason.NO_GAP
        elif place is not None:
            reason = OF_RULE.get(PlanRule(verdict.rules[place]))
        points = travel.get(place) if place is not None and reason is None else None
        rows.append(
            Colleague(
                worker_id=worker.id,
                worker_number=worker.number,
                chosen=worker.id == visit.worker_id,
                familiar=worker.id in history.familiar,
                wanted=worker.id in history.wanted,
                forbidden_by=reason,
                travel_minutes=None if points is None or not a_minute else round(points / a_minute),
            )
        )
    return rows


async def _company_day(work: Work, visit: Visit) -> tuple[Day, set[UUID]]:
    """Return the day of a company's own workers without the visit's leading one, and who is booked in its hours.

    The fleet in memory is not asked: it holds every company, and a company's people read their own rows alone.
    """
    on = clock.day_of(visit.planned_start)
    from_at = clock.at_local(on, 0)
    weights = await rules.read(work.session, Weights, at=work.now)
    travel = await rules.read(work.session, Travel, at=work.now)
    workers = await roster.roster(work, from_at=from_at, until_at=from_at + Day.SPAN)
    day = Day(
        on,
        roster=[worker for worker in workers if worker.provider_id == visit.provider_id],
        contracts=(),
        weights=weights,
        travel=travel,
        basis=(),
    )
    busy: set[UUID] = set()
    for hours in await _booked(work, visit, from_at, from_at + Day.SPAN):
        day.book(new_id(), hours)
        if hours.starts_at < visit.planned_end and visit.planned_start < hours.ends_at:
            busy.add(hours.worker_id)
    return day, busy


async def _booked(work: Work, visit: Visit, from_at: datetime, until_at: datetime) -> list[Hours]:
    own = (Booking.visit_id == visit.id) & (Booking.worker_id == visit.worker_id)
    starts = func.lower(Booking.during)
    query = select(Booking).where(
        Booking.provider_id == visit.provider_id, Booking.active, ~own, starts >= from_at, starts < until_at
    )
    return [
        Hours(
            row.worker_id,
            row.worker_number,
            row.provider_id,
            row.leading,
            row.latitude,
            row.longitude,
            row.during.lower,
            row.during.upper,
            row.begun,
        )
        for row in (await work.session.execute(query.order_by(starts, Booking.worker_number))).scalars()
        if row.during.lower is not None and row.during.upper is not None
    ]
