"""What can be due in a simulation: the actions and their phases, the calls and visits that they are about."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

GRID = timedelta(minutes=5)
"""Workers and desks act on full five minutes; calls and urgent answers come at any second."""


class Phase(IntEnum):
    """The order of actions within one instant, and which of them wait until every event is handled."""

    ON_SITE = 1  # changes no other visit: done one after the other without waiting for handlers
    DISPATCH = 2  # frees hours or makes offers: each waits until every event is handled
    CALLS = 3  # the calls of the instant, in the order of their numbers
    OFFICE = 4  # sweeps, nights and months


class Action(StrEnum):
    """An action of a person, or of the platform because time has passed."""

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
    Action.REFUSE: Phase.DISPATCH,
    Action.ABORT: Phase.DISPATCH,
    Action.LAPSE: Phase.DISPATCH,
    Action.MISS: Phase.DISPATCH,
    Action.LOOK_AGAIN: Phase.DISPATCH,
    Action.SWEEP: Phase.OFFICE,
    Action.NIGHT: Phase.OFFICE,
    Action.MONTH: Phase.OFFICE,
}
BEFORE_THE_END = frozenset(
    {Action.ANSWER, Action.REFUSE, Action.LAPSE, Action.DEPART, Action.ARRIVE, Action.LEAVE, Action.ABORT, Action.MISS}
)
ROUNDS = frozenset({Action.CALL_BACK, Action.LOOK_AGAIN, Action.SWEEP, Action.NIGHT, Action.MONTH})
"""Actions about everything that waits, not about one visit; repeating one at the same instant changes nothing."""


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call as a request: its number, the door (WGS-84 degrees), the latest arrival, and whether it is urgent."""

    call: int
    door: tuple[float, float]
    latest: datetime
    urgent: bool


@dataclass(slots=True)
class Trip:
    """One visit as its worker knows it."""

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
class DueAction:
    """One action, due at an instant; `call` and `attempt` say about what (−1 for a round)."""

    at: datetime
    phase: Phase
    call: int
    attempt: int
    action: Action
    trip: Trip | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[Action, int, int]:
        """Return what can be due only once at a time."""
        return (self.action, self.call, self.attempt)


def grid(at: datetime, step: timedelta = GRID) -> datetime:
    """Round an instant up to a full step."""
    beyond = timedelta(seconds=at.timestamp() % step.total_seconds())
    return at + (step - beyond) if beyond else at
