"""The routing problem: workers, visits, companies, links, travel times and weights.

A problem is immutable and valid: contradictions are refused at construction, each kind by its own code
(`routing.model.validation`). Workers, visits, companies, places and modes are numbered by their position.

Units are in the names. Time is whole seconds from an origin the caller chooses (the district's midnight); places are
WGS-84 points; costs are whole **points**, by default 100 to a second of travel. All numbers that enter a decision are
whole, so that the compiled kernels, the checker and a calculation by hand agree exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kit.geo import Point
from routing.model import arrays, validation
from routing.model.entities import (
    LONGEST_SECONDS,
    Break,
    Company,
    Frozen,
    Link,
    Mode,
    Sex,
    Shift,
    Visit,
    Weights,
    Window,
    Worker,
)
from routing.model.rules import all_fixed_rules
from routing.model.travel import Plane, planar_matrices, plane_of

__all__ = [
    "Break",
    "Company",
    "Frozen",
    "Link",
    "Mode",
    "Point",
    "Problem",
    "Sex",
    "Shift",
    "Visit",
    "Weights",
    "Window",
    "Worker",
]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Workers and visits, and what binds them; see the module for units.

    `travel_seconds`, if given, holds whole seconds, `[modes, places, places]`, row = from; it may be asymmetric and
    need not obey the triangle inequality. Then `places` may be empty. Otherwise legs are planar (`travel`).
    `now_seconds`: nobody sets out before it, except to visits that are under way.
    """

    workers: tuple[Worker, ...]
    visits: tuple[Visit, ...]
    modes: tuple[Mode, ...]
    places: tuple[Point, ...] = ()
    companies: tuple[Company, ...] = (Company(),)
    links: tuple[Link, ...] = ()
    weights: Weights = field(default_factory=Weights)
    travel_seconds: NDArray[np.integer] | None = None
    now_seconds: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.now_seconds <= LONGEST_SECONDS:
            raise validation.NumberTooLarge(name="problem.now_seconds", value=self.now_seconds, most=LONGEST_SECONDS)
        if self.travel_seconds is not None:
            self._check_matrix(self.travel_seconds)
        for worker in self.workers:
            self._check_worker(worker)
        for visit in self.visits:
            self.check_visit(visit, place_count=self.place_count)
        linked: set[int] = set()
        for link in self.links:
            _check_number("link.first", link.first, len(self.visits))
            _check_number("link.second", link.second, len(self.visits))
            if linked & {link.first, link.second}:
                raise validation.LinkedTwice(first=link.first, second=link.second)
            linked |= {link.first, link.second}
        self._check_frozen()

    @property
    def place_count(self) -> int:
        """Give how many places there are; with a matrix and no points, as many as the matrix has."""
        return len(self.places) if self.travel_seconds is None else int(self.travel_seconds.shape[1])

    @cached_property
    def rows(self) -> tuple[tuple[int, int], ...]:
        """Give the (worker, shift) of each row; a row is what other solvers call a vehicle."""
        return tuple((w, s) for w, worker in enumerate(self.workers) for s in range(len(worker.shifts)))

    @cached_property
    def first_row(self) -> tuple[int, ...]:
        """Give the row of each worker's first shift, and at the end the number of rows."""
        firsts = [0]
        for worker in self.workers:
            firsts.append(firsts[-1] + len(worker.shifts))
        return tuple(firsts)

    @cached_property
    def plane(self) -> Plane:
        """Give the flat map on which places have decimetre coordinates."""
        return plane_of(self.places)

    @cached_property
    def arrays(self) -> arrays.Arrays:
        """Give the problem as the kernels read it, read-only."""
        places = self.places or (Point(0.0, 0.0),) * self.place_count
        x, y = arrays.coordinates(places, self.plane)
        flat = arrays.Arrays(
            visits=arrays.visit_arrays(self.visits, self.links, len(self.companies), self.first_row, self.weights),
            rows=arrays.row_arrays(self.workers, self.now_seconds),
            workers=arrays.worker_arrays(self.workers, x, y),
            x=x,
            y=y,
        )
        arrays.seal(flat)
        return flat

    @cached_property
    def seconds(self) -> NDArray[np.int32]:
        """Give all legs: int32 seconds, `[modes, places, places]`, row = from, read-only."""
        if self.travel_seconds is not None:
            matrix = np.ascontiguousarray(self.travel_seconds, np.int32)
        else:
            matrix = planar_matrices(self.arrays.x, self.arrays.y, self.modes)
        matrix.flags.writeable = False
        return matrix

    @cached_property
    def rules(self) -> NDArray[np.uint8]:
        """Give, `[visits, workers]`, the fixed rule that keeps a worker from a visit, 0 where none does."""
        flat = self.arrays
        wanted = np.stack(
            [flat.visits.skills, flat.visits.sex, flat.x[flat.visits.place], flat.y[flat.visits.place]], axis=1
        ).astype(np.int64)
        out = np.empty((len(self.visits), len(self.workers)), np.uint8)
        all_fixed_rules(
            wanted, flat.visits.company_rule.astype(np.int64), flat.visits.excluded, flat.workers.people, out
        )
        out.flags.writeable = False
        return out

    @cached_property
    def preferred(self) -> NDArray[np.uint8]:
        """Give, `[visits, workers]`, 1 where the visit asks for the worker it knows."""
        out = np.zeros((len(self.visits), len(self.workers)), np.uint8)
        for number, visit in enumerate(self.visits):
            out[number, sorted(visit.preferred)] = 1
        out.flags.writeable = False
        return out

    def check_visit(self, visit: Visit, *, place_count: int) -> None:
        """Refuse a visit that refers to a place, company, worker or shift that there is not."""
        _check_number("visit.place", visit.place, place_count)
        _check_numbers("visit.companies", visit.companies or (), len(self.companies))
        _check_numbers("visit.excluded", visit.excluded, len(self.workers))
        _check_numbers("visit.preferred", visit.preferred, len(self.workers))
        if visit.frozen is not None:
            _check_number("frozen.worker", visit.frozen.worker, len(self.workers))
            shifts = self.workers[visit.frozen.worker].shifts
            _check_number("frozen.shift", visit.frozen.shift, len(shifts))
            shift, start = shifts[visit.frozen.shift], visit.frozen.start_seconds
            if start < shift.start_seconds or start + visit.duration_seconds > shift.end_seconds:
                raise validation.FrozenOutsideShift(worker=visit.frozen.worker, start_seconds=start)

    def _check_worker(self, worker: Worker) -> None:
        _check_number("worker.base", worker.base, self.place_count)
        _check_number("worker.company", worker.company, len(self.companies))
        _check_number("worker.mode", worker.mode, len(self.modes))
        for shift in worker.shifts:
            for place in (shift.start_place, shift.end_place):
                if place is not None:
                    _check_number("shift.place", place, self.place_count)

    def _check_matrix(self, matrix: NDArray[np.integer]) -> None:
        if not np.issubdtype(matrix.dtype, np.integer):
            raise validation.MatrixNotWhole(dtype=str(matrix.dtype))
        count = len(self.places) or (matrix.shape[1] if matrix.ndim == 3 else 0)
        if matrix.shape != (len(self.modes), count, count):
            raise validation.MatrixShape(shape=list(matrix.shape), modes=len(self.modes), places=count)
        if matrix.size and matrix.min() < 0:
            raise validation.MatrixNegative(least=int(matrix.min()))
        if matrix.size and matrix.max() > LONGEST_SECONDS:
            raise validation.NumberTooLarge(name="travel_seconds", value=int(matrix.max()), most=LONGEST_SECONDS)

    def _check_frozen(self) -> None:
        """Refuse frozen visits of one shift that overlap; whether travel fits between them is the checker's to say.

        A visit that began late is valid; a promise that it makes impossible must be withdrawn by the caller.
        """
        kept = sorted(
            (visit.frozen.worker, visit.frozen.start_seconds, visit.duration_seconds, number)
            for number, visit in enumerate(self.visits)
            if visit.frozen is not None
        )
        for (worker, start, duration, first), (other, after, _, second) in pairwise(kept):
            if worker == other and start + duration > after:
                raise validation.FrozenClash(worker=worker, visits=[first, second])


def _check_number(name: str, number: int, count: int) -> None:
    if not 0 <= number < count:
        raise validation.UnknownNumber(name=name, number=number, count=count)


def _check_numbers(name: str, numbers: Iterable[int], count: int) -> None:
    for number in numbers:
        _check_number(name, number, count)
