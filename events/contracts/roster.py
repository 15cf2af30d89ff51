"""Topic `roster`: service companies and who of their workers can come; key is the company."""

from datetime import date, datetime
from uuid import UUID

from events.contracts.event import Event


class _RosterEvent(Event):
    topic = "roster"
    key_field = "provider_id"
    subject_field = "provider_id"

    provider_id: UUID


class CompanyAdmitted(_RosterEvent):
    """Emitted by roster: a company has entered the programme."""


class CompanySuspended(_RosterEvent):
    """Emitted by roster: no new visits are offered to the company."""

    reason: str


class CompanyExited(_RosterEvent):
    """Emitted by roster: the company has left; its open visits go to others."""


class WorkerUnavailable(_RosterEvent):
    """Emitted by roster: a worker cannot work in a window (sick, absent, certificate gone)."""

    worker_id: UUID
    from_at: datetime
    until_at: datetime
    reason: str


class ShiftEnded(_RosterEvent):
    """Emitted by roster: a worker's weekly hours end before a day; what was promised in them goes to others."""

    worker_id: UUID
    shift_id: UUID
    ends_on: date


class CompanyAccountChanged(_RosterEvent):
    """Emitted by roster: a company is paid to another bank account from now on; the number stays sealed."""


class ContractRecorded(_RosterEvent):
    """Emitted by roster: what a contract says, when it is signed and whenever it is ended before its time."""

    subject_field = "contract_id"

    contract_id: UUID
    valid_from: date
    valid_to: date
    ended_on: date | None
    monthly_capacity: int
    share_target: float
    item_codes: list[str]
    division_codes: list[str]


class RosterChanged(_RosterEvent):
    """Emitted by roster: a company's contracts, workers, certificates or shifts have changed."""


class CertificateExpiring(_RosterEvent):
    """Emitted by roster: an active worker's certificate runs out soon, and none of a later day takes its place."""

    worker_id: UUID
    certificate_id: UUID
    skill: str
    expires_on: date
