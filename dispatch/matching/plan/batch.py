"""Many requests of one day planned at once: which company by min-cost flow, which round by ruin and recreate.

Two people at once are the scarcest and come first, each pair at its cheapest. Then wave after wave, in the order in
which the visits must begin, some visits are given out at once (`routing.assign`): at most one to each worker, no
company beyond what is left of its month, and what a company is ahead of its contract share is priced. That settles how
many each company gets; the rounds of neighbouring workers are then made better (`routing.improve`), whereby a visit may
change its worker, its company and its hour within the window, and every company keeps its number of visits.

Pure: the same day, asks and rule give the same plan, on every machine.
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
from dispatch.matching.fleet.day import Ask, Day, Found
from dispatch.matching.fleet.score import Option, share_points, share_steps
from routing.improvement import improve
from routing.insertion.board import Candidate
from routing.model import problem
from routing.reference.assign import Batch, assign
from routing.stop import Budget

SEED = 1
WORKERS_PER_VISIT = 4
"""A wave has so many fewer visits than there are workers, so that companies can get more than their turn of it."""

MOST_TOGETHER = 40
"""So many neighbouring workers are searched together: few enough to search well, and for a table of all their ways."""

CANDIDATES = 64
"""Of each visit so many workers are considered in one wave; whoever is left over comes again in the next."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One request of the batch: whom the plan sends (None: nobody can come), and everybody else's case beside it."""

    option: Option | None
    content: decision.Content
    eased: relaxation.Relaxation | None


def digest(asks: Sequence[Ask], rounds: int) -> str:
    """Return what stands for a whole batch in each of its decisions' fingerprints."""
    return hashlib.sha256(json.dumps([[ask.as_json() for ask in asks], rounds, SEED]).encode()).hexdigest()


def plan(day: Day, asks: Sequence[Ask], *, won: Mapping[int, int], now: datetime, rounds: int) -> list[Planned]:
    """Plan the asks on a day of the caller's own, which is changed; the answers are in the order of the asks.

    `won` is what each company has in the month before the batch. Workers who are booked outside their shifts are left
    out: the day cannot show when they are free.
    """
    found = _Plan(day, asks, Counter(won), now)
    found.pairs()
    found.waves()
    for north_first in (True, False):
        found.rounds(rounds, north_first=north_first)
        found.leftovers()
    return [found.told(place) for place in range(len(asks))]


class _Plan:
    """The day while it is planned; `at` holds where each ask stands: (worker's place, start) once or twice."""

    def __init__(self, day: Day, asks: Sequence[Ask], won: Counter[int], now: datetime) -> None:
        self.day, self.asks, self.won, self.now = day, asks, won, now
        day.advance(now)
        self.out = frozenset(place for place, number in enumerate(day.numbers) if number in day.unseen)
        self.numbers = [day.board.add(self._visit(ask)) for ask in asks]
        self.second: dict[int, int] = {}
        self.at: dict[int, list[tuple[int, int]]] = {}

    def _visit(self, ask: Ask, companies: Iterable[int] | None = None) -> problem.Visit:
        allowed = self.day.allowed(self.day.companies(ask, self.won)) if companies is None else companies
        visit = self.day.visit(ask, allowed)
        return replace(visit, excluded=visit.excluded | self.out, preferred=visit.preferred - self.out)

    def _left(self, number: int) -> int:
        """Return how many visits a company may still win in the month."""
        capacity = sum(terms.monthly_capacity for terms in self.day.contracts.get(number, []))
        return max(0, capacity - self.won[number])

    def _shares(self) -> dict[int, int]:
        return share_points(self.won, self.day.targets(), self.day.weights)

    def _hold(self, place: int, number: int, worker: int, start: int) -> None:
        """Put a visit where it is decided, as a promise."""
        seconds = self.asks[place].minutes * 60
        shift = self.day.shift_of(worker, start, start + seconds)
        if shift is None:
            message = f"worker {self.day.numbers[worker]} is off duty at {start}"
            raise AssertionError(message)
        self.day.board.book(number, problem.Frozen(worker=worker, shift=shift, start_seconds=start))
        self.at.setdefault(place, []).append((worker, start))

    def pairs(self) -> None:
        """Give every visit of two people the cheapest two of one company, in the order of the asks."""
        for place, ask in enumerate(self.asks):
            if ask.persons > 1:
                self._give(place)

    def leftovers(self) -> None:
        """Try once more whoever was left over: better rounds may have made room."""
        for place in range(len(self.asks)):
            if place not in self.at:
                self._give(place)

    def _give(self, place: int) -> None:
        """Give one visit out as it would be given by itself, beside what is planned already."""
        shares = self._shares()
        options = self._found(place, shares).options
        if options:
            best = options[0]
            if best.second_worker:
                self.second[place] = self.day.board.add(self._visit(self.asks[place]))
            for number, worker in zip(self._numbers(place), _people(best), strict=True):
                self._hold(place, number, self._place_of(worker), best.start_seconds)
            self.won[self._company(best)] += 1

    def waves(self) -> None:
        """Give the single visits out, wave after wave in the order in which they must begin."""
        order = sorted(
            (place for place, ask in enumerate(self.asks) if ask.persons == 1),
            key=lambda place: (self.asks[place].latest, self.asks[place].earliest, place),
        )
        size = max(1, len(self.day.numbers) // WORKERS_PER_VISIT)
        while order and self.day.numbers:
            wave, order = order[:size], order[size:]
            waiting = self._wave(wave)
            if len(waiting) < len(wave):
                order = waiting + order

    def _wave(self, wave: Sequence[int]) -> list[int]:
        """Give a wave out, at most one visit to each worker; return whose turn comes in the next."""
        board, workers = self.day.board, len(self.day.numbers)
        points, allowed = np.zeros((len(wave), workers), np.int64), np.zeros((len(wave), workers), np.uint8)
        candidates: list[dict[int, Candidate]] = []
        for line, place in enumerate(wave):
            found = board.evaluate(self.numbers[place], best=CANDIDATES).candidates
            candidates.append({one.worker: one for one in found})
            for one in found:
                points[line, one.worker], allowed[line, one.worker] = one.points, 1
        left = {number: self._left(number) for number in self.day.company_numbers}
        steps = share_steps(self.won, self.day.targets(), left, self.day.weights, visits=len(wave))
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
                self.won[self.day.company_of[worker]] += 1
            elif able:
                waiting.append(place)
        return waiting

    def rounds(self, rounds: int, *, north_first: bool) -> None:
        """Make the rounds of neighbouring workers better, and hold every visit to the hour that comes out.

        Visits change hands between companies too, as many one way as the other: each company's count is its limit.
        """
        for workers in self._neighbours(list(range(len(self.day.numbers))), by_latitude=north_first):
            self._improve(workers, rounds)

    def _neighbours(self, workers: list[int], *, by_latitude: bool) -> Iterator[list[int]]:
        """Cut the workers into neighbourhoods, across and along in turn."""
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
        places = [place for place in sorted(self.at) if self.asks[place].persons == 1 and self.at[place][0][0] in own]
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

    def _found(self, place: int, shares: Mapping[int, int]) -> Found:
        """Look who else could come for one request, beside what is planned."""
        ask = self.asks[place]
        companies = self.day.companies(ask, self.won)
        found = self.day.find(ask, now=self.now, companies=companies, shares=shares)
        return replace(found, options=[one for one in found.options if not self.day.unseen & set(_people(one))])

    def _numbers(self, place: int) -> list[int]:
        return [self.numbers[place], *([self.second[place]] if place in self.second else [])]

    def _place_of(self, worker: int) -> int:
        return self.day.place_of[self.day.worker_id(worker)]

    def _company(self, option: Option) -> int:
        return self.day.company_of[self._place_of(option.worker)]

    def _as_planned(self, ask: Ask, standing: Sequence[tuple[int, int]], shares: Mapping[int, int]) -> Option | None:
        """Price the way the plan makes a visit that has just been taken out: the same workers at the same hour."""
        found = []
        for worker, start in standing:
            hour = (problem.Window(earliest_seconds=start, latest_seconds=start),)
            number = self.day.board.add(replace(self._visit(ask, range(len(self.day.company_numbers))), windows=hour))
            # The rest of the round may not be possible without the visit: a break is taken where the worker then is.
            able = self.day.board.evaluate(number, best=len(self.day.numbers), exhaustive=True).candidates
            found += [one for one in able if one.worker == worker]
        return self.day.option(shares, *found) if len(found) == len(standing) > 0 else None

    def told(self, place: int) -> Planned:
        """Tell one request's case beside the finished plan: the way it is made first, everybody else behind it."""
        standing = self.at.pop(place, [])
        company = self.day.company_of[standing[0][0]] if standing else None
        for number, _ in zip(self._numbers(place), standing, strict=False):
            self.day.board.remove(number)
        self.won.subtract([] if company is None else [company])
        shares = self._shares()
        found = self._found(place, shares)
        option = self._as_planned(self.asks[place], standing, shares)
        others = [one for one in found.options if option is not None and set(_people(one)) != set(_people(option))]
        content = decision.content(
            [] if option is None else [option, *others],
            rules=found.rules,
            numbers=self.day.numbers,
            company_of=self.day.company_of,
            companies=found.companies,
            taken=self.day.unseen,
        )
        eased = None
        if option is None:
            eased = relaxation.smallest(
                self.day, self.asks[place], now=self.now, companies=found.companies, taken=self.day.unseen
            )
        for number, (worker, start) in zip(self._numbers(place), standing, strict=False):
            self._hold(place, number, worker, start)
        self.won.update([] if company is None else [company])
        return Planned(option, content, eased)


def _people(option: Option) -> tuple[int, ...]:
    return (option.worker, option.second_worker) if option.second_worker else (option.worker,)
