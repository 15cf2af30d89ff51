"""The insertion of `routing.insertion` in NumPy: all gaps of all workers at once, as a good script does it.

For towns of `routing.bench.district`: one shift a worker, at most one break, a flat map. A commit times its row in
plain Python, which is faster than a vectorised recurrence over a dozen stops.
"""

import numpy as np
from numpy.typing import NDArray

from routing.bench.insertion_plain import PlainBoard, PlainChoice
from routing.model.problem import Problem, Visit
from routing.model.rules import P_CLOSED, P_COMPANY, P_REACH, P_SEX, P_SKILLS, P_X, P_Y

NOWHERE = 2**40


class NumpyBoard:
    """All routes of a town as arrays [rows, positions]."""

    def __init__(self, problem: Problem, sequences: list[list[int]]) -> None:
        self.problem = problem
        self.plain = PlainBoard(problem, sequences)
        people = problem.arrays.workers.people
        self.skills, self.sex, self.company = people[P_SKILLS], people[P_SEX], people[P_COMPANY]
        self.closed, self.base_x, self.base_y = people[P_CLOSED] != 0, people[P_X], people[P_Y]
        self.reach, self.capacity = people[P_REACH], problem.arrays.rows.capacity
        self.max_work = problem.arrays.workers.max_work
        self.use = problem.arrays.rows.use_points
        count, most = len(sequences), max(map(len, sequences)) + 8
        self.pace = np.array([[row.pace] for row in self.plain.rows])
        self.mode_start = np.array([[row.mode_start] for row in self.plain.rows])
        self.x, self.y, self.next_x, self.next_y = (np.zeros((count, most)) for _ in range(4))
        self.leave, self.seconds, self.next_latest = (np.zeros((count, most), np.int64) for _ in range(3))
        self.rest_from, self.rest_until, self.rest_for = (np.zeros((count, most), np.int64) for _ in range(3))
        self.gaps, self.load, self.visits, self.first = (np.zeros(count, np.int64) for _ in range(4))
        self.worked, self.late = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.soft = np.zeros(count, np.bool_)
        for row in range(count):
            self._copy(row)

    def _copy(self, number: int) -> None:
        """Bring the arrays of one row up to date."""
        row = self.plain.rows[number]
        spots = row.spots
        self.gaps[number] = len(spots) - 1
        for i, spot in enumerate(spots[:-1]):
            following = spots[i + 1]
            rest = following.rest
            if rest is not None:
                following = spots[i + 2]
            self.x[number, i], self.y[number, i] = spot.x, spot.y
            self.next_x[number, i], self.next_y[number, i] = following.x, following.y
            self.leave[number, i], self.seconds[number, i] = spot.leave, spot.seconds
            self.next_latest[number, i] = following.latest
            self.rest_from[number, i] = 0 if rest is None else rest.earliest_seconds
            self.rest_until[number, i] = NOWHERE if rest is None else rest.latest_seconds
            self.rest_for[number, i] = 0 if rest is None else rest.duration_seconds
        self.load[number], self.visits[number] = row.load, row.visits
        self.first[number], self.soft[number] = row.first_visit, row.soft
        self.worked[number] = row.span
        self.late[number] = sum(
            max(0, spot.leave - spot.visit.duration_seconds - spot.visit.due_seconds)
            * spot.visit.late_points_per_second
            for spot in spots
            if spot.visit is not None and spot.visit.due_seconds is not None
        )

    def _permitted(self, visit: Visit, x: float, y: float) -> NDArray[np.intp]:
        """Give the rows that no fixed rule, quota or load keeps out."""
        ok = ~self.closed & (self.skills & visit.skills == visit.skills) & (self.load + visit.demand <= self.capacity)
        ok &= (self.base_x - x) ** 2 + (self.base_y - y) ** 2 <= self.reach
        if visit.sex:
            ok &= self.sex == visit.sex
        companies = np.array(self.plain.left) > 0
        if visit.companies is not None:
            contracted = np.zeros(len(companies), np.bool_)
            contracted[list(visit.companies)] = True
            companies &= contracted
        ok &= companies[self.company]
        ok[list(visit.excluded)] = False
        return np.flatnonzero(ok)

    def _legs(self, rows: NDArray[np.intp], dx: NDArray[np.float64], dy: NDArray[np.float64]) -> NDArray[np.int64]:
        square = dx * dx + dy * dy
        whole = (np.sqrt(square) * self.pace[rows] + 0.5).astype(np.int64) + self.mode_start[rows]
        return np.where(square == 0.0, 0, whole)

    def evaluate(self, visit: Visit) -> PlainChoice | None:
        """Find the cheapest place for a visit."""
        x, y = self.problem.plane.project(self.problem.places[visit.place])
        weights = self.problem.weights
        rows = self._permitted(visit, x, y)
        if not len(rows):
            return None
        wide = int(self.gaps[rows].max())
        leave = self.leave[rows, :wide]
        arrive = leave + self._legs(rows, self.x[rows, :wide] - x, self.y[rows, :wide] - y)
        start = np.full_like(arrive, NOWHERE)
        for window in reversed(visit.windows):
            start = np.where(arrive <= window.latest_seconds, np.maximum(arrive, window.earliest_seconds), start)
        free = np.maximum(start + visit.duration_seconds, self.rest_from[rows, :wide])
        ok = (start < NOWHERE) & (free <= self.rest_until[rows, :wide])
        free += self.rest_for[rows, :wide]
        onward = self._legs(rows, self.next_x[rows, :wide] - x, self.next_y[rows, :wide] - y)
        ok &= free + onward <= self.next_latest[rows, :wide]
        ok &= np.arange(wide) < self.gaps[rows, None]
        added = arrive - leave + onward - self.seconds[rows, :wide]
        ok &= added + (self.worked[rows] + visit.duration_seconds)[:, None] <= self.max_work[rows, None]
        if not ok.any():
            return None
        wait = np.where(np.arange(wide) < self.first[rows, None], 0, start - arrive) * weights.wait_points_per_second
        late = np.zeros_like(start)
        if visit.due_seconds is not None:
            late = np.maximum(0, start - visit.due_seconds) * visit.late_points_per_second
        flat = np.array(self.plain.share_points)[self.company[rows]] + np.where(
            self.visits[rows] == 0, self.use[rows], 0
        )
        flat -= np.isin(rows, list(visit.preferred)) * weights.continuity_points
        points = added * weights.travel_points_per_second + wait + late + flat[:, None]
        points = np.where(ok, points, NOWHERE)
        return self._cheapest(rows, points, start, free + onward)

    def _cheapest(
        self,
        rows: NDArray[np.intp],
        points: NDArray[np.int64],
        start: NDArray[np.int64],
        arrive_next: NDArray[np.int64],
    ) -> PlainChoice | None:
        """Give the first of the cheapest, after adding the lateness that each causes to the visits behind it.

        A gap can save at most all the present lateness of its row, which bounds its price from below.
        """
        best: PlainChoice | None = None
        bounds = np.where(points == NOWHERE, NOWHERE, points - self.late[rows][:, None])
        while True:
            line, i = divmod(int(bounds.argmin()), points.shape[1])
            if bounds[line, i] >= (NOWHERE if best is None else best.points + 1):
                return best
            bounds[line, i] = NOWHERE
            least, number = int(points[line, i]), int(rows[line])
            if self.soft[number]:
                row = self.plain.rows[number]
                j = i + 1 if row.spots[i + 1].rest is None else i + 2
                least += self.plain.followers(row, j, int(arrive_next[line, i]))
            choice = PlainChoice(least, number, i, int(start[line, i]))
            if best is None or choice.key < best.key:
                best = choice

    def commit(self, visit: Visit, choice: PlainChoice) -> None:
        """Put a visit where a choice says."""
        self.plain.commit(visit, choice)
        self._copy(choice.row)
