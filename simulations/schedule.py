"""The schedule of a simulation: every action that is due, computed from the events alone.

Nothing here is stored, so a killed run rebuilds its schedule. `apply` takes one event after another, live or out of the
log, and every time is a draw by the call's number and the attempt. Actions due at the same instant are carried out in
the order of `Phase`, calls and attempts.
"""

import heapq
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
from simulations.due_actions import (
    BEFORE_THE_END,
    GRID,
    PHASES,
    ROUNDS,
    Action,
    DueAction,
    Phase,
    PlacedCall,
    Trip,
    grid,
)
from simulations.sampling import Sampler

_ANSWERS = (("accept", 90), ("refuse", 7), ("silent", 3))
_URGENT_ANSWERS = (("accept", 96), ("refuse", 3), ("silent", 1))
_QUARTER = timedelta(minutes=15)
_ADAY = timedelta(days=1)
_BETWEEN = timedelta(minutes=10)  # the least time between leaving one door and arriving at the next


@dataclass(slots=True)
class Schedule:
    """The actions that are due; `placed` maps requests to their calls and is filled by the caller of `place`."""

    sampler: Sampler
    missed_after: timedelta
    sweep_every: timedelta = _QUARTER
    placed: dict[UUID, PlacedCall] = field(default_factory=dict)
    refused: int = 0
    trips: dict[UUID, Trip] = field(default_factory=dict)
    open_requests: set[UUID] = field(default_factory=set)
    unanswered: set[UUID] = field(default_factory=set)
    _over: set[UUID] = field(default_factory=set)
    _heap: list[DueAction] = field(default_factory=list)
    _due: dict[tuple[Action, int, int], DueAction] = field(default_factory=dict)
    _left: dict[UUID, datetime] = field(default_factory=dict)
    _inside: dict[UUID, datetime] = field(default_factory=dict)

    def next_at(self) -> datetime | None:
        """Return when something is due next."""
        while self._heap and self._due.get(self._heap[0].key) is not self._heap[0]:
            heapq.heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def pop(self, now: datetime, phase: Phase) -> DueAction | None:
        """Take the first action of a phase that is due by now."""
        at = self.next_at()
        if at is None or at > now or self._heap[0].phase > phase:
            return None
        due = heapq.heappop(self._heap)
        del self._due[due.key]
        return due

    def put(self, action: Action, at: datetime, trip: Trip | None = None) -> None:
        """Schedule an action; it replaces one of the same visit and kind."""
        call, attempt = (trip.call, trip.attempt) if trip else (-1, -1)
        if trip is None and action in {Action.NIGHT, Action.MONTH, Action.CALL_BACK}:
            attempt = -clock.day_of(at).toordinal()
        new = DueAction(at, PHASES.get(action, Phase.ON_SITE), call, attempt, action, trip)
        self._due[new.key] = new
        heapq.heappush(self._heap, new)

    def drop(self, trip: Trip, *actions: Action) -> None:
        """Cancel actions about a visit."""
        for action in actions:
            self._due.pop((action, trip.call, trip.attempt), None)

    def has(self, action: Action) -> bool:
        """Return whether an action of a kind is due at any time."""
        return any(key[0] is action for key in self._due)

    def resume(self, now: datetime) -> None:
        """After a whole log: drop the rounds before now, and schedule those that repeat while requests are open.

        An overdue action of a visit either had no effect, and has none again, or waits for its worker.
        """
        for due in [due for due in self._due.values() if due.action in ROUNDS and due.at < now]:
            del self._due[due.key]
        for action in (Action.LOOK_AGAIN, Action.SWEEP):
            self._due.pop((action, -1, -1), None)
        self._plan_rounds(now, just_after=False)

    def _plan_rounds(self, now: datetime, *, just_after: bool) -> None:
        # Whatever is still open a day after everybody's hours have passed is a fault, and no sweep will mend it.
        if now > max((placed.latest for placed in self.placed.values()), default=now) + _ADAY:
            return
        step = timedelta(seconds=1) if just_after else timedelta()
        if self.unanswered and (Action.LOOK_AGAIN, -1, -1) not in self._due:
            self.put(Action.LOOK_AGAIN, grid(now + step))
        if self.open_requests and (Action.SWEEP, -1, -1) not in self._due:
            self.put(Action.SWEEP, grid(now + step, self.sweep_every))

    def repeat_rounds(self, now: datetime) -> None:
        """Schedule the next rounds while requests are open."""
        self._plan_rounds(now, just_after=True)

    def may_arrive(self, trip: Trip) -> datetime:
        """Return when the workers of a visit can be at its door, after the doors they have been at before."""
        at = trip.arrive_at or trip.starts_at
        for worker in trip.workers:
            for times in (self._inside, self._left):
                if worker in times:
                    at = max(at, grid(times[worker] + _BETWEEN))
        return at

    def apply(self, event: Event, now: datetime) -> None:
        """Apply one event that was emitted at an instant."""
        self._react(event, now)
        self._plan_rounds(now, just_after=True)

    @singledispatchmethod
    def _react(self, event: Event, now: datetime) -> None:
        """Schedule what follows from an event; most events schedule nothing."""

    @_react.register
    def _requested(self, event: CareRequested, _now: datetime) -> None:
        # A handler may answer before the emitter's commit returns to Python, so the end may arrive first.
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
        answer = self.sampler.weighted(likely, "answer", *about)
        think = self.sampler.whole(1, 3, "think", *about) if trip.urgent else self.sampler.whole(2, 20, "think", *about)
        at = now + timedelta(minutes=think)
        if answer == "silent":
            self.put(Action.LAPSE, event.deadline, trip)
        else:
            action = Action.ANSWER if answer == "accept" else Action.REFUSE
            self.put(action, at if trip.urgent else grid(at), trip)

    @_react.register
    def _accepted(self, event: OfferAccepted, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, Action.ANSWER)
        trip.starts_at = event.starts_at
        about = (trip.call, trip.attempt)
        course = self.sampler.weighted((("goes", 992), ("never comes", 5), ("turns back", 3)), "trip", *about)
        late = self.sampler.weighted((((-2, 5), 85), ((5, 25), 12), ((25, 60), 3)), "lateness", *about)
        arrive = max(now + GRID, event.starts_at + timedelta(minutes=self.sampler.between(*late, "late", *about)))
        trip.arrive_at = grid(arrive)
        if course == "never comes":
            self.put(Action.MISS, trip.latest + self.missed_after, trip)
            return
        depart = max(now + GRID, trip.arrive_at - timedelta(minutes=self.sampler.whole(8, 25, "way", *about)))
        self.put(Action.DEPART, grid(depart), trip)
        if course == "turns back":
            self.put(Action.ABORT, max(grid(depart), trip.arrive_at), trip)
        else:
            self.put(Action.ARRIVE, trip.arrive_at, trip)

    @_react.register
    def _moved(self, event: VisitMoved, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        trip.workers = tuple(worker for worker in (event.worker_id, event.second_worker_id) if worker is not None)
        later, trip.starts_at = event.starts_at - trip.starts_at, event.starts_at
        for action in (Action.DEPART, Action.ARRIVE, Action.ABORT):
            if due := self._due.get((action, trip.call, trip.attempt)):
                self.put(action, grid(max(now + GRID, due.at + later)), trip)
        if trip.arrive_at is not None:
            trip.arrive_at = grid(max(now + GRID, trip.arrive_at + later))

    @_react.register
    def _closed(self, event: OfferRefused | OfferLapsed | OfferWithdrawn, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], *BEFORE_THE_END)

    @_react.register
    def _departed(self, event: WorkerDeparted, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], Action.DEPART)

    @_react.register
    def _arrived(self, event: WorkerArrived, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, Action.DEPART, Action.ARRIVE)
        about = (trip.call, trip.attempt)
        if self.nobody_home(trip):
            stay = float(self.sampler.whole(16, 25, "wait", *about))
        else:
            part = self.sampler.weighted((((0.95, 1.15), 96), ((0.4, 0.75), 4)), "part", *about)
            stay = trip.minutes * self.sampler.between(*part, "stay", *about)
        leave = grid(now + timedelta(minutes=stay))
        for worker in trip.workers:
            self._inside[worker] = leave
        self.put(Action.LEAVE, leave, trip)

    def nobody_home(self, trip: Trip) -> bool:
        """Draw whether nobody opens the door."""
        return self.sampler.chance(0.02, "nobody home", trip.call, trip.attempt)

    @_react.register
    def _ended(self, event: VisitFinished | NobodyHome | VisitAborted | VisitMissed, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, *BEFORE_THE_END)
        for worker in trip.workers:
            if self._inside.pop(worker, None) is not None:
                self._left[worker] = now
        if not isinstance(event, VisitAborted | VisitMissed):
            self._close(event.request_id)
        day = clock.day_of(now)
        # The night after, after the silence of 72 hours, and when a company's access to the address ends.
        for days in (1, 4, 8):
            self.put(Action.NIGHT, clock.at_local(day + timedelta(days=days), 3 * 60))
        if isinstance(event, VisitFinished):
            self.put(Action.CALL_BACK, self.call_back_at(day))
            if self.sampler.chance(0.55, "rates", trip.call, trip.attempt):
                wait = timedelta(minutes=self.sampler.whole(10, 360, "rates after", trip.call, trip.attempt))
                self.put(Action.RATE, _awake(now + wait), trip)

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
        self.drop(trip, *BEFORE_THE_END)
        self._close(event.request_id)
        self.put(Action.DECIDE_HELD, clock.at_local(clock.day_of(now) + timedelta(days=1), 9 * 60 + 30), trip)

    @_react.register
    def _weighed(self, event: VisitVerified | VisitVoided, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], Action.DECIDE_HELD)

    @_react.register
    def _rated(self, event: FeedbackGiven, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        if event.channel == "code":
            self.drop(trip, Action.RATE)
            if event.score <= 2 and self.sampler.chance(0.5, "complains", trip.call, trip.attempt):
                self.put(Action.COMPLAIN, _awake(now + timedelta(hours=1)), trip)

    @_react.register
    def _complained(self, event: ComplaintReceived, now: datetime) -> None:
        trip = self.trips[event.visit_id]
        self.drop(trip, Action.COMPLAIN)
        trip.complaint_id = event.complaint_id
        at = clock.at_local(clock.day_of(now) + timedelta(days=1), 10 * 60 + 30)
        self.put(Action.SETTLE_COMPLAINT, at, trip)

    @_react.register
    def _settled(self, event: ComplaintDecided, _now: datetime) -> None:
        self.drop(self.trips[event.visit_id], Action.SETTLE_COMPLAINT)

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
        self.put(Action.MONTH, clock.at_local(clock.day_of(following) + timedelta(days=4), 9 * 60))


def _awake(at: datetime) -> datetime:
    """Move an instant of the night to nine the next morning."""
    minute = clock.local(at).hour * 60 + clock.local(at).minute
    if minute < 8 * 60:
        return clock.at_local(clock.day_of(at), 9 * 60)
    return grid(at) if minute < 21 * 60 else clock.at_local(clock.day_of(at) + timedelta(days=1), 9 * 60)
