"""Plans with two-person visits: lawful, never worse, frozen visits stay, the same seed gives the same plan."""

import random
import time

import numpy as np
import pytest

from routing.bench.homecare_generate import generate
from routing.check import Fault, check
from routing.model import plan
from routing.model.problem import (
    Break,
    Company,
    Frozen,
    Link,
    Mode,
    Problem,
    Sex,
    Shift,
    Visit,
    Weights,
    Window,
    Worker,
)
from routing.readers import hhcrsp
from routing.stop import Budget
from routing.synchronised import homecare
from routing.synchronised.arrays import empty_draft
from routing.synchronised.clock import update_times
from routing.synchronised.pairs import PairCase, improve

HOUR = 3600


def made(seed: int, *, visits: int = 16, pairs: int = 4, breaks: bool = False, quota: bool = False) -> Problem:
    """Make a day of a few workers, with pairs at once and in turn, preferences, wishes and visits that may be left."""
    rng = random.Random(seed)
    places = visits + 5
    spots = [(rng.randrange(4000), rng.randrange(4000)) for _ in range(places)]
    legs = [[[abs(a - c) + abs(b - d) for c, d in spots] for a, b in spots]]
    rest = (Break(earliest_seconds=12 * HOUR, latest_seconds=13 * HOUR, duration_seconds=1800),)
    workers = tuple(
        Worker(
            base=number,
            shifts=(
                Shift(start_seconds=8 * HOUR, end_seconds=18 * HOUR, breaks=rest if breaks and number == 0 else ()),
            ),
            skills=3 if number != 1 else 1,
            sex=Sex.FEMALE if number % 2 else Sex.MALE,
            company=number % 2,
            use_points=50_000,
        )
        for number in range(5)
    )
    links = tuple(
        Link(
            first=2 * number,
            second=2 * number + 1,
            gap_min_seconds=0 if number % 2 else 600,
            gap_max_seconds=0 if number % 2 else 2400,
        )
        for number in range(pairs)
    )
    calls: list[Visit] = []
    for number in range(visits):
        mate = number % 2 == 1 and number < 2 * pairs
        earliest = 8 * HOUR + rng.randrange(16) * 1800
        windows: tuple[Window, ...] = (Window(earliest_seconds=earliest, latest_seconds=earliest + 2 * HOUR),)
        if mate:
            windows = calls[-1].windows
        calls.append(
            Visit(
                place=5 + (number - 1 if mate else number),
                duration_seconds=900 + rng.randrange(4) * 600,
                windows=windows,
                due_seconds=windows[0].latest_seconds - HOUR,
                late_points_per_second=rng.choice((0, 50)),
                skills=rng.choice((0, 1, 2)),
                sex=rng.choice((Sex.UNSTATED, Sex.UNSTATED, Sex.FEMALE)),
                preferred=frozenset(rng.sample(range(5), rng.randrange(2))),
                skip_points=rng.choice((None, None, 500_000)),
            )
        )
    return Problem(
        workers=workers,
        visits=tuple(calls),
        modes=(Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3),),
        companies=(Company(quota_visits=6), Company()) if quota else (Company(), Company()),
        links=links,
        weights=Weights(worst_late_points_per_second=20),
        travel_seconds=np.array(legs, np.int32),
    )


def nothing(problem: Problem) -> plan.Plan:
    return plan.build(problem, [[] for _ in problem.rows])


def frozen(problem: Problem, given: plan.Plan, rng: random.Random) -> Problem:
    """Freeze some visits where the plan has them; in every other row the first one is under way."""
    visits = list(problem.visits)
    for row, route in enumerate(given.routes):
        for at, stop in enumerate(stop for stop in route.stops if stop.visit >= 0):
            under_way = at == 0 and row % 2 == 0
            if under_way or rng.random() < 0.3:
                held = Frozen(
                    worker=route.worker, shift=route.shift, start_seconds=stop.start_seconds, under_way=under_way
                )
                old = visits[stop.visit]
                visits[stop.visit] = Visit(**{name: getattr(old, name) for name in old.__slots__} | {"frozen": held})
    return Problem(
        workers=problem.workers,
        visits=tuple(visits),
        modes=problem.modes,
        companies=problem.companies,
        links=problem.links,
        weights=problem.weights,
        travel_seconds=problem.travel_seconds,
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_made_from_nothing_is_lawful_and_serves_pairs(seed: int) -> None:
    problem = made(seed)
    better = improve(problem, nothing(problem), budget=Budget(rounds=400), seed=seed)
    report = check(problem, better)
    assert report.violations == ()
    served = {visit for route in better.routes for visit in route.visits}
    assert any(link.first in served and link.second in served for link in problem.links)


@pytest.mark.parametrize("seed", range(12))
def test_what_the_search_adds_up_is_what_the_inspector_adds_up(seed: int) -> None:
    problem = made(seed)
    better = improve(problem, nothing(problem), budget=Budget(rounds=200), seed=seed)
    case = PairCase(problem, better)
    assert case.draft.total[0] == check(problem, better).total_points
    assert plan.build(problem, case.sequences(case.draft)) == better


@pytest.mark.parametrize("seed", range(20))
def test_a_frozen_visit_never_moves_and_the_plan_never_gets_worse(seed: int) -> None:
    first = made(seed)
    given = improve(first, nothing(first), budget=Budget(rounds=20), seed=seed)
    problem = frozen(first, given, random.Random(seed))
    held = plan.build(problem, given.sequences)
    better = improve(problem, held, budget=Budget(rounds=300), seed=seed)
    before, after = check(problem, held), check(problem, better)
    assert before.violations == after.violations == ()
    assert after.total_points <= before.total_points
    assert better == held or after.total_points < before.total_points


@pytest.mark.parametrize("seed", range(6))
def test_a_round_with_a_break_stays_and_a_quota_is_kept(seed: int) -> None:
    problem = made(seed, breaks=True, quota=True)
    better = improve(problem, nothing(problem), budget=Budget(rounds=300), seed=seed)
    assert check(problem, better).violations == ()
    assert better.routes[0] == nothing(problem).routes[0]


def test_the_same_seed_and_rounds_give_the_same_plan() -> None:
    problem = made(3)
    plans = [improve(problem, nothing(problem), budget=Budget(rounds=300), seed=9) for _ in range(2)]
    assert plans[0] == plans[1]


def test_the_wall_clock_is_kept_and_progress_is_told() -> None:
    instance = hhcrsp.parse(generate(60, 1), "made")
    homecare.solve(instance, budget=Budget(rounds=1), seed=0)
    reports: list[tuple[float, int, float]] = []
    began = time.perf_counter()
    homecare.solve(instance, budget=Budget(seconds=1.0), seed=1, progress=lambda *now: reports.append(now))
    assert time.perf_counter() - began >= 1.0
    costs = [cost for _, _, cost in reports]
    assert costs == sorted(costs, reverse=True)
    overrun = [at for at, _, _ in reports if at >= 1.0]
    assert len(overrun) <= 2  # nothing is begun once the time is up


def test_every_step_of_the_search_leaves_a_clock_that_winding_again_does_not_change() -> None:
    instance = hhcrsp.parse(generate(40, 5), "made")
    task = homecare.make_task(instance)
    _, result = homecare.solve(instance, budget=Budget(rounds=400), seed=4)
    start, total = result.draft.start.copy(), float(result.draft.total[0])
    assert update_times(task, result.draft, 0)
    assert (result.draft.start == start).all()
    assert float(result.draft.total[0]) == total
    assert empty_draft(task).total[0] > total


def test_a_budget_is_one_thing_or_the_other() -> None:
    with pytest.raises(ValueError, match="not both"):
        Budget(seconds=1.0, rounds=1)
    with pytest.raises(ValueError, match="not both"):
        Budget()


def test_two_rounds_that_wait_for_each_other_wait_no_longer_than_anybody_may() -> None:
    day = (Window(earliest_seconds=0, latest_seconds=10 * HOUR),)
    problem = Problem(
        workers=(Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=12 * HOUR),)),) * 2,
        visits=(Visit(place=0, duration_seconds=60, windows=day),) * 4,
        modes=(Mode(name="on foot", speed_metres_per_second=1.0, detour=1.0),),
        links=(Link(first=0, second=1), Link(first=2, second=3)),
        travel_seconds=np.zeros((1, 1, 1), np.int32),
    )
    crossed = plan.build(problem, [[0, 2], [3, 1]])
    assert Fault.GAP in {fault.fault for fault in check(problem, crossed).violations}
    assert max(stop.start_seconds for route in crossed.routes for stop in route.stops) <= 10 * HOUR + 60
    uncrossed = plan.build(problem, [[0, 2], [1, 3]])
    assert check(problem, uncrossed).lawful
