"""Run the compiled search: budget, temperature schedule and progress reports."""

import time
from dataclasses import dataclass

import numpy as np

from routing.stop import Budget, Progress
from routing.synchronised import arrays
from routing.synchronised.arrays import PairDraft, PairTask
from routing.synchronised.clock import update_slack, update_times
from routing.synchronised.rng import make_rng
from routing.synchronised.search import advance, copy_draft, recreate, sort_absent

CHUNK_SECONDS = 0.02  # between two looks at the clock on the wall
CHUNK_ROUNDS = 200  # between two looks at a budget of rounds, which must not depend on the machine
HOT, COLD = 1.8, 0.02  # first and last temperature, in mean travel costs of one leg
LONGEST, AVERAGE, BLINK, CROSSING = 9, 7.0, 0.02, 0.4
REHEATS = (
    (30, 6),
    (60, 3),
    (10**9, 1),
)  # up to so many jobs: one cooling is over long before the time, and more find more


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search: the best plan, its cost, and the rounds and seconds spent."""

    draft: PairDraft
    cost: float
    rounds: int
    seconds: float


def greedy(task: PairTask, draft: PairDraft, seed: int) -> None:
    """Plan what is not planned yet, each job at its cheapest place."""
    scratch, rng = arrays.empty_scratch(task), make_rng(seed)
    waiting = np.flatnonzero(draft.rank < 0)
    scratch.absent[: len(waiting)] = waiting
    update_slack(task, draft)
    sort_absent(task, scratch, len(waiting), rng)
    recreate(task, draft, scratch, len(waiting), rng, 0.0)


def anneal(
    task: PairTask, start: PairDraft, *, budget: Budget, seed: int, progress: Progress | None = None
) -> SearchResult:
    """Search from an allowed draft; the result never costs more than it. Wall clock counts from the call."""
    began = time.perf_counter()
    now, trial, best = (arrays.empty_draft(task) for _ in range(3))
    copy_draft(start, now)
    update_times(task, now, 0)
    copy_draft(now, best)
    if now.planned[0] < len(task.link):
        greedy(task, now, seed)
        if now.total[0] < best.total[0]:
            copy_draft(now, best)
    copy_draft(now, trial)
    scratch, rng = arrays.empty_scratch(task), make_rng(seed + 1)
    unit = _leg_cost(task, now)
    cycles = next(cycles for most, cycles in REHEATS if len(task.link) <= most)
    rounds, chunk = 0, 20 if budget.seconds is not None else CHUNK_ROUNDS
    while unit > 0.0:
        spent = time.perf_counter() - began
        if budget.seconds is not None:
            share = spent / budget.seconds
        else:
            share = rounds / (budget.rounds or 1)
            chunk = min(chunk, (budget.rounds or 0) - rounds)
        if share >= 1.0:
            break
        heat = unit * HOT * (COLD / HOT) ** (share * cycles % 1.0)
        advance(task, now, trial, best, scratch, rng, chunk, heat, heat, LONGEST, AVERAGE, BLINK, CROSSING)
        rounds += chunk
        if budget.seconds is not None:
            took = time.perf_counter() - began - spent
            ahead = min(CHUNK_SECONDS, max(0.0, budget.seconds - spent - took))
            chunk = max(1, min(5 * chunk, int(chunk * ahead / max(took, 1e-9))))
        if progress is not None:
            progress(time.perf_counter() - began, rounds, float(best.total[0]))
    update_times(task, best, 0)
    return SearchResult(best, float(best.total[0]), rounds, time.perf_counter() - began)


def _leg_cost(task: PairTask, draft: PairDraft) -> float:
    """Return the mean travel cost of a planned leg, the unit of temperature."""
    planned = np.flatnonzero(draft.worker >= 0)
    if len(planned) == 0:
        return float(task.cost.mean()) if len(task.link) and len(task.mode) else 0.0
    modes, sources = task.mode[draft.worker[planned]], draft.before[planned]
    costs = task.cost[modes, task.place[sources], task.place[planned]]
    return max(float(costs.mean()), 1e-3)
