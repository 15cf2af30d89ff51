"""The rule of travel learned from visits that phones reported, and from a road engine."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import typer

from dispatch.matching.fleet import calibration
from dispatch.matching.rules import Travel
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.work import Works
from kit.clock import FixedClock
from kit.geo import Point, metres
from kit.ids import new_id
from kit.rules import queries as rules
from processes.commands import travel
from processes.roads import fetch
from providers.roster.model import Transport
from routing.model.travel import TooFewLegs
from routing.readers import roads
from tests.dispatch import stage as scene
from tests.dispatch.stage import AREA, HOME, NINE, SYSTEM_ACTOR, Stage, set_stage
from tests.routing import engines

BACK = NINE - timedelta(days=10)


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock)


def rounds(stage: Stage, *, days: int, detour: float, **more: Any) -> list[Visit]:
    """Make days of six visits, each reported by phone; by e-bike at 4.2 m/s plus two minutes, a tenth of noise."""
    dice = random.Random(3)
    made = []
    for day in range(days):
        at, here = BACK - timedelta(days=day), Point(*HOME)
        for number in range(6):
            there = Point(HOME[0] + dice.uniform(-0.03, 0.03), HOME[1] + dice.uniform(-0.03, 0.03))
            seconds = 120 + metres(here, there) * detour / 4.2 * dice.uniform(0.9, 1.1)
            departed, arrived = at, at + timedelta(seconds=seconds)
            left = arrived + timedelta(minutes=40)
            facts: dict[str, Any] = {
                "id": new_id(),
                "request_id": new_id(),
                "attempt": 1,
                "person_id": stage.elders[0],
                "district": AREA,
                "division_code": scene.DISTRICT,
                "latitude": there.latitude,
                "longitude": there.longitude,
                "item_code": "B01",
                "quantity": 1,
                "urgent": False,
                "provider_id": stage.companies[0],
                "worker_id": stage.workers[0][0],
                "worker_number": 1,
                "planned_start": arrived,
                "planned_end": left,
                "window_to": left,
                "minutes": 40,
                "state": VisitState.VERIFIED,
                "offered_at": BACK,
                "accepted_at": BACK,
                "departed_at": departed,
                "arrived_at": arrived,
                "left_at": left,
                "closed_at": left,
                "flags": [],
            }
            made.append(Visit(**{**facts, **(more if number % 2 else {})}))
            at, here = left + timedelta(minutes=dice.choice((1, 5, 90))), there
    return made


async def calibrate(stage: Stage, made: Sequence[Visit]) -> calibration.Calibrated:
    async with stage.works(SYSTEM_ACTOR) as work:
        work.session.add_all(made)
    async with stage.works(SYSTEM_ACTOR) as work:
        return await calibration.calibrate(work)


async def test_the_detour_of_the_district_is_learned_from_what_phones_reported(stage: Stage) -> None:
    result = await calibrate(stage, rounds(stage, days=30, detour=1.6))
    assert set(result.calibrations) == {Transport.EBIKE}
    assert abs(result.calibrations[Transport.EBIKE].mode.detour - 1.6) < 0.03
    assert result.calibrations[Transport.EBIKE].legs > 60
    assert result.value.content["ebike"] == {
        "speed": 4.2,
        "detour": round(result.calibrations[Transport.EBIKE].mode.detour, 3),
        "start_seconds": 120,
    }
    assert result.value.car.detour == 1.35
    assert result.too_few == {Transport.CAR: 0, Transport.WALK: 0}


@pytest.mark.parametrize(
    ("spoilt", "teaches"),
    [
        ({"flags": ["mock_position"]}, False),
        ({"backfilled_by": new_id()}, False),
        ({"state": VisitState.HELD}, False),
        ({"departed_at": None}, True),
    ],
)
async def test_a_journey_teaches_only_if_both_its_ends_stand_by_themselves(
    stage: Stage, spoilt: dict[str, Any], teaches: bool
) -> None:
    """Every second visit is spoilt; where one was set out for unreported, the way from it on is known still."""
    async with stage.works(SYSTEM_ACTOR) as work:
        work.session.add_all(rounds(stage, days=30, detour=1.6, **spoilt))
    async with stage.works(SYSTEM_ACTOR) as work:
        legs = await calibration.journeys(work, since=BACK - timedelta(days=40))
    assert (len(legs[Transport.EBIKE]) > 20) == teaches
    assert teaches or not legs[Transport.EBIKE]


async def test_what_was_learned_becomes_the_rule_from_midnight_on_and_tells_its_source(stage: Stage) -> None:
    result = await calibrate(stage, rounds(stage, days=30, detour=1.6))
    async with stage.works(SYSTEM_ACTOR) as work:
        from_at = await calibration.adopt(work, result)
    async with stage.works(SYSTEM_ACTOR) as work:
        before = await rules.read(work.session, Travel, at=from_at - timedelta(seconds=1))
        after = await rules.read(work.session, Travel, at=from_at)
        kept = [rule for rule in await rules.history(work.session, "matching.travel") if rule.valid_from == from_at]
    assert before.ebike.detour == 1.3
    assert after == result.value
    assert kept[0].source == f"calibrated from journeys: ebike {result.calibrations[Transport.EBIKE].legs}"


async def test_without_journeys_nothing_is_adopted(stage: Stage) -> None:
    result = await calibrate(stage, rounds(stage, days=3, detour=1.6))
    assert result.calibrations == {}
    async with stage.works(SYSTEM_ACTOR) as work:
        with pytest.raises(TooFewLegs):
            await calibration.adopt(work, result)


async def test_a_road_engine_teaches_the_same_rule(stage: Stage) -> None:
    await calibrate(stage, rounds(stage, days=4, detour=1.6))
    async with stage.works(SYSTEM_ACTOR) as work:
        places = await calibration.doors(work)
        rule = await rules.read(work.session, Travel, at=work.now)
    assert len(places) == 24
    with engines.listening() as server:
        table = roads.table(roads.Osrm(address=server.address), places, fetch)
    legs = calibration.road_legs(rule, Transport.EBIKE, places, table)
    result = calibration.calibrated(rule, {Transport.EBIKE: legs}, of=(Transport.EBIKE,))
    # a straight line at 5 m/s southwards and half as long again northwards, at 4.2 m/s
    assert (
        4.2 / 5.0
        <= result.calibrations[Transport.EBIKE].mode.detour
        * 4.2
        / result.calibrations[Transport.EBIKE].mode.speed_metres_per_second
        <= 1.5 * 4.2 / 5.0
    )
    assert result.too_few == {}


async def test_the_command_line_learns_from_journeys_and_from_roads_and_adopts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def here() -> AsyncIterator[Works]:
        yield stage.works

    monkeypatch.setattr(travel, "open_works", here)
    async with stage.works(SYSTEM_ACTOR) as work:
        work.session.add_all(rounds(stage, days=30, detour=1.6))
    seen = await travel._from_journeys(60, adopt=False)
    assert abs(seen["learned"]["ebike"]["detour"] - 1.6) < 0.03
    assert seen["valid_from"] is None
    with engines.listening() as server:
        engine = roads.Valhalla(address=server.address, costing="bicycle")
        adopted = await travel._from_roads(engine, "ebike", 20, adopt=True)
    assert server.asked == [(20, 20)]
    assert adopted["learned"]["ebike"]["journeys"] > 300
    async with stage.works(SYSTEM_ACTOR) as work:
        from_at = datetime.fromisoformat(adopted["valid_from"])
        assert (await rules.read(work.session, Travel, at=from_at)).content == adopted["value"]
    json.dumps([seen, adopted])
    with pytest.raises(typer.BadParameter):
        await travel._from_roads(engine, "horse", 20, adopt=False)
