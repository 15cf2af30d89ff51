"""What everybody will do next, and when: a fold over the events told, so that a killed run finds its agenda again.

Nothing here is stored. `hear` takes one event after another, live or out of the log, and every time is a draw by the
call's number and the attempt. What is due at the same instant is done in the order of `Phase`, calls and attempts.
"""

import heapq
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import singledispatchmethod
from uuid import UUID

from events.contracts.care_requests import CareRequested, CareRequestUnserved
from events.contracts.event import Event
from events.contracts.feedback import ComplaintDecided, ComplaintReceived, FeedbackGiven
from events.contracts.offers import NobodyFound, OfferAccepted, OfferLapsed, OfferRefused, OfferWithdrawn, VisitOffered
from events.contracts.settlement import ChargeMade
from events.contracts.visits import (
    NobodyHome,
    VisitAborted,
    VisitFinished,
    VisitHeld,
    VisitMissed,
    VisitMoved,
    VisitVerified,
    VisitVoided,
    WorkerArrived,
    WorkerDeparted,
)
from kit import clock
from simulations.sampling import Dice

GRID = timedelta(minutes=5)
"""Workers and desks act on full five minutes; calls and urgent answers come on their own."""
_ANSWERS = (("accept", 90), ("refuse", 7), ("silent", 3))
_URGENT_ANSWERS = (("accept", 96), ("refuse", 3), ("silent", 1))
_QUARTER = timedelta(minutes=15)
_ADAY = timedelta(days=1)
_BETWEEN = timedelta(minutes=10)  # nobody is at the next door sooner after leaving one


class Phase(IntEnum):
    """What may be done side by side within one instant, and what must see all that came before it."""

    DOORS = 1  # changes nobody else's chances: done one after the other without waiting for what follows
    CHANCES = 2  # gives hours back or asks somebody else: each waits until all is quiet
    CALLS = 3  # the calls of the instant, in the order of their numbers
    PAPERS = 4  # sweeps, nights and months


class Deed(StrEnum):
    """What somebody does, or the platform does because time has passed."""

    ANSWER = "answer"
    DEPART = "depart"
    ARRIVE = "arrive"
    LEAVE = "leave"
    RATE = "rate"
    DECIDE_HELD = "decide_held"
    COMPLAIN = "complain"
    SETTLE_COMPLAINT = "settle_complaint"
    CALL_BACK = "call_back"
    REFUSE = "refuse"
    ABORT = "abort"
    LAPSE = "lapse"
    MISS = "miss"
    LOOK_AGAIN = "look_again"
    SWEEP = "sweep"
    NIGHT = "night"
    MONTH = "month"


PHASES = {
    Deed.REFUSE: Phase.CHANCES,
    Deed.ABORT: Phase.CHANCES,
    Deed.LAPSE: Phase.CHANCES,
    Deed.MISS: Phase.CHANCES,
    Deed.LOOK_AGAIN: Phase.CHANCES,
    Deed.SWEEP: Phase.PAPERS,
    Deed.NIGHT: Phase.PAPERS,
    Deed.MONTH: Phase.PAPERS,
}
_COMING = frozenset({Deed.ANSWER, Deed.REFUSE, Deed.LAPSE, Deed.DEPART, Deed.ARRIVE, Deed.LEAVE, Deed.ABORT, Deed.MISS})
ROUNDS = frozenset({Deed.CALL_BACK, Deed.LOOK_AGAIN, Deed.SWEEP, Deed.NIGHT, Deed.MONTH})
"""Deeds about everything that waits, not about one visit; doing one again at the same instant changes nothing."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What a call has become: its number, the door (WGS-84 degrees), the latest arrival, and whether it is urgent."""

    call: int
    door: tuple[float, float]
    latest: datetime
    urgent: bool


@dataclass(slots=True)
class Trip:
    """One visit as its people know it."""

    call: int
    attempt: int
    door: tuple[float, float]
    visit_id: UUID
    offer_id: UUID
    provider_id: UUID
    workers: tuple[UUID, ...]
    starts_at: datetime
    minutes: float
    latest: datetime
    urgent: bool
    arrive_at: datetime | None = None
    complaint_id: UUID | None = None


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """One deed, due at an instant; `call` and `attempt` say about what (−1 for a round)."""

    at: datetime
    phase: Phase
    call: int
    attempt: int
    deed: Deed
    trip: Trip | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[Deed, int, int]:
        """Return what can be due only once at a time."""
        return (self.deed, self.call, self.attempt)


@dataclass(slots=True)
class Agenda:
    """All that is due; `placed` says of a request which call it came of, and is filled by whoever places it."""

    dice: Dice
    missed_after: timedelta
    placed: dict[UUID, Placed] = field(default_factory=dict)
    refused: int = 0
    trips: dict[UUID, Trip] = field(default_factory=dict)
    open_requests: set[UUID] = field(default_factory=set)
    unanswered: set[UUID] = field(default_factory=set)
    _over: set[UUID] = field(default_factory=set)
    _heap: list[Due] = field(default_factory=list)
    _due: dict[tuple[Deed, int, int], Due] = field(default_factory=dict)
    _left: dict[UUID, datetime] = field(default_factory=dict)
    _inside: dict[UUID, datetime] = field(default_factory=dict)

    def next_at(self) -> datetime | None:
        """Return when something is due next."""
        while self._heap and self._due.get(self._heap[0].key) is not self._heap[0]:
            heapq.heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def pop(self, now: datetime, phase: Phase) -> Due | None:
        """Take the first deed of a phase that is due by now."""
        at = self.next_at()
        if at is None or at > now or self._heap[0].phase > phase:
            return None
        found = heapq.heappop(self._heap)
        del self._due[found.key]
        return found

    def put(self, deed: Deed, at: datetime, trip: Trip | None = None) -> None:
        """Make a deed due; one of the same visit and kind that was due at another time no longer is."""
        call, attempt = (trip.call, trip.attempt) if trip else (-1, -1)
        if trip is None and deed in {Deed.NIGHT, Deed.MONTH, Deed.CALL_BACK}:
            attempt = -clock.day_of(at).toordinal()
        new = Due(at, PHASES.get(deed, Phase.DOORS), call, attempt, deed, trip)
        self._due[new.key] = new
        heapq.heappush(self._heap, new)

    def drop(self, trip: Trip, *deeds: Deed) -> None:
        """Make deeds about a visit due no more."""
        for deed in deeds:
            self._due.pop((deed, trip.call, trip.attempt), None)

    def has(self, deed: Deed) -> bool:
        """Tell whether a deed of a kind is due at any time."""
        return any(key[0] is deed for key in self._due)

    def resume(self, now: datetime) -> None:
        """After hearing a whole log: let go of the rounds of the past, and begin those that turn while somebody waits.

        A visit's deed that is overdue was either without effect, and is so again, or waits for its worker.
        """
        for due in [due for due in self._due.values() if due.deed in ROUNDS and due.at < now]:
            del self._due[due.key]
        for deed in (Deed.LOOK_AGAIN, Deed.SWEEP):
            self._due.pop((deed, -1, -1), None)
        self._turn(now, just_after=False)

    def _turn(self, now: datetime, *, just_after: bool) -> None:
        # Whatever is still open a day after everybody's hours have passed is a fault, and no sweep will mend it.
        if now > max((placed.latest for placed in self.placed.values()), default=now) + _ADAY:
            return
        step = timedelta(seconds=1) if just_after else timedelta()
        if self.unanswered and (Deed.LOOK_AGAIN, -1, -1) not in self._due:
            self.put(Deed.LOOK_AGAIN, grid(now + step))
        if self.open_requests and (Deed.SWEEP, -1, -1) not in self._due:
            self.put(Deed.SWEEP, grid(now + step, _QUARTER))

    def turned(self, now: datetime) -> None:
        """Let the rounds come again while somebody waits."""
        self._turn(now, just_after=True)

    def may_arrive(self, trip: Trip) -> datetime:
        """Return when the workers of a visit can be at its door, after the doors they have been at before."""
        at = trip.arrive_at or trip.starts_at
        for worker in trip.workers:
            for known in (self._inside, self._left):
                if worker in known:
                    at = max(at, grid(known[worker] + _BETWEEN))
        return at

    def hear(self, event: Event, now: datetime) -> None:
        """Take in one event that was told at an instant."""
        self._react(event, now)
        self._turn(now, just_after=True)

    @singledispatchmethod
    def _react(self, event: Event, now: datetime) -> None:
        """Say what an event means for what comes next; most mean nothing."""

    @_react.register
    def _requested(self, event: CareRequested, _now: datetime) -> None:
        # A handler may answer before the teller's commit returns to Python, so that the end can be heard first.
        if event.request_id not in self._over:
            self.open_requests.add(event.request_id)

    @_react.register
    def _offered(self, event: VisitOffered, now: datetime) -> None:
        self.unanswered.discard(event.request_id)
        placed = self.placed[event.request_id]
        workers = (event.worker_id,) if event.second_worker_id is None else (event.worker_id, event.second_worker_id)
        trip = Trip(
            placed.call,
            event.attempt,
            placed.door,
            event.visit_id,
            event.offer_id,
            event.provider_id,
            workers,
            event.starts_at,
            (event.ends_at - event.starts_at) / timedelta(minutes=1),
            placed.latest,
            placed.urgent,
        )
        self.trips[event.visit_id] = trip
        about = (trip.call, trip.attempt)
        likely = _URGENT_ANSWERS if trip.urgent else _ANSWERS
        answer = self.dice.weighted(likely, "answer", *about)
        think = self.dice.whole(1, 3, "think", *about) if trip.urgent else self.dice.whole(2, 20, "think", *about)
        at = now + timedelta(minutes=think)
        if answer == "silent":
            self.put(Deed.LAPSE, event.deadline, trip)
        else:
            deed = Deed.ANSWER if answer == "accept" else Deed.REFUSE
            self.put(deed, at if trip.urgent else grid(at), trip)

    @_react.register
    def _accepted(self, event: OfferAccepted, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, Deed.ANSWER)
        trip.starts_at = event.starts_at
        about = (trip.call, trip.attempt)
        fate = self.dice.weighted((("goes", 992), ("never comes", 5), ("turns back", 3)), "trip", *about)
        late = self.dice.weighted((((-2, 5), 85), ((5, 25), 12), ((25, 60), 3)), "lateness", *about)
        arrive = max(now + GRID, event.starts_at + timedelta(minutes=self.dice.between(*late, "late", *about)))
        trip.arrive_at = grid(arrive)
        if fate == "never comes":
            self.put(Deed.MISS, trip.latest + self.missed_after, trip)
            return
        depart = max(now + GRID, trip.arrive_at - timedelta(minutes=self.dice.whole(8, 25, "way", *about)))
        self.put(Deed.DEPART, grid(depart), trip)
        if fate == "turns back":
            self.put(Deed.ABORT, max(grid(depart), trip.arrive_at), trip)
        else:
            self.put(Deed.ARRIVE, trip.arrive_at, trip)

    @_react.register
    def _moved(self, event: VisitMoved, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        trip.workers = tuple(one for one in (event.worker_id, event.second_worker_id) if one is not None)
        later, trip.starts_at = event.starts_at - trip.starts_at, event.starts_at
        for deed in (Deed.DEPART, Deed.ARRIVE, Deed.ABORT):
            if due := self._due.get((deed, trip.call, trip.attempt)):
                self.put(deed, grid(max(now + GRID, due.at + later)), trip)
        if trip.arrive_at is not None:
            trip.arrive_at = grid(max(now + GRID, trip.arrive_at + later))

    @_react.register
    def _closed(self, event: OfferRefused | OfferLapsed | OfferWithdrawn, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], *_COMING)

    @_react.register
    def _departed(self, event: WorkerDeparted, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], Deed.DEPART)

    @_react.register
    def _arrived(self, event: WorkerArrived, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, Deed.DEPART, Deed.ARRIVE)
        about = (trip.call, trip.attempt)
        if self.nobody_home(trip):
            stay = float(self.dice.whole(16, 25, "wait", *about))
        else:
            part = self.dice.weighted((((0.95, 1.15), 96), ((0.4, 0.75), 4)), "part", *about)
            stay = trip.minutes * self.dice.between(*part, "stay", *about)
        leave = grid(now + timedelta(minutes=stay))
        for worker in trip.workers:
            self._inside[worker] = leave
        self.put(Deed.LEAVE, leave, trip)

    def nobody_home(self, trip: Trip) -> bool:
        """Tell whether nobody opens."""
        return self.dice.chance(0.02, "nobody home", trip.call, trip.attempt)

    @_react.register
    def _ended(self, event: VisitFinished | NobodyHome | VisitAborted | VisitMissed, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, *_COMING)
        for worker in trip.workers:
            if self._inside.pop(worker, None) is not None:
                self._left[worker] = now
        if not isinstance(event, VisitAborted | VisitMissed):
            self._close(event.request_id)
        day = clock.day_of(now)
        # The night after, after the silence of 72 hours, and when a company's access to the address ends.
        for days in (1, 4, 8):
            self.put(Deed.NIGHT, clock.at_local(day + timedelta(days=days), 3 * 60))
        if isinstance(event, VisitFinished):
            self.put(Deed.CALL_BACK, self.call_back_at(day))
            if self.dice.chance(0.55, "rates", trip.call, trip.attempt):
                wait = timedelta(minutes=self.dice.whole(10, 360, "rates after", trip.call, trip.attempt))
                self.put(Deed.RATE, _awake(now + wait), trip)

    @staticmethod
    def call_back_at(day: date) -> datetime:
        """Return the hour of the next day at which elders are called back."""
        return clock.at_local(day + timedelta(days=1), 10 * 60)

    @classmethod
    def call_back_at_or_after(cls, at: datetime) -> datetime:
        """Return the first hour from an instant on at which elders are called back."""
        day = clock.day_of(at)
        return next(hour for hour in map(cls.call_back_at, (day - timedelta(days=1), day)) if hour >= at)

    @_react.register
    def _held(self, event: VisitHeld, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, *_COMING)
        self._close(event.request_id)
        self.put(Deed.DECIDE_HELD, clock.at_local(clock.day_of(now) + timedelta(days=1), 9 * 60 + 30), trip)

    @_react.register
    def _weighed(self, event: VisitVerified | VisitVoided, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], Deed.DECIDE_HELD)

    @_react.register
    def _rated(self, event: FeedbackGiven, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        if event.channel == "code":
            self.drop(trip, Deed.RATE)
            if event.score <= 2 and self.dice.chance(0.5, "complains", trip.call, trip.attempt):
                self.put(Deed.COMPLAIN, _awake(now + timedelta(hours=1)), trip)

    @_react.register
    def _complained(self, event: ComplaintReceived, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, Deed.COMPLAIN)
        trip.complaint_id = event.complaint_id
        at = clock.at_local(clock.day_of(now) + timedelta(days=1), 10 * 60 + 30)
        self.put(Deed.SETTLE_COMPLAINT, at, trip)

    @_react.register
    def _settled(self, event: ComplaintDecided, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], Deed.SETTLE_COMPLAINT)

    @_react.register
    def _nobody(self, event: NobodyFound, _now: datetime) -> None:
        self.unanswered.add(event.request_id)

    @_react.register
    def _unserved(self, event: CareRequestUnserved, _now: datetime) -> None:
        self.unanswered.discard(event.request_id)
        self._close(event.request_id)

    def _close(self, request_id: UUID) -> None:
        self._over.add(request_id)
        self.open_requests.discard(request_id)

    @_react.register
    def _charged(self, _event: ChargeMade, now: datetime) -> None:
        following = clock.month_bounds(clock.month_of(now))[1]
        self.put(Deed.MONTH, clock.at_local(clock.day_of(following) + timedelta(days=4), 9 * 60))


def grid(at: datetime, step: timedelta = GRID) -> datetime:
    """Round an instant up to a full step."""
    beyond = timedelta(seconds=at.timestamp() % step.total_seconds())
    return at + (step - beyond) if beyond else at


def _awake(at: datetime) -> datetime:
    """Move an instant of the night to nine the next morning."""
    minute = clock.local(at).hour * 60 + clock.local(at).minute
    if minute < 8 * 60:
        return clock.at_local(clock.day_of(at), 9 * 60)
    return grid(at) if minute < 21 * 60 else clock.at_local(clock.day_of(at) + timedelta(days=1), 9 * 60)
