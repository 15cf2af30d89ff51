"""Improve a plan by ruin and recreate until the budget is spent; the search itself is in `search`.

Visits under way never move and are not part of the search: a row begins where and when its worker will be free.
Promised visits keep worker, shift and start. The result is never worse than the given plan: both are judged by
`routing.check`, which shares no code with the search.
"""

import time

from routing.check import check
from routing.improvement import recombine
from routing.improvement.state import DEFAULT_PARAMETERS, Search, SearchParameters
from routing.model import plan
from routing.model.plan import Plan
from routing.model.problem import Problem
from routing.stop import Budget, Progress

CHUNK_SECONDS = 0.02
CHUNK_ROUNDS = 500
RECOMBINE_AT = (0.6, 0.8, 0.95)
"""Shares of the budget at which the routes seen are recombined."""

RECOMBINE_SHARE = 0.05
RECOMBINE_WORK = 1.0
"""Steps of one recombination in CP-SAT's deterministic time, where the budget counts rounds."""

LEAST_ROUNDS = 12_000
"""Before so many rounds too few routes have been seen to choose from."""

LEAST_SECONDS = 1.0
"""With less wall clock there is no recombination: building its model takes too long."""


def improve(
    problem: Problem,
    given: Plan,
    *,
    budget: Budget,
    seed: int,
    progress: Progress | None = None,
    recombined: bool = True,
    parameters: SearchParameters = DEFAULT_PARAMETERS,
) -> Plan:
    """Return a cheaper plan, or the given one.

    With `Budget(rounds=…)` the same seed gives the same plan on every machine; with `Budget(seconds=…)` wall clock
    counts from the call and is kept to a few hundredths. `progress(seconds, rounds, points)` is called now and then.
    Both visits of a link stay as they are here: `routing.synchronised` moves them.
    """
    began = time.perf_counter()
    before = check(problem, given)
    checking = time.perf_counter() - began
    search = Search(problem, given, seed=seed, parameters=parameters)
    if budget.seconds is not None:
        budget = Budget(seconds=max(1e-3, budget.seconds - 2.0 * checking))
    anneal(search, budget, began=began, seed=seed, progress=progress, recombined=recombined)
    improved = plan.build(problem, search.sequences())
    after = check(problem, improved)
    worse = len(after.violations) > len(before.violations) or after.total_points >= before.total_points
    return given if worse else improved


def anneal(
    search: Search, budget: Budget, *, began: float, seed: int, progress: Progress | None, recombined: bool
) -> int:
    """Cool down over the whole budget, counted from `began`; give the rounds made."""
    rounds, chunk, share, mixed, took = 0, CHUNK_ROUNDS if budget.seconds is None else 20, 0.0, 0, 0.0
    enough = (budget.rounds or 0) >= LEAST_ROUNDS if budget.seconds is None else budget.seconds >= LEAST_SECONDS
    recombined = recombined and enough
    if recombined:
        recombine.load()  # half a second, once a process: at the beginning, where the search still makes room for it
    while search.unit > 0.0 and share < 1.0:
        before = time.perf_counter()
        passed = sum(share >= at for at in RECOMBINE_AT)
        if recombined and rounds >= LEAST_ROUNDS and passed > mixed:
            mixed = passed
            if budget.seconds is None:
                recombine.recombine(search, seconds=60.0, work=RECOMBINE_WORK, seed=seed)
            elif before - began + took < budget.seconds:  # building the model takes time too
                recombine.recombine(search, seconds=budget.seconds * RECOMBINE_SHARE, work=1e9, seed=seed)
                took = time.perf_counter() - before
            before = time.perf_counter()
            share = share if budget.seconds is None else (before - began) / budget.seconds
        if budget.seconds is None:
            chunk = min(chunk, (budget.rounds or 0) - rounds)
            ahead = (rounds + chunk) / max(1, budget.rounds or 0)
        else:
            ahead = min(1.0, share + CHUNK_SECONDS / budget.seconds)
        if chunk <= 0 or share >= 1.0:
            break
        search.advance(chunk, share, ahead)
        rounds += chunk
        now = time.perf_counter()
        if budget.seconds is None:
            share = ahead
        else:
            share = (now - began) / budget.seconds
            left = min(CHUNK_SECONDS, budget.seconds - (now - began))
            chunk = max(1, min(5 * chunk, int(chunk * left / max(now - before, 1e-9))))
        if progress is not None:
            progress(now - began, rounds, float(search.best_points))
    return rounds
