"""Topic `visits`: what happened at the door; key is the visit."""

from datetime import datetime
from uuid import UUID

from events.contracts.event import Event


class _VisitEvent(Event):
    topic = "visits"
    key_field = "visit_id"
    subject_field = "visit_id"

    visit_id: UUID
    request_id: UUID
    provider_id: UUID


class WorkerDeparted(_VisitEvent):
    """Emitted by visits: the worker is on the way."""

    worker_id: UUID
    at: datetime


class WorkerArrived(_VisitEvent):
    """Emitted by visits: the worker has signed in; `grade` is the grade of the evidence, A to D."""

    worker_id: UUID
    at: datetime
    grade: str


class VisitFinished(_VisitEvent):
    """Emitted by visits: the worker has signed out."""

    person_id: UUID
    worker_id: UUID
    item_code: str
    division_code: str
    arrived_at: datetime
    left_at: datetime


class VisitVerified(_VisitEvent):
    """Emitted by visits: the evidence stands; these are all the facts that a charge rests on."""

    person_id: UUID
    worker_id: UUID
    item_code: str
    division_code: str
    planned_start: datetime
    planned_minutes: int
    quantity: int
    arrived_at: datetime
    left_at: datetime
    late_minutes: int
    done_minutes: int
    evidence_grade: str
    outcome: str  # completed | nobody_home | cancelled_late
    urgent: bool
    category: str
    copay_percent: int
    quota_held_fen: int
    own_limit_fen: int | None = None  # an event of 0.1 does not say


class VisitDecided(_VisitEvent):
    """Emitted by visits: a manager has decided whether a visit stands, with the times before and after the decision."""

    stands: bool
    reason: str
    arrived_before: datetime | None
    left_before: datetime | None
    arrived_after: datetime | None
    left_after: datetime | None


class VisitHeld(_VisitEvent):
    """Emitted by visits: the evidence does not stand by itself; a person decides, the payment waits."""

    reasons: list[str]


class NobodyHome(_VisitEvent):
    """Emitted by visits: the worker came and nobody opened (未遇); a person must check on the elder."""

    person_id: UUID
    at: datetime


class VisitAborted(_VisitEvent):
    """Emitted by visits: the visit was broken off."""

    urgent_lane = True

    reason: str
    urgent: bool = False


class VisitMissed(_VisitEvent):
    """Emitted by visits: the worker never came."""

    urgent_lane = True

    urgent: bool = False


class VisitMoved(_VisitEvent):
    """Emitted by visits: a promised visit has another worker or another hour than was announced before."""

    worker_id: UUID
    second_worker_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    reason: str


class VisitVoided(_VisitEvent):
    """Emitted by visits: a person has decided that the visit does not count."""

    reason: str
