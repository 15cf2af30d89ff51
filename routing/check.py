"""Check a plan against its problem, rule by rule, without any code of the solvers.

Plain Python on the problem's entities alone: the checker measures the legs and adds up the costs itself and reads none
of the kernels' arrays. A plan without violations can be carried out as it stands.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from kit.geo import EARTH_METRES
from routing.model.plan import Plan, Route, Stop
from routing.model.problem import Problem, Shift, Visit, Worker


class Fault(StrEnum):
    """What is wrong with a plan."""

    ROWS = "rows"  # not one route for each row, in order
    UNKNOWN = "unknown"  # a visit or break that the problem does not have
    TWICE = "twice"  # a visit made twice, or made and called unserved
    FORGOTTEN = "forgotten"  # a visit neither made nor called unserved
    TRAVEL = "travel"  # begins before the worker can be there
    EARLY = "early"  # begins before it may, or before the shift or now
    LATE = "late"  # begins after it may
    DURATION = "duration"  # ends before the service is done
    SHIFT_END = "shift_end"  # not back by the end of the shift
    BREAK = "break"  # a break missing, repeated, or out of its bounds
    SKILL = "skill"
    CERTIFICATE = "certificate"
    SEX = "sex"
    EXCLUDED = "excluded"
    NOT_CONTRACTED = "not_contracted"
    REACH = "reach"
    SITE_CLOSED = "site_closed"
    CAPACITY = "capacity"
    MAX_WORK = "max_work"
    COMPANY_QUOTA = "company_quota"
    FROZEN = "frozen"  # a frozen visit moved, or something put before one that is under way
    HALF_A_PAIR = "half_a_pair"  # one of two linked visits is made, the other is not
    SAME_WORKER = "same_worker"  # one worker for both of a pair
    GAP = "gap"  # two linked visits too near or too far apart


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: which, at which visit and worker (−1 where it concerns none), and by how much."""

    fault: Fault
    visit: int = -1
    worker: int = -1
    says: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check; `missed` are visits that must be served and are not."""

    violations: tuple[Violation, ...]
    missed: tuple[int, ...]
    total_points: int
    travel_seconds: int

    @property
    def lawful(self) -> bool:
        """Return whether no rule is broken; a plan may be lawful and yet leave visits out."""
        return not self.violations


def check(problem: Problem, plan: Plan) -> CheckReport:
    """Check a plan: every rule of the problem, every leg, every sum."""
    shape = [(route.worker, route.shift) for route in plan.routes]
    wanted = [(number, shift) for number, worker in enumerate(problem.workers) for shift in range(len(worker.shifts))]
    if shape != wanted:
        return CheckReport((Violation(Fault.ROWS, says=f"{len(shape)} routes for {len(wanted)} shifts"),), (), 0, 0)
    strange = [
        Violation(Fault.UNKNOWN, visit, route.worker)
        for route in plan.routes
        for visit in (stop.visit for stop in route.stops)
        if not -len(problem.workers[route.worker].shifts[route.shift].breaks) <= visit < len(problem.visits)
    ]
    if strange:
        return CheckReport(tuple(strange), (), 0, 0)
    missed = tuple(visit for visit in plan.unserved if problem.visits[visit].skip_points is None)
    ground = _Ground(problem)
    travelled = [_travelled(problem, ground, route) for route in plan.routes]
    return CheckReport(
        violations=(
            *_counted(problem, plan),
            *(fault for route in plan.routes for fault in _driven(problem, ground, route)),
            *(fault for route in plan.routes for fault in _permitted(problem, ground, route)),
            *_added_up(problem, plan, travelled),
            *_paired(problem, plan),
        ),
        missed=missed,
        total_points=_points(problem, plan, travelled),
        travel_seconds=sum(travelled),
    )


class _Ground:
    """The legs of a problem: from the caller's matrix, or on the flat map, each place laid on it once."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._spots: list[tuple[int, int]] = []
        if problem.places:
            origin = problem.places[0]
            shrink = math.cos(math.radians(origin.latitude))
            for place in problem.places:
                east = math.radians((place.longitude - origin.longitude + 540.0) % 360.0 - 180.0) * shrink
                north = math.radians(place.latitude - origin.latitude)
                spot = round_half_up(EARTH_METRES * east * 10.0), round_half_up(EARTH_METRES * north * 10.0)
                self._spots.append(spot)

    def leg(self, worker: Worker, start: int, end: int) -> int:
        """Measure one leg in whole seconds, by the definition of the worker's mode."""
        if self._problem.travel_seconds is not None:
            return int(self._problem.travel_seconds[worker.mode][start][end])
        mode = self._problem.modes[worker.mode]
        decimetres = self.straight_decimetres(start, end)
        if decimetres == 0:
            return 0
        return mode.start_seconds + math.floor(decimetres * (mode.detour / mode.speed_metres_per_second / 10.0) + 0.5)

    def straight_decimetres(self, start: int, end: int) -> float:
        """Measure the straight line between two places on a map laid flat around the problem's first place."""
        if not self._spots:
            return 0.0
        (ax, ay), (bx, by) = self._spots[start], self._spots[end]
        return math.sqrt((ax - bx) ** 2 + (ay - by) ** 2)


def _counted(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Every visit once, in a route or among the unserved; every break once; frozen visits where they were."""
    times = Counter(stop.visit for route in plan.routes for stop in route.stops if stop.visit >= 0)
    times.update(plan.unserved)
    for number in range(len(problem.visits)):
        if times[number] > 1:
            yield Violation(Fault.TWICE, number)
        elif times[number] == 0:
            yield Violation(Fault.FORGOTTEN, number)
    for route in plan.routes:
        rests = [stop.visit for stop in route.stops if stop.visit < 0]
        breaks = problem.workers[route.worker].shifts[route.shift].breaks
        if rests != [-1 - k for k in range(len(breaks))]:
            yield Violation(Fault.BREAK, worker=route.worker, says=f"breaks {rests} of {len(breaks)}")
    held = {
        stop.visit: (route.worker, route.shift, stop.start_seconds) for route in plan.routes for stop in route.stops
    }
    for number, visit in enumerate(problem.visits):
        frozen = visit.frozen
        if frozen is not None and held.get(number) != (frozen.worker, frozen.shift, frozen.start_seconds):
            yield Violation(Fault.FROZEN, number, frozen.worker, f"is at {held.get(number)}")


def _driven(problem: Problem, ground: _Ground, route: Route) -> Iterator[Violation]:
    """Follow one worker through one shift by the clock."""
    worker = problem.workers[route.worker]
    shift = worker.shifts[route.shift]
    place = _start_place(worker, shift)
    free = max(shift.start_seconds, problem.now_seconds)
    loose = False  # something that is not under way has been done
    for stop in route.stops:
        if stop.visit < 0:
            yield from _rested(shift, route.worker, stop, free)
            free, loose = stop.leave_seconds, True
            continue
        visit = problem.visits[stop.visit]
        under_way = visit.frozen is not None and visit.frozen.under_way
        if under_way and loose:
            yield Violation(Fault.FROZEN, stop.visit, route.worker, "something was put before it")
        if not under_way:
            loose = True
            there = free + ground.leg(worker, place, visit.place)
            if stop.start_seconds < there or stop.arrive_seconds < there or stop.start_seconds < stop.arrive_seconds:
                yield Violation(Fault.TRAVEL, stop.visit, route.worker, f"there at {there}, begins {stop}")
            if visit.frozen is None:
                yield from _in_window(visit, route.worker, stop)
        if stop.leave_seconds != stop.start_seconds + visit.duration_seconds:
            yield Violation(Fault.DURATION, stop.visit, route.worker, f"leaves at {stop.leave_seconds}")
        free = max(stop.leave_seconds, problem.now_seconds)
        place = visit.place
    back = free + (ground.leg(worker, place, _end_place(worker, shift)) if _serves(route) else 0)
    if _serves(route) and loose and back > shift.end_seconds:
        yield Violation(Fault.SHIFT_END, worker=route.worker, says=f"back at {back} of {shift.end_seconds}")


def _rested(shift: Shift, worker: int, stop: Stop, free: int) -> Iterator[Violation]:
    rest = shift.breaks[-1 - stop.visit]
    in_time = max(free, rest.earliest_seconds) <= stop.start_seconds <= rest.latest_seconds
    if not in_time or stop.leave_seconds != stop.start_seconds + rest.duration_seconds:
        yield Violation(Fault.BREAK, stop.visit, worker, f"free at {free}, break {stop}")


def _in_window(visit: Visit, worker: int, stop: Stop) -> Iterator[Violation]:
    if not any(w.earliest_seconds <= stop.start_seconds <= w.latest_seconds for w in visit.windows):
        late = stop.start_seconds > visit.windows[-1].latest_seconds
        yield Violation(Fault.LATE if late else Fault.EARLY, stop.visit, worker, f"begins at {stop.start_seconds}")


def _permitted(problem: Problem, ground: _Ground, route: Route) -> Iterator[Violation]:
    """Whether this worker may make these visits at all; what is frozen has been decided already."""
    worker = problem.workers[route.worker]
    for stop in route.stops:
        if stop.visit < 0 or problem.visits[stop.visit].frozen is not None:
            continue
        visit = problem.visits[stop.visit]
        missing = visit.skills & ~worker.skills
        if worker.site_closed:
            yield Violation(Fault.SITE_CLOSED, stop.visit, route.worker)
        if visit.companies is not None and worker.company not in visit.companies:
            yield Violation(Fault.NOT_CONTRACTED, stop.visit, route.worker)
        if missing:
            lapsed = missing & ~worker.lapsed_skills == 0
            yield Violation(Fault.CERTIFICATE if lapsed else Fault.SKILL, stop.visit, route.worker)
        if visit.sex and worker.sex != visit.sex:
            yield Violation(Fault.SEX, stop.visit, route.worker)
        if route.worker in visit.excluded:
            yield Violation(Fault.EXCLUDED, stop.visit, route.worker)
        if worker.reach_metres is not None:
            away = ground.straight_decimetres(worker.base, visit.place)
            if away > worker.reach_metres * 10:
                yield Violation(Fault.REACH, stop.visit, route.worker, f"{away / 10:.0f} m from the base")


def _added_up(problem: Problem, plan: Plan, travelled: Sequence[int]) -> Iterator[Violation]:
    """Check what holds for a whole shift, a whole day, a whole company."""
    worked: Counter[int] = Counter()
    awarded: Counter[int] = Counter()
    for route, travel in zip(plan.routes, travelled, strict=True):
        worker = problem.workers[route.worker]
        load = sum(problem.visits[visit].demand for visit in route.visits)
        if worker.capacity is not None and load > worker.capacity:
            yield Violation(Fault.CAPACITY, worker=route.worker, says=f"{load} of {worker.capacity}")
        serving = sum(problem.visits[visit].duration_seconds for visit in route.visits)
        worked[route.worker] += serving + travel
        awarded[worker.company] += len(route.visits)
    for number, worker in enumerate(problem.workers):
        if worker.max_work_seconds is not None and worked[number] > worker.max_work_seconds:
            yield Violation(Fault.MAX_WORK, worker=number, says=f"{worked[number]} of {worker.max_work_seconds}")
    for number, company in enumerate(problem.companies):
        if company.quota_visits is not None and awarded[number] > company.quota_visits:
            yield Violation(Fault.COMPANY_QUOTA, says=f"company {number}: {awarded[number]} of {company.quota_visits}")


def _paired(problem: Problem, plan: Plan) -> Iterator[Violation]:
    made = {stop.visit: (route.worker, stop) for route in plan.routes for stop in route.stops if stop.visit >= 0}
    for link in problem.links:
        if link.first not in made or link.second not in made:
            if link.first in made or link.second in made:
                yield Violation(Fault.HALF_A_PAIR, link.first if link.first in made else link.second)
            continue
        (worker, first), (partner, second) = made[link.first], made[link.second]
        if worker == partner:
            yield Violation(Fault.SAME_WORKER, link.first, worker)
        gap = second.start_seconds - first.start_seconds
        if not link.gap_min_seconds <= gap <= link.gap_max_seconds:
            yield Violation(Fault.GAP, link.second, partner, f"{gap} seconds after the first")


def _points(problem: Problem, plan: Plan, travelled: Sequence[int]) -> int:
    """Add up what the plan costs, from the entities alone."""
    weights = problem.weights
    points = worst = 0
    for route, travel in zip(plan.routes, travelled, strict=True):
        worker = problem.workers[route.worker]
        points += travel * weights.travel_points_per_second
        points += worker.use_points if _serves(route) else 0
        for stop in route.stops:
            if stop.visit < 0:
                continue
            visit = problem.visits[stop.visit]
            if route.worker in visit.preferred:
                points -= weights.continuity_points
            if visit.due_seconds is not None and stop.start_seconds > visit.due_seconds:
                points += (stop.start_seconds - visit.due_seconds) * visit.late_points_per_second
                worst = max(worst, stop.start_seconds - visit.due_seconds)
    for number in plan.unserved:
        visit = problem.visits[number]
        must = visit.skip_points is None
        points += weights.unserved_points * (1 + visit.priority) if must else visit.skip_points or 0
    return points + worst * weights.worst_late_points_per_second


def _travelled(problem: Problem, ground: _Ground, route: Route) -> int:
    if not _serves(route):
        return 0
    worker = problem.workers[route.worker]
    shift = worker.shifts[route.shift]
    places = [_start_place(worker, shift), *(problem.visits[v].place for v in route.visits), _end_place(worker, shift)]
    return sum(ground.leg(worker, a, b) for a, b in pairwise(places))


def _serves(route: Route) -> bool:
    return any(stop.visit >= 0 for stop in route.stops)


def _start_place(worker: Worker, shift: Shift) -> int:
    return worker.base if shift.start_place is None else shift.start_place


def _end_place(worker: Worker, shift: Shift) -> int:
    return worker.base if shift.end_place is None else shift.end_place


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, a half always upwards."""
    return math.floor(value + 0.5)
