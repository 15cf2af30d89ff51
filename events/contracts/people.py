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


class PersonPlaced(_PersonEvent):
    """Emitted by registry: after a split of divisions, a person has been placed in one of the successors."""

    old_code: str
    division_code: str


class PersonFactsChanged(_PersonEvent):
    """Emitted by registry: hukou, education or marital status was recorded; ask the registry for the value."""

    fields: list[str]
    valid_from: date


class PersonDeathReported(_PersonEvent):
    """Emitted by registry: one source says that the person has died; visits and payments wait, nothing ends yet."""

    died_on: date


class PersonDeathReportWithdrawn(_PersonEvent):
    """Emitted by registry: the report of the person's death was wrong; what waited goes on."""


class PersonDeceased(_PersonEvent):
    """Emitted by registry: a second person has confirmed the death; everything for this person ends."""

    died_on: date


class PersonDeathCorrected(_PersonEvent):
    """Emitted by registry: a confirmed death was wrong: another day, or no death (`died_on` is null: alive)."""

    earlier: date
    died_on: date | None


class PersonBarred(_PersonEvent):
    """Emitted by visits: a worker, or (`worker_id` is null) a whole company, is not sent to the person from now on."""

    provider_id: UUID
    worker_id: UUID | None


class PersonBarLifted(_PersonEvent):
    """Emitted by visits: a worker, or (`worker_id` is null) a whole company, may be sent to the person again."""

    provider_id: UUID
    worker_id: UUID | None


class PersonWantedWorker(_PersonEvent):
    """Emitted by visits: the person wants a worker to come; decisions prefer the worker from now on."""

    provider_id: UUID
    worker_id: UUID


class PersonWantedWorkerLifted(_PersonEvent):
    """Emitted by visits: the person's wish for a worker holds no longer."""

    provider_id: UUID
    worker_id: UUID
