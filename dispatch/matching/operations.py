"""Who gets a request, and why: one decision at a time, each with its record."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, exists, insert, literal, null, or_, select, union_all, update

from dispatch.matching import decision, relaxation
from dispatch.matching.day import Ask, Day, Found
from dispatch.matching.fleet import Fleet, fleet_of
from dispatch.matching.model import Barred, DecisionOutcome, DecisionRecord
from dispatch.matching.score import Option, share_points
from dispatch.requests import operations as requests
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.bookings import WorkerBusy
from dispatch.visits.model import Visit
from dispatch.visits.moves import OPEN, State
from dispatch.visits.operations import Choice, Order
from events.offers import NobodyFound
from events.work import Work
from kit import clock, metrics, rules
from kit.ids import new_id
from kit.refusal import Refusal
from providers.catalogue.model import Skill

ENGINE = "routing.insert 1"
_RECORD = insert(cast("Table", DecisionRecord.__table__))
_TRIES = 4
_HAD_THEIR_CHANCE = (State.REFUSED, State.LAPSED, State.MISSED)
_WAITING = (RequestState.WAITING, RequestState.OFFERED, RequestState.ACCEPTED, RequestState.UNDER_WAY)


class BarReasonMissing(Refusal):
    """Keeping an elder and a worker apart needs a reason on record."""

    code = "barred.reason_missing"


async def decide(work: Work, *, request_id: UUID) -> UUID | None:
    """Offer a request to the best worker who may and can come, and record why; return the visit offered.

    Nothing happens for a request that is over or for which somebody is expected already, so that an event handled twice
    asks nobody twice. Companies that refused, were silent or did not come are not asked again. With nobody left, a
    person is told with the smallest change that would help, and the request is unserved or waits, by rule.
    """
    started = perf_counter()
    request = await work.session.get(CareRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None or request.state not in _WAITING:
        return None
    past = await _past(work, request)
    if any(row.state in OPEN for row in past.tries):
        return None
    if request.latest <= work.now:
        await _give_up(work, request, "window_passed")
        return None
    attempt = 1 + max((row.attempt for row in past.tries), default=0)
    if attempt > await rules.value(work.session, "matching.most_attempts", at=work.now):
        await _exhausted(work, request, attempt)
        return None
    ask = await _ask(work, request, past)
    visit_id = await _choose(work, request, ask, attempt)
    outcome = DecisionOutcome.OFFERED if visit_id else DecisionOutcome.NOBODY
    metrics.DECISION_SECONDS.labels(outcome).observe(perf_counter() - started)
    return visit_id


class _Past:
    """What has to do with a decision already: earlier visits of the request, familiar workers, barred workers."""

    def __init__(
        self, rows: Sequence[Row[str, UUID | None, UUID | None, UUID | None, int | None, State | None]]
    ) -> None:
        self.tries = [row for row in rows if row.kind == "try"]
        familiar = [row for row in rows if row.kind == "familiar"]
        self.familiar = {one for row in familiar for one in (row.worker_id, row.second_worker_id) if one is not None}
        self.barred = {row.worker_id for row in rows if row.kind == "barred" and row.worker_id is not None}


async def _past(work: Work, request: CareRequest) -> _Past:
    most = await rules.value(work.session, "matching.familiar_visits", at=work.now)
    last = (
        select(Visit.worker_id, Visit.second_worker_id)
        .where(
            Visit.person_id == request.person_id,
            Visit.state.in_((State.FINISHED, State.VERIFIED)),
            Visit.request_id != request.id,
        )
        .order_by(Visit.planned_start.desc(), Visit.worker_number)
        .limit(most)
        .subquery()
    )
    query = union_all(
        select(
            literal("try").label("kind"),
            Visit.provider_id,
            Visit.worker_id,
            Visit.second_worker_id,
            Visit.attempt,
            Visit.state,
        ).where(Visit.request_id == request.id, Visit.rework_of.is_(None)),
        select(literal("familiar"), null(), last.c.worker_id, last.c.second_worker_id, null(), null()),
        select(literal("barred"), null(), Barred.worker_id, null(), null(), null()).where(
            Barred.person_id == request.person_id, Barred.lifted_at.is_(None)
        ),
    )
    return _Past((await work.session.execute(query)).all())


async def _ask(work: Work, request: CareRequest, past: _Past) -> Ask:
    earliest = max(request.earliest, work.now)
    if not request.urgent:
        # Whoever may think about it for half an hour cannot be expected at the door before that.
        minutes = await rules.value(work.session, "offer.deadline_minutes", at=work.now)
        earliest = max(earliest, min(work.now + timedelta(minutes=minutes), request.latest))
    gone = {row.worker_id for row in past.tries if row.state in {State.WITHDRAWN, State.ABORTED}}
    return Ask(
        latitude=request.latitude,
        longitude=request.longitude,
        minutes=request.minutes,
        earliest=earliest,
        latest=request.latest,
        skill=Skill(request.skill),
        sex=request.sex_wanted,
        persons=request.persons,
        familiar=frozenset(past.familiar),
        barred=frozenset(past.barred | gone),
        asked=frozenset(row.provider_id for row in past.tries if row.state in _HAD_THEIR_CHANCE),
        item_code=request.item_code,
        division_code=request.division_code,
    )


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
            eased = None
            if not options:
                eased = relaxation.smallest(day, ask, now=work.now, companies=companies)
            record = _record(fleet, day, ask, found, options, won=won, shares=shares, taken=taken, now=work.now)
            record |= {
                "id": new_id(),
                "request_id": request.id,
                "attempt": attempt,
                "district": request.district,
                "decided_at": work.now,
                "outcome": DecisionOutcome.OFFERED if options else DecisionOutcome.NOBODY,
                "relaxation": eased.as_json() if eased else None,
            }
        if not options:
            await _nobody(work, request, attempt, record)
            return None
        best = options[0]
        starts_at = day.origin + timedelta(seconds=best.start_seconds)
        try:
            offered = await visits.offer(
                work, order=_order(request), choice=_choice(day, best, starts_at=starts_at, attempt=attempt)
            )
        except WorkerBusy:
            # Somebody else's booking, which the next look shows; or hours the board cannot show (off duty): pass by.
            taken |= {best.worker, best.second_worker}
            continue
        await work.session.execute(_RECORD, record)
        provider_id = day.provider_of(best.worker)
        await requests.mark(work, request_id=request.id, state=RequestState.OFFERED, provider_id=provider_id)
        metrics.DECISION_CANDIDATES.observe(len(found.options))
        return offered.visit_id
    message = f"request {request.id}: hours were taken {_TRIES} times in a row"
    raise RuntimeError(message)


def _order(request: CareRequest) -> Order:
    return Order(
        request_id=request.id,
        person_id=request.person_id,
        district=request.district,
        division_code=request.division_code,
        latitude=request.latitude,
        longitude=request.longitude,
        item_code=request.item_code,
        quantity=request.quantity,
        minutes=request.minutes,
        latest=request.latest,
        urgent=request.urgent,
    )


def _choice(day: Day, best: Option, *, starts_at: datetime, attempt: int) -> Choice:
    return Choice(
        provider_id=day.provider_of(best.worker),
        worker_id=day.worker_id(best.worker),
        worker_number=best.worker,
        second_worker_id=day.worker_id(best.second_worker) if best.second_worker else None,
        second_worker_number=best.second_worker or None,
        starts_at=starts_at,
        attempt=attempt,
    )


def _record(
    fleet: Fleet,
    day: Day,
    ask: Ask,
    found: Found,
    options: list[Option],
    *,
    won: Mapping[int, int],
    shares: Mapping[int, int],
    taken: set[int],
    now: datetime,
) -> dict[str, Any]:
    """Give the record's columns that the choice itself fills."""
    weighed = decision.content(
        options,
        rules=found.rules,
        numbers=day.numbers,
        company_of=day.company_of,
        companies=found.companies,
        taken=taken,
    )
    best = options[0] if options else None
    return {
        "provider_id": day.provider_of(best.worker) if best else None,
        "worker_number": best.worker if best else None,
        "second_worker_number": (best.second_worker or None) if best else None,
        "starts_at": day.origin + timedelta(seconds=best.start_seconds) if best else None,
        "engine": ENGINE,
        "weights": asdict(day.weights),
        "ask": ask.as_json(),
        "candidates": weighed.candidates,
        "beaten": weighed.beaten,
        "ruled_out": weighed.ruled_out,
        "snapshot": fleet.snapshot,
        "snapshot_hash": day.fingerprint(ask, won=won, shares=shares, taken=taken, now=now),
    }


async def _nobody(work: Work, request: CareRequest, attempt: int, record: dict[str, Any]) -> None:
    """Record that nobody can come; tell it the first time, and close the request where the rule says so."""
    seen = await work.session.scalar(
        select(exists().where(DecisionRecord.request_id == request.id, DecisionRecord.attempt == attempt))
    )
    metrics.DECISION_CANDIDATES.observe(0)
    if seen:
        return
    await work.session.execute(_RECORD, record)
    eased = record["relaxation"] or {"change": "none"}
    parameters = {name: value for name, value in eased.items() if name != "change"}
    _tell_nobody(work, request, attempt, eased["change"], parameters)
    await _wait_or_close(work, request, "nobody_found")


async def _exhausted(work: Work, request: CareRequest, attempt: int) -> None:
    _tell_nobody(work, request, attempt, relaxation.Change.ASK_AGAIN, {"attempts": attempt - 1})
    await _give_up(work, request, "attempts_exhausted")


def _tell_nobody(work: Work, request: CareRequest, attempt: int, change: str, parameters: dict[str, Any]) -> None:
    work.tell(
        NobodyFound(
            district=request.district,
            request_id=request.id,
            attempt=attempt,
            urgent=request.urgent,
            relaxation=change,
            parameters=parameters,
        )
    )


async def _wait_or_close(work: Work, request: CareRequest, reason: str) -> None:
    waits = await rules.value(work.session, "matching.nobody_waits", at=work.now)
    if not waits["urgent" if request.urgent else "ordinary"]:
        await _give_up(work, request, reason)
    elif request.state is not RequestState.WAITING:
        await requests.mark(work, request_id=request.id, state=RequestState.WAITING)


async def _give_up(work: Work, request: CareRequest, reason: str) -> None:
    await requests.mark_unserved(work, request_id=request.id, reason=reason)


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
    return sum([await decide(work, request_id=request_id) is not None for request_id in waiting])


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


async def withdraw_company(work: Work, *, provider_id: UUID, reason: str) -> int:
    """Take back all that a company was asked for or had promised and not begun; return how many visits."""
    return await _withdraw(work, Visit.provider_id == provider_id, reason)


async def _withdraw(work: Work, which: ColumnElement[bool], reason: str) -> int:
    query = (
        select(Visit.id)
        .where(which, Visit.state.in_((State.OFFERED, State.ACCEPTED)))
        .order_by(Visit.planned_start, Visit.worker_number)
    )
    found = (await work.session.execute(query)).scalars().all()
    for visit_id in found:
        await visits.withdraw(work, visit_id=visit_id, reason=reason)
    return len(found)


async def bar(work: Work, *, person_id: UUID, worker_id: UUID, reason: str) -> None:
    """Keep an elder and a worker apart from now on; twice changes nothing. Refuses `barred.reason_missing`."""
    if not reason.strip():
        raise BarReasonMissing
    known = await work.session.scalar(
        select(exists().where(Barred.person_id == person_id, Barred.worker_id == worker_id, Barred.lifted_at.is_(None)))
    )
    if not known:
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


async def unbar(work: Work, *, person_id: UUID, worker_id: UUID) -> None:
    """Let an elder and a worker meet again; nothing happens where they were not kept apart."""
    await work.session.execute(
        update(Barred)
        .where(Barred.person_id == person_id, Barred.worker_id == worker_id, Barred.lifted_at.is_(None))
        .values(lifted_at=work.now)
    )
