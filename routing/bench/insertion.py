"""`nowalls bench insertion`: one visit over 600 workers, against plain Python and NumPy, and over 6,000.

The town has every hard rule (`routing.bench.district`). It is filled to twelve visits a worker; then each request is
evaluated and, if a worker can come, committed, by each of the three on a board of its own. They take turns by blocks of
requests: turn by turn on each single one, the slower two would leave the third nothing in the processor's cache. All
three must make the same choice every time.
"""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from routing.bench import memory
from routing.bench.district import STOPS_BEFORE, Town, build, filled
from routing.bench.insertion_numpy import NumpyBoard
from routing.bench.insertion_plain import PlainBoard, PlainChoice
from routing.bench.options import Options
from routing.insertion.board import Board, Candidate
from routing.model.problem import Problem
from routing.solve import warm

REQUESTS = 2_000
BLOCK = 250
TOWN = Town(workers=600, companies=30, requests=600 * STOPS_BEFORE + REQUESTS)
CITY = replace(TOWN, workers=6_000, companies=300, requests=6_000 * STOPS_BEFORE + REQUESTS)


def run(options: Options) -> dict[str, object]:
    """Measure; `ratio_to` says how many times faster we are, `large` how much longer 6,000 workers take than 600.

    `memory_mb` is above an interpreter with numba, step by step.
    """
    warm()  # all of it: what is measured last may find nothing to compile, which takes memory of its own
    towns = [_compare(replace(TOWN, seed=seed)) for (seed,) in options.turns(range(1, options.seeds + 1))]
    small = statistics.median(town["p50_us"] for town in towns)
    city = build(CITY)
    large = _summary(_ours(filled(city), city, CITY.workers)[0])
    return {
        **{key: statistics.median(town[key] for town in towns) for key in ("p50_us", "p99_us", "per_s")},
        "requests": sum(town["requests"] for town in towns),
        "accepted": sum(town["accepted"] for town in towns),
        "different_choices": sum(town["different"] for town in towns),
        "ratio_to": {
            peer: round(statistics.median(town["ratio_to"][peer] for town in towns), 1) for peer in ("python", "numpy")
        },
        "large": {"workers": CITY.workers, **large, "times_600": round(large["p50_us"] / small, 2)},
        "memory_mb": memory.measured(),
    }


def _ours(board: Board, problem: Problem, workers: int) -> tuple[list[int], int]:
    """Serve the remaining requests; give the nanoseconds of each and how many were accepted."""
    accepted = 0

    def serve(number: int) -> bool:
        candidates = board.evaluate(number, best=1).candidates
        if candidates:
            board.commit(number, candidates[0])
        return bool(candidates)

    times = []
    for number in range(workers * STOPS_BEFORE, len(problem.visits)):
        took, served = _timed(serve, number)
        times.append(took)
        accepted += served
    return times, accepted


def _timed(serve: Callable[[int], Any], number: int) -> tuple[int, Any]:
    before = time.perf_counter_ns()
    answer = serve(number)
    return time.perf_counter_ns() - before, answer


def _summary(times: list[int]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50_us": round(ordered[len(ordered) // 2] / 1e3, 1),
        "p99_us": round(ordered[len(ordered) * 99 // 100] / 1e3, 1),
        "per_s": round(1e9 * len(times) / sum(times)),
    }


def _compare(town: Town) -> dict[str, Any]:
    """Serve the same requests with the three engines in turn."""
    problem = build(town)
    board = filled(problem)
    orders = [board.order(worker, shift) for worker, shift in problem.rows]
    numpy_board, plain_board = NumpyBoard(problem, orders), PlainBoard(problem, orders)

    def ours(number: int) -> Candidate | None:
        candidates = board.evaluate(number, best=1).candidates
        if not candidates:
            return None
        board.commit(number, candidates[0])
        return candidates[0]

    def as_key(choice: Candidate | PlainChoice | None) -> tuple[int, int, int, int] | None:
        """Give a choice as a tuple that is comparable across the three engines."""
        if choice is None:
            return None
        if isinstance(choice, PlainChoice):
            return *choice.key, choice.start
        row = problem.first_row[choice.worker] + choice.shift
        return choice.points, row, choice.position, choice.start_seconds

    def theirs(other: NumpyBoard | PlainBoard) -> Callable[[int], PlainChoice | None]:
        def serve(number: int) -> PlainChoice | None:
            visit = problem.visits[number]
            choice = other.evaluate(visit)
            if choice is not None:
                other.commit(visit, choice)
            return choice

        return serve

    engines: dict[str, Callable[[int], Candidate | PlainChoice | None]] = {
        "ours": ours,
        "numpy": theirs(numpy_board),
        "python": theirs(plain_board),
    }
    times: dict[str, list[int]] = {name: [] for name in engines}
    accepted = different = 0
    gc.disable()
    waiting = range(town.workers * STOPS_BEFORE, len(problem.visits))
    for first in range(0, len(waiting), BLOCK):
        choices = []
        for name, serve in engines.items():
            answers = [_timed(serve, number) for number in waiting[first : first + BLOCK]]
            times[name].extend(took for took, _ in answers)
            choices.append([as_key(choice) for _, choice in answers])
        for chosen in zip(*choices, strict=True):
            accepted += chosen[0] is not None
            different += len(set(chosen)) > 1
    gc.enable()
    total = sum(times["ours"])
    return {
        **_summary(times["ours"]),
        "requests": len(times["ours"]),
        "accepted": accepted,
        "different": different,
        "ratio_to": {name: sum(times[name]) / total for name in ("python", "numpy")},
    }
