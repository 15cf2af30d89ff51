"""The base of all events between rooms: immutable facts, sent as CloudEvents 1.0 in binary mode.

The body is the event's data; everything about the telling (id, type, subject, time, actor, what caused it) is in the
`ce_…` headers. Ids and facts only: never a name, a phone number, an address or a note.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

SOURCE = "urn:nowalls:local"
"""The source where none is named: tests and commands that never meet another installation."""
REGISTRY: dict[str, type["Event"]] = {}
"""Every event class by its type name, filled as the classes are defined."""
URGENT_TOPIC = "care-requests-urgent"
"""The topic of the urgent lane: whatever asks for another decision on an urgent request."""
URGENT_GROUPS = frozenset({"matching"})
"""The consumer groups that read the urgent lane apart from everything else, so that it waits behind nothing."""
_URGENT = ".urgent"


def queue_of(group: str, *, urgent: bool) -> str:
    """Return the queue of PostgreSQL in which an event waits for a group."""
    return group + _URGENT if urgent and group in URGENT_GROUPS else group


def queues_of(group: str) -> tuple[str, ...]:
    """Return all queues of a group, the urgent one first."""
    return (group + _URGENT, group) if group in URGENT_GROUPS else (group,)


def group_of(queue: str) -> str:
    """Return the group that reads a queue."""
    return queue.removesuffix(_URGENT)


class Event(BaseModel):
    """A fact that has become true; subclasses name their topic and the field whose order matters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: ClassVar[str]
    key_field: ClassVar[str]
    subject_field: ClassVar[str]
    version: ClassVar[int] = 1
    urgent_lane: ClassVar[bool] = False
    """Whether an event of this type goes through the urgent lane when its field `urgent` is true."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Register the class under its type name; abstract families without a topic are left out."""
        super().__init_subclass__(**keywords)
        if hasattr(cls, "topic") and cls.__name__[0] != "_":
            REGISTRY[cls.type_name()] = cls

    @classmethod
    def type_name(cls) -> str:
        """Return the CloudEvents type: `care_request.placed` style name with its version, as `CareRequested.v1`."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        return f"{cls.topic}.{words}.v{cls.version}"

    @property
    def key(self) -> str:
        """Return the partition key: events of one key share a partition of their topic."""
        return str(getattr(self, self.key_field))

    @property
    def in_urgent_lane(self) -> bool:
        """Tell whether this event waits behind nothing that is not urgent."""
        return self.urgent_lane and bool(getattr(self, "urgent", False))

    @property
    def subject(self) -> str:
        """Return the id of the noun that the event is about."""
        return str(getattr(self, self.subject_field))


@dataclass(frozen=True, slots=True)
class Envelope:
    """One telling of one event."""

    id: UUID
    type: str
    subject: str
    occurred_at: datetime
    actor: str
    correlation: UUID
    causation: UUID | None
    data: dict[str, Any]

    def event(self) -> Event:
        """Read the event; an unknown type or data of another shape is an error and becomes a dead letter."""
        kind = REGISTRY.get(self.type)
        if kind is None:
            message = f"unknown event type {self.type}"
            raise ValueError(message)
        return kind.model_validate(self.data)

    def headers(self, source: str = SOURCE) -> dict[str, str]:
        """Return the CloudEvents headers of the binary mode; `source` is the URI of the installation."""
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_type": self.type,
            "ce_source": source,
            "ce_subject": self.subject,
            "ce_time": self.occurred_at.isoformat(),
            "ce_actor": self.actor,
            "ce_correlation": str(self.correlation),
            "content-type": "application/json",
            "correlation_id": str(self.correlation),
        }
        if self.causation is not None:
            headers["ce_causation"] = str(self.causation)
        return headers
