"""Solve a problem with one of the engines.

`portfolio`, the default, measures best: ruin and recreate with recombination of the routes seen; where visits
need two people, the search that moves pairs first. `ruin-recreate` is the same without recombination. `or-tools` is
Google's routing model with its own ruin and recreate, as a second opinion and a reference.

Before the first request of a process call `warm()`: it loads the compiled kernels, or compiles those that are not on
disk; it takes a second, or a minute once.
"""

import time
from dataclasses import dataclass
from enum import StrEnum

from routing.check import check
from routing.improvement import improve
from routing.insertion import board
from routing.model import plan
from routing.model.plan import Plan
from routing.model.problem import Link, Mode, Point, Problem, Shift, Visit, Window, Worker
from routing.stop import Budget, Progress
from routing.synchronised import pairs

PAIRS_SHARE = 0.7
"""Of the budget goes to moving pairs where there are any."""


class Engine(StrEnum):
    """The engine that makes the plan."""

    PORTFOLIO = "portfolio"
    RUIN_RECREATE = "ruin-recreate"
    OR_TOOLS = "or-tools"


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan, which engine made it, what it costs by the checker, and how long it took."""

    plan: Plan
    engine: Engine
    points: int
    seconds: float


def solve(
    problem: Problem,
    *,
    budget: Budget,
    seed: int = 0,
    engine: Engine = Engine.PORTFOLIO,
    initial: Plan | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Plan a problem, from `initial` if given; what comes back never costs more than that and breaks no more rules.

    Wall clock counts from the call. `Budget(rounds=…)` with the same seed gives the same plan (not for `or-tools`,
    which counts seconds only).
    """
    began = time.perf_counter()
    given = initial if initial is not None else plan.build(problem, frozen_only(problem))
    if engine is Engine.OR_TOOLS:
        from routing.reference import ortools_engine  # noqa: PLC0415 - 24 MB that no other engine needs

        made = ortools_engine.solve(problem, given, budget=budget)
    else:
        made = _search(problem, given, budget, seed, engine, progress, began)
    points = check(problem, made).total_points
    return Solution(made, engine, points, time.perf_counter() - began)


def _search(
    problem: Problem, given: Plan, budget: Budget, seed: int, engine: Engine, progress: Progress | None, began: float
) -> Plan:
    if problem.links:
        given = pairs.improve(problem, given, budget=_part(budget, PAIRS_SHARE), seed=seed, progress=progress)
        budget = _part(budget, 1.0 - PAIRS_SHARE)
    if budget.seconds is not None and not problem.links:
        budget = Budget(seconds=max(1e-3, budget.seconds - (time.perf_counter() - began)))
    mixed = engine is Engine.PORTFOLIO
    return improve.improve(problem, given, budget=budget, seed=seed, progress=progress, recombined=mixed)


def _part(budget: Budget, share: float) -> Budget:
    if budget.seconds is not None:
        return Budget(seconds=budget.seconds * share)
    return Budget(rounds=max(1, int((budget.rounds or 1) * share)))


def frozen_only(problem: Problem) -> list[list[int]]:
    """Give the order of every row when only the frozen visits are made."""
    orders: list[list[int]] = [[] for _ in problem.rows]
    frozen = [(each.frozen, number) for number, each in enumerate(problem.visits) if each.frozen is not None]
    for at, number in sorted(frozen, key=lambda item: item[0].start_seconds):
        orders[problem.first_row[at.worker] + at.shift].append(number)
    return orders


def warm() -> None:
    """Load every kernel of insertion and of the two searches, or compile those that are not on disk."""
    board.warm()
    window = (Window(earliest_seconds=0, latest_seconds=3_600),)
    problem = Problem(
        workers=(Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=7_200),)),) * 2,
        visits=(
            Visit(place=0, duration_seconds=60, windows=window),
            *(Visit(place=1, duration_seconds=60, windows=window),) * 3,
        ),
        modes=(Mode(name="on foot", speed_metres_per_second=1.0, detour=1.0),),
        places=(Point(0.0, 0.0), Point(0.01, 0.01)),
        links=(Link(first=0, second=1),),
    )
    first = solve(problem, budget=Budget(rounds=2))
    solve(problem, budget=Budget(rounds=2), initial=first.plan)  # to begin with a pair in place needs one kernel more
