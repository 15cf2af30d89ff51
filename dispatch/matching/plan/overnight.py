"""The night before: tomorrow's standing orders are planned together, and offered in the evening.

What is wanted again and again is known in time: planned one by one in the order of its numbers it would cost more
travel and serve fewer. Each offer has its decision record like any other; a refusal goes to the next best as always.
What the machine slept through is planned when it wakes up, whatever the hour.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter

from sqlalchemy import exists, select

from dispatch.matching.decide import asking, outcome
from dispatch.matching.fleet.memory import fleet_of
from dispatch.matching.fleet.score import share_points
from dispatch.matching.model import DecisionRecord
from dispatch.matching.plan import batch
from dispatch.matching.plan.batch import Planned
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from events.work import Work
from kit import clock, metrics, rules
from registry import queries as registry

ENGINE = "routing.assign + improve 1"


@dataclass(frozen=True, slots=True)
class Night:
    """How many standing requests were planned, and for how many nobody was found."""

    offered: int
    nobody: int


async def plan_standing(work: Work) -> Night:
    """Plan and offer the standing requests that nobody has been asked about: today's, and in the evening tomorrow's.

    Tomorrow's are planned once all of them have been made. For the ticker. Refuses `visit.worker_busy` where somebody
    booked in between: the work is undone, and done again at the next turn.
    """
    rule = await rules.value(work.session, "matching.overnight", at=work.now)
    today = clock.day_of(work.now)
    night = await _plan(work, today, rule)
    tomorrow = today + timedelta(days=1)
    evening = work.now >= clock.at_local(today, rule["from_minute"])
    if evening and not await requests.orders_left(work, on=tomorrow):
        more = await _plan(work, tomorrow, rule)
        night = Night(night.offered + more.offered, night.nobody + more.nobody)
    return night


async def _plan(work: Work, on: date, rule: dict[str, int]) -> Night:
    waiting = await _waiting(work, on)
    if not waiting:
        return Night(0, 0)
    started = perf_counter()
    asks = await asking.fresh_asks(work, waiting)
    fleet = fleet_of(work)
    async with fleet.lock:
        day = fleet.copy(await fleet.look(work, on))
        snapshot, won = fleet.snapshot, fleet.won(day, clock.at_local(on, 0))
    shares = share_points(won, day.targets(), day.weights)
    beside = batch.digest(asks, rule["rounds"])
    taken = sorted(day.unseen)
    prints = [day.fingerprint(ask, won=won, shares=shares, taken=taken, now=work.now, beside=beside) for ask in asks]
    planned = await asyncio.to_thread(batch.plan, day, asks, won=won, now=work.now, rounds=rule["rounds"])
    if [request.id for request in await _waiting(work, on, locked=True)] != [request.id for request in waiting]:
        return Night(
            0, 0
        )  # somebody has withdrawn, or another has come, while it was planned: the next turn plans anew
    offered = 0
    for request, ask, one, fingerprint in zip(waiting, asks, planned, prints, strict=True):
        record = outcome.record(
            request,
            day,
            ask,
            one.content,
            one.option,
            engine=ENGINE,
            attempt=1,
            snapshot=snapshot,
            fingerprint=fingerprint,
            now=work.now,
        )
        if one.option is None:
            record["relaxation"] = one.eased.as_json() if one.eased else None
            await outcome.nobody(work, request, record)
        else:
            within = timedelta(minutes=rule["answer_minutes"])
            await outcome.offer(work, request, day, one.option, record, answer_within=within)
            offered += 1
    _measure(planned, offered, perf_counter() - started)
    return Night(offered, len(waiting) - offered)


def _measure(planned: Sequence[Planned], offered: int, seconds: float) -> None:
    metrics.NIGHT_SECONDS.observe(seconds)
    metrics.NIGHT_REQUESTS.labels("offered").inc(offered)
    metrics.NIGHT_REQUESTS.labels("nobody").inc(len(planned) - offered)


async def _waiting(work: Work, on: date, *, locked: bool = False) -> list[CareRequest]:
    """Return the standing requests of a day that nobody has been asked about, by number.

    They are locked only while offers are written, not while it is planned: an operator may withdraw one.
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
            ~exists().where(DecisionRecord.request_id == CareRequest.id),
        )
        .order_by(CareRequest.number)
        .execution_options(populate_existing=True)
    )
    return list((await work.session.execute(query.with_for_update() if locked else query)).scalars())


def _day(request: CareRequest) -> date:
    return clock.day_of(request.earliest)
