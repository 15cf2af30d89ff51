"""Topic `offers`: who was asked to go, and what they said; key is the district."""

from datetime import datetime
from typing import Any
from uuid import UUID

from events.contracts.event import Event


class _OfferEvent(Event):
    topic = "offers"
    key_field = "district"
    subject_field = "request_id"

    district: str
    request_id: UUID


class VisitOffered(_OfferEvent):
    """Emitted by visits: a company has been asked to send a worker, and has until the deadline to answer."""

    offer_id: UUID
    visit_id: UUID
    provider_id: UUID
    worker_id: UUID
    second_worker_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    deadline: datetime
    attempt: int


class OfferAccepted(_OfferEvent):
    """Emitted by visits: the company has accepted; the worker is promised to the elder."""

    offer_id: UUID
    visit_id: UUID
    provider_id: UUID
    worker_id: UUID
    second_worker_id: UUID | None
    starts_at: datetime
    ends_at: datetime


class OfferRefused(_OfferEvent):
    """Emitted by visits: the company has refused, with a reason; the next best is asked."""

    urgent_lane = True

    offer_id: UUID
    visit_id: UUID
    provider_id: UUID
    reason: str
    urgent: bool = False


class OfferLapsed(_OfferEvent):
    """Emitted by visits: the company has been silent past the deadline; the next best is asked."""

    urgent_lane = True

    offer_id: UUID
    visit_id: UUID
    provider_id: UUID
    urgent: bool = False


class OfferWithdrawn(_OfferEvent):
    """Emitted by visits: the platform has taken the offer or the accepted visit back (worker ill, company gone)."""

    urgent_lane = True

    offer_id: UUID
    visit_id: UUID
    provider_id: UUID
    reason: str
    urgent: bool = False


class NobodyFound(_OfferEvent):
    """Emitted by matching: no worker can lawfully come; `relaxation` is the smallest change that would help."""

    attempt: int
    urgent: bool
    relaxation: str
    parameters: dict[str, Any]
