"""When a worker is expected: as planned, and once on the way by the way that the plan counts with."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from dispatch.matching.fleet import crew
from dispatch.matching.rules import Travel
from dispatch.visits.model import Act, Visit
from dispatch.visits.transitions import PROMISED, ActKind, VisitState
from events.work import Work
from kit.geo import Point
from kit.rules import queries as rules
from providers.roster.model import Transport, Worker
from routing.model import travel


async def ways(work: Work, visit_ids: Collection[UUID]) -> dict[UUID, timedelta]:
    """Return how long the way to each of these visits takes, from where the worker set out or else from home."""
    if not visit_ids:
        return {}
    modes = dict(zip(Transport, crew.modes(await rules.read(work.session, Travel, at=work.now)), strict=True))
    query = (
        select(
            Visit.id,
            Visit.latitude,
            Visit.longitude,
            Worker.transport,
            Worker.latitude,
            Worker.longitude,
            Act.latitude,
            Act.longitude,
        )
        .join(Worker, Worker.id == Visit.worker_id)
        .outerjoin(Act, (Act.visit_id == Visit.id) & (Act.kind == ActKind.DEPART))
        .where(Visit.id.in_(visit_ids))
        .order_by(Visit.id, Act.sequence)
    )
    seconds: dict[UUID, timedelta] = {}
    for visit_id, latitude, longitude, transport, *home, north, east in (await work.session.execute(query)).all():
        begin = Point(*home) if north is None or east is None else Point(north, east)
        leg = travel.planar_seconds([begin, Point(latitude, longitude)], modes[transport])
        seconds[visit_id] = timedelta(seconds=int(leg[0, 1]))
    return seconds


async def expected(work: Work, visits: Sequence[Visit]) -> dict[UUID, datetime]:
    """Return when the workers of the promised ones among these visits are expected, or were there."""
    promised = [visit for visit in visits if visit.state in PROMISED]
    under_way = await ways(work, [visit.id for visit in promised if visit.state is VisitState.DEPARTED])
    return {
        visit.id: at
        for visit in promised
        if (at := arrival(work.now, under_way.get(visit.id), visit.planned_start, visit.departed_at, visit.arrived_at))
    }


def arrival(
    now: datetime,
    way: timedelta | None,
    planned_start: datetime | None,
    departed_at: datetime | None,
    arrived_at: datetime | None,
) -> datetime | None:
    """Return when a worker is expected; who has not arrived yet does so now at the earliest."""
    if arrived_at is not None or planned_start is None:
        return arrived_at
    return max(now, planned_start if departed_at is None or way is None else departed_at + way)
