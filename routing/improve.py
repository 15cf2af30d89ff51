"""Improve a plan by ruin and recreate until the budget is spent; see `improve_search` for the search itself.

What is under way never moves and is not even seen by the search: a row begins where its worker will be free. Promised
visits keep worker, shift and start. The plan that comes back is never worse than the one given: both are judged by
`routing.check`, which shares no code with the search.
"""

import time
from dataclasses import dataclass

import numpy as np

from routing import check, improve_rows, improve_search, plan
from routing.improve_arrays import (
    BANK,
    BEST,
    BEST_LENGTH,
    BROKEN,
    CLOSED,
    KEPT_BANK,
    LENGTH,
    NOW,
    POINTS,
    SERVICE,
    VISIT,
    Draft,
    Task,
    make_draft,
    make_task,
    prelude,
)  # fmt: skip
from routing.plan import Plan
from routing.problem import Problem
from routing.synchronised.annealing import Budget, Progress

CHUNK_SECONDS = 0.02
CHUNK_ROUNDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the search goes about it; temperatures in mean legs between near neighbours."""

    hot: float = 2.0
    cold: float = 0.01
    removals: float = 10.0
    longest: float = 10.0
    big: float = 0.1
    scale: float = 3.0
    tails: float = 1.0
    reach: int = 20


class Search:
    """One plan being improved: the arrays, the way in from a plan, and the way out."""

    def __init__(self, problem: Problem, given: Plan, *, seed: int, manner: Manner = Manner()) -> None:
        self.problem, self.manner = problem, manner
        orders = given.sequences
        starts = {stop.visit: stop.start_seconds for route in given.routes for stop in route.stops if stop.visit >= 0}
        self.preludes = [prelude(problem, row, order) for row, order in enumerate(orders)]
        row_of = {visit: row for row, order in enumerate(orders) for visit in order if visit >= 0}
        linked = {visit for link in problem.links for visit in (link.first, link.second)}
        held = {v: (problem.rows[row_of[v]][0], starts[v]) for v in linked if v in row_of}
        self.task: Task = make_task(problem, self.preludes, held)
        self.draft: Draft = make_draft(self.task, self._longest(orders), seed)
        for row, order in enumerate(orders):
            self._load(row, order[len(self.preludes[row].stops) :])
        behind = {visit for before in self.preludes for visit in before.stops}
        waiting = [v for v in range(len(problem.visits)) if v not in row_of and v not in linked and v not in behind]
        self.draft.bank[: len(waiting)] = self.draft.kept_bank[: len(waiting)] = waiting
        self.draft.where[waiting, 0] = -1
        numbers = self.draft.numbers
        numbers[BANK] = numbers[KEPT_BANK] = len(waiting)
        numbers[NOW] = self.draft.tally[:, POINTS].sum() + self.task.skip[waiting].sum()
        improve_rows.store_best(self.draft)
        self.unit = self._unit()

    def _longest(self, orders: list[list[int]]) -> int:
        """Bound the stops of a row: no more services fit into it than the shortest ones."""
        visits, rows = self.task.visit, self.problem.arrays.rows
        count = len(self.problem.visits)
        shortest = int(visits[:count, SERVICE].min(initial=2**30))
        most = count
        if shortest > 0 and len(rows.end):
            most = min(count, int((rows.end - rows.ready).max()) // shortest + 1)
        breaks = int(np.diff(rows.break_from).max(initial=0))
        return max([most + breaks, *map(len, orders)]) + 3

    def _load(self, row: int, order: list[int]) -> None:
        """Lay a row out; one whose timetable the search could not keep stays as it is."""
        n, first = len(self.problem.visits), int(self.problem.arrays.rows.break_from[row])
        draft, tally = self.draft, self.draft.tally[row]
        stops = [v if v >= 0 else n + first - 1 - v for v in order]
        tally[LENGTH] = len(stops)
        draft.stop[row, 1 : len(stops) + 1, VISIT] = stops
        improve_rows.time_row(self.task, draft, row)
        improve_rows.keep(draft, row)
        if tally[POINTS] >= BROKEN // 2:
            self.task.row[row, CLOSED] = 1
        else:
            for position, v in enumerate(order, start=1):
                if v >= 0:
                    draft.where[v] = row, position

    def _unit(self) -> float:
        """Give the mean points of a leg between near neighbours, the unit of temperature."""
        places = self.task.visit[: len(self.problem.visits), 0]
        if len(places) < 2:
            return 0.0
        near = places[self.task.near[:, : min(10, self.task.near.shape[1])]]
        return float(self.task.seconds[0][places[:, None], near].mean()) * float(self.task.rate[0])

    def advance(self, rounds: int, begin: float, end: float) -> None:
        """Search for some rounds, from one share of the budget to another: they decide the temperature."""
        how = self.manner
        ratio = how.cold / how.hot
        heat = self.unit * how.hot * ratio**begin
        cooling = ratio ** ((end - begin) / rounds)
        improve_search.search(
            self.task, self.draft, rounds, heat, cooling, how.removals, how.longest, how.big, how.scale, how.tails,
            how.reach, max(1.0, 0.01 * float(self.draft.numbers[BEST])),
        )  # fmt: skip

    @property
    def best_points(self) -> int:
        """Give what the best plan so far costs, without what is under way."""
        return int(self.draft.numbers[BEST])

    def sequences(self) -> list[list[int]]:
        """Read the best plan as the order of every row."""
        n, rows = len(self.problem.visits), self.problem.arrays.rows
        out = []
        for row, before in enumerate(self.preludes):
            stops = self.draft.best[row, 1 : self.draft.tally[row, BEST_LENGTH] + 1].tolist()
            first = int(rows.break_from[row])
            out.append([*before.stops, *(v if v < n else n + first - 1 - v for v in stops)])
        return out


def anneal(search: Search, budget: Budget, began: float, progress: Progress | None) -> int:
    """Cool down over the whole budget, counted from `began`; give the rounds made."""
    rounds, chunk = 0, CHUNK_ROUNDS if budget.seconds is None else 20
    share = 0.0
    while search.unit > 0.0:
        if budget.seconds is None:
            chunk = min(chunk, (budget.rounds or 0) - rounds)
            ahead = (rounds + chunk) / max(1, budget.rounds or 0)
        else:
            ahead = min(1.0, share + CHUNK_SECONDS / budget.seconds)
        if chunk <= 0 or share >= 1.0:
            break
        before = time.perf_counter()
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


def improve(
    problem: Problem, given: Plan, *, budget: Budget, seed: int, progress: Progress | None = None,
    manner: Manner = Manner(),
) -> Plan:  # fmt: skip
    """Return a cheaper plan, or the given one.

    With `Budget(rounds=…)` the same seed gives the same plan on every machine; with `Budget(seconds=…)` wall clock
    counts from the call and is kept to a few hundredths. `progress(seconds, rounds, points)` is told now and then.
    Both visits of a link stay as they are here: `routing.synchronised` moves them.
    """
    began = time.perf_counter()
    search = Search(problem, given, seed=seed, manner=manner)
    anneal(search, budget, began, progress)
    return better(problem, given, search.sequences())


def better(problem: Problem, given: Plan, orders: list[list[int]]) -> Plan:
    """Return the plan with these orders if the checker finds it cheaper and no less lawful than the given one."""
    found = plan.build(problem, orders)
    before, after = check.check(problem, given), check.check(problem, found)
    worse = len(after.violations) > len(before.violations) or after.total_points >= before.total_points
    return given if worse else found
