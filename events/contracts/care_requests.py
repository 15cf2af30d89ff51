"""Topic `care-requests`: what elders ask for; key is the district, so that one consumer matches a district."""

from datetime import datetime
from uuid import UUID

from events.contracts.event import Event


class _CareRequestEvent(Event):
    topic = "care-requests"
    key_field = "district"
    subject_field = "request_id"

    request_id: UUID
    district: str


class CareRequested(_CareRequestEvent):
    """Emitted by requests: an eligible request is on record and its quota is held."""

    urgent_lane = True

    person_id: UUID
    division_code: str
    item_code: str
    earliest: datetime
    latest: datetime
    urgent: bool


class CareRequestCancelled(_CareRequestEvent):
    """Emitted by requests: the request is withdrawn; `chargeable` when it was too late to be free."""

    by: str
    chargeable: bool


class CareRequestUnserved(_CareRequestEvent):
    """Emitted by requests: the request is closed as unserved; its quota is released."""

    reason: str
