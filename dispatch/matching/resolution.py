"""Deciding once more from a decision record: the proof that the choice was the rules' and nobody's favour."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, bindparam, cast, func, select, type_coerce
from sqlalchemy.types import UserDefinedType

from dispatch.matching.day import Ask, Day, Hours
from dispatch.matching.decision import Reason
from dispatch.matching.model import DecisionRecord
from dispatch.matching.queries import DecisionMissing
from dispatch.matching.score import Weights, share_points
from dispatch.visits.model import Booking
from events.work import Work
from kit import clock, rules
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
    """Decide once more from a record, on the bookings of its snapshot and its own rules; refuse `decision.missing`."""
    record = await work.session.get(DecisionRecord, decision_id)
    if record is None:
        raise DecisionMissing
    ask, at = Ask.read(record.ask), record.decided_at
    day = clock.day_of(ask.earliest)
    from_at = clock.at_local(day, 0)
    weighed = await rules.value(work.session, "matching.weights", at=at, known=at)
    travel = await rules.value(work.session, "matching.travel", at=at, known=at)
    found = Day(
        day,
        roster=await roster.roster(work, from_at=from_at, until_at=from_at + Day.SPAN),
        contracts=await roster.contracts(work, on=day),
        weights=Weights(**weighed),
        travel=travel,
        known=(await roster.roster_mark(work), weighed, travel),
    )
    counts: Counter[UUID] = Counter()
    month = clock.month_of(ask.earliest)
    for booking_id, hours in await _booked(work, record):
        if hours.leading and clock.month_of(hours.starts_at) == month:
            counts[hours.provider_id] += 1
        if found.covers(hours):
            found.book(booking_id, hours)
    won = {number: counts[provider_id] for number, provider_id in found.providers.items()}
    shares = share_points(won, found.targets(), found.weights)
    taken = set(record.ruled_out.get(Reason.TAKEN, ()))
    again = found.find(ask, now=at, companies=found.companies(ask, won), shares=shares)
    options = [option for option in again.options if not taken & {option.worker, option.second_worker}]
    best = options[0].row()[:3] if options else None
    chosen = record.candidates[0][:3] if record.candidates else None
    return Resolution(
        same_facts=found.fingerprint(ask, won=won, shares=shares, taken=taken, now=at) == record.snapshot_hash,
        same_choice=best == chosen,
        worker_number=best[0] if best else None,
        second_worker_number=(best[1] or None) if best else None,
    )


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
                row.worker_id, row.worker_number, row.provider_id, row.leading, row.latitude, row.longitude,
                row.during.lower, row.during.upper, row.begun and seen,
            ),
        )
        for row, seen in (await work.session.execute(query)).all()
        if row.during.lower is not None and row.during.upper is not None
    ]  # fmt: skip
