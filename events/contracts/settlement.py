"""Topic `settlement`: charges, statements and payments; key is the company and month."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from events.contracts.event import Event


class _SettlementEvent(Event):
    topic = "settlement"
    key_field = "provider_id"

    provider_id: UUID
    month: str  # the district's month, 2026-03

    @property
    def key(self) -> str:
        """Return `provider:month`: a month's settlement of one company shares a partition."""
        return f"{self.provider_id}:{self.month}"


class MonthClosed(Event):
    """Emitted by settlement: a month, and all before it, is closed; what becomes known later goes to the next one."""

    topic = "settlement"
    key_field = "month"
    subject_field = "month"

    month: str
    statements: int
    payable_fen: int
    subsidised_fen: int


class BudgetReached(Event):
    """Emitted by settlement: the charges of a year's visits have reached a share of its budget; once for each."""

    topic = "settlement"
    key_field = "year"
    subject_field = "year"

    year: int
    reached_percent: int
    cap_fen: int
    spent_fen: int
    reaches: int


class ChargeMade(_SettlementEvent):
    """Emitted by settlement: one visit has become one charge line (or a correcting line, revision over 1)."""

    subject_field = "charge_id"

    charge_id: UUID
    visit_id: UUID
    request_id: UUID
    person_id: UUID
    item_code: str
    division_code: str
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    deduction_fen: int
    rule_version: str
    revision: int
    # an event of 0.1 says nothing of these
    kind: str | None = None  # charge | reversal
    price_fen: int | None = None
    facts_hash: str | None = None
    verified_by: UUID | None = None
    void: str | None = None
    complaint_percent: int = 0
    forgiven: list[str] = Field(default_factory=list)
    covered_fen: int = 0


class ChargeRecorded(ChargeMade):
    """Emitted by an upgrade, once: what an event of 0.1 did not say of a charge, and where it is stated."""

    statement_id: UUID | None
    line_id: UUID | None


class ChargeFunded(_SettlementEvent):
    """Emitted by settlement: a manager lets the public purse bear what nobody has agreed to; a correction follows."""

    subject_field = "visit_id"

    visit_id: UUID


class ChargeUnfunded(_SettlementEvent):
    """Emitted by settlement: a part of a charge that neither the elder agreed to nor the quota bears; people decide."""

    subject_field = "charge_id"

    charge_id: UUID
    visit_id: UUID
    unfunded_fen: int


class DrawCommitted(_SettlementEvent):
    """Emitted by settlement: by which seed, told as its hash, a company's month will be drawn for review."""

    subject_field = "provider_id"

    seed_hash: str


class _StatementEvent(_SettlementEvent):
    subject_field = "statement_id"

    statement_id: UUID


class DrawFrozen(_StatementEvent):
    """Emitted by settlement: a statement's visits are listed; some are drawn for review, others reviewed by rule."""

    seed: str
    list_hash: str
    visits: int
    percent: int
    drawn: int
    grades: str
    amount_fen: int
    reviews: int


class LineReviewed(_StatementEvent):
    """Emitted by settlement: a person has looked at a line before the approval, and says whether it stands."""

    subject_field = "visit_id"

    line_id: UUID
    visit_id: UUID
    stands: bool


class StatementDrafted(_StatementEvent):
    """Emitted by settlement: a company's month is drawn up and frozen."""

    lines: int
    total_fen: int
    # an event of 0.1 says nothing of these
    reaches: int | None = None
    content_hash: str | None = None
    tree_hash: str | None = None


class StatementReminded(_StatementEvent):
    """Emitted by settlement: the company has been silent too long, and is told when its silence will confirm."""

    silent_until: datetime


class StatementConfirmed(_StatementEvent):
    """Emitted by settlement: the company agrees, or has been silent in spite of a reminder."""

    by_silence: bool = False  # an event of 0.1 knows no silence


class LineDisputed(_StatementEvent):
    """Emitted by settlement: the company disagrees with one line."""

    line_id: UUID


class LineDecided(_StatementEvent):
    """Emitted by settlement: the bureau has decided on a disputed line."""

    line_id: UUID
    upheld: bool
    forgiven: list[str] = Field(default_factory=list)  # an event of 0.1 does not say


class StatementApproved(_StatementEvent):
    """Emitted by settlement: a second person has approved the statement."""


class StatementPaid(_StatementEvent):
    """Emitted by settlement: finance has paid it; nothing in it changes any more."""

    total_fen: int
    payment_id: UUID | None = None  # an event of 0.1 does not say


class PaymentReturned(_StatementEvent):
    """Emitted by settlement: the bank has sent the payment back; the statement is approved and paid anew."""

    payment_id: UUID
    total_fen: int
    reason: str
    returned_on: date
