"""Replay a decision from its record, as evidence that the rules made the choice and not a person."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, bindparam, cast, func, or_, select, tuple_, type_coerce
from sqlalchemy.types import UserDefinedType

from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.fleet.day import Day, Hours
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.score import share_points
from dispatch.matching.model import DecisionOutcome, DecisionRecord
from dispatch.matching.plan import batch, overnight
from dispatch.matching.queries import DecisionNotFound
from dispatch.matching.rules import Overnight, Travel, Weights
from dispatch.requests.model import CareRequest
from dispatch.visits.model import Booking, Visit
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.rules import queries as rules
from kit.rules.typed import DatedRule
from providers.roster import queries as roster


class _Snapshot(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "pg_snapshot"


@dataclass(frozen=True, slots=True)
class DecisionReplay:
    """The result of a replay.

    `same_facts`: roster, contracts, bookings, counts and rules have the fingerprint of the record; if False, the roster
    has changed since, and a different choice proves nothing. `same_choice`: the same workers at the same start.
    """

    same_facts: bool
    same_choice: bool
    worker_number: int | None
    second_worker_number: int | None


async def replay(work: Work, *, decision_id: UUID) -> DecisionReplay:
    """Decide again from a record, with the bookings of its snapshot and its own rules; refuse `decision.not_found`.

    A decision of overnight planning is planned again together with its whole batch.
    """
    record = await work.session.get(DecisionRecord, decision_id)
    if record is None:
        raise DecisionNotFound
    demand, at = Demand.read(record.ask), record.decided_at
    day, counts = await _day(work, record, demand)
    awarded = {number: counts[provider_id] for number, provider_id in day.providers.items()}
    shares = share_points(awarded, day.targets(), day.weights)
    taken = set(record.ruled_out.get(RuledOutReason.TAKEN, ()))
    beside: str | None = None
    together: Sequence[DecisionRecord] = ()
    demands: list[Demand] = []
    rounds = 0
    if record.engine == overnight.ENGINE:
        rule = await rules.read(work.session, Overnight, at=at, known_at=at)
        rounds, taken = rule.rounds, day.booked_off_shift
        together = await _planned_with(work, record)
        demands = [Demand.read(planned_record.ask) for planned_record in together]
        beside = batch.digest(demands, rounds)
    fingerprints = {day.fingerprint(demand, awarded=awarded, shares=shares, taken=taken, now=at, beside=beside)}
    # A record of 0.1.0 rests on the rules as they were stored, where a speed of 6 was no 6.0.
    stored = [await _stored(work, rule, at) for rule in (Weights, Travel)]
    day.basis = (await roster.roster_mark(work), *stored)
    fingerprints.add(day.fingerprint(demand, awarded=awarded, shares=shares, taken=taken, now=at, beside=beside))
    if demands:
        planned = await asyncio.to_thread(batch.plan, day, demands, awarded=awarded, now=at, rounds=rounds)
        best = planned[[planned_record.id for planned_record in together].index(record.id)].option
    else:
        search = day.find(demand, now=at, companies=day.companies(demand, awarded), shares=shares)
        options = [option for option in search.options if not taken & {option.worker, option.second_worker}]
        best = options[0] if options else None
    chosen = record.candidates[0][:3] if record.candidates else None
    return DecisionReplay(
        same_facts=record.snapshot_hash in fingerprints,
        same_choice=(best.row()[:3] if best else None) == chosen,
        worker_number=best.worker if best else None,
        second_worker_number=(best.second_worker or None) if best else None,
    )


async def _stored(work: Work, rule: type[DatedRule], at: datetime) -> Any:
    return await rules.recorded(work.session, rule, at=at, known_at=at)


async def _day(work: Work, record: DecisionRecord, demand: Demand) -> tuple[Day, Counter[UUID]]:
    """Return the day of a record as it was then, and the number of visits of each company in its month."""
    at = record.decided_at
    day = clock.day_of(demand.earliest)
    from_at = clock.at_local(day, 0)
    weights = await rules.read(work.session, Weights, at=at, known_at=at)
    travel = await rules.read(work.session, Travel, at=at, known_at=at)
    laid_out = Day(
        day,
        roster=await roster.roster(work, from_at=from_at, until_at=from_at + Day.SPAN),
        contracts=await roster.contracts(work, on=day),
        weights=weights,
        travel=travel,
        basis=(await roster.roster_mark(work), weights.content, travel.content),
    )
    counts: Counter[UUID] = Counter()
    month = clock.month_of(demand.earliest)
    for booking_id, hours in [*await _booked(work, record), *await _promised_before(work, record, laid_out)]:
        if hours.leading and clock.month_of(hours.starts_at) == month:
            counts[hours.provider_id] += 1
        if laid_out.covers(hours):
            laid_out.book(booking_id, hours)
    return laid_out, counts


async def _promised_before(work: Work, record: DecisionRecord, day: Day) -> list[tuple[UUID, Hours]]:
    """Return the bookings of the decisions that were made before this one in the same transaction."""
    if record.batch_id is None:
        return []
    query = select(DecisionRecord).where(
        DecisionRecord.batch_id == record.batch_id,
        DecisionRecord.batch_place < record.batch_place,
        DecisionRecord.outcome == DecisionOutcome.OFFERED,
    )
    return [
        (new_id(), hours)
        for before in (await work.session.execute(query.order_by(DecisionRecord.batch_place))).scalars()
        if before.provider_id is not None and before.worker_number is not None and before.starts_at is not None
        for hours in day.promised(
            Demand.read(before.ask),
            provider_id=before.provider_id,
            numbers=[number for number in (before.worker_number, before.second_worker_number) if number],
            starts_at=before.starts_at,
        )
    ]


async def _planned_with(work: Work, record: DecisionRecord) -> Sequence[DecisionRecord]:
    """Return the records of the same overnight plan and the same day, sorted by request number."""
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
    day = clock.day_of(Demand.read(record.ask).earliest)
    records = (await work.session.execute(query)).scalars().all()
    return [
        planned_record for planned_record in records if clock.day_of(Demand.read(planned_record.ask).earliest) == day
    ]


def _own_visits(record: DecisionRecord) -> Select[UUID]:
    """Return the visits that a decision's batch made, and those of its request from this attempt on."""
    own = and_(Visit.request_id == record.request_id, Visit.attempt >= record.attempt)
    if record.batch_id is not None:
        together = select(DecisionRecord.request_id, DecisionRecord.attempt)
        together = together.where(DecisionRecord.batch_id == record.batch_id)
        own = or_(own, tuple_(Visit.request_id, Visit.attempt).in_(together))
    return select(Visit.id).where(own)


async def _booked(work: Work, record: DecisionRecord) -> list[tuple[UUID, Hours]]:
    """Return the active bookings in the record's snapshot, from the beginning of its month on.

    Left out are the bookings that the decision itself made, with its batch: PostgreSQL counts them as visible in the
    snapshot where the transaction had its number before the snapshot was taken.
    """
    snapshot = cast(cast(bindparam("snapshot", record.snapshot), Text), _Snapshot)
    made = func.pg_visible_in_snapshot(Booking.made_xid, snapshot)
    changed = func.pg_visible_in_snapshot(Booking.changed_xid, snapshot)
    since = clock.month_bounds(clock.month_of(record.decided_at))[0]
    query = select(Booking, type_coerce(changed, Booking.active.type)).where(
        made,
        Booking.active | ~changed,
        func.lower(Booking.during) >= since,
        Booking.visit_id.not_in(_own_visits(record)),
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
