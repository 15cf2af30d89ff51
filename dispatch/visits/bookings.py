"""Workers' hours: one worker, one place at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Range

from dispatch.visits.model import Booking
from events.work import Work
from kit.ids import new_id
from kit.refusal import Kind, Refusal


class WorkerBusy(Refusal):
    """The worker is promised to another home in these hours."""

    code = "visit.worker_busy"
    kind = Kind.CONFLICT


_BOOKING = cast("Table", Booking.__table__)
_TAKE = postgresql.insert(_BOOKING).on_conflict_do_nothing().returning(_BOOKING.c.id)


async def book(
    work: Work,
    *,
    visit_id: UUID,
    provider_id: UUID,
    workers: list[tuple[UUID, int]],
    place: tuple[float, float],
    during: tuple[datetime, datetime],
) -> None:
    """Take the workers' hours, all or none; refuse `visit.worker_busy`."""
    await book_all(work, [Stay(visit_id, provider_id, workers, place, during)])


@dataclass(frozen=True, slots=True)
class Stay:
    """The hours that one visit takes; the first of its workers (id, number) leads."""

    visit_id: UUID
    provider_id: UUID
    workers: list[tuple[UUID, int]]
    place: tuple[float, float]
    during: tuple[datetime, datetime]


async def book_all(work: Work, stays: Iterable[Stay]) -> None:
    """Take the hours of several visits in one statement, all or none; refuse `visit.worker_busy`."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "visit_id": stay.visit_id,
            "provider_id": stay.provider_id,
            "worker_id": worker_id,
            "worker_number": number,
            "leading": worker_id == stay.workers[0][0],
            "latitude": stay.place[0],
            "longitude": stay.place[1],
            "during": Range(*stay.during),
        }
        for stay in stays
        for worker_id, number in stay.workers
    ]
    # In order of the workers' numbers, so that two such works never wait for one another in a circle.
    rows.sort(key=lambda row: row["worker_number"])
    taken = (await work.session.execute(_TAKE, rows if len(rows) > 1 else rows[0])).scalars().all()
    if len(taken) < len(rows):
        if taken:
            await work.session.execute(delete(Booking).where(Booking.id.in_(taken)))
        raise WorkerBusy(worker_numbers=[row["worker_number"] for row in rows])


async def busy(work: Work, hours: Iterable[tuple[int, datetime, datetime]]) -> set[int]:
    """Return the numbers of the workers who are booked for a part of these hours (number, begin, end)."""
    asked = list(hours)
    overlaps = [(Booking.worker_number == number) & Booking.during.op("&&")(Range(*span)) for number, *span in asked]
    if not overlaps:
        return set()
    query = select(Booking.worker_number).where(Booking.active, or_(*overlaps))
    return set((await work.session.execute(query)).scalars())


async def extend(work: Work, visit_id: UUID, until: datetime) -> None:
    """Take more time for a visit that has begun and goes on; refuse `visit.worker_busy`.

    The old row stays as it was, for a later decision on it; another one takes its place.
    """
    query = select(Booking).where(Booking.visit_id == visit_id, Booking.active).order_by(Booking.worker_number)
    held = (await work.session.execute(query)).scalars().all()
    await release(work, visit_id)
    rows = [
        {
            "id": new_id(),
            "visit_id": visit_id,
            "provider_id": row.provider_id,
            "worker_id": row.worker_id,
            "worker_number": row.worker_number,
            "leading": row.leading,
            "latitude": row.latitude,
            "longitude": row.longitude,
            "during": Range(row.during.lower, until),
            "begun": True,
        }
        for row in held
    ]
    if rows:
        taken = (await work.session.execute(_TAKE, rows)).scalars().all()
        if len(taken) < len(rows):
            raise WorkerBusy(worker_numbers=sorted(row.worker_number for row in held))


async def release(work: Work, visit_id: UUID) -> None:
    """Give the hours back."""
    await work.session.execute(
        update(Booking)
        .where(Booking.visit_id == visit_id, Booking.active)
        .values(active=False, changed_xid=func.pg_current_xact_id())
        .execution_options(synchronize_session=False)
    )


async def begin(work: Work, visit_id: UUID) -> None:
    """Say that the workers are on the way: nothing may be put before the visit any more."""
    await work.session.execute(
        update(Booking)
        .where(Booking.visit_id == visit_id, Booking.active, ~Booking.begun)
        .values(begun=True, changed_xid=func.pg_current_xact_id())
        .execution_options(synchronize_session=False)
    )
