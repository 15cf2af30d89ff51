"""Topic `feedback`: what elders say afterwards; key is the visit."""

from uuid import UUID

from events.contracts.event import Event


class _FeedbackEvent(Event):
    topic = "feedback"
    key_field = "visit_id"
    subject_field = "visit_id"

    visit_id: UUID
    provider_id: UUID


class FeedbackGiven(_FeedbackEvent):
    """Emitted by satisfaction: a visit has been rated, 5 very satisfied to 1 very dissatisfied."""

    item_code: str
    division_code: str
    score: int
    channel: str  # code | callback | family | auto
    valid: bool


class ComplaintReceived(_FeedbackEvent):
    """Emitted by satisfaction: a complaint about a visit was received."""

    complaint_id: UUID


class ComplaintDecided(_FeedbackEvent):
    """Emitted by satisfaction: the complaint is decided; an upheld one may cost a part of the charge."""

    complaint_id: UUID
    upheld: bool
    deduction_percent: int
