"""Insert one visit into the current routes: the candidates, their prices, and why no other worker.

A `Board` holds the current routes of all workers. Visits are added to it and get a number; a number is evaluated, which
changes nothing, and a candidate of the evaluation is committed, which does. Before the first request of a process call
`routing.warm()`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from kit.geo import Point
from kit.refusal import Kind, Refusal
from routing.compiled import entry
from routing.insertion import change, fleet, search
from routing.insertion.pair import search_pair
from routing.insertion.rows import C_QUOTA_LEFT, LENGTH, NOW, NUMBER, V_PIN, V_ROW, V_UNDER_WAY
from routing.insertion.search import CANDIDATE_COLUMNS, ROW
from routing.model import plan as plans
from routing.model import validation
from routing.model.arrays import FAR, Bytes, Shorts
from routing.model.part import Part, part_of
from routing.model.plan import Plan
from routing.model.problem import Frozen, Link, Mode, Problem, Shift, Visit, Window, Worker
from routing.model.rules import PlanRule


class CandidateStale(Refusal):
    """The routes have changed since the candidate was found: it does not fit there any more."""

    code = "routing.candidate_stale"
    kind = Kind.CONFLICT


class VisitPlaced(Refusal):
    """The visit stands in a route already, or, where it should, in none."""

    code = "routing.visit_placed"
    kind = Kind.CONFLICT


class Candidate(NamedTuple):
    """One way to make a visit: its worker, its place among the stops, its times, and its cost in points, part by part.

    `position` is the number of stops of that shift, breaks included, that come before. `points` = travel + wait + late
    + share + use − continuity.
    """

    worker: int
    shift: int
    position: int
    arrive_seconds: int
    start_seconds: int
    points: int
    travel_points: int
    wait_points: int
    late_points: int
    continuity_points: int
    share_points: int
    use_points: int


class Verdict(NamedTuple):
    """The result of an evaluation: candidates, best first, one for each worker; and a rule for every worker.

    `rules` [workers]: 0 for the candidates, else the number of the `PlanRule` that excludes the worker; BEATEN for a
    worker who cannot be better than the candidates.
    """

    candidates: tuple[Candidate, ...]
    rules: Bytes

    @property
    def ruled_out(self) -> dict[PlanRule, int]:
        """Count the workers that each rule excludes, the strictest rule first."""
        counts = Counter(self.rules.tolist())
        return {rule: counts[rule] for rule in PlanRule if rule is not PlanRule.NONE and counts[rule]}


class Pair(NamedTuple):
    """Two workers who can make two linked visits; their points add up."""

    first: Candidate
    second: Candidate

    @property
    def points(self) -> int:
        """Give the price of both."""
        return self.first.points + self.second.points


class PairVerdict(NamedTuple):
    """The result of an evaluation of two linked visits: pairs, best first, and every worker's rule for either visit.

    A worker who could come but has no partner has `PlanRule.PARTNER`. With pairs found, rule 0 says only that the
    worker could make that visit.
    """

    pairs: tuple[Pair, ...]
    first_rules: Bytes
    second_rules: Bytes


class Snapshot(NamedTuple):
    """A board as a problem with its plan, for the solvers; visit k of the problem is `numbers[k]` on the board."""

    problem: Problem
    plan: Plan
    numbers: tuple[int, ...]


class Board:
    """The routes of all workers as they stand, for one visit at a time; begins with a plan, or with what is frozen.

    One board is one thread's: an evaluation writes into the board's own scratch.
    """

    def __init__(self, problem: Problem, plan: Plan | None = None) -> None:
        self._problem = problem
        self._visits: list[Visit] = []
        self._places = list(problem.places)
        self._place_count = problem.place_count
        self._links = list(problem.links)
        self._candidate = np.zeros(CANDIDATE_COLUMNS, np.int64)
        self._best = np.zeros((1, CANDIDATE_COLUMNS), np.int64)
        self._fleet = fleet.make_fleet(problem)
        for visit in problem.visits:
            self.add(visit)
        if plan is None:
            held = [(v.frozen.start_seconds, n, v.frozen) for n, v in enumerate(problem.visits) if v.frozen is not None]
            for _, number, frozen in sorted(held, key=lambda item: item[:2]):
                self._insert_by_clock(number, frozen)
        else:
            self.adopt(plan, range(len(problem.visits)))

    @property
    def worker_count(self) -> int:
        """Give how many workers there are."""
        return len(self._problem.workers)

    @property
    def visit_count(self) -> int:
        """Give how many visits the board has, in a route or not."""
        return len(self._visits)

    @property
    def now_seconds(self) -> int:
        """Give the moment before which nobody sets out."""
        return int(self._fleet.settings[NOW])

    def advance(self, now_seconds: int) -> None:
        """Advance the time: no worker sets out before `now_seconds`, and all rows are timed anew."""
        self._fleet.settings[NOW] = now_seconds
        change.time_all(self._fleet)

    def rested(self) -> None:
        """Remove the breaks that are over by now: they have been taken."""
        breaks = self._fleet.breaks
        breaks[breaks[:, 1] + breaks[:, 2] <= self.now_seconds] = (0, FAR, 0)
        change.time_all(self._fleet)

    def place(self, latitude: float, longitude: float, legs: tuple[Shorts, Shorts] | None = None) -> int:
        """Add a place and give its number.

        Where the problem has a matrix, `legs` are whole seconds `[modes, places]`: from every earlier place to the
        new one, and from the new one to every earlier place.
        """
        if (legs is None) != (self._problem.travel_seconds is None):
            raise validation.MatrixShape(shape=[], modes=len(self._problem.modes), places=self._place_count)
        number = self._place_count
        if legs is not None:
            self._fleet = fleet.with_place(self._fleet, number, *legs)
        self._places.append(Point(latitude, longitude))
        self._place_count += 1
        return number

    def add(self, visit: Visit) -> int:
        """Add a visit and give its number; it stands in no route yet. Refuses what a problem refuses."""
        self._problem.check_visit(visit, place_count=self._place_count)
        number = len(self._visits)
        x, y = self._problem.plane.project(self._places[visit.place]) if self._places else (0.0, 0.0)
        self._fleet = fleet.with_visit(self._fleet, self._problem, number, visit, int(x), int(y))
        self._visits.append(visit)
        return number

    def worker(self, number: int) -> Worker:
        """Give a worker."""
        return self._problem.workers[number]

    def visit(self, number: int) -> Visit:
        """Give a visit as it now is, frozen or not."""
        return self._visits[number]

    def evaluate(self, number: int, *, best: int = 5, exhaustive: bool = False) -> Verdict:
        """Find the best candidates for a visit that stands in no route; changes nothing.

        With `exhaustive` every worker is examined and has an exact rule; the candidates are the same.
        """
        self._expect(number, placed=False)
        if len(self._best) != best:
            self._best = np.empty((best, CANDIDATE_COLUMNS), np.int64)
        table = self._best
        find = search.survey if exhaustive else search.search
        count = entry(find)(self._fleet, number, table, self._candidate)
        candidates = [Candidate._make(line[:ROW]) for line in table.tolist()[:count]]
        return Verdict(tuple(candidates), self._fleet.rule.copy())

    def evaluate_pair(
        self, first: int, second: int, *, gap_min_seconds: int = 0, gap_max_seconds: int = 0, best: int = 5
    ) -> PairVerdict:
        """Find the best two workers for two visits whose starts must lie `gap_min` to `gap_max` apart."""
        Link(first=first, second=second, gap_min_seconds=gap_min_seconds, gap_max_seconds=gap_max_seconds)
        self._expect(first, placed=False)
        self._expect(second, placed=False)
        table = np.empty((best, 2, CANDIDATE_COLUMNS), np.int64)
        rules = np.zeros((2, len(self._problem.workers)), np.uint8)
        count = search_pair(self._fleet, first, second, gap_min_seconds, gap_max_seconds, table, rules)
        pairs = tuple(Pair(*map(Candidate._make, both)) for both in table[:count, :, :ROW].tolist())
        return PairVerdict(pairs, rules[0], rules[1])

    def commit(self, number: int, candidate: Candidate) -> None:
        """Put a visit where a candidate says; refuses one that does not fit there any more."""
        row = self._problem.first_row[candidate.worker] + candidate.shift
        self._make_room(row)
        position, start = candidate.position, candidate.start_seconds
        put = entry(change.insert_if_fits)
        if not (0 <= number < len(self._visits) and put(self._fleet, row, position, number, start, self._candidate)):
            self._expect(number, placed=False)
            raise CandidateStale(number=number, worker=candidate.worker)

    def commit_pair(self, first: int, second: int, pair: Pair) -> None:
        """Put two linked visits where a pair says, and hold both to the start that was agreed."""
        both = ((first, pair.first), (second, pair.second))
        for number, candidate in both:
            self._expect(number, placed=False)
            row = self._problem.first_row[candidate.worker] + candidate.shift
            position, start = candidate.position, candidate.start_seconds
            if not change.fits(self._fleet, row, position, number, start, start, self._candidate):
                raise CandidateStale(number=number, worker=candidate.worker)
        apart = pair.second.start_seconds - pair.first.start_seconds
        self._links.append(Link(first=first, second=second, gap_min_seconds=apart, gap_max_seconds=apart))
        for number, candidate in both:
            worker, shift, start = candidate.worker, candidate.shift, candidate.start_seconds
            self._pin(number, Frozen(worker=worker, shift=shift, start_seconds=start))
            row = self._problem.first_row[worker] + shift
            self._make_room(row)
            change.insert(self._fleet, row, candidate.position, number)

    def book(self, number: int, frozen: Frozen) -> None:
        """Put a visit where the caller has decided, and freeze it there: a promise, or a visit that has begun."""
        self._expect(number, placed=False)
        self._pin(number, frozen)
        self._insert_by_clock(number, frozen)

    def begin(self, number: int, start_seconds: int) -> None:
        """Mark a visit of a route as begun, or its worker as on the way to start it then."""
        self._expect(number, placed=True)
        worker, shift = self._problem.rows[int(self._fleet.visits[number, V_ROW])]
        self.remove(number)
        self.book(number, Frozen(worker=worker, shift=shift, start_seconds=start_seconds, under_way=True))

    def lasts(self, number: int, duration_seconds: int) -> None:
        """Set how long a visit of a route takes or took: it overran, or ended early."""
        self._expect(number, placed=True)
        self._visits[number] = replace(self._visits[number], duration_seconds=duration_seconds)
        row = int(self._fleet.visits[number, V_ROW])
        change.change_duration(self._fleet, row, number, duration_seconds)

    def remove(self, number: int) -> None:
        """Take a visit out of its route; the board keeps it, without any promise."""
        self._expect(number, placed=True)
        change.remove(self._fleet, int(self._fleet.visits[number, V_ROW]), number)
        self._visits[number] = replace(self._visits[number], frozen=None)
        self._fleet.visits[number, V_PIN], self._fleet.visits[number, V_UNDER_WAY] = -1, 0
        self._links = [link for link in self._links if number not in {link.first, link.second}]

    def order(self, worker: int, shift: int) -> list[int]:
        """Give the order of a shift: board numbers of visits, −1 − k for break k."""
        row = self._problem.first_row[worker] + shift
        length = int(self._fleet.rows[row, LENGTH])
        return [int(number) for number in self._fleet.positions[row, 1 : length + 1, NUMBER]]

    def snapshot(self, waiting: Iterable[int] = ()) -> Snapshot:
        """Give the routes, and the waiting visits named, as a problem and its plan."""
        orders = [self.order(worker, shift) for worker, shift in self._problem.rows]
        numbers = tuple(sorted({number for order in orders for number in order if number >= 0} | set(waiting)))
        index = {number: k for k, number in enumerate(numbers)}
        count = self._place_count
        problem = replace(
            self._problem,
            visits=tuple(self._visits[number] for number in numbers),
            places=tuple(self._places),
            links=tuple(
                replace(link, first=index[link.first], second=index[link.second])
                for link in self._links
                if link.first in index and link.second in index
            ),
            travel_seconds=self._fleet.roads[:, :count, :count] if self._fleet.roads.shape[1] else None,
            now_seconds=self.now_seconds,
        )
        sequences = [[index.get(number, number) for number in order] for order in orders]
        return Snapshot(problem, plans.build(problem, sequences), numbers)

    def part(self, workers: Sequence[int], waiting: Iterable[int] = ()) -> Part:
        """Give what some workers do, and the waiting visits named, as a small problem of its own with its plan."""
        orders = {
            worker: [self.order(worker, shift) for shift in range(len(self._problem.workers[worker].shifts))]
            for worker in workers
        }
        awarded = Counter(
            self._problem.workers[worker].company
            for worker in workers
            for order in orders[worker]
            for number in order
            if number >= 0
        )
        left = self._fleet.companies[C_QUOTA_LEFT].tolist()
        count = self._place_count
        return part_of(
            self._problem,
            workers=workers,
            orders=orders,
            visits=self._visits,
            waiting=waiting,
            places=self._places,
            links=self._links,
            roads=self._fleet.roads[:, :count, :count] if self._fleet.roads.shape[1] else None,
            quotas=[
                None if company.quota_visits is None else max(0, left[number] + awarded[number])
                for number, company in enumerate(self._problem.companies)
            ],
            now_seconds=self.now_seconds,
        )

    def adopt(self, plan: Plan, numbers: Sequence[int]) -> None:
        """Take over a plan of a snapshot's problem; `numbers[k]` is the board's number of its visit k.

        Linked visits are held to the start that the plan gives them.
        """
        linked = {number for link in self._links for number in (link.first, link.second)}
        change.clear(self._fleet)
        for row, route in enumerate(plan.routes):
            while len(route.stops) + 2 > self._fleet.positions.shape[1]:
                self._fleet = fleet.with_longer_rows(self._fleet)
            for stop in route.stops:
                number = stop.visit if stop.visit < 0 else numbers[stop.visit]
                if number in linked and self._visits[number].frozen is None:
                    self._pin(number, Frozen(worker=route.worker, shift=route.shift, start_seconds=stop.start_seconds))
                change.append(self._fleet, row, number)
        change.add_up(self._fleet)

    def _expect(self, number: int, *, placed: bool) -> None:
        if not 0 <= number < len(self._visits):
            raise validation.UnknownNumber(name="board.visit", number=number, count=len(self._visits))
        if (self._fleet.visits.item(number, V_ROW) >= 0) != placed:
            raise VisitPlaced(number=number, placed=not placed)

    def _pin(self, number: int, frozen: Frozen) -> None:
        self._visits[number] = replace(self._visits[number], frozen=frozen)
        self._fleet.visits[number, V_PIN] = frozen.start_seconds
        self._fleet.visits[number, V_UNDER_WAY] = int(frozen.under_way)

    def _make_room(self, row: int) -> None:
        if self._fleet.rows.item(row, LENGTH) + 3 > self._fleet.positions.shape[1]:
            self._fleet = fleet.with_longer_rows(self._fleet)

    def _insert_by_clock(self, number: int, frozen: Frozen) -> None:
        row = self._problem.first_row[frozen.worker] + frozen.shift
        self._make_room(row)
        position = change.position_at(self._fleet, row, number, frozen.start_seconds, self._candidate)
        change.insert(self._fleet, row, position, number)


def warm() -> None:
    """Load every kernel of this module, or compile those that are not on disk; takes a second, or a minute once."""
    here = Point(0.0, 0.0)
    problem = Problem(
        workers=(
            Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=7_200),)),
            Worker(base=0, shifts=(Shift(start_seconds=0, end_seconds=7_200),)),
        ),
        visits=(Visit(place=0, duration_seconds=60, windows=(Window(earliest_seconds=0, latest_seconds=3_600),)),) * 3,
        modes=(Mode(name="on foot", speed_metres_per_second=1.0, detour=1.0),),
        places=(here,),
    )
    board = Board(problem)
    board.advance(60)
    board.evaluate(0, exhaustive=True)
    board.commit(0, board.evaluate(0).candidates[0])
    board.begin(0, 60)
    board.lasts(0, 90)
    board.commit_pair(1, 2, board.evaluate_pair(1, 2).pairs[0])
    board.adopt(board.snapshot().plan, (0, 1, 2))
