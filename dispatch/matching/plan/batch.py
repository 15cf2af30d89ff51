"""Plan many requests of one day together: min-cost flow chooses the companies, ruin and recreate the routes.

1. Visits that need two workers come first, because pairs are scarce: each gets the cheapest pair.
2. Visits for one worker are assigned in waves, by the latest time at which they must begin (`routing.assign`). In one
   wave a worker gets at most one visit, a company gets no more than its remaining monthly capacity, and visits beyond
   its contract share cost points. This step decides how many visits each company gets.
3. The routes of neighbouring workers are improved (`routing.improve`): a visit may change worker, company and start
   within its window, but each company keeps its number of visits.

Pure: the same day, demands and rule give the same plan on every machine.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from dispatch.matching.decide import relaxation
from dispatch.matching.fleet import candidates as decision
from dispatch.matching.fleet.day import Day, SearchResult
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.score import Option, share_points, share_steps
from routing.improvement import improve
from routing.insertion.board import Candidate
from routing.model import problem
from routing.reference.assign import Batch, assign
from routing.stop import Budget

SEED = 1
WORKERS_PER_VISIT = 4
"""A wave holds one visit for this many workers, so that one company can get several visits of it."""

MOST_TOGETHER = 40
"""The most neighbouring workers that are improved together: the travel table of more would be too large to search."""

CANDIDATES = 64
"""How many workers are considered for each visit in one wave; an unassigned visit comes again in the next wave."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The result for one request: the chosen option (None: nobody can come) and the content of its decision record.

    `relaxed` is the smallest change with which somebody could come, if `option` is None.
    """

    option: Option | None
    content: decision.Content
    relaxed: relaxation.Relaxation | None


def digest(demands: Sequence[Demand], rounds: int) -> str:
    """Return the SHA-256 of a whole batch, which goes into the fingerprint of each of its decisions."""
    return hashlib.sha256(json.dumps([[demand.as_json() for demand in demands], rounds, SEED]).encode()).hexdigest()


def plan(
    day: Day, demands: Sequence[Demand], *, awarded: Mapping[int, int], now: datetime, rounds: int
) -> list[Planned]:
    """Plan the demands on a day that the caller owns and that is changed; results are in the order of the demands.

    `awarded` is how many visits each company number has in the month without this batch. Workers who are booked outside
    their shifts are left out, since the day does not show when they are free.
    """
    planning = _Plan(day, demands, Counter(awarded), now)
    planning.pairs()
    planning.waves()
    for north_first in (True, False):
        planning.rounds(rounds, north_first=north_first)
        planning.leftovers()
    return [planning.result_of(place) for place in range(len(demands))]


class _Plan:
    """The day during planning; `at` maps a demand's place to (worker's place, start), one pair or two."""

    def __init__(self, day: Day, demands: Sequence[Demand], awarded: Counter[int], now: datetime) -> None:
        self.day, self.demands, self.awarded, self.now = day, demands, awarded, now
        day.advance(now)
        self.out = frozenset(place for place, number in enumerate(day.numbers) if number in day.booked_off_shift)
        self.numbers = [day.board.add(self._visit(demand)) for demand in demands]
        self.second: dict[int, int] = {}
        self.at: dict[int, list[tuple[int, int]]] = {}

    def _visit(self, demand: Demand, companies: Iterable[int] | None = None) -> problem.Visit:
        allowed = self.day.allowed(self.day.companies(demand, self.awarded)) if companies is None else companies
        visit = self.day.visit(demand, allowed)
        return replace(visit, excluded=visit.excluded | self.out, preferred=visit.preferred - self.out)

    def _left(self, number: int) -> int:
        """Return how many more visits a company may be awarded in the month."""
        capacity = sum(terms.monthly_capacity for terms in self.day.contracts.get(number, []))
        return max(0, capacity - self.awarded[number])

    def _shares(self) -> dict[int, int]:
        return share_points(self.awarded, self.day.targets(), self.day.weights)

    def _hold(self, place: int, number: int, worker: int, start: int) -> None:
        """Book a visit of the plan at a fixed worker and start (seconds)."""
        seconds = self.demands[place].minutes * 60
        shift = self.day.shift_of(worker, start, start + seconds)
        if shift is None:
            message = f"worker {self.day.numbers[worker]} is off duty at {start}"
            raise AssertionError(message)
        self.day.board.book(number, problem.Frozen(worker=worker, shift=shift, start_seconds=start))
        self.at.setdefault(place, []).append((worker, start))

    def pairs(self) -> None:
        """Assign the cheapest pair of one company to each visit that needs two workers, in the order of the demands."""
        for place, demand in enumerate(self.demands):
            if demand.persons > 1:
                self._give(place)

    def leftovers(self) -> None:
        """Try to assign each unassigned visit again, since improved routes may have room for it."""
        for place in range(len(self.demands)):
            if place not in self.at:
                self._give(place)

    def _give(self, place: int) -> None:
        """Assign one visit as a single decision would, given the visits planned so far."""
        shares = self._shares()
        options = self._search(place, shares).options
        if options:
            best = options[0]
            if best.second_worker:
                self.second[place] = self.day.board.add(self._visit(self.demands[place]))
            for number, worker in zip(self._numbers(place), _people(best), strict=True):
                self._hold(place, number, self._place_of(worker), best.start_seconds)
            self.awarded[self._company(best)] += 1

    def waves(self) -> None:
        """Assign the visits for one worker in waves, sorted by their latest start."""
        order = sorted(
            (place for place, demand in enumerate(self.demands) if demand.persons == 1),
            key=lambda place: (self.demands[place].latest, self.demands[place].earliest, place),
        )
        size = max(1, len(self.day.numbers) // WORKERS_PER_VISIT)
        while order and self.day.numbers:
            wave, order = order[:size], order[size:]
            waiting = self._wave(wave)
            if len(waiting) < len(wave):
                order = waiting + order

    def _wave(self, wave: Sequence[int]) -> list[int]:
        """Assign one wave, at most one visit to each worker; return the places to put into the next wave."""
        board, workers = self.day.board, len(self.day.numbers)
        points, allowed = np.zeros((len(wave), workers), np.int64), np.zeros((len(wave), workers), np.uint8)
        candidates: list[dict[int, Candidate]] = []
        for line, place in enumerate(wave):
            able_workers = board.evaluate(self.numbers[place], best=CANDIDATES).candidates
            candidates.append({candidate.worker: candidate for candidate in able_workers})
            for candidate in able_workers:
                points[line, candidate.worker], allowed[line, candidate.worker] = candidate.points, 1
        left = {number: self._left(number) for number in self.day.company_numbers}
        steps = share_steps(self.awarded, self.day.targets(), left, self.day.weights, visits=len(wave))
        places = {number: place for place, number in enumerate(self.day.company_numbers)}
        given = assign(
            Batch(
                points=points,
                allowed=allowed,
                unassigned_points=np.full(len(wave), problem.Weights().unserved_points),
                most=np.ones(workers, np.int64),
                company_of=np.array([places[number] for number in self.day.company_of], np.int64),
                steps=tuple(np.array(steps[number], np.int64) for number in self.day.company_numbers),
            )
        )
        waiting = []
        for place, worker, able in zip(wave, given.workers.tolist(), candidates, strict=True):
            if worker >= 0:
                board.commit(self.numbers[place], able[worker])
                self.at[place] = [(worker, able[worker].start_seconds)]
                self.awarded[self.day.company_of[worker]] += 1
            elif able:
                waiting.append(place)
        return waiting

    def rounds(self, rounds: int, *, north_first: bool) -> None:
        """Improve the routes of neighbouring workers, and book every visit at its new start.

        Visits may move between companies, but each company keeps its number of visits.
        """
        for workers in self._neighbours(list(range(len(self.day.numbers))), by_latitude=north_first):
            self._improve(workers, rounds)

    def _neighbours(self, workers: list[int], *, by_latitude: bool) -> Iterator[list[int]]:
        """Split the workers into neighbourhoods, by latitude and longitude in turn."""
        if len(workers) <= MOST_TOGETHER:
            yield sorted(workers)
            return
        homes = self.day.roster
        workers.sort(key=lambda k: (homes[k].latitude if by_latitude else homes[k].longitude, k))
        half = len(workers) // 2
        for side in (workers[:half], workers[half:]):
            yield from self._neighbours(side, by_latitude=not by_latitude)

    def _improve(self, workers: Sequence[int], rounds: int) -> None:
        own = set(workers)
        places = [
            place for place in sorted(self.at) if self.demands[place].persons == 1 and self.at[place][0][0] in own
        ]
        if not places:
            return
        part = self.day.board.part(workers)
        loose = {self.numbers[place] for place in places}
        visits = tuple(
            replace(visit, frozen=None) if number in loose else visit
            for visit, number in zip(part.problem.visits, part.visits, strict=True)
        )
        counts = Counter(part.problem.workers[route.worker].company for route in part.plan.routes for _ in route.visits)
        companies = tuple(
            replace(company, quota_visits=counts[number]) for number, company in enumerate(part.problem.companies)
        )
        free = replace(part.problem, visits=visits, companies=companies)
        better = improve.improve(free, part.plan, budget=Budget(rounds=rounds), seed=SEED)
        better = part.plan if better.unserved else better
        starts = {
            part.visits[stop.visit]: (part.workers[route.worker], stop.start_seconds)
            for route in better.routes
            for stop in route.stops
            if stop.visit >= 0
        }
        for place in places:
            self.day.board.remove(self.numbers[place])
            del self.at[place]
        for place in sorted(places, key=lambda place: starts[self.numbers[place]][1]):
            self._hold(place, self.numbers[place], *starts[self.numbers[place]])

    def _search(self, place: int, shares: Mapping[int, int]) -> SearchResult:
        """Search the workers who could come for one request, given the rest of the plan."""
        demand = self.demands[place]
        companies = self.day.companies(demand, self.awarded)
        search = self.day.find(demand, now=self.now, companies=companies, shares=shares)
        return replace(
            search,
            options=[option for option in search.options if not self.day.booked_off_shift & set(_people(option))],
        )

    def _numbers(self, place: int) -> list[int]:
        return [self.numbers[place], *([self.second[place]] if place in self.second else [])]

    def _place_of(self, worker: int) -> int:
        return self.day.place_of[self.day.worker_id(worker)]

    def _company(self, option: Option) -> int:
        return self.day.company_of[self._place_of(option.worker)]

    def _as_planned(
        self, demand: Demand, standing: Sequence[tuple[int, int]], shares: Mapping[int, int]
    ) -> Option | None:
        """Return the price of a visit that was just removed, with the same workers at the same start."""
        parts = []
        for worker, start in standing:
            hour = (problem.Window(earliest_seconds=start, latest_seconds=start),)
            number = self.day.board.add(
                replace(self._visit(demand, range(len(self.day.company_numbers))), windows=hour)
            )
            # Without the visit the rest of the route may be infeasible, since a break is taken where the worker is.
            able = self.day.board.evaluate(number, best=len(self.day.numbers), exhaustive=True).candidates
            parts += [candidate for candidate in able if candidate.worker == worker]
        return self.day.option(shares, *parts) if len(parts) == len(standing) > 0 else None

    def result_of(self, place: int) -> Planned:
        """Return the result of one request in the finished plan: the planned option first, then all other options."""
        standing = self.at.pop(place, [])
        company = self.day.company_of[standing[0][0]] if standing else None
        for number, _ in zip(self._numbers(place), standing, strict=False):
            self.day.board.remove(number)
        self.awarded.subtract([] if company is None else [company])
        shares = self._shares()
        search = self._search(place, shares)
        option = self._as_planned(self.demands[place], standing, shares)
        others = [
            other for other in search.options if option is not None and set(_people(other)) != set(_people(option))
        ]
        content = decision.content(
            [] if option is None else [option, *others],
            rules=search.rules,
            numbers=self.day.numbers,
            company_of=self.day.company_of,
            companies=search.companies,
            taken=self.day.booked_off_shift,
        )
        relaxed = None
        if option is None:
            relaxed = relaxation.smallest(
                self.day, self.demands[place], now=self.now, companies=search.companies, taken=self.day.booked_off_shift
            )
        for number, (worker, start) in zip(self._numbers(place), standing, strict=False):
            self._hold(place, number, worker, start)
        self.awarded.update([] if company is None else [company])
        return Planned(option, content, relaxed)


def _people(option: Option) -> tuple[int, ...]:
    return (option.worker, option.second_worker) if option.second_worker else (option.worker,)
