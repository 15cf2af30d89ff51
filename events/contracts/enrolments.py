"""Topic `enrolments`: a person's place in purchased home care; key is the person."""

from datetime import date
from uuid import UUID

from events.contracts.event import Event


class _EnrolmentEvent(Event):
    topic = "enrolments"
    key_field = "person_id"
    subject_field = "person_id"

    person_id: UUID


class QuotaTermRecorded(_EnrolmentEvent):
    """Emitted by enrolment: category and level of the quota from a month on; the latest record wins."""

    from_month: str
    category: str
    level: int


class EnrolmentActivated(_EnrolmentEvent):
    """Emitted by enrolment: the person may now be served."""

    category: str
    level: int


class EnrolmentSuspended(_EnrolmentEvent):
    """Emitted by enrolment: no service for now (hospital, institution, away)."""

    reason: str


class StayReported(_EnrolmentEvent):
    """Emitted by enrolment: a register says that the person has moved into an institution; no service for now.

    Nobody new is sent; people decide about what was promised.
    """


class EnrolmentResumed(_EnrolmentEvent):
    """Emitted by enrolment: the person is at home again."""


class EnrolmentEnded(_EnrolmentEvent):
    """Emitted by enrolment: the person has left purchased home care."""

    reason: str
    ended_on: date
