"""Travel: the flat map against the geodesic, road engines in their own words, one-way streets, what journeys teach."""

import math
import random
from collections.abc import Iterator

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.roads import RoadsUnreachable, fetch
from routing.check import check
from routing.model import plan as plans
from routing.model import travel
from routing.model.problem import Mode, Point, Problem, Shift, Visit, Window, Worker
from routing.model.travel import Leg, TooFewLegs, calibrate
from routing.readers import roads
from routing.readers.roads import Osrm, RoadReply, RoadsRefused, RoadsUnreadable, Valhalla
from routing.solve import Engine, solve
from routing.stop import Budget
from tests.routing import engines
from tests.routing.engines import Server

EBIKE = Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3, start_seconds=120)


def city(count: int, seed: int = 1, side: float = 0.15) -> list[Point]:
    rng = random.Random(seed)
    return [Point(39.0 + rng.random() * side, 116.0 + rng.random() * side) for _ in range(count)]


@pytest.fixture
def server() -> Iterator[Server]:
    with engines.listening() as state:
        yield state


def test_the_flat_map_is_the_geodesic_to_half_a_per_cent_and_the_matrix_is_its_legs() -> None:
    places = city(60)
    table = travel.planar_seconds(places, EBIKE)
    for i, here in enumerate(places):
        for j, there in enumerate(places):
            way = geodesic((here.latitude, here.longitude), (there.latitude, there.longitude)).m
            expected = 0.0 if i == j else 120.0 + way * 1.3 / 4.2
            assert abs(table[i, j] - expected) <= 1.0 + 0.005 * expected
    assert (table == table.T).all()


@pytest.mark.parametrize("wordy", [False, True])
@pytest.mark.parametrize("kind", [Osrm, Valhalla])
def test_a_table_is_put_together_from_blocks_that_the_engine_can_bear(
    server: Server, kind: type[Osrm] | type[Valhalla], wordy: bool
) -> None:
    server.most_pairs, server.wordy = 100, wordy
    places = [*city(23), Point(39.6, 116.0)]
    table = roads.table(kind(address=f"{server.address}/", most_pairs=100), places, fetch)
    assert max(rows * columns for rows, columns in server.asked) <= 100
    assert len(server.asked) == 9
    for i, here in enumerate(places):
        for j, there in enumerate(places):
            seconds = engines.seconds(here, there)
            expected = 0 if i == j else roads.UNREACHABLE_SECONDS if seconds is None else math.floor(seconds + 0.5)
            # the engine is told places to a millionth of a degree
            assert abs(int(table.seconds[i, j]) - expected) <= 1
    assert table.unreachable == 2 * 23


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 250), st.integers(30, 30_000))
def test_blocks_cover_every_pair_once_within_the_limit(count: int, most: int) -> None:
    seen = np.zeros((count, count), np.int8)
    for rows, columns in roads.blocks(count, most):
        assert len(rows) * len(columns) <= most
        assert len(rows) + len(columns) <= roads.PATIENT_URL
        seen[np.ix_(rows, columns)] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("kind", [Osrm, Valhalla])
def test_what_an_engine_refuses_is_a_refusal_in_its_own_words(
    server: Server, kind: type[Osrm] | type[Valhalla]
) -> None:
    engine = kind(address=server.address)
    with pytest.raises(RoadsRefused) as sea:
        roads.table(engine, [Point(39.0, 114.0), Point(39.0, 116.0)], fetch)
    assert ("NoSegment" if kind is Osrm else "171: No suitable edges") in sea.value.parameters["says"]
    server.most_pairs = 3
    with pytest.raises(RoadsRefused) as big:
        roads.table(engine, city(2), fetch)
    assert ("TooBig" if kind is Osrm else "150: Exceeded") in big.value.parameters["says"]


@pytest.mark.parametrize("kind", [Osrm, Valhalla])
def test_what_is_no_answer_is_refused(server: Server, kind: type[Osrm] | type[Valhalla]) -> None:
    server.broken = "<html>bad gateway</html>"
    with pytest.raises(RoadsUnreadable):
        roads.table(kind(address=server.address), city(2), fetch)


@pytest.mark.parametrize(
    ("engine", "body"),
    [
        (Osrm(address="x"), '{"code": "Ok"}'),
        (Osrm(address="x"), '{"code": "Ok", "durations": [[0, -1], [1, 0]]}'),
        (Osrm(address="x"), '{"code": "Ok", "durations": [[0, NaN], [1, 0]]}'),
        (Osrm(address="x"), '{"code": "Ok", "durations": [[0, 1]]}'),
        (Osrm(address="x"), "[]"),
        (Valhalla(address="x"), "{}"),
        (Valhalla(address="x"), '{"sources_to_targets": [[{"distance": 1}, {"time": 1}], [{}, {}]]}'),
        (Valhalla(address="x"), '{"sources_to_targets": {"durations": [[0, true], [1, 0]]}}'),
        (Valhalla(address="x"), '{"sources_to_targets": {"durations": [[0, 1]]}}'),
    ],
)
def test_an_answer_that_does_not_add_up_is_refused(engine: Osrm | Valhalla, body: str) -> None:
    with pytest.raises(RoadsUnreadable):
        roads.table(engine, city(2), lambda _: RoadReply(200, body.encode()))


def test_nobody_at_the_address_is_a_refusal_that_does_not_tell_the_places() -> None:
    with pytest.raises(RoadsUnreachable) as away:
        roads.table(Osrm(address="http://127.0.0.1:1"), city(2), fetch)
    assert away.value.parameters["server"] == "127.0.0.1:1"
    assert "116." not in str(away.value)
    with pytest.raises(RoadsUnreachable):
        roads.table(Osrm(address="file:///etc"), city(2), fetch)


@pytest.mark.parametrize("engine", list(Engine))
def test_a_one_way_ring_is_driven_the_right_way_round_by_everybody(engine: Engine, server: Server) -> None:
    """Six doors on a ring: a minute with the arrow, an hour against it; every engine and the inspector know which."""
    count = 7
    ring = np.array([[[60 * ((j - i) % count) for j in range(count)] for i in range(count)]])
    window = (Window(earliest_seconds=0, latest_seconds=9 * 3_600),)
    problem = Problem(
        workers=(Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=10 * 3_600),)),),
        visits=tuple(Visit(place=k, duration_seconds=600, windows=window) for k in (4, 1, 6, 3, 2, 5)),
        modes=(EBIKE,),
        travel_seconds=ring,
    )
    budget = Budget(seconds=0.3) if engine is Engine.OR_TOOLS else Budget(rounds=500)
    made = solve(problem, budget=budget, engine=engine).plan
    assert [problem.visits[visit].place for visit in made.routes[0].visits] == [1, 2, 3, 4, 5, 6]
    assert check(problem, made).travel_seconds == 60 * count
    wrong = plans.build(problem, [list(reversed(made.routes[0].visits))])
    assert check(problem, wrong).travel_seconds == 60 * count * (count - 1)


def test_an_engine_s_table_is_planned_with_and_the_island_is_left_out(server: Server) -> None:
    places = [*city(6), Point(39.6, 116.0)]
    window = (Window(earliest_seconds=0, latest_seconds=9 * 3_600),)
    problem = Problem(
        workers=(Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=10 * 3_600),)),),
        visits=tuple(Visit(place=k, duration_seconds=600, windows=window) for k in range(1, 7)),
        modes=(EBIKE, EBIKE),
        places=tuple(places),
        travel_seconds=roads.tables([Osrm(address=server.address), Valhalla(address=server.address)], places, fetch),
    )
    made = solve(problem, budget=Budget(rounds=300)).plan
    assert made.unserved == (5,)
    assert check(problem, made).lawful


def journeys(detour: float, *, speed: float = 4.2, count: int = 400, seed: int = 1) -> list[Leg]:
    """Make journeys of 300 to 6,000 metres with a fifth of noise either way."""
    rng = random.Random(seed)
    legs = []
    for _ in range(count):
        metres = rng.uniform(300.0, 6_000.0)
        legs.append(Leg(metres, 120.0 + metres * detour / speed * rng.lognormvariate(0.0, 0.15)))
    return legs


def test_a_city_s_detour_is_learned_from_its_journeys() -> None:
    calibration = calibrate(journeys(1.62), EBIKE)
    assert abs(calibration.mode.detour - 1.62) < 3 * calibration.error + 0.02
    assert calibration.error < 0.02
    assert (calibration.mode.speed_metres_per_second, calibration.mode.start_seconds) == (4.2, 120)
    assert calibration.after < calibration.before


@pytest.mark.parametrize("share", [0.1, 0.25, 0.35])
def test_meals_on_the_way_and_late_phones_do_not_lengthen_the_roads(share: float) -> None:
    rng = random.Random(5)
    disturbed = [
        Leg(leg.metres, leg.seconds + rng.uniform(1_200, 5_400)) if rng.random() < share else leg
        for leg in journeys(1.45, count=800)
    ]
    calibration = calibrate(disturbed, EBIKE)
    assert abs(calibration.mode.detour / 1.45 - 1.0) < 0.05
    assert calibration.outliers > 800 * share / 2
    mean = sum(leg.seconds - 120 for leg in disturbed) * 4.2 / sum(leg.metres for leg in disturbed)
    assert abs(calibration.mode.detour - 1.45) < abs(mean - 1.45) / 5


def test_faster_than_the_straight_line_raises_the_speed_instead() -> None:
    mode = calibrate(journeys(0.8), EBIKE).mode
    assert mode.detour == 1.0
    assert abs(mode.speed_metres_per_second / (4.2 / 0.8) - 1.0) < 0.05


def test_a_few_journeys_are_not_a_city() -> None:
    with pytest.raises(TooFewLegs) as few:
        calibrate([*journeys(1.4, count=29), *(Leg(100.0, 300.0) for _ in range(50))], EBIKE)
    assert few.value.parameters == {"mode": "e-bike", "found": 29, "least": 30}
