"""Topic `civil`: what the companion modules decide; `kind` and `programme` name their declarations; key is the person.

A month's run is about many people: its key is the run. The key of what happens to a record or a fund is its own id.
"""

from datetime import date
from uuid import UUID

from events.contracts.event import Event


class _CaseEvent(Event):
    topic = "civil"
    key_field = "person_id"
    subject_field = "case_id"

    case_id: UUID
    kind: str
    person_id: UUID
    division_code: str


class CaseOpened(_CaseEvent):
    """Emitted by civil: a case has been opened."""


class CaseMoved(_CaseEvent):
    """Emitted by civil: a case has come into another state."""

    came_from: str
    state: str


class CaseOverdue(_CaseEvent):
    """Emitted by civil: a case has stayed in a state longer than its working days."""


class _GrantEvent(Event):
    topic = "civil"
    key_field = "person_id"
    subject_field = "grant_id"

    grant_id: UUID
    programme: str
    person_id: UUID


class GrantBegan(_GrantEvent):
    """Emitted by civil: a benefit is granted from a month on; `person_ids` are all whom it covers."""

    from_month: str
    person_ids: list[UUID]


class GrantChanged(_GrantEvent):
    """Emitted by civil: what a benefit is computed from is another from a month on."""

    from_month: str


class GrantEnded(_GrantEvent):
    """Emitted by civil: a benefit is granted up to a month, which is still paid."""

    last_month: str
    reason: str
    person_ids: list[UUID]


class PayRunPaid(Event):
    """Emitted by civil: the bank has paid a month's run, but for what it returned."""

    topic = "civil"
    key_field = "run_id"
    subject_field = "run_id"

    run_id: UUID
    programme: str
    month: str
    paid_fen: int
    payments: int


class _RecordEvent(Event):
    topic = "civil"
    key_field = "record_id"
    subject_field = "record_id"

    record_id: UUID
    kind: str
    division_code: str


class RecordChanged(_RecordEvent):
    """Emitted by civil: a record of a register is new, has other facts from a day on, or is in another state."""

    person_id: UUID | None
    came_from: str | None
    state: str
    valid_from: date


class RecordInspected(_RecordEvent):
    """Emitted by civil: a thing of a register has been inspected."""

    inspected_on: date
    passed: bool


class RecordOverdue(_RecordEvent):
    """Emitted by civil: a record has not left its state, or a thing was not inspected, by the day set for it."""

    overdue: str


class _FundEvent(Event):
    topic = "civil"
    key_field = "fund_id"
    subject_field = "fund_id"

    fund_id: UUID
    kind: str
    division_code: str
    balance_fen: int


class FundEntryMade(_FundEvent):
    """Emitted by civil: money has come into a fund or left it; a negative amount has left it."""

    entry_id: UUID
    entry: str
    fen: int


class FundLow(_FundEvent):
    """Emitted by civil: a payment has left a fund with less than the rule asks for."""

    below_fen: int
