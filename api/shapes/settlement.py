"""What charges, statements, disputes and payments look like over HTTP."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form, Id, MonthName
from providers.settlement.arithmetic import DeductionReason, Facts
from providers.settlement.model import ChargeKind, DisputeState, PaymentReturnReason, StatementState
from providers.settlement.papers import Difference
from providers.settlement.queries import Recomputed
from providers.settlement.replay import Fault


class Charge(BaseModel):
    """One line of money for one visit, with everything it was computed from; amounts in fen."""

    id: UUID
    visit_id: UUID
    revision: int
    kind: ChargeKind
    provider_id: UUID
    item_code: str
    division_code: str
    month: str
    visited_on: date
    facts: Facts
    price_fen: int
    rule_version: str
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    deductions: dict[DeductionReason, int]


class Statement(BaseModel):
    """One company's month on paper; amounts in fen."""

    id: UUID
    provider_id: UUID
    month: str
    state: StatementState
    lines: int
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    rule_versions: list[str]
    input_hash: str
    content_hash: str
    drawn_by: str = Field(description="who drew it up, as an account's label")
    log_head: str | None = Field(
        description="the end of the event log when it was drawn up: instant, NUMBER:HASH, signature; null before 0.2"
    )
    drawn_at: datetime
    confirmed_by: str | None = Field(description="who agreed for the company; null before")
    confirmed_at: datetime | None
    reminded_at: datetime | None = Field(
        description="when the company was reminded of its silence; null where it was not"
    )
    silent_until: datetime | None = Field(description="until when it may still answer; null where it was not reminded")
    by_silence: bool | None = Field(description="true: confirmed by silence after a reminder; null where it was not")
    approved_by: str | None = Field(description="who approved it as the second person; null before")
    approved_at: datetime | None
    paid_by: str | None = Field(description="who paid it; null before")
    paid_at: datetime | None


class RunningStatement(BaseModel):
    """What a company's month comes to so far: no paper, and nobody can confirm or pay it; amounts in fen."""

    provider_id: UUID
    month: str
    lines: int
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int


class StatementLine(BaseModel):
    """One line of a statement."""

    id: UUID
    position: int
    charge: Charge


class StatementMonth(Form):
    """A district month that is over."""

    month: MonthName


class NewDispute(Form):
    """Why the company disagrees with a line."""

    reason: str = Field(min_length=1, max_length=400, examples=["the lift was out of order"])


class DisputeDecision(Form):
    """How a dispute is decided, and which deductions are given back."""

    upheld: bool = Field(examples=[True])
    forgiven: list[DeductionReason] = Field(default=[], max_length=3, examples=[["late"]])
    note: str = Field(default="", max_length=400)


class Dispute(BaseModel):
    """One objection to one line."""

    id: UUID
    statement_id: UUID
    line_id: UUID
    state: DisputeState
    reason: str
    raised_at: datetime
    forgiven: list[DeductionReason]
    note: str | None
    decided_at: datetime | None


class PaymentOrder(Form):
    """The bank's reference of the payment."""

    reference: str = Field(min_length=1, max_length=80, examples=["ICBC-2026-1107-0031"])


class Payment(BaseModel):
    """What was paid: the public share, in fen."""

    id: UUID
    statement_id: UUID
    provider_id: UUID
    month: str
    fen: int
    reference: str
    paid_at: datetime


class NewPaymentReturn(Form):
    """What the bank says of a payment that it sent back."""

    reason: PaymentReturnReason
    reference: str = Field(
        min_length=1, max_length=80, description="the bank's number of the return", examples=["RT-0031"]
    )
    returned_on: Day = Field(description="the day on which the money came back", examples=["2026-11-09"])


class PaymentReturn(BaseModel):
    """A payment that the bank sent back, in fen."""

    id: UUID
    payment_id: UUID = Field(description="the payment that came back")
    statement_id: UUID
    fen: int = Field(description="what came back, in fen")
    reason: PaymentReturnReason = Field(description="the bank's reason")
    reference: str = Field(description="the bank's number of the return")
    returned_on: date = Field(description="the day on which the money came back")
    recorded_at: datetime = Field(description="when finance recorded it")


class StatementPayment(BaseModel):
    """One payment of a statement, and its return where the bank sent it back."""

    payment: Payment = Field(description="the payment")
    returned: PaymentReturn | None = Field(description="its return; null where it stands")


class LineDifference(BaseModel):
    """One value that the rows or the events say otherwise than follows from the log; of a line or the statement."""

    charge_id: UUID | None
    visit_id: UUID | None
    event_number: int | None
    field: str
    stored: str
    computed: str

    @classmethod
    def of_row(cls, row: Difference) -> Self:
        """Return what a row says otherwise."""
        return cls(
            charge_id=row.charge_id,
            visit_id=row.visit_id,
            event_number=None,
            field=row.field,
            stored=str(row.left),
            computed=str(row.right),
        )

    @classmethod
    def of_event(cls, fault: Fault, statement_id: UUID) -> Self:
        """Return what an event says otherwise, of the statement or of one of its charges."""
        return cls(
            charge_id=None if fault.subject == statement_id else fault.subject,
            visit_id=None,
            event_number=fault.number,
            field=fault.field,
            stored=str(fault.recorded),
            computed=str(fault.computed),
        )


class Recomputation(BaseModel):
    """The same statement computed again from the log, and what stands otherwise in its rows or events."""

    content_hash: str
    equal: bool
    differences: list[LineDifference]

    @classmethod
    def of(cls, again: Recomputed, statement_id: UUID) -> Self:
        """Return what a recomputation found."""
        return cls(
            content_hash=again.content_hash,
            equal=again.equal,
            differences=[
                *map(LineDifference.of_row, again.differences),
                *(LineDifference.of_event(fault, statement_id) for fault in again.faults),
            ],
        )


class NewAdjustment(Form):
    """Which month's visits a price or rule recorded late concerns: all of them, or those of an item or a company."""

    month: MonthName
    item_code: str | None = Field(default=None, max_length=8, examples=["B01"])
    provider_id: Id | None = None


class Adjustment(BaseModel):
    """How many visits were charged anew; their lines are in the next statement drawn up."""

    month: str
    visits: int


class LedgerBalances(BaseModel):
    """The sum of each account of the ledger in fen, debits positive; together they are zero."""

    subsidy: int = 0
    due: int = 0
    own: int = 0
    collectable: int = 0
    treasury: int = 0
