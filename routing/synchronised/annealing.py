"""Drive the compiled search: when to stop, how warm to be, and what to tell whoever watches."""

import time
from dataclasses import dataclass

import numpy as np

from routing.stop import Budget, Progress
from routing.synchronised import board as boards
from routing.synchronised import rng as random_dice
from routing.synchronised.board import Board, Draft
from routing.synchronised.clock import loosen, wind
from routing.synchronised.search import advance, arrange, copy, recreate

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
class Found:
    """What a search ends with."""

    draft: Draft
    cost: float
    rounds: int
    seconds: float


def greedy(board: Board, draft: Draft, seed: int) -> None:
    """Plan what is not planned yet, each job at its cheapest place."""
    desk, dice = boards.empty_desk(board), random_dice.make(seed)
    waiting = np.flatnonzero(draft.rank < 0)
    desk.absent[: len(waiting)] = waiting
    loosen(board, draft)
    arrange(board, desk, len(waiting), dice)
    recreate(board, draft, desk, len(waiting), dice, 0.0)


def anneal(board: Board, start: Draft, *, budget: Budget, seed: int, progress: Progress | None = None) -> Found:
    """Search from a sound draft; what is returned never costs more than it. Wall clock counts from the call."""
    began = time.perf_counter()
    now, trial, best = (boards.empty_draft(board) for _ in range(3))
    copy(start, now)
    wind(board, now, 0)
    copy(now, best)
    if now.planned[0] < len(board.link):
        greedy(board, now, seed)
        if now.total[0] < best.total[0]:
            copy(now, best)
    copy(now, trial)
    desk, dice = boards.empty_desk(board), random_dice.make(seed + 1)
    unit = _leg_cost(board, now)
    cycles = next(cycles for most, cycles in REHEATS if len(board.link) <= most)
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
        advance(board, now, trial, best, desk, dice, chunk, heat, heat, LONGEST, AVERAGE, BLINK, CROSSING)
        rounds += chunk
        if budget.seconds is not None:
            took = time.perf_counter() - began - spent
            ahead = min(CHUNK_SECONDS, max(0.0, budget.seconds - spent - took))
            chunk = max(1, min(5 * chunk, int(chunk * ahead / max(took, 1e-9))))
        if progress is not None:
            progress(time.perf_counter() - began, rounds, float(best.total[0]))
    wind(board, best, 0)
    return Found(best, float(best.total[0]), rounds, time.perf_counter() - began)


def _leg_cost(board: Board, draft: Draft) -> float:
    """Return the mean travel cost of a planned leg, the unit of temperature."""
    planned = np.flatnonzero(draft.worker >= 0)
    if len(planned) == 0:
        return float(board.cost.mean()) if len(board.link) and len(board.mode) else 0.0
    modes, sources = board.mode[draft.worker[planned]], draft.before[planned]
    costs = board.cost[modes, board.place[sources], board.place[planned]]
    return max(float(costs.mean()), 1e-3)
