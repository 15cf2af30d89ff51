"""Topic `people`: what has become true of a person of the registry; key is the person."""

from datetime import date
from uuid import UUID

from events.contracts.event import Event


class _PersonEvent(Event):
    topic = "people"
    key_field = "person_id"
    subject_field = "person_id"

    person_id: UUID


class PersonRegistered(_PersonEvent):
    """Emitted by registry: a person has been entered."""

    division_code: str


class PersonMoved(_PersonEvent):
    """Emitted by registry: a person lives at another address."""

    division_code: str


class PersonDeathReported(_PersonEvent):
    """Emitted by registry: one source says that the person has died; payments wait, nothing ends yet."""

    died_on: date


class PersonDeceased(_PersonEvent):
    """Emitted by registry: a second key has confirmed the death; everything for this person ends."""

    died_on: date
