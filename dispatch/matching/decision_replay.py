"""Deciding once more from a decision record: the proof that the choice was the rules' and nobody's favour."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, cast, func, select, type_coerce
from sqlalchemy.types import UserDefinedType

from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.fleet.day import Ask, Day, Hours
from dispatch.matching.fleet.score import share_points
from dispatch.matching.model import DecisionRecord
from dispatch.matching.plan import batch, overnight
from dispatch.matching.queries import DecisionNotFound
from dispatch.matching.rules import Overnight, Travel, Weights
from dispatch.requests.model import CareRequest
from dispatch.visits.model import Booking
from events.work import Work
from kit import clock
from kit.rules import queries as rules
from kit.rules.typed import DatedRule
from providers.roster import queries as roster


class _Snapshot(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "pg_snapshot"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What deciding once more gives.

    `same_facts`: roster, contracts, bookings, counts and rules are those the record rests on, by its fingerprint; if
    not, the roster has been changed since, and another choice proves nothing. `same_choice`: the same workers at the
    same hour.
    """

    same_facts: bool
    same_choice: bool
    worker_number: int | None
    second_worker_number: int | None


async def resolve(work: Work, *, decision_id: UUID) -> Resolution:
    """Decide once more from a record, on the bookings of its snapshot and its own rules; refuse `decision.not_found`.

    What was planned overnight is planned once more with all that was planned with it.
    """
    record = await work.session.get(DecisionRecord, decision_id)
    if record is None:
        raise DecisionNotFound
    ask, at = Ask.read(record.ask), record.decided_at
    day, counts = await _day(work, record, ask)
    won = {number: counts[provider_id] for number, provider_id in day.providers.items()}
    shares = share_points(won, day.targets(), day.weights)
    taken = set(record.ruled_out.get(RuledOutReason.TAKEN, ()))
    beside: str | None = None
    together: Sequence[DecisionRecord] = ()
    asks: list[Ask] = []
    rounds = 0
    if record.engine == overnight.ENGINE:
        rule = await rules.read(work.session, Overnight, at=at, known_at=at)
        rounds, taken = rule.rounds, day.unseen
        together = await _planned_with(work, record)
        asks = [Ask.read(one.ask) for one in together]
        beside = batch.digest(asks, rounds)
    fingerprints = {day.fingerprint(ask, won=won, shares=shares, taken=taken, now=at, beside=beside)}
    # A record of 0.1.0 rests on the rules as they were stored, where a speed of 6 was no 6.0.
    day.known = (await roster.roster_mark(work), *[await _stored(work, rule, at) for rule in (Weights, Travel)])
    fingerprints.add(day.fingerprint(ask, won=won, shares=shares, taken=taken, now=at, beside=beside))
    if asks:
        planned = await asyncio.to_thread(batch.plan, day, asks, won=won, now=at, rounds=rounds)
        best = planned[[one.id for one in together].index(record.id)].option
    else:
        again = day.find(ask, now=at, companies=day.companies(ask, won), shares=shares)
        options = [option for option in again.options if not taken & {option.worker, option.second_worker}]
        best = options[0] if options else None
    chosen = record.candidates[0][:3] if record.candidates else None
    return Resolution(
        same_facts=record.snapshot_hash in fingerprints,
        same_choice=(best.row()[:3] if best else None) == chosen,
        worker_number=best.worker if best else None,
        second_worker_number=(best.second_worker or None) if best else None,
    )


async def _stored(work: Work, rule: type[DatedRule], at: datetime) -> Any:
    return await rules.recorded(work.session, rule, at=at, known_at=at)


async def _day(work: Work, record: DecisionRecord, ask: Ask) -> tuple[Day, Counter[UUID]]:
    """Lay out the day of a record as it was then, and count what each company had in its month."""
    at = record.decided_at
    day = clock.day_of(ask.earliest)
    from_at = clock.at_local(day, 0)
    weights = await rules.read(work.session, Weights, at=at, known_at=at)
    travel = await rules.read(work.session, Travel, at=at, known_at=at)
    found = Day(
        day,
        roster=await roster.roster(work, from_at=from_at, until_at=from_at + Day.SPAN),
        contracts=await roster.contracts(work, on=day),
        weights=weights,
        travel=travel,
        known=(await roster.roster_mark(work), weights.content, travel.content),
    )
    counts: Counter[UUID] = Counter()
    month = clock.month_of(ask.earliest)
    for booking_id, hours in await _booked(work, record):
        if hours.leading and clock.month_of(hours.starts_at) == month:
            counts[hours.provider_id] += 1
        if found.covers(hours):
            found.book(booking_id, hours)
    return found, counts


async def _planned_with(work: Work, record: DecisionRecord) -> Sequence[DecisionRecord]:
    """Return the records of one night's plan of one day, in the order of the requests' numbers."""
    query = (
        select(DecisionRecord)
        .join(CareRequest, CareRequest.id == DecisionRecord.request_id)
        .where(
            DecisionRecord.engine == record.engine,
            DecisionRecord.decided_at == record.decided_at,
            DecisionRecord.snapshot == record.snapshot,
        )
        .order_by(CareRequest.number)
    )
    day = clock.day_of(Ask.read(record.ask).earliest)
    found = (await work.session.execute(query)).scalars().all()
    return [one for one in found if clock.day_of(Ask.read(one.ask).earliest) == day]


async def _booked(work: Work, record: DecisionRecord) -> list[tuple[UUID, Hours]]:
    """Return the bookings that stood in the record's snapshot, from the beginning of its month on."""
    snapshot = cast(cast(bindparam("snapshot", record.snapshot), Text), _Snapshot)
    made = func.pg_visible_in_snapshot(Booking.made_xid, snapshot)
    changed = func.pg_visible_in_snapshot(Booking.changed_xid, snapshot)
    since = clock.month_bounds(clock.month_of(record.decided_at))[0]
    query = select(Booking, type_coerce(changed, Booking.active.type)).where(
        made, Booking.active | ~changed, func.lower(Booking.during) >= since
    )
    return [
        (
            row.id,
            Hours(
                row.worker_id,
                row.worker_number,
                row.provider_id,
                row.leading,
                row.latitude,
                row.longitude,
                row.during.lower,
                row.during.upper,
                row.begun and seen,
            ),
        )
        for row, seen in (await work.session.execute(query)).all()
        if row.during.lower is not None and row.during.upper is not None
    ]
