"""Overnight planning: plan tomorrow's standing orders together, and offer them in the evening.

Standing orders are known a day ahead. Planning them together costs less travel and serves more of them than one
decision after another. Each offer has its decision record, and a refused offer goes to the next best worker, as for
any other request. If the ticker was down in the evening, it plans at its next run, whatever the hour.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from uuid import UUID

from sqlalchemy import exists, select

from dispatch.enrolment import queries as enrolment
from dispatch.matching.decide import asking, outcome
from dispatch.matching.decide.outcome import Award
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.fleet.score import share_points
from dispatch.matching.model import DecisionRecord
from dispatch.matching.plan import batch
from dispatch.matching.plan.batch import Planned
from dispatch.matching.rules import Overnight
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from events.work import Begin, Work
from kit import clock, metrics
from kit.rules import queries as rules
from registry import queries as registry

ENGINE = "routing.assign + improve 1"


@dataclass(frozen=True, slots=True)
class NightPlan:
    """The counts of one planning run: standing requests that were offered, and those for which nobody could come."""

    offered: int
    nobody: int


@dataclass(frozen=True, slots=True)
class Draft:
    """The standing requests of a day and all inputs for planning them outside a transaction."""

    requests: tuple[UUID, ...]
    demands: list[Demand]
    day: Day
    snapshot: str
    fingerprints: list[str]
    awarded: dict[int, int]
    now: datetime
    rounds: int
    answer_within: timedelta


async def plan_standing(begin: Begin) -> NightPlan:
    """Plan and offer the standing requests that have no decision yet: today's, and in the evening tomorrow's.

    The ticker calls it. Tomorrow's requests are planned after all standing orders have produced theirs. No transaction
    is open while the search runs. Refuses `visit.worker_busy` if another process booked a worker meanwhile: nothing is
    offered, and the next run plans again.
    """
    async with begin() as work:
        today = clock.day_of(work.now)
    night = await _plan(begin, today)
    tomorrow = today + timedelta(days=1)
    async with begin() as work:
        rule = await rules.read(work.session, Overnight, at=work.now)
        evening = work.now >= clock.at_local(today, rule.from_minute)
        ready = evening and not await requests.orders_left(work, on=tomorrow)
    if ready:
        more = await _plan(begin, tomorrow)
        night = NightPlan(night.offered + more.offered, night.nobody + more.nobody)
    return night


async def _plan(begin: Begin, on: date) -> NightPlan:
    started = perf_counter()
    async with begin() as work:
        draft = await _read(work, on)
    if draft is None:
        return NightPlan(0, 0)
    planned = await asyncio.to_thread(
        batch.plan, draft.day, draft.demands, awarded=draft.awarded, now=draft.now, rounds=draft.rounds
    )
    async with begin() as work:
        night = await _write(work, on, draft, planned)
    if night is None:
        return NightPlan(0, 0)
    metrics.NIGHT_SECONDS.observe(perf_counter() - started)
    metrics.NIGHT_REQUESTS.labels("offered").inc(night.offered)
    metrics.NIGHT_REQUESTS.labels("nobody").inc(night.nobody)
    return night


async def _read(work: Work, on: date) -> Draft | None:
    waiting = await _waiting(work, on)
    if not waiting:
        return None
    rule = await rules.read(work.session, Overnight, at=work.now)
    demands = await asking.demands_of(work, waiting)
    fleet = fleet_of(work)
    async with fleet.lock:
        day = fleet.copy(await fleet.refresh(work, on))
        snapshot, awarded = fleet.snapshot, fleet.awarded(day, clock.at_local(on, 0))
    shares = share_points(awarded, day.targets(), day.weights)
    beside = batch.digest(demands, rule.rounds)
    taken = sorted(day.booked_off_shift)
    fingerprints = [
        day.fingerprint(demand, awarded=awarded, shares=shares, taken=taken, now=work.now, beside=beside)
        for demand in demands
    ]
    return Draft(
        requests=tuple(request.id for request in waiting),
        demands=demands,
        day=day,
        snapshot=snapshot,
        fingerprints=fingerprints,
        awarded=awarded,
        now=work.now,
        rounds=rule.rounds,
        answer_within=timedelta(minutes=rule.answer_minutes),
    )


async def _write(work: Work, on: date, draft: Draft, planned: Sequence[Planned]) -> NightPlan | None:
    """Offer the planned visits; return None if the requests of the day have changed, so that the next run plans."""
    waiting = await _waiting(work, on, locked=True)
    if tuple(request.id for request in waiting) != draft.requests:
        return None
    awards: list[Award] = []
    for request, demand, case, fingerprint in zip(waiting, draft.demands, planned, draft.fingerprints, strict=True):
        record = outcome.record(
            request,
            draft.day,
            demand,
            case.content,
            case.option,
            engine=ENGINE,
            attempt=1,
            snapshot=draft.snapshot,
            fingerprint=fingerprint,
            now=draft.now,
        )
        if case.option is None:
            record["relaxation"] = case.relaxed.as_json() if case.relaxed else None
            await outcome.nobody(work, request, record)
        else:
            awards.append(Award(request=request, day=draft.day, option=case.option, record=record))
    await outcome.offer(work, awards, answer_within=draft.answer_within)
    return NightPlan(len(awards), len(waiting) - len(awards))


async def _waiting(work: Work, on: date, *, locked: bool = False) -> list[CareRequest]:
    """Return the standing requests of a day that have no decision yet, sorted by number.

    The rows are locked only while offers are written, so that an operator can withdraw a request during planning.
    """
    query = (
        select(CareRequest)
        .where(
            CareRequest.state == RequestState.WAITING,
            CareRequest.standing_order_id.is_not(None),
            CareRequest.earliest >= clock.at_local(on, 0),
            CareRequest.earliest < clock.at_local(on, 1440),
            CareRequest.latest > work.now,
            CareRequest.person_id.not_in(registry.reported_dead()),
            CareRequest.person_id.not_in(enrolment.suspended()),
            ~exists().where(DecisionRecord.request_id == CareRequest.id),
        )
        .order_by(CareRequest.number)
        .execution_options(populate_existing=True)
    )
    return list((await work.session.execute(query.with_for_update() if locked else query)).scalars())
