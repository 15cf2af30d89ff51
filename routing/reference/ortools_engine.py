"""The problem as a routing model of OR-Tools: everything but visits that need two people.

Its iterated local search with string removals is reached only by `SolveWithIteratedLocalSearch`; the usual entry
ignores it. Skills are values of `VehicleVar` (`SetAllowedVehiclesForIndex` of this release takes no Python list). Legs
are matrices, never Python callbacks: those are five times slower. Model building grows with the square of the visits:
beyond a few hundred, split by company first.

Two differences to the problem, after both of which the checker has the last word: OR-Tools may interrupt a drive by a
break, and halves of pairs keep their row and start.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.check import Fault, check
from routing.improvement.arrays import FixedStart, fixed_start
from routing.model import plan
from routing.model.arrays import FAR, Ints
from routing.model.plan import Plan
from routing.model.problem import Problem
from routing.stop import Budget

ILS_SHARE = 0.6
"""Of the budget goes to iterated local search; the rest to guided local search from the best routes so far."""

DEFAULT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class VehicleRow:
    """A row of the problem as a vehicle: the head of its route is locked, and the route may begin at `ready`."""

    head: tuple[int, ...]
    start_place: int
    ready: int
    behind: FixedStart


class Model:
    """A problem and a plan in OR-Tools' terms: node k is visit `visits[k]`, then come starts and ends of the rows."""

    def __init__(self, problem: Problem, given: Plan) -> None:
        self.problem, self.given = problem, given
        self.orders = given.sequences
        self.rows = [self._row(row, order) for row, order in enumerate(self.orders)]
        gone = {v for row in self.rows for v in row.behind.stops if v not in row.head}
        self.starts = {stop.visit: stop.start_seconds for route in given.routes for stop in route.stops}
        self.row_of = {v: row for row, order in enumerate(self.orders) for v in order if v >= 0}
        self.linked = {v for link in problem.links for v in (link.first, link.second)}
        self.visits = [v for v in range(len(problem.visits)) if v not in gone and self._possible(v)]
        self.node_of = {visit: node for node, visit in enumerate(self.visits)}
        count, rows = len(self.visits), len(self.rows)
        self.manager = pywrapcp.RoutingIndexManager(
            count + 2 * rows, rows, [count + row for row in range(rows)], [count + rows + row for row in range(rows)]
        )
        self.model = pywrapcp.RoutingModel(self.manager)
        self.index = [self.manager.NodeToIndex(node) for node in range(count)]
        self.places = np.array(
            [problem.visits[v].place for v in self.visits]
            + [row.start_place for row in self.rows]
            + problem.arrays.rows.end_place.tolist(),
            np.int64,
        )
        self.service = np.zeros(len(self.places), np.int64)
        self.service[:count] = [self._service(v) for v in self.visits]
        self._costs()
        self._clock()
        self._limits()
        self._who()

    def _possible(self, visit: int) -> bool:
        """Return whether a visit can be in a route at all; the model takes no empty domain."""
        if self._held(visit):
            return visit in self.row_of
        rows = self.problem.arrays.rows
        able = self.problem.rules[visit][rows.worker] == 0
        begins = self.problem.visits[visit].windows[0].earliest_seconds
        return bool((able & (begins <= rows.end)).any())

    def _row(self, row: int, order: Sequence[int]) -> VehicleRow:
        """Begin a row at its visit under way, which is locked; what lies before that is past."""
        behind = fixed_start(self.problem, row, order)
        rows = self.problem.arrays.rows
        visits = [v for v in behind.stops if v >= 0]
        if not visits:
            return VehicleRow((), int(rows.start_place[row]), int(rows.ready[row]), behind)
        frozen = self.problem.visits[visits[-1]].frozen
        start = behind.free_seconds if frozen is None else frozen.start_seconds
        return VehicleRow((visits[-1],), behind.place, start, behind)

    def _service(self, visit: int) -> int:
        """Give how long a visit binds its worker; one under way binds at least until now."""
        each = self.problem.visits[visit]
        if each.frozen is not None and each.frozen.under_way:
            return max(each.duration_seconds, self.problem.now_seconds - each.frozen.start_seconds)
        return each.duration_seconds

    def _legs(self, mode: int) -> Ints:
        legs: Ints = self.problem.seconds[mode][np.ix_(self.places, self.places)].astype(np.int64)
        return legs

    def _costs(self) -> None:
        """Price legs and shifts; a preferred worker costs nothing more, any other worker the continuity points."""
        problem, weights = self.problem, self.problem.weights
        wish = problem.preferred[self.visits].astype(np.int64)
        wanted = np.asarray(wish.any(axis=1))
        matrices: dict[tuple[int, bytes], int] = {}
        for row, (worker, _) in enumerate(problem.rows):
            stranger = wanted & (wish[:, worker] == 0)
            key = (problem.workers[worker].mode, stranger.tobytes())
            if key not in matrices:
                matrix = self._legs(key[0]) * weights.travel_points_per_second
                matrix[:, : len(self.visits)] += stranger * weights.continuity_points
                matrices[key] = self.model.RegisterTransitMatrix(matrix.tolist())
            self.model.SetArcCostEvaluatorOfVehicle(matrices[key], row)
            if not self.rows[row].head:
                self.model.SetFixedCostOfVehicle(problem.workers[worker].use_points, row)
        skips = problem.arrays.visits.skip_points
        for node, visit in enumerate(self.visits):
            if not self._held(visit):
                penalty = int(skips[visit]) + int(wanted[node]) * weights.continuity_points
                self.model.AddDisjunction([self.index[node]], penalty)

    def _held(self, visit: int) -> bool:
        return self.problem.visits[visit].frozen is not None or visit in self.linked

    def _clock(self) -> None:
        problem, arrays = self.problem, self.problem.arrays
        lasts = {
            mode: self.model.RegisterTransitMatrix((self._legs(mode) + self.service[:, None]).tolist())
            for mode in set(arrays.rows.mode.tolist())
        }
        horizon = int(arrays.rows.end.max(initial=0))
        self.model.AddDimensionWithVehicleTransits(
            [lasts[mode] for mode in arrays.rows.mode.tolist()], horizon, horizon, False, "time"
        )
        self.time = self.model.GetDimensionOrDie("time")
        for node, visit in enumerate(self.visits):
            each, begins = problem.visits[visit], self.time.CumulVar(self.index[node])
            if self._held(visit):
                start = self.starts[visit] if each.frozen is None else each.frozen.start_seconds
                begins.SetValue(start)
                continue
            begins.SetRange(each.windows[0].earliest_seconds, min(horizon, each.windows[-1].latest_seconds))
            for before, after in zip(each.windows, each.windows[1:], strict=False):
                begins.RemoveInterval(before.latest_seconds + 1, after.earliest_seconds - 1)
            if each.due_seconds is not None and each.late_points_per_second:
                self.time.SetCumulVarSoftUpperBound(self.index[node], each.due_seconds, each.late_points_per_second)
        for row, line in enumerate(self.rows):
            self.time.CumulVar(self.model.Start(row)).SetRange(line.ready, horizon)
            self.time.CumulVar(self.model.End(row)).SetMax(int(arrays.rows.end[row]))
            self._breaks(row, line)

    def _breaks(self, row: int, line: VehicleRow) -> None:
        worker, shift = self.problem.rows[row]
        taken = {v for v in line.behind.stops if v < 0}
        rests = [
            self.model.solver().FixedDurationIntervalVar(
                rest.earliest_seconds, rest.latest_seconds, rest.duration_seconds, False, f"break {row} {k}"
            )
            for k, rest in enumerate(self.problem.workers[worker].shifts[shift].breaks)
            if -1 - k not in taken
        ]
        if rests:
            self.time.SetBreakIntervalsOfVehicle(rests, row, self.service.tolist())

    def _limits(self) -> None:
        """Bound loads, the day's work over all shifts of a worker, and the visits of a company."""
        problem, arrays = self.problem, self.problem.arrays
        ends = [self.model.End(row) for row in range(len(self.rows))]
        if (arrays.rows.capacity < FAR).any():
            demands = [problem.visits[v].demand for v in self.visits] + [0] * (2 * len(self.rows))
            spent = [
                sum(problem.visits[v].demand for v in r.behind.stops if v >= 0 and v not in r.head) for r in self.rows
            ]
            room = [min(int(c), sum(demands) + s) - s for c, s in zip(arrays.rows.capacity, spent, strict=True)]
            load = self.model.RegisterUnaryTransitVector(demands)
            self.model.AddDimensionWithVehicleCapacity(load, 0, room, True, "load")
        if (arrays.workers.max_work < FAR).any():
            self._day_of_work(ends)
        if any(company.quota_visits is not None for company in problem.companies):
            unit = self.model.RegisterUnaryTransitVector([1] * len(self.visits) + [0] * (2 * len(self.rows)))
            self.model.AddDimension(unit, 0, len(self.visits), True, "visits")
            count = self.model.GetDimensionOrDie("visits")
            for number, company in enumerate(problem.companies):
                mine = [r for r, (w, _) in enumerate(problem.rows) if problem.workers[w].company == number]
                if company.quota_visits is not None and mine:
                    served = sum(v >= 0 and v not in self.rows[r].head for r in mine for v in self.rows[r].behind.stops)
                    total = self.model.solver().Sum([count.CumulVar(ends[r]) for r in mine])
                    self.model.solver().Add(total <= company.quota_visits - served)

    def _day_of_work(self, ends: list[int]) -> None:
        problem, arrays = self.problem, self.problem.arrays
        duration = np.zeros(len(self.places), np.int64)
        duration[: len(self.visits)] = [problem.visits[v].duration_seconds for v in self.visits]
        work = {
            mode: self.model.RegisterTransitMatrix((self._legs(mode) + duration[:, None]).tolist())
            for mode in set(arrays.rows.mode.tolist())
        }
        most = int(arrays.rows.end.max(initial=0))
        self.model.AddDimensionWithVehicleTransits(
            [work[mode] for mode in arrays.rows.mode.tolist()], 0, most, True, "work"
        )
        dimension = self.model.GetDimensionOrDie("work")
        for worker, limit in enumerate(arrays.workers.max_work.tolist()):
            mine = range(problem.first_row[worker], problem.first_row[worker + 1])
            if limit < FAR:
                behind = sum(self.rows[r].behind.work_seconds for r in mine)
                behind -= sum(problem.visits[v].duration_seconds for r in mine for v in self.rows[r].head)
                total = self.model.solver().Sum([dimension.CumulVar(ends[r]) for r in mine])
                self.model.solver().Add(total <= limit - behind)

    def _who(self) -> None:
        """Restrict each visit to its rows, and lock the heads of routes."""
        rows = self.problem.arrays.rows
        for node, visit in enumerate(self.visits):
            frozen = self.problem.visits[visit].frozen
            if frozen is not None:
                may = [self.problem.first_row[frozen.worker] + frozen.shift]
            elif visit in self.linked:
                may = [self.row_of[visit]]
            else:
                may = np.flatnonzero(self.problem.rules[visit][rows.worker] == 0).tolist()
            self.model.VehicleVar(self.index[node]).SetValues([-1, *may])
            if self._held(visit):
                self.model.ActiveVar(self.index[node]).SetValue(1)
        self.locks = [[self.index[self.node_of[v]] for v in row.head] for row in self.rows]

    def routes(self, orders: Sequence[Sequence[int]]) -> list[list[int]]:
        """Give orders as indices, without heads that are past and without breaks."""
        return [[self.index[self.node_of[v]] for v in order if v in self.node_of] for order in orders]

    def read(self, assignment: Any) -> list[list[int]]:
        """Give the order of every row of an assignment."""
        out = []
        for row, line in enumerate(self.rows):
            order = list(line.behind.stops[: len(line.behind.stops) - len(line.head)])
            index = assignment.Value(self.model.NextVar(self.model.Start(row)))
            while not self.model.IsEnd(index):
                order.append(self.visits[self.manager.IndexToNode(index)])
                index = assignment.Value(self.model.NextVar(index))
            out.append(order)
        return out


def settings(seconds: float, *, iterated: bool) -> Any:
    """Give search parameters: iterated local search with string removals, or guided local search."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.time_limit.FromMilliseconds(max(1, round(1000 * seconds)))
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    if iterated:
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
        parameters.use_iterated_local_search = True
        ils = parameters.iterated_local_search_parameters
        strings = ils.ruin_recreate_parameters.ruin_strategies.add().sisr
        strings.max_removed_sequence_size = 10
        strings.avg_num_removed_visits = 10
        strings.bypass_factor = 0.01
        ils.improve_perturbed_solution = True
        ils.reference_solution_acceptance_strategy.simulated_annealing.automatic_temperatures = True
    return parameters


def solve(problem: Problem, given: Plan, *, budget: Budget) -> Plan:
    """Return the cheapest lawful plan found, or the given one. Rounds are not counted: such a budget means a second."""
    began = time.perf_counter()
    seconds = budget.seconds if budget.seconds is not None else DEFAULT_SECONDS
    if not problem.rows or not problem.visits:
        return given
    routing_model = Model(problem, given)
    routing_model.model.CloseModelWithParameters(settings(seconds, iterated=True))
    routing_model.model.ApplyLocksToAllVehicles(routing_model.locks, False)
    best = given
    left = seconds - (time.perf_counter() - began)
    if left > 0.0:
        assignment = routing_model.model.SolveWithIteratedLocalSearch(settings(ILS_SHARE * left, iterated=True))
        best = _cheaper(problem, best, routing_model, assignment)
    left = seconds - (time.perf_counter() - began)
    warm = routing_model.model.ReadAssignmentFromRoutes(routing_model.routes(best.sequences), True)
    if left > 0.0 and warm is not None:
        assignment = routing_model.model.SolveFromAssignmentWithParameters(warm, settings(left, iterated=False))
        best = _cheaper(problem, best, routing_model, assignment)
    return best


def _cheaper(problem: Problem, best: Plan, routing_model: Model, assignment: Any) -> Plan:
    if assignment is None:
        return best
    fresh = _mended(problem, routing_model.read(assignment))
    before, after = check(problem, best), check(problem, fresh)
    worse = len(after.violations) > len(before.violations) or after.total_points >= before.total_points
    return best if worse else fresh


def _mended(problem: Problem, orders: list[list[int]]) -> Plan:
    """Leave out what became late because a drive may not be interrupted by a break."""
    while True:
        mended = plan.build(problem, orders)
        late = {each.visit for each in check(problem, mended).violations if each.fault == Fault.LATE}
        late = {visit for visit in late if visit >= 0 and problem.visits[visit].frozen is None}
        if not late:
            return mended
        orders = [[v for v in order if v not in late] for order in orders]
