"""Ruin and recreate on days with every rule in them: lawful, never worse, frozen visits where they were, repeatable."""

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.geo import Point
from routing.check import check
from routing.improvement import improve, recombine
from routing.improvement.arrays import NEIGHBOURS, PLACE
from routing.improvement.state import Search
from routing.model import plan
from routing.model.plan import Plan
from routing.model.problem import Company, Mode, Problem, Shift, Visit, Window, Worker
from routing.stop import Budget
from tests.routing.worlds import Day, random_day

STATES = int(os.environ.get("NOWALLS_STATES", "120"))
ROUNDS = 300

seeds = st.integers(min_value=0, max_value=2**32)


def scene(day: Day) -> tuple[Problem, Plan]:
    snap = day.board.snapshot(waiting=day.waiting)
    return snap.problem, snap.plan


def frozen_stops(problem: Problem, made: Plan) -> dict[int, tuple[int, int, int]]:
    return {
        stop.visit: (route.worker, route.shift, stop.start_seconds)
        for route in made.routes
        for stop in route.stops
        if stop.visit >= 0 and problem.visits[stop.visit].frozen is not None
    }


@settings(max_examples=STATES, deadline=None)
@given(seed=seeds, pairs=st.booleans())
def test_a_plan_is_never_worse_and_no_frozen_visit_moves(seed: int, pairs: bool) -> None:
    problem, before = scene(random_day(seed, pairs=pairs))
    after = improve.improve(problem, before, budget=Budget(rounds=ROUNDS), seed=seed)
    old, new = check(problem, before), check(problem, after)
    assert len(new.violations) <= len(old.violations)
    assert new.total_points <= old.total_points
    assert frozen_stops(problem, after) == frozen_stops(problem, before)


@settings(max_examples=STATES, deadline=None)
@given(seed=seeds)
def test_the_search_prices_a_plan_as_the_checker_does(seed: int) -> None:
    problem, before = scene(random_day(seed))
    if not check(problem, before).lawful:
        return
    search = Search(problem, before, seed=seed)
    start = search.best_points
    for _ in range(3):
        search.advance(100, 0.2, 0.9)
        report = check(problem, plan.build(problem, search.sequences()))
        assert report.lawful
        assert report.total_points - check(problem, before).total_points == search.best_points - start


@settings(max_examples=STATES // 4, deadline=None)
@given(seed=seeds)
def test_recombination_takes_routes_only_where_they_fit_together(seed: int) -> None:
    problem, before = scene(random_day(seed))
    search = Search(problem, before, seed=seed)
    search.advance(400, 0.0, 0.3)
    standing = search.best_points
    recombine.recombine(search, seconds=10.0, work=0.2, seed=seed)
    assert search.best_points <= standing
    old, new = check(problem, before), check(problem, plan.build(problem, search.sequences()))
    assert len(new.violations) <= len(old.violations)
    assert new.total_points - old.total_points <= 0


@pytest.mark.parametrize("seed", range(6))
def test_the_same_seed_and_rounds_give_the_same_plan(seed: int) -> None:
    problem, before = scene(random_day(seed, workers=6, visits=40))
    once = improve.improve(problem, before, budget=Budget(rounds=2_000), seed=seed)
    assert improve.improve(problem, before, budget=Budget(rounds=2_000), seed=seed) == once


def test_a_poor_day_becomes_cheaper() -> None:
    gains = []
    for seed in range(8):
        problem, before = scene(random_day(seed, workers=6, visits=40))
        after = improve.improve(problem, before, budget=Budget(rounds=5_000), seed=seed)
        gains.append(check(problem, before).total_points - check(problem, after).total_points)
    assert min(gains) >= 0
    assert sum(gain > 0 for gain in gains) >= 6


def test_wall_clock_is_kept() -> None:
    problem, before = scene(random_day(3, workers=6, visits=40))
    improve.improve(problem, before, budget=Budget(rounds=10), seed=0)
    moments: list[float] = []
    given = 1.0
    improve.improve(
        problem, before, budget=Budget(seconds=given), seed=0, progress=lambda seconds, *_: moments.append(seconds)
    )
    assert moments == sorted(moments)
    assert 0.9 < moments[-1] / given < 1.05


def test_progress_never_gets_worse() -> None:
    problem, before = scene(random_day(5, workers=6, visits=40))
    points: list[float] = []
    improve.improve(
        problem, before, budget=Budget(rounds=4_000), seed=0, progress=lambda _s, _r, best: points.append(best)
    )
    assert len(points) > 3
    assert points == sorted(points, reverse=True)


def test_nothing_to_plan_is_no_trouble() -> None:
    problem, before = scene(random_day(1, visits=3))
    assert improve.improve(problem, before, budget=Budget(rounds=50), seed=0) is not None


def spots_in_metres(*spots: tuple[int, int]) -> tuple[Point, ...]:
    return tuple(Point(38.0 + north / 111_195.0, 116.0 + east / 87_600.0) for north, east in spots)


ANY_TIME = (Window(earliest_seconds=0, latest_seconds=40_000),)
WALK = Mode(name="on foot", speed_metres_per_second=1.0, detour=1.0)
DAY = Shift(start_seconds=0, end_seconds=86_400)


def test_of_many_workers_the_only_one_who_can_come_is_found_wherever_she_starts() -> None:
    """Beyond sixty rows only those near a visit are read: each visit here can be made by the farthest worker alone."""
    count = 80
    ring = [(round(9_000 * math.sin(k)), round(9_000 * math.cos(k))) for k in range(count)]
    problem = Problem(
        places=spots_in_metres(*ring, *((-north, -east) for north, east in ring)),
        modes=(WALK,),
        companies=(Company(),) * count,
        workers=tuple(Worker(base=k, shifts=(DAY,), company=k) for k in range(count)),
        visits=tuple(
            Visit(place=count + k, duration_seconds=60, windows=ANY_TIME, companies=frozenset({k}))
            for k in range(count)
        ),
    )
    made = improve.improve(problem, plan.build(problem, [[]] * count), budget=Budget(rounds=300), seed=1)
    assert made.unserved == ()
    assert check(problem, made).lawful


@settings(max_examples=STATES // 4, deadline=None)
@given(seed=seeds)
def test_neighbours_are_the_nearest_of_those_that_are_not_behind_anybody(seed: int) -> None:
    problem, before = scene(random_day(seed))
    task = Search(problem, before, seed=seed).task
    places, legs = task.visit[:, PLACE], task.seconds[0]
    for visit in task.play:
        ways = [int(legs[places[visit], places[k]] + legs[places[k], places[visit]]) for k in task.play if k != visit]
        near = [int(legs[places[visit], places[k]] + legs[places[k], places[visit]]) for k in task.near[visit]]
        assert not ways or near == sorted(ways)[:NEIGHBOURS]


@pytest.mark.parametrize("count", [1, 5])
def test_one_visit_alone_and_all_visits_of_one_house_are_planned(count: int) -> None:
    problem = Problem(
        places=spots_in_metres((0, 0)),
        modes=(WALK,),
        workers=(Worker(base=0, shifts=(DAY,)),),
        visits=(Visit(place=0, duration_seconds=60, windows=ANY_TIME),) * count,
    )
    made = improve.improve(problem, plan.build(problem, [[]]), budget=Budget(rounds=20), seed=0)
    assert made.unserved == ()
