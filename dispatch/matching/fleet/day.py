"""One day's routes of all workers, in memory: who could come, at what price, and what keeps each of the others away.

A day is a copy of what the database holds (roster, contracts, booked hours) in the routing engine's terms. A promised
start is a promise: booked visits do not move, a new one is put into the gaps.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Self
from uuid import UUID

from dispatch.matching.fleet import candidates, crew
from dispatch.matching.fleet.candidates import Companies
from dispatch.matching.fleet.score import Option, ranked, settled
from dispatch.matching.rules import Travel, Weights
from kit import clock
from kit.china import identifiers
from kit.geo import Point
from providers.catalogue.model import Skill
from providers.roster.queries import ContractTerms, RosterWorker
from routing.insertion import board
from routing.model import problem
from routing.model.rules import PlanRule

FIRST_LOOK = 64
MOST_NUMBERS = 20_000
"""After so many visits a board is laid out anew; the engine keeps every number it has given."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One active booking."""

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
        """Return 128 bits that stand for the booking; a day's bookings are known by the XOR of theirs."""
        facts = (
            self.worker_number,
            self.latitude,
            self.longitude,
            self.starts_at.timestamp(),
            self.ends_at.timestamp(),
            self.begun,
        )
        return int.from_bytes(blake2b(repr(facts).encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is looked for; the start lies between `earliest` and `latest`, both included."""

    latitude: float
    longitude: float
    minutes: int
    earliest: datetime
    latest: datetime
    skill: Skill
    sex: identifiers.Sex | None
    persons: int
    familiar: frozenset[UUID]
    barred: frozenset[UUID]
    asked: frozenset[UUID]  # companies that have had their chance
    item_code: str
    division_code: str

    def as_json(self) -> dict[str, Any]:
        """Return the ask as the decision record keeps it."""
        return {
            name: sorted(map(str, value)) if isinstance(value, frozenset) else _plain(value)
            for name, value in asdict(self).items()
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        people = {name: frozenset(map(UUID, kept[name])) for name in ("familiar", "barred", "asked")}
        times = {name: datetime.fromisoformat(kept[name]) for name in ("earliest", "latest")}
        sex = identifiers.Sex(kept["sex"]) if kept["sex"] else None
        return cls(**{**kept, **people, **times, "skill": Skill(kept["skill"]), "sex": sex})


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Found:
    """The options, best first, and every worker's rule, by place in the fleet."""

    options: list[Option]
    rules: list[int]
    companies: Companies


class Day:
    """The fleet of one district day; see the module."""

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
        known: tuple[object, ...],
    ) -> None:
        self.day = day
        self.origin = clock.at_local(day, 0)
        self.until = self.origin + self.SPAN
        self.roster = list(roster)
        self.weights = weights
        self.travel = travel
        self.known = known  # what this day was laid out from; another value asks for a new one
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
            crew.worker(found, base=place, company=company_place[found.provider_number], origin=self.origin)
            for place, found in enumerate(roster)
        )
        self._shifts = [worker.shifts for worker in workers]
        self.board = board.Board(
            problem.Problem(
                workers=workers,
                visits=(),
                modes=crew.modes(travel),
                places=tuple(Point(found.latitude, found.longitude) for found in roster),
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
        self.unseen: set[int] = set()  # numbers of workers with a booking outside their shifts, which no route shows
        self.mark = 0

    @property
    def used(self) -> int:
        """Return how many numbers the engine has given to visits of this day."""
        return self.board.visit_count

    def advance(self, now: datetime) -> None:
        """Let time pass: nobody sets out before now, and breaks that are over have been taken."""
        seconds = max(0, crew.seconds(now, self.origin))
        if seconds != self.board.now_seconds:
            self.board.advance(seconds)
        taken = bisect_right(self._rests, seconds)
        if taken > self._taken:
            self._taken = taken
            self.board.rested()

    def blank(self) -> "Day":
        """Return the same day without any booking, to be filled and planned on while this one is looked at."""
        contracts = [one for terms in self.contracts.values() for one in terms]
        return Day(
            self.day,
            roster=self.roster,
            contracts=contracts,
            weights=self.weights,
            travel=self.travel,
            known=self.known,
        )

    def worker_id(self, number: int) -> UUID:
        """Return a worker's id."""
        return self._by_number[number].worker_id

    def provider_of(self, number: int) -> UUID:
        """Return the company that a worker works for."""
        return self._by_number[number].provider_id

    def covers(self, hours: Hours) -> bool:
        """Tell whether a booking begins within this day."""
        return self.origin <= hours.starts_at < self.until

    def book(self, booking_id: UUID, hours: Hours) -> None:
        """Take over a booking; one of a worker who is not on duty then counts in the fingerprint alone."""
        self.mark ^= hours.mark()
        place = self.place_of.get(hours.worker_id)
        if place is None:
            return
        start, end = crew.seconds(hours.starts_at, self.origin), crew.seconds(hours.ends_at, self.origin)
        shift = self.shift_of(place, start, end)
        if shift is None:
            self.unseen.add(self.numbers[place])
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
        """Return the shift of a worker in which something begins and ends; None: off duty then."""
        return next((k for k, duty in enumerate(self._shifts[place]) if _within(start, end, duty)), None)

    def release(self, booking_id: UUID, hours: Hours) -> None:
        """Give a booking's hours back."""
        self.mark ^= hours.mark()
        number = self._at.pop(booking_id, None)
        if number is not None:
            self.board.remove(number)

    def companies(self, ask: Ask, won: Mapping[int, int]) -> Companies:
        """Say which companies may not be asked, by what they have agreed to and won this month."""
        uncovered, full, asked = set(), set(), set()
        for number in self.company_numbers:
            terms = self.contracts.get(number, [])
            if not any(one.covers(ask.item_code, ask.division_code) for one in terms):
                uncovered.add(number)
            elif won.get(number, 0) >= sum(one.monthly_capacity for one in terms):
                full.add(number)
            elif self.providers[number] in ask.asked:
                asked.add(number)
        return Companies(uncovered=frozenset(uncovered), full=frozenset(full), asked=frozenset(asked))

    def allowed(self, companies: Companies) -> list[int]:
        """Return the places of the companies that may be asked."""
        return [place for place, number in enumerate(self.company_numbers) if number not in companies.out]

    def targets(self) -> dict[int, float]:
        """Return the contract share of every company with a contract."""
        return {number: sum(one.share_target for one in terms) for number, terms in sorted(self.contracts.items())}

    def find(self, ask: Ask, *, now: datetime, companies: Companies, shares: Mapping[int, int]) -> Found:
        """Look for whoever can come, best first; ties go to the lower worker's number."""
        self.advance(now)
        allowed = self.allowed(companies)
        if ask.persons > 1:
            return self._pairs(ask, allowed, companies, shares)
        return self.look(self.board.add(self.visit(ask, allowed)), companies=companies, shares=shares)

    def look(self, number: int, *, companies: Companies, shares: Mapping[int, int]) -> Found:
        """Look for whoever can make a visit that the board knows and that stands in no route, best first."""
        best = FIRST_LOOK
        while True:
            verdict = self.board.evaluate(number, best=best, exhaustive=True)
            options = ranked(self.option(shares, one) for one in verdict.candidates)
            least = verdict.candidates[-1].points if len(verdict.candidates) == best else None
            if settled(options, unlisted_from=least, cap=self.weights.share_cap_points):
                return Found(options, verdict.rules.tolist(), companies)
            best *= 4

    def fingerprint(
        self,
        ask: Ask,
        *,
        won: Mapping[int, int],
        shares: Mapping[int, int],
        taken: Iterable[int],
        now: datetime,
        beside: str | None = None,
    ) -> str:
        """Return the fingerprint of all that a choice rests on; `beside` stands for what was planned with it."""
        return candidates.fingerprint(
            {
                **({} if beside is None else {"beside": beside}),
                "ask": ask.as_json(),
                "bookings": f"{self.mark:032x}",
                "day": self.day,
                "known": self.known,
                "now": now,
                "shares": {str(number): points for number, points in shares.items()},
                "taken": sorted(taken),
                "won": {str(number): count for number, count in won.items()},
            }
        )

    def _pairs(self, ask: Ask, allowed: Sequence[int], companies: Companies, shares: Mapping[int, int]) -> Found:
        """Look for two workers of one company: an offer is put to one company."""
        options: list[Option] = []
        rules = [int(PlanRule.NOT_CONTRACTED)] * len(self.roster)
        for company in allowed:
            visit = self.visit(ask, [company])
            verdict = self.board.evaluate_pair(self.board.add(visit), self.board.add(visit), best=FIRST_LOOK)
            options += [self.option(shares, pair.first, pair.second) for pair in verdict.pairs]
            for place, (one, other) in enumerate(
                zip(verdict.first_rules.tolist(), verdict.second_rules.tolist(), strict=True)
            ):
                if self.company_of[place] == self.company_numbers[company]:
                    rules[place] = min(one, other)
        # Both orders of a pair are the same pair.
        unique = {frozenset((option.worker, option.second_worker)): option for option in ranked(options)[::-1]}
        return Found(ranked(unique.values()), rules, companies)

    def visit(self, ask: Ask, allowed: Iterable[int]) -> problem.Visit:
        """Return what is looked for in the engine's terms; `allowed` are places of companies."""
        earliest, latest = crew.seconds(ask.earliest, self.origin), crew.seconds(ask.latest, self.origin)
        barred = frozenset(self.place_of[one] for one in ask.barred if one in self.place_of)
        familiar = frozenset(self.place_of[one] for one in ask.familiar if one in self.place_of)
        return problem.Visit(
            place=self.board.place(ask.latitude, ask.longitude),
            duration_seconds=ask.minutes * 60,
            windows=(problem.Window(earliest_seconds=max(0, earliest), latest_seconds=latest),),
            skills=crew.skill_bits({ask.skill}),
            sex=crew.SEXES[ask.sex],
            companies=frozenset(allowed),
            excluded=barred,
            preferred=familiar - barred,
        )

    def option(self, shares: Mapping[int, int], *chosen: board.Candidate) -> Option:
        """Return a candidate of the engine, or two for one visit, in the words of a decision."""
        numbers = sorted(self.numbers[one.worker] for one in chosen)
        share = shares.get(self.company_of[chosen[0].worker], 0)
        return Option(
            points=sum(one.points for one in chosen) + share,
            worker=numbers[0],
            second_worker=numbers[1] if len(numbers) > 1 else 0,
            start_seconds=max(one.start_seconds for one in chosen),
            travel_points=sum(one.travel_points for one in chosen),
            wait_points=sum(one.wait_points for one in chosen),
            continuity_points=sum(one.continuity_points for one in chosen),
            share_points=share,
        )


def _within(start: int, end: int, duty: problem.Shift) -> bool:
    return duty.start_seconds <= start and end <= duty.end_seconds
