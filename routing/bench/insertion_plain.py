"""The insertion of `routing.insertion` in plain Python: a reference for its answers and its speed.

Written for reading first, but not wastefully: the same slack arithmetic, lists instead of tables, no index, no kernel.
"""

import math
from dataclasses import dataclass, field

from routing.model.problem import Break, Problem, Shift, Visit, Worker

NEVER = -(2**40)


@dataclass(slots=True)
class Spot:
    """A position of a row: a visit, a break (`rest`), or an end of the shift (neither)."""

    x: float
    y: float
    visit: Visit | None = None
    rest: Break | None = None
    leave: int = 0
    latest: int = 0
    seconds: int = 0  # from here to the next spot that has a place of its own


@dataclass(slots=True)
class PlainRow:
    """One shift of one worker."""

    worker_number: int
    worker: Worker
    shift: Shift
    pace: float
    mode_start: int
    spots: list[Spot]
    load: int = 0
    visits: int = 0
    first_visit: int = 0
    soft: bool = False
    span: int = 0  # seconds of service and travel


@dataclass(slots=True)
class PlainChoice:
    """A place for a visit; compares as the kernels do."""

    points: int
    row: int
    position: int
    start: int
    parts: tuple[int, int, int, int, int, int] = field(default=(0, 0, 0, 0, 0, 0))

    @property
    def key(self) -> tuple[int, int, int]:
        """Give what candidates are ordered by."""
        return self.points, self.row, self.position


class PlainBoard:
    """All routes of a problem whose map is flat, and whose visits are in the order given and not frozen."""

    def __init__(self, problem: Problem, sequences: list[list[int]]) -> None:
        self.problem = problem
        self.awarded = [company.awarded_visits for company in problem.companies]
        self.left = [math.inf if c.quota_visits is None else c.quota_visits for c in problem.companies]
        self.rows: list[PlainRow] = []
        self.worked = [0] * len(problem.workers)
        for (number, shift_number), order in zip(problem.rows, sequences, strict=True):
            self.rows.append(self._row(number, shift_number, order))
            worker = problem.workers[number]
            self.worked[number] += self.rows[-1].span
            self.awarded[worker.company] += self.rows[-1].visits
            self.left[worker.company] -= self.rows[-1].visits
        self.share_points = [0] * len(self.awarded)
        self._share_out()

    def _row(self, number: int, shift_number: int, order: list[int]) -> PlainRow:
        worker = self.problem.workers[number]
        shift = worker.shifts[shift_number]
        mode = self.problem.modes[worker.mode]
        ends = [worker.base if p is None else p for p in (shift.start_place, shift.end_place)]
        spots = [Spot(*self._xy(ends[0]))]
        for stop in order:
            if stop < 0:
                spots.append(Spot(0.0, 0.0, rest=shift.breaks[-1 - stop]))
            else:
                visit = self.problem.visits[stop]
                spots.append(Spot(*self._xy(visit.place), visit=visit))
        spots.append(Spot(*self._xy(ends[1])))
        pace = mode.detour / mode.speed_metres_per_second / 10.0
        row = PlainRow(number, worker, shift, pace, mode.start_seconds, spots)
        self._time(row)
        return row

    def _xy(self, place: int) -> tuple[float, float]:
        return self.problem.plane.project(self.problem.places[place])

    def _time(self, row: PlainRow) -> None:
        spots = row.spots
        free = max(row.shift.start_seconds, self.problem.now_seconds)
        spots[0].leave = free
        row.load = row.visits = row.span = 0
        row.first_visit = len(spots) - 1
        row.soft = False
        for i in range(1, len(spots) - 1):
            spot = spots[i]
            if spot.rest is not None:
                spot.x, spot.y = spots[i - 1].x, spots[i - 1].y
                free = max(free, spot.rest.earliest_seconds) + spot.rest.duration_seconds
            elif spot.visit is not None:
                seconds = self._leg(row, spots[i - 1].x, spots[i - 1].y, spot.x, spot.y)
                row.span += seconds + spot.visit.duration_seconds
                self._lead(spots, i, seconds)
                arrive = free + seconds
                start = first_start(spot.visit, arrive)
                free = (arrive if start == NEVER else start) + spot.visit.duration_seconds
                row.load += spot.visit.demand
                row.first_visit = min(row.first_visit, i)
                row.visits += 1
                row.soft = row.soft or spot.visit.late_points_per_second > 0
            spot.leave = free
        last = spots[-1]
        home = self._leg(row, spots[-2].x, spots[-2].y, last.x, last.y) if row.visits else 0
        self._lead(spots, len(spots) - 1, home)
        row.span += home
        last.latest = row.shift.end_seconds
        for i in range(len(spots) - 2, 0, -1):
            spot, following = spots[i], spots[i + 1]
            bound = following.latest - (0 if following.rest is not None else spot.seconds)
            if spot.rest is not None:
                bound -= spot.rest.duration_seconds
                spot.latest = min(bound, spot.rest.latest_seconds) if bound >= spot.rest.earliest_seconds else NEVER
            elif spot.visit is not None:
                spot.latest = last_start(spot.visit, bound - spot.visit.duration_seconds)

    @staticmethod
    def _lead(spots: list[Spot], to: int, seconds: int) -> None:
        """Write the leg to a spot at the spot it sets out from, and at the breaks between."""
        i = to - 1
        spots[i].seconds = seconds
        while spots[i].rest is not None:
            i -= 1
            spots[i].seconds = seconds

    @staticmethod
    def _leg(row: PlainRow, ax: float, ay: float, bx: float, by: float) -> int:
        dx, dy = ax - bx, ay - by
        square = dx * dx + dy * dy
        return 0 if square == 0.0 else row.mode_start + int(math.sqrt(square) * row.pace + 0.5)

    def _share_out(self) -> None:
        shares = sum(company.share for company in self.problem.companies)
        total, weights = sum(self.awarded), self.problem.weights
        cap = weights.share_cap_points
        for number, company in enumerate(self.problem.companies):
            points = weights.share_points * (self.awarded[number] * shares - total * company.share) // max(shares, 1)
            self.share_points[number] = min(max(points, -cap), cap)

    def _may(self, worker_number: int, worker: Worker, visit: Visit, xy: tuple[float, float]) -> bool:
        if worker.site_closed or self.left[worker.company] <= 0:
            return False
        if visit.companies is not None and worker.company not in visit.companies:
            return False
        if visit.skills & ~worker.skills or (visit.sex and worker.sex != visit.sex):
            return False
        if worker_number in visit.excluded:
            return False
        if worker.reach_metres is not None:
            x, y = self._xy(worker.base)
            return (x - xy[0]) ** 2 + (y - xy[1]) ** 2 <= float(worker.reach_metres * 10) ** 2
        return True

    def evaluate(self, visit: Visit) -> PlainChoice | None:
        """Find the cheapest place for a visit, reading everything."""
        x, y = self._xy(visit.place)
        weights = self.problem.weights
        best: PlainChoice | None = None
        for number, row in enumerate(self.rows):
            worker = row.worker
            if not self._may(row.worker_number, worker, visit, (x, y)):
                continue
            if worker.capacity is not None and row.load + visit.demand > worker.capacity:
                continue
            room = math.inf if worker.max_work_seconds is None else worker.max_work_seconds
            room -= self.worked[row.worker_number] + visit.duration_seconds
            spots = row.spots
            share = self.share_points[worker.company]
            continuity = weights.continuity_points if row.worker_number in visit.preferred else 0
            use = worker.use_points if row.visits == 0 else 0
            closes = visit.windows[-1].latest_seconds
            for i in range(len(spots) - 1):
                spot = spots[i]
                if spot.leave > closes:
                    break
                arrive = spot.leave + self._leg(row, spot.x, spot.y, x, y)
                start = first_start(visit, arrive)
                if start == NEVER:
                    continue
                free = start + visit.duration_seconds
                j = i + 1
                rest = spots[j].rest
                while rest is not None:
                    free = max(free, rest.earliest_seconds)
                    if free > rest.latest_seconds:
                        break
                    free += rest.duration_seconds
                    j += 1
                    rest = spots[j].rest
                if rest is not None:
                    continue
                onward = self._leg(row, x, y, spots[j].x, spots[j].y)
                if free + onward > spots[j].latest:
                    continue
                added = arrive - spot.leave + onward - spot.seconds
                if added > room:
                    continue
                late = 0
                if visit.due_seconds is not None:
                    late = max(0, start - visit.due_seconds) * visit.late_points_per_second
                if row.soft:
                    late += self.followers(row, j, free + onward)
                wait = 0 if i < row.first_visit else (start - arrive) * weights.wait_points_per_second
                travel = added * weights.travel_points_per_second
                points = travel + wait + late - continuity + share + use
                if best is None or points < best.points:
                    best = PlainChoice(points, number, i, start, (travel, wait, late, continuity, share, use))
        return best

    @staticmethod
    def followers(row: PlainRow, position: int, free: int) -> int:
        """Give the points of lateness that another arrival at a position costs there and after it."""
        points = 0
        spots = row.spots
        for i in range(position, len(spots) - 1):
            visit, rest = spots[i].visit, spots[i].rest
            if rest is not None:
                free = max(free, rest.earliest_seconds) + rest.duration_seconds
            elif visit is not None:
                before = spots[i].leave - visit.duration_seconds
                start = first_start(visit, free)
                if start == before:
                    break
                if visit.due_seconds is not None:
                    more = max(0, start - visit.due_seconds) - max(0, before - visit.due_seconds)
                    points += more * visit.late_points_per_second
                free = start + visit.duration_seconds
            if spots[i + 1].rest is None:
                free += spots[i].seconds
        return points

    def commit(self, visit: Visit, choice: PlainChoice) -> None:
        """Put a visit where a choice says."""
        row = self.rows[choice.row]
        self.worked[row.worker_number] -= row.span
        row.spots.insert(choice.position + 1, Spot(*self._xy(visit.place), visit=visit))
        self._time(row)
        self.worked[row.worker_number] += row.span
        self.awarded[row.worker.company] += 1
        self.left[row.worker.company] -= 1
        self._share_out()


def first_start(visit: Visit, arrive: int) -> int:
    """Give the first moment from `arrive` on at which a visit may begin, or NEVER."""
    for window in visit.windows:
        if arrive <= window.latest_seconds:
            return max(arrive, window.earliest_seconds)
    return NEVER


def last_start(visit: Visit, bound: int) -> int:
    """Give the last moment up to `bound` at which a visit may begin, or NEVER."""
    for window in reversed(visit.windows):
        if window.earliest_seconds <= bound:
            return min(bound, window.latest_seconds)
    return NEVER
