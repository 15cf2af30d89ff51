"""What the city teaches: how workers really travelled, and the rule of travel (`matching.travel`) that follows from it.

A journey is known where a worker left one door, set out soon after, and signed in at the next; the straight line
between the doors and the time between the signs are a leg. Whoever wants the rule changed sees the figures first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from dispatch.matching.fleet import crew
from dispatch.matching.rules import Travel
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.work import Work
from kit import clock
from kit.geo import Point, planar_metres
from kit.rules import operations
from kit.rules import queries as rules
from providers.roster import queries as roster
from providers.roster.model import Transport
from routing.model import travel
from routing.model.travel import Calibration, Leg
from routing.readers.roads import UNREACHABLE_SECONDS, Table

LONGEST_PAUSE = timedelta(minutes=20)
"""Whoever sets out later than this after leaving a door may set out from anywhere."""

MOST_LEGS = 20_000
DOORS_DAYS = 60


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned: each transport's calibration where there were journeys enough, and the rule's new value."""

    found: dict[Transport, Calibration]
    too_few: dict[Transport, int]
    value: Travel

    @property
    def source(self) -> str:
        """Return where the new value comes from, for the rule's record."""
        counts = ", ".join(f"{transport} {one.legs}" for transport, one in self.found.items())
        return f"calibrated from journeys: {counts}"


async def journeys(work: Work, *, since: datetime) -> dict[Transport, list[Leg]]:
    """Return the journeys between two doors that phones reported since an instant, the latest first."""
    sound = and_(
        Visit.state.in_((VisitState.FINISHED, VisitState.VERIFIED)),
        Visit.backfilled_by.is_(None),
        func.jsonb_array_length(Visit.flags) == 0,
    )

    def before(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.lag(column).over(partition_by=Visit.worker_id, order_by=Visit.arrived_at)

    stays = (
        select(
            Visit.worker_id,
            Visit.latitude,
            Visit.longitude,
            Visit.departed_at,
            Visit.arrived_at,
            before(Visit.latitude.expression).label("from_latitude"),
            before(Visit.longitude.expression).label("from_longitude"),
            before(Visit.left_at.expression).label("left_at"),
            and_(sound, before(sound)).label("sound"),
        )
        .where(Visit.arrived_at >= since)
        .subquery()
    )
    query = (
        select(stays)
        .where(
            stays.c.sound,
            stays.c.departed_at >= stays.c.left_at,
            stays.c.departed_at <= stays.c.left_at + LONGEST_PAUSE,
            stays.c.arrived_at > stays.c.departed_at,
        )
        .order_by(stays.c.arrived_at.desc(), stays.c.worker_id)
        .limit(MOST_LEGS)
    )
    by = await roster.transports(work)
    found: dict[Transport, list[Leg]] = {transport: [] for transport in Transport}
    for row in (await work.session.execute(query)).all():
        if row.worker_id in by:
            here, there = Point(row.from_latitude, row.from_longitude), Point(row.latitude, row.longitude)
            way = Leg(math.hypot(*planar_metres(here, there)), (row.arrived_at - row.departed_at).total_seconds())
            found[by[row.worker_id]].append(way)
    return found


async def learn(work: Work, *, days: int = 60, least: int = travel.LEAST_LEGS) -> Learned:
    """Calibrate every way of travelling on the journeys of the last days, against the rule in force."""
    return learned(
        await rules.read(work.session, Travel, at=work.now),
        await journeys(work, since=work.now - timedelta(days=days)),
        least=least,
    )


async def doors(work: Work) -> list[Point]:
    """Return where visits of the last days were, each door once, in an order that does not tell who lives there."""
    query = (
        select(Visit.latitude, Visit.longitude)
        .where(Visit.planned_start >= work.now - timedelta(days=DOORS_DAYS))
        .distinct()
        .order_by(Visit.latitude, Visit.longitude)
    )
    return [Point(*row) for row in (await work.session.execute(query)).all()]


def road_legs(rule: Travel, transport: Transport, places: Sequence[Point], table: Table) -> list[Leg]:
    """Return a road engine's table as journeys: the seconds for lock, lift and door, which it does not know, are added.

    Pairs that no road joins are left out.
    """
    start = rule.way(transport).start_seconds
    return [
        Leg(math.hypot(*planar_metres(here, there)), start + float(seconds))
        for here, line in zip(places, table.seconds.tolist(), strict=True)
        for there, seconds in zip(places, line, strict=True)
        if here != there and seconds < UNREACHABLE_SECONDS
    ]


def learned(
    rule: Travel,
    legs: Mapping[Transport, list[Leg]],
    *,
    of: Sequence[Transport] = tuple(Transport),
    least: int = travel.LEAST_LEGS,
) -> Learned:
    """Calibrate some transports' values of the rule on journeys; one with too few of them stays as it is."""
    found: dict[Transport, Calibration] = {}
    too_few: dict[Transport, int] = {}
    value = rule.model_dump(mode="json")
    for transport, mode in zip(Transport, crew.modes(rule), strict=True):
        if transport not in of:
            continue
        try:
            one = travel.calibrate(legs.get(transport, []), mode, least=least)
        except travel.TooFewLegs as few:
            too_few[transport] = few.parameters["found"]
            continue
        found[transport] = one
        value[transport]["detour"] = round(one.mode.detour, 3)
        value[transport]["speed"] = round(one.mode.speed_metres_per_second, 3)
    return Learned(found, too_few, Travel.of(value))


async def adopt(work: Work, news: Learned) -> datetime:
    """Make what was learned the rule from the district's next midnight on; return that instant.

    Refuses `routing.too_few_legs` where nothing was learned. A day that is planned already keeps its hours.
    """
    if not news.found:
        most = max(news.too_few.values(), default=0)
        raise travel.TooFewLegs(mode=", ".join(news.too_few), found=most, least=travel.LEAST_LEGS)
    from_at = clock.at_local(clock.day_of(work.now) + timedelta(days=1), 0)
    await operations.decide(
        work.session,
        news.value,
        valid_from=from_at,
        now=work.now,
        by=work.actor.label,
        source=news.source,
    )
    return from_at
