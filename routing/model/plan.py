"""A plan: who goes where, when; and the earliest timetable of a given order.

The order of a row is a list of numbers: `v ≥ 0` is a visit, `−1 − k` the k-th break of that shift. Breaks have no
place: they are taken where the worker is, after the stop before them, and the next leg sets out from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.model.entities import Break, Link, Window
from routing.model.problem import Problem


class Stop(NamedTuple):
    """One halt of a route. `visit` ≥ 0, or −1 − k for the k-th break; the worker leaves at `leave_seconds`."""

    visit: int
    arrive_seconds: int
    start_seconds: int
    leave_seconds: int


@dataclass(frozen=True, slots=True)
class Route:
    """What one worker does in one shift, in order."""

    worker: int
    shift: int
    stops: tuple[Stop, ...] = ()

    @property
    def visits(self) -> tuple[int, ...]:
        """Give the visits in order, without the breaks."""
        return tuple(stop.visit for stop in self.stops if stop.visit >= 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """One route for each row of the problem, in the order of its rows, and the visits that nobody makes."""

    routes: tuple[Route, ...]
    unserved: tuple[int, ...]

    @property
    def sequences(self) -> list[list[int]]:
        """Give the order of each row, breaks included."""
        return [[stop.visit for stop in route.stops] for route in self.routes]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a plan, in points; solvers minimise `total_points`."""

    travel_points: int
    late_points: int
    worst_late_points: int
    unserved_points: int
    used_points: int
    continuity_points: int
    travel_seconds: int
    wait_seconds: int
    late_seconds: int

    @property
    def total_points(self) -> int:
        """Give the sum; what continuity earns is taken off."""
        paid = self.travel_points + self.late_points + self.worst_late_points + self.unserved_points + self.used_points
        return paid - self.continuity_points


def build(problem: Problem, sequences: Sequence[Sequence[int]]) -> Plan:
    """Time the given order of every row as early as it can be; visits in no row are unserved.

    Breaks that a row does not mention are put in. Both visits of a link wait for each other. An impossible order gets
    a timetable all the same, and `routing.check` says what is wrong with it.
    """
    orders = [_with_breaks(problem, row, list(order)) for row, order in enumerate(sequences)]
    floors: dict[int, int] = {}
    timed = [_timetable(problem, row, order, floors) for row, order in enumerate(orders)]
    row_of = {visit: row for row, order in enumerate(orders) for visit in order if visit >= 0}
    both = [link for link in problem.links if link.first in row_of and link.second in row_of]
    late = set(row_of.values()) if both else set()
    starts: dict[int, int] = {}
    while late:
        starts |= {stop.visit: stop.start_seconds for row in late for stop in timed[row]}
        late = {row_of[visit] for link in both for visit in _raise(problem, link, starts, floors)}
        for row in late:
            timed[row] = _timetable(problem, row, orders[row], floors)
    return Plan(
        routes=tuple(Route(w, s, tuple(stops)) for (w, s), stops in zip(problem.rows, timed, strict=True)),
        unserved=tuple(visit for visit in range(len(problem.visits)) if visit not in row_of),
    )


def _raise(problem: Problem, link: Link, starts: dict[int, int], floors: dict[int, int]) -> list[int]:
    """Make the earlier visit of a pair wait for the later one; return the visits whose earliest start rose.

    No visit waits past its last window: otherwise two rows that wait for each other would never end.
    """
    gap = starts[link.second] - starts[link.first]
    if gap < link.gap_min_seconds:
        visit, floor = link.second, starts[link.first] + link.gap_min_seconds
    elif gap > link.gap_max_seconds:
        visit, floor = link.first, starts[link.second] - link.gap_max_seconds
    else:
        return []
    if floors.get(visit, 0) >= floor or floor > problem.visits[visit].windows[-1].latest_seconds:
        return []  # the first also ends the wait of a frozen visit, which never moves
    floors[visit] = floor
    return [visit]


def _with_breaks(problem: Problem, row: int, order: list[int]) -> list[int]:
    """Put the breaks a row does not mention where they are due: when they may begin, or before they would be late."""
    worker, shift_number = problem.rows[row]
    shift = problem.workers[worker].shifts[shift_number]
    missing = [-1 - k for k in range(len(shift.breaks)) if -1 - k not in order]
    for rest in missing:
        order = _with_break(problem, row, order, rest, shift.breaks[-1 - rest])
    return order


def _with_break(problem: Problem, row: int, order: list[int], rest: int, due: Break) -> list[int]:
    """Put one break in: as soon as it may begin, or before the stop after which it could no longer begin."""
    position, free = 0, 0
    for index, stop in enumerate(_timetable(problem, row, order, {})):
        comes_before = _under_way(problem, stop.visit) if stop.visit >= 0 else stop.visit > rest
        if not comes_before and (free >= due.earliest_seconds or stop.leave_seconds > due.latest_seconds):
            break
        position, free = index + 1, stop.leave_seconds
    return [*order[:position], rest, *order[position:]]


def _under_way(problem: Problem, visit: int) -> bool:
    frozen = problem.visits[visit].frozen
    return frozen is not None and frozen.under_way


def _timetable(problem: Problem, row: int, order: Sequence[int], floors: dict[int, int]) -> list[Stop]:
    """Time one row as early as possible; `floors` are starts that partners ask for.

    A worker sets out for the first visit of the shift just in time, and after that as soon as possible.
    """
    worker, shift_number = problem.rows[row]
    shift = problem.workers[worker].shifts[shift_number]
    legs = problem.seconds[problem.workers[worker].mode]
    place = problem.workers[worker].base if shift.start_place is None else shift.start_place
    free = max(shift.start_seconds, problem.now_seconds)
    stops: list[Stop] = []
    served = False
    for number in order:
        if number < 0:
            rest = shift.breaks[-1 - number]
            start = max(free, rest.earliest_seconds)
            stops.append(Stop(number, free, start, start + rest.duration_seconds))
            free = start + rest.duration_seconds
            continue
        visit = problem.visits[number]
        arrive = free + int(legs[place, visit.place])
        if visit.frozen is None:
            start = _first_start(visit.windows, max(arrive, floors.get(number, 0)))
        elif visit.frozen.under_way:
            arrive = start = visit.frozen.start_seconds
        else:
            start = max(arrive, visit.frozen.start_seconds)
        if not served:
            arrive, served = start, True
        stops.append(Stop(number, arrive, start, start + visit.duration_seconds))
        free = max(start + visit.duration_seconds, problem.now_seconds)
        place = visit.place
    return stops


def _first_start(windows: Sequence[Window], arrive: int) -> int:
    """Give the first moment from `arrive` on at which the service may begin; `arrive` itself when it is too late."""
    for window in windows:
        if arrive <= window.latest_seconds:
            return max(arrive, window.earliest_seconds)
    return arrive


def cost(problem: Problem, plan: Plan) -> Cost:
    """Price a plan by the problem's weights."""
    weights = problem.weights
    travel = wait = late = late_points = worst = used = continuity = 0
    for (worker_number, shift_number), route in zip(problem.rows, plan.routes, strict=True):
        worker = problem.workers[worker_number]
        shift = worker.shifts[shift_number]
        legs = problem.seconds[worker.mode]
        place = worker.base if shift.start_place is None else shift.start_place
        for stop in route.stops:
            if stop.visit < 0:
                continue
            visit = problem.visits[stop.visit]
            travel += int(legs[place, visit.place])
            wait += stop.start_seconds - stop.arrive_seconds
            if visit.due_seconds is not None:
                seconds = max(0, stop.start_seconds - visit.due_seconds)
                late += seconds
                worst = max(worst, seconds)
                late_points += seconds * visit.late_points_per_second
            if worker_number in visit.preferred:
                continuity += weights.continuity_points
            place = visit.place
        if route.visits:
            travel += int(legs[place, worker.base if shift.end_place is None else shift.end_place])
            used += worker.use_points
    return Cost(
        travel_points=travel * weights.travel_points_per_second,
        late_points=late_points,
        worst_late_points=worst * weights.worst_late_points_per_second,
        unserved_points=int(problem.arrays.visits.skip_points[list(plan.unserved)].sum()),
        used_points=used,
        continuity_points=continuity,
        travel_seconds=travel,
        wait_seconds=wait,
        late_seconds=late,
    )
