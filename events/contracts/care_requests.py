"""Topic `care-requests`: what elders ask for; key is the district, so that one consumer matches a district."""

from datetime import datetime
from typing import Any
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


class CareRequestReopened(_CareRequestEvent):
    """Emitted by matching: a person has a request that found nobody dispatched again.

    With `ask_again` the companies that refused, were silent or did not come are asked once more.
    """

    urgent_lane = True

    urgent: bool
    ask_again: bool


class CareRequestRelaxed(_CareRequestEvent):
    """Emitted by matching: a person applied the change that a decision proposed, and the request is dispatched again.

    `changes` are the change and those that it takes as well, each with its numbers; `earliest` and `latest` are the
    request's window from now on.
    """

    urgent_lane = True

    urgent: bool
    decision_id: UUID
    changes: list[dict[str, Any]]
    earliest: datetime
    latest: datetime


class CareRequestAssigned(_CareRequestEvent):
    """Emitted by matching: a person chose whom to ask; the decision record says who did so and why."""

    decision_id: UUID
    visit_id: UUID
    provider_id: UUID
    worker_id: UUID


class CareRequestAmended(_CareRequestEvent):
    """Emitted by visits: a person changed an open request; `changed` names what: window, quantity, address, note.

    `provider_id` and `visit_id` are of the company that goes on with it, asked or promised; without them somebody is
    looked for anew.
    """

    urgent_lane = True

    urgent: bool
    changed: list[str]
    earliest: datetime
    latest: datetime
    quantity: int
    provider_id: UUID | None
    visit_id: UUID | None
