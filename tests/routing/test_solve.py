"""Every engine behind the one door: lawful, never worse than what it was given, frozen visits where they were."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.model.problem import Company, Mode, Point, Problem, Shift, Visit, Window, Worker
from routing.solve import Engine, solve
from routing.stop import Budget
from tests.routing.test_improve import frozen_stops, scene
from tests.routing.worlds import HOUR, random_day

seeds = st.integers(min_value=0, max_value=2**32)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, pairs=st.booleans())
def test_or_tools_never_breaks_a_rule_that_was_kept(seed: int, pairs: bool) -> None:
    problem, before = scene(random_day(seed, pairs=pairs))
    after = solve(problem, budget=Budget(seconds=0.05), engine=Engine.OR_TOOLS, initial=before).plan
    old, new = check(problem, before), check(problem, after)
    assert len(new.violations) <= len(old.violations)
    assert new.total_points <= old.total_points
    assert frozen_stops(problem, after) == frozen_stops(problem, before)


def test_or_tools_makes_most_poor_days_cheaper() -> None:
    cheaper = 0
    for seed in range(10):
        problem, before = scene(random_day(seed, matrix=False))
        made = solve(problem, budget=Budget(seconds=0.6), engine=Engine.OR_TOOLS, initial=before)
        cheaper += made.points < check(problem, before).total_points
    assert cheaper >= 6


@settings(max_examples=30, deadline=None)
@given(seed=seeds, pairs=st.booleans())
def test_the_portfolio_never_breaks_a_rule_that_was_kept(seed: int, pairs: bool) -> None:
    problem, before = scene(random_day(seed, pairs=pairs))
    made = solve(problem, budget=Budget(rounds=300), seed=seed, initial=before)
    old, new = check(problem, before), check(problem, made.plan)
    assert len(new.violations) <= len(old.violations)
    assert made.points == new.total_points <= old.total_points


@pytest.mark.parametrize("engine", list(Engine))
def test_from_nothing_frozen_visits_are_made_and_the_rest_is_planned(engine: Engine) -> None:
    problem, _ = scene(random_day(11, matrix=False))
    budget = Budget(seconds=1.0) if engine is Engine.OR_TOOLS else Budget(rounds=500)
    made = solve(problem, budget=budget, engine=engine)
    frozen = {number for number, visit in enumerate(problem.visits) if visit.frozen is not None}
    assert not frozen & set(made.plan.unserved)
    assert len(made.plan.unserved) < len(problem.visits) - len(frozen)


@pytest.mark.parametrize("engine", list(Engine))
def test_a_tour_that_can_be_seen_is_found(engine: Engine) -> None:
    """Four houses on a line, one worker at its end: there and back is 2 × the farthest."""
    line = tuple(Point(39.0, 116.0 + 0.01 * k) for k in range(5))
    window = (Window(earliest_seconds=0, latest_seconds=9 * HOUR),)
    problem = Problem(
        workers=(Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=10 * HOUR),)),),
        visits=tuple(Visit(place=k, duration_seconds=600, windows=window) for k in (3, 1, 4, 2)),
        modes=(Mode(name="e-bike", speed_metres_per_second=4.0, detour=1.0),),
        places=line,
        companies=(Company(),),
    )
    budget = Budget(seconds=0.2) if engine is Engine.OR_TOOLS else Budget(rounds=300)
    made = solve(problem, budget=budget, engine=engine).plan
    there = int(problem.seconds[0, 0, 4])
    assert made.unserved == ()
    assert abs(check(problem, made).travel_seconds - 2 * there) <= 8
