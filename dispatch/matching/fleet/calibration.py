"""Calibrate the travel rule (`matching.travel`) from the journeys that workers really made, or from a road engine.

A journey is a leg between two visits of one worker: the worker left the first, departed soon after, and signed in at
the second. Its distance is the straight line between the two doors, its duration the time from departure to sign-in.
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
from events.contracts.rules import RuleRecorded
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
"""A worker who departs later than this after a visit may depart from another place, so that it is no journey."""

MOST_LEGS = 20_000
DOORS_DAYS = 60


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The calibration of each transport with enough journeys, the journey counts of the others, and the new rule."""

    calibrations: dict[Transport, Calibration]
    too_few: dict[Transport, int]
    value: Travel

    @property
    def source(self) -> str:
        """Return the text for the rule's `source` column."""
        counts = ", ".join(f"{transport} {calibration.legs}" for transport, calibration in self.calibrations.items())
        return f"calibrated from journeys: {counts}"


async def journeys(work: Work, *, since: datetime) -> dict[Transport, list[Leg]]:
    """Return at most `MOST_LEGS` journeys since an instant by transport, latest first.

    Visits with flags and visits typed in later are left out.
    """
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
    legs: dict[Transport, list[Leg]] = {transport: [] for transport in Transport}
    for row in (await work.session.execute(query)).all():
        if row.worker_id in by:
            here, there = Point(row.from_latitude, row.from_longitude), Point(row.latitude, row.longitude)
            way = Leg(math.hypot(*planar_metres(here, there)), (row.arrived_at - row.departed_at).total_seconds())
            legs[by[row.worker_id]].append(way)
    return legs


async def calibrate(work: Work, *, days: int = 60, least: int = travel.LEAST_LEGS) -> Calibrated:
    """Calibrate all transports from the journeys of the last days, starting from the rule in force."""
    return calibrated(
        await rules.read(work.session, Travel, at=work.now),
        await journeys(work, since=work.now - timedelta(days=days)),
        least=least,
    )


async def doors(work: Work) -> list[Point]:
    """Return the places of the visits of the last `DOORS_DAYS` days, each once, sorted by latitude and longitude."""
    query = (
        select(Visit.latitude, Visit.longitude)
        .where(Visit.planned_start >= work.now - timedelta(days=DOORS_DAYS))
        .distinct()
        .order_by(Visit.latitude, Visit.longitude)
    )
    return [Point(*row) for row in (await work.session.execute(query)).all()]


def road_legs(rule: Travel, transport: Transport, places: Sequence[Point], table: Table) -> list[Leg]:
    """Return a road engine's travel times as journeys, plus the rule's `start_seconds` for lock, lift and door.

    Pairs without a road between them are left out.
    """
    start = rule.mode_of(transport).start_seconds
    return [
        Leg(math.hypot(*planar_metres(here, there)), start + float(seconds))
        for here, line in zip(places, table.seconds.tolist(), strict=True)
        for there, seconds in zip(places, line, strict=True)
        if here != there and seconds < UNREACHABLE_SECONDS
    ]


def calibrated(
    rule: Travel,
    legs: Mapping[Transport, list[Leg]],
    *,
    of: Sequence[Transport] = tuple(Transport),
    least: int = travel.LEAST_LEGS,
) -> Calibrated:
    """Return new values of the rule for the transports `of`; one with fewer than `least` journeys keeps its values."""
    calibrations: dict[Transport, Calibration] = {}
    too_few: dict[Transport, int] = {}
    value = rule.model_dump(mode="json")
    for transport, mode in zip(Transport, crew.modes(rule), strict=True):
        if transport not in of:
            continue
        try:
            calibration = travel.calibrate(legs.get(transport, []), mode, least=least)
        except travel.TooFewLegs as few:
            too_few[transport] = few.parameters["found"]
            continue
        calibrations[transport] = calibration
        value[transport]["detour"] = round(calibration.mode.detour, 3)
        value[transport]["speed"] = round(calibration.mode.speed_metres_per_second, 3)
    return Calibrated(calibrations, too_few, Travel.of(value))


async def adopt(work: Work, result: Calibrated) -> datetime:
    """Make the new value the rule from the district's next midnight on; return that instant.

    Refuses `routing.too_few_legs` if no transport was calibrated. Visits that are booked already keep their starts.
    """
    if not result.calibrations:
        most = max(result.too_few.values(), default=0)
        raise travel.TooFewLegs(mode=", ".join(result.too_few), found=most, least=travel.LEAST_LEGS)
    from_at = clock.at_local(clock.day_of(work.now) + timedelta(days=1), 0)
    row = await operations.decide(
        work.session,
        result.value,
        valid_from=from_at,
        now=work.now,
        by=work.actor.label,
        source=result.source,
    )
    work.emit(RuleRecorded.of(row))
    return from_at
