"""One plan being improved: from the problem into the arrays of the search, and back."""

from dataclasses import dataclass

import numpy as np

from routing.improvement import search
from routing.improvement.arrays import (
    BEST,
    BEST_LENGTH,
    BROKEN,
    CLOSED,
    KEPT_LENGTH,
    KEPT_UNASSIGNED,
    LENGTH,
    NOW,
    PLACE,
    POINTS,
    SERVICE,
    UNASSIGNED,
    VISIT,
    Draft,
    Task,
    fixed_start,
    make_draft,
    make_task,
)
from routing.improvement.rows import keep, store_best, time_row
from routing.model.plan import Plan
from routing.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameters:
    """How the search goes about it; temperatures in mean legs between near neighbours."""

    hot: float = 5.0
    cold: float = 0.01
    removals: float = 10.0
    longest: float = 10.0
    big: float = 0.1
    scale: float = 3.0
    tails: float = 1.0
    reach: int = 20


DEFAULT_PARAMETERS = SearchParameters()
"""Measured on the instances of docs/benchmarks/routing-vrptw.md."""


class Search:
    """One plan being improved: the arrays, the way in from a plan, and the way out."""

    def __init__(
        self, problem: Problem, given: Plan, *, seed: int, parameters: SearchParameters = DEFAULT_PARAMETERS
    ) -> None:
        self.problem, self.parameters = problem, parameters
        orders = given.sequences
        starts = {stop.visit: stop.start_seconds for route in given.routes for stop in route.stops if stop.visit >= 0}
        self.fixed_starts = [fixed_start(problem, row, order) for row, order in enumerate(orders)]
        row_of = {visit: row for row, order in enumerate(orders) for visit in order if visit >= 0}
        linked = {visit for link in problem.links for visit in (link.first, link.second)}
        held = {v: (problem.rows[row_of[v]][0], starts[v]) for v in linked if v in row_of}
        self.task: Task = make_task(problem, self.fixed_starts, held)
        self.draft: Draft = make_draft(self.task, self._longest(orders), seed)
        for row, order in enumerate(orders):
            self._load(row, order[len(self.fixed_starts[row].stops) :])
        behind = {visit for before in self.fixed_starts for visit in before.stops}
        waiting = [v for v in range(len(problem.visits)) if v not in row_of and v not in linked and v not in behind]
        self.draft.unassigned[: len(waiting)] = self.draft.kept_unassigned[: len(waiting)] = waiting
        self.draft.where[waiting, 0] = -1
        numbers = self.draft.numbers
        numbers[UNASSIGNED] = numbers[KEPT_UNASSIGNED] = len(waiting)
        numbers[NOW] = self.draft.tally[:, POINTS].sum() + self.task.skip[waiting].sum()
        store_best(self.draft)
        self.open_rows = np.flatnonzero(self.task.row[:, CLOSED] == 0).tolist()
        self.breaks = {
            row: [v for v in order if v >= len(problem.visits)] for row, order in self.current_rows().items()
        }
        self.in_play = np.flatnonzero(self.draft.where[:, 0] > -2).tolist()
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
        time_row(self.task, draft, row)
        keep(draft, row)
        if tally[POINTS] >= BROKEN // 2:
            self.task.row[row, CLOSED] = 1
        else:
            for position, v in enumerate(order, start=1):
                if v >= 0:
                    draft.where[v] = row, position

    def _unit(self) -> float:
        """Give the mean points of a leg between near neighbours, the unit of temperature; 0 with nothing to plan.

        A point at least: neighbours of one house have visits to be planned too.
        """
        places, play = self.task.visit[:, PLACE], self.task.play
        if len(play) == 0:
            return 0.0
        near = places[self.task.near[play, :10]]
        return max(1.0, float(self.task.seconds[0][places[play, None], near].mean()) * float(self.task.rate[0]))

    def lay_out(self, rows: dict[int, list[int]]) -> None:
        """Make these the current rows, in the kernel's numbers; the open rows not named serve nobody."""
        draft, n = self.draft, len(self.problem.visits)
        served: set[int] = set()
        for row in self.open_rows:
            order = rows.get(row, self.breaks[row])
            tally = draft.tally[row]
            tally[LENGTH] = len(order)
            draft.stop[row, 1 : len(order) + 1, VISIT] = order
            for position, v in enumerate(order, start=1):
                if v < n:
                    draft.where[v] = row, position
                    served.add(v)
            time_row(self.task, draft, row)
            keep(draft, row)
        waiting = [v for v in self.in_play if v not in served]
        draft.where[waiting, 0] = -1
        draft.unassigned[: len(waiting)] = draft.kept_unassigned[: len(waiting)] = waiting
        numbers = draft.numbers
        numbers[UNASSIGNED] = numbers[KEPT_UNASSIGNED] = len(waiting)
        numbers[NOW] = draft.tally[:, POINTS].sum() + self.task.skip[waiting].sum()
        if numbers[NOW] < numbers[BEST] and not self.overworked():
            store_best(draft)

    def overworked(self) -> bool:
        """Return whether a worker with two shifts does more than a day's work in the current rows."""
        return bool((self.draft.work > self.task.max_work).any())

    def current_rows(self) -> dict[int, list[int]]:
        """Read the current order of the open rows, in the kernel's numbers."""
        tally, kept = self.draft.tally, self.draft.kept
        return {row: kept[row, 1 : tally[row, KEPT_LENGTH] + 1].tolist() for row in self.open_rows}

    def best_rows(self) -> dict[int, list[int]]:
        """Read the best order of the open rows, in the kernel's numbers."""
        tally, best = self.draft.tally, self.draft.best
        return {row: best[row, 1 : tally[row, BEST_LENGTH] + 1].tolist() for row in self.open_rows}

    def advance(self, rounds: int, begin: float, end: float) -> None:
        """Search for some rounds, from one share of the budget to another: they decide the temperature."""
        how = self.parameters
        ratio = how.cold / how.hot
        heat = self.unit * how.hot * ratio**begin
        cooling = ratio ** ((end - begin) / rounds)
        search.search(
            self.task,
            self.draft,
            rounds,
            heat,
            cooling,
            how.removals,
            how.longest,
            how.big,
            how.scale,
            how.tails,
            how.reach,
            max(1.0, 0.01 * float(self.draft.numbers[BEST])),
        )

    @property
    def best_points(self) -> int:
        """Give what the best plan so far costs, without what is under way."""
        return int(self.draft.numbers[BEST])

    def sequences(self) -> list[list[int]]:
        """Read the best plan as the order of every row."""
        n, rows = len(self.problem.visits), self.problem.arrays.rows
        out = []
        for row, before in enumerate(self.fixed_starts):
            stops = self.draft.best[row, 1 : self.draft.tally[row, BEST_LENGTH] + 1].tolist()
            first = int(rows.break_from[row])
            out.append([*before.stops, *(v if v < n else n + first - 1 - v for v in stops)])
        return out
