"""One day's routes of all workers in memory: which workers can come, at what price, and why the others cannot.

A day is a copy of the database (roster, contracts, bookings) as a problem of the routing engine. Booked visits do not
move; a new visit is inserted into the gaps.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from dispatch.matching.fleet import candidates, crew
from dispatch.matching.fleet.candidates import Companies
from dispatch.matching.fleet.demand import Demand
from dispatch.matching.fleet.score import Option, ranked, settled
from dispatch.matching.rules import Travel, Weights
from kit import clock
from kit.geo import Point
from providers.roster.queries import ContractTerms, RosterWorker
from routing.insertion import board
from routing.model import problem
from routing.model.rules import PlanRule

FIRST_SEARCH = 64
MOST_NUMBERS = 20_000
"""A day with more visit numbers than this is built again, because the engine never reuses a number."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One active booking of one worker."""

    worker_id: UUID
    worker_number: int
    provider_id: UUID
    leading: bool
    latitude: float
    longitude: float
    starts_at: datetime
    ends_at: datetime
    begun: bool

    def mark(self) -> int:
        """Return a 128-bit hash of the booking; the hash of a day is the XOR of its bookings' hashes."""
        facts = (
            self.worker_number,
            self.latitude,
            self.longitude,
            self.starts_at.timestamp(),
            self.ends_at.timestamp(),
            self.begun,
        )
        return int.from_bytes(blake2b(repr(facts).encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The options, best first, and the first rule that excludes each worker, by place in the fleet."""

    options: list[Option]
    rules: list[int]
    companies: Companies


class Day:
    """The workers, contracts and booked visits of one day of the district."""

    SPAN = timedelta(hours=30)
    """From midnight to six the next morning, so that a night's visits lie within one day."""

    def __init__(
        self,
        day: date,
        *,
        roster: Sequence[RosterWorker],
        contracts: Sequence[ContractTerms],
        weights: Weights,
        travel: Travel,
        basis: tuple[object, ...],
    ) -> None:
        self.day = day
        self.origin = clock.at_local(day, 0)
        self.until = self.origin + self.SPAN
        self.roster = list(roster)
        self.weights = weights
        self.travel = travel
        self.basis = (
            basis  # versions of roster and rules that this day was built from; if they change, the day is built again
        )
        self._by_number = {worker.number: worker for worker in roster}
        self.numbers = [worker.number for worker in roster]
        self.company_numbers = sorted({worker.provider_number for worker in roster})
        self.company_of = [worker.provider_number for worker in roster]
        self.providers = {worker.provider_number: worker.provider_id for worker in roster}
        self.place_of = {worker.worker_id: place for place, worker in enumerate(roster)}
        self.contracts: dict[int, list[ContractTerms]] = {}
        for terms in contracts:
            self.contracts.setdefault(terms.provider_number, []).append(terms)
        company_place = {number: place for place, number in enumerate(self.company_numbers)}
        workers = tuple(
            crew.worker(member, base=place, company=company_place[member.provider_number], origin=self.origin)
            for place, member in enumerate(roster)
        )
        self._shifts = [worker.shifts for worker in workers]
        self.board = board.Board(
            problem.Problem(
                workers=workers,
                visits=(),
                modes=crew.modes(travel),
                places=tuple(Point(member.latitude, member.longitude) for member in roster),
                companies=tuple(problem.Company(share=0) for _ in self.company_numbers) or (problem.Company(),),
                weights=problem.Weights(
                    travel_points_per_second=weights.travel_points_per_second,
                    wait_points_per_second=weights.wait_points_per_second,
                    continuity_points=weights.continuity_points,
                    share_points=0,
                    share_cap_points=0,
                ),
            )
        )
        self._rests = sorted(
            rest.latest_seconds + rest.duration_seconds
            for duties in self._shifts
            for duty in duties
            for rest in duty.breaks
        )
        self._taken = 0
        self._at: dict[UUID, int] = {}
        self.booked_off_shift: set[int] = (
            set()
        )  # numbers of workers with a booking outside their shifts; no route contains it
        self.mark = 0

    @property
    def used(self) -> int:
        """Return how many visit numbers the engine has used for this day."""
        return self.board.visit_count

    def advance(self, now: datetime) -> None:
        """Set the present time: no worker departs before it, and breaks that end before it count as taken."""
        seconds = max(0, crew.seconds(now, self.origin))
        if seconds != self.board.now_seconds:
            self.board.advance(seconds)
        taken = bisect_right(self._rests, seconds)
        if taken > self._taken:
            self._taken = taken
            self.board.rested()

    def blank(self) -> "Day":
        """Return a new day with the same roster, contracts and rules, and without any booking."""
        contracts = [terms for company_terms in self.contracts.values() for terms in company_terms]
        return Day(
            self.day,
            roster=self.roster,
            contracts=contracts,
            weights=self.weights,
            travel=self.travel,
            basis=self.basis,
        )

    def worker_id(self, number: int) -> UUID:
        """Return the id of the worker with this number."""
        return self._by_number[number].worker_id

    def provider_of(self, number: int) -> UUID:
        """Return the id of the company of the worker with this number."""
        return self._by_number[number].provider_id

    def promised(
        self, demand: Demand, *, provider_id: UUID, numbers: Iterable[int], starts_at: datetime
    ) -> list[Hours]:
        """Return the bookings that an offer of this demand makes; the first of the workers' numbers leads."""
        return [
            Hours(
                worker_id=self._by_number[number].worker_id if number in self._by_number else UUID(int=0),
                worker_number=number,
                provider_id=provider_id,
                leading=place == 0,
                latitude=demand.latitude,
                longitude=demand.longitude,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=demand.minutes),
                begun=False,
            )
            for place, number in enumerate(numbers)
        ]

    def covers(self, hours: Hours) -> bool:
        """Return whether a booking begins within this day's span."""
        return self.origin <= hours.starts_at < self.until

    def book(self, booking_id: UUID, hours: Hours) -> None:
        """Add a booking; if its worker is off duty then, it only changes the day's hash and `booked_off_shift`."""
        self.mark ^= hours.mark()
        place = self.place_of.get(hours.worker_id)
        if place is None:
            return
        start, end = crew.seconds(hours.starts_at, self.origin), crew.seconds(hours.ends_at, self.origin)
        shift = self.shift_of(place, start, end)
        if shift is None:
            self.booked_off_shift.add(self.numbers[place])
            return
        number = self.board.add(
            problem.Visit(
                place=self.board.place(hours.latitude, hours.longitude),
                duration_seconds=end - start,
                windows=(problem.Window(earliest_seconds=start, latest_seconds=start),),
            )
        )
        self.board.book(number, problem.Frozen(worker=place, shift=shift, start_seconds=start, under_way=hours.begun))
        self._at[booking_id] = number

    def shift_of(self, place: int, start: int, end: int) -> int | None:
        """Return the index of a worker's shift that contains the seconds `start` to `end`; None: off duty."""
        return next((k for k, duty in enumerate(self._shifts[place]) if _within(start, end, duty)), None)

    def release(self, booking_id: UUID, hours: Hours) -> None:
        """Remove a booking."""
        self.mark ^= hours.mark()
        number = self._at.pop(booking_id, None)
        if number is not None:
            self.board.remove(number)

    def companies(self, demand: Demand, awarded: Mapping[int, int]) -> Companies:
        """Return which companies may not be asked: barred, no contract, monthly capacity used up, or asked before.

        `awarded` is the number of visits in the month by company number.
        """
        unchosen, barred, uncovered, full, asked = set(), set(), set(), set(), set()
        for number in self.company_numbers:
            terms = self.contracts.get(number, [])
            if demand.only_company not in {None, self.providers[number]}:
                unchosen.add(number)
            elif self.providers[number] in demand.barred_companies:
                barred.add(number)
            elif not any(contract.covers(demand.item_code, demand.division_code) for contract in terms):
                uncovered.add(number)
            elif awarded.get(number, 0) >= sum(contract.monthly_capacity for contract in terms):
                full.add(number)
            elif self.providers[number] in demand.asked:
                asked.add(number)
        return Companies(
            unchosen=frozenset(unchosen),
            barred=frozenset(barred),
            uncovered=frozenset(uncovered),
            full=frozenset(full),
            asked=frozenset(asked),
        )

    def unchosen(self, demand: Demand) -> frozenset[int]:
        """Return the numbers of the chosen company's workers who may not lead: a person chose another one of them."""
        if demand.only_worker is None:
            return frozenset()
        return frozenset(
            worker.number
            for worker in self.roster
            if worker.provider_id == demand.only_company and worker.worker_id != demand.only_worker
        )

    def allowed(self, companies: Companies) -> list[int]:
        """Return the places of the companies that may be asked, in the order of `company_numbers`."""
        return [place for place, number in enumerate(self.company_numbers) if number not in companies.out]

    def targets(self) -> dict[int, float]:
        """Return the contract share of each company with a contract, by company number."""
        return {
            number: sum(contract.share_target for contract in terms) for number, terms in sorted(self.contracts.items())
        }

    def find(self, demand: Demand, *, now: datetime, companies: Companies, shares: Mapping[int, int]) -> SearchResult:
        """Return all options for a demand, best first; equal prices are sorted by worker number."""
        self.advance(now)
        allowed = self.allowed(companies)
        if demand.persons > 1:
            pairs = self._pairs(demand, allowed, companies, shares)
            others = self.unchosen(demand)
            options = [pair for pair in pairs.options if not {pair.worker, pair.second_worker} <= others]
            return SearchResult(options, pairs.rules, companies)
        return self.search(self.board.add(self.visit(demand, allowed)), companies=companies, shares=shares)

    def search(self, number: int, *, companies: Companies, shares: Mapping[int, int]) -> SearchResult:
        """Return the options for a visit that is on the board and in no route, best first."""
        best = FIRST_SEARCH
        while True:
            verdict = self.board.evaluate(number, best=best, exhaustive=True)
            options = ranked(self.option(shares, candidate) for candidate in verdict.candidates)
            least = verdict.candidates[-1].points if len(verdict.candidates) == best else None
            if settled(options, unlisted_from=least, cap=self.weights.share_cap_points):
                return SearchResult(options, verdict.rules.tolist(), companies)
            best *= 4

    def fingerprint(
        self,
        demand: Demand,
        *,
        awarded: Mapping[int, int],
        shares: Mapping[int, int],
        taken: Iterable[int],
        now: datetime,
        beside: str | None = None,
    ) -> str:
        """Return the SHA-256 of all inputs of a decision; `beside` is the digest of the batch it was planned in."""
        return candidates.fingerprint(
            {
                **({} if beside is None else {"beside": beside}),
                "ask": demand.as_json(),
                "bookings": f"{self.mark:032x}",
                "day": self.day,
                "known": self.basis,
                "now": now,
                "shares": {str(number): points for number, points in shares.items()},
                "taken": sorted(taken),
                "won": {str(number): count for number, count in awarded.items()},
            }
        )

    def _pairs(
        self, demand: Demand, allowed: Sequence[int], companies: Companies, shares: Mapping[int, int]
    ) -> SearchResult:
        """Return the options of two workers of one company, since an offer goes to one company."""
        options: list[Option] = []
        rules = [int(PlanRule.NOT_CONTRACTED)] * len(self.roster)
        for company in allowed:
            visit = self.visit(demand, [company])
            verdict = self.board.evaluate_pair(self.board.add(visit), self.board.add(visit), best=FIRST_SEARCH)
            options += [self.option(shares, pair.first, pair.second) for pair in verdict.pairs]
            for place, (first_rule, second_rule) in enumerate(
                zip(verdict.first_rules.tolist(), verdict.second_rules.tolist(), strict=True)
            ):
                if self.company_of[place] == self.company_numbers[company]:
                    rules[place] = min(first_rule, second_rule)
        # Both orders of a pair are the same pair.
        unique = {frozenset((option.worker, option.second_worker)): option for option in ranked(options)[::-1]}
        return SearchResult(ranked(unique.values()), rules, companies)

    def visit(self, demand: Demand, allowed: Iterable[int]) -> problem.Visit:
        """Return a demand as a visit of the routing engine; `allowed` lists places of companies."""
        earliest, latest = crew.seconds(demand.earliest, self.origin), crew.seconds(demand.latest, self.origin)
        barred = frozenset(self.place_of[worker_id] for worker_id in demand.barred if worker_id in self.place_of)
        if demand.persons == 1:
            others = self.unchosen(demand)
            barred |= {place for place, number in enumerate(self.numbers) if number in others}
        liked = demand.wanted or demand.familiar
        preferred = frozenset(self.place_of[worker_id] for worker_id in liked if worker_id in self.place_of)
        return problem.Visit(
            place=self.board.place(demand.latitude, demand.longitude),
            duration_seconds=demand.minutes * 60,
            windows=(problem.Window(earliest_seconds=max(0, earliest), latest_seconds=latest),),
            skills=crew.skill_bits({demand.skill}),
            sex=crew.SEXES[demand.sex],
            companies=frozenset(allowed),
            excluded=barred,
            preferred=preferred - barred,
        )

    def option(self, shares: Mapping[int, int], *chosen: board.Candidate) -> Option:
        """Return one candidate of the engine, or two for the same visit, as an option with its share points."""
        numbers = sorted(self.numbers[candidate.worker] for candidate in chosen)
        share = shares.get(self.company_of[chosen[0].worker], 0)
        return Option(
            points=sum(candidate.points for candidate in chosen) + share,
            worker=numbers[0],
            second_worker=numbers[1] if len(numbers) > 1 else 0,
            start_seconds=max(candidate.start_seconds for candidate in chosen),
            travel_points=sum(candidate.travel_points for candidate in chosen),
            wait_points=sum(candidate.wait_points for candidate in chosen),
            continuity_points=sum(candidate.continuity_points for candidate in chosen),
            share_points=share,
        )


def _within(start: int, end: int, duty: problem.Shift) -> bool:
    return duty.start_seconds <= start and end <= duty.end_seconds
