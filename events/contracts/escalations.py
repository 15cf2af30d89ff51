"""Topic `escalations`: a case was opened or taken; key is the case."""

from datetime import datetime
from uuid import UUID

from events.contracts.event import Event


class _EscalationEvent(Event):
    topic = "escalations"
    key_field = "case_id"
    subject_field = "case_id"

    case_id: UUID


class CaseEscalated(_EscalationEvent):
    """Emitted by escalation: something waits longer than its rule allows; a person now owns it."""

    kind: str
    subject_id: UUID
    since: datetime


class CaseClosed(_EscalationEvent):
    """Emitted by escalation: the case is settled."""

    kind: str
    subject_id: UUID
