"""What is owed for visits and what became of it: charges, the ledger, statements, disputes, payments.

Charges, entries, lines and payments are only added. A correction is a reversal of the last revision and a new
revision, so that whatever was once stated or paid stays readable for ever.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base, Fen, Long
from kit.ids import new_id

_OWN = {"provider_sees": "provider_id = nowalls_provider()"}


class ChargeKind(StrEnum):
    """A charge says what a visit earns; a reversal takes one revision of it back."""

    CHARGE = "charge"
    REVERSAL = "reversal"


class Charge(Base):
    """One line of money for one visit, with every input it was computed from.

    `month` is the district month of the visit, never the month of the paper: a line that comes late is stated in the
    next statement drawn up. `verified_by` is the logged event that brought the facts. Amounts of a reversal mirror
    those of the revision it takes back.
    """

    __tablename__ = "charge"
    __table_args__ = (
        UniqueConstraint("visit_id", "revision", "kind"),
        CheckConstraint("subsidised_fen + own_fen = payable_fen", name="split"),
        CheckConstraint("claimed_fen - deducted_fen = payable_fen", name="deduction"),
        CheckConstraint("kind = 'reversal' or (payable_fen >= 0 and deducted_fen >= 0)", name="sign"),
        Index("ix_charge_provider_id_month", "provider_id", "month"),
        {"info": {**_OWN, "append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID]
    revision: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[ChargeKind]
    request_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(index=True)
    provider_id: Mapped[UUID]
    item_code: Mapped[str] = mapped_column(String(8))
    division_code: Mapped[str] = mapped_column(String(12))
    month: Mapped[str] = mapped_column(String(7))
    visited_on: Mapped[date]
    planned_start: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    price_fen: Mapped[Fen]
    rule_version: Mapped[str] = mapped_column(ForeignKey("charge_standards.version"))
    claimed_fen: Mapped[Fen]
    deducted_fen: Mapped[Fen]
    payable_fen: Mapped[Fen]
    subsidised_fen: Mapped[Fen]
    own_fen: Mapped[Fen]
    deductions: Mapped[dict[str, Any]]
    verified_by: Mapped[UUID | None]
    made_at: Mapped[datetime]


class ChargeStandards(Base):
    """The values of the rules that charges were made with, kept under the name that the values themselves make."""

    __tablename__ = "charge_standards"
    __table_args__ = ({"info": {"provider_sees": "true", "append_only": True}},)

    version: Mapped[str] = mapped_column(String(12), primary_key=True)
    content: Mapped[dict[str, Any]]


class FindingKind(StrEnum):
    """What may be found out about a visit beside its evidence."""

    COMPLAINT = "complaint"  # upheld: `percent` is taken off
    VOID = "void"  # the visit does not count; `reason` says why
    HELD = "held"  # a person is looking at the visit again; the money waits
    FORGIVEN = "forgiven"  # a dispute gave the deduction named in `reason` back


class Finding(Base):
    """One finding about a visit; kept even when it arrives before the visit is verified, so that order cannot matter.

    `source_id` is the complaint, the dispute or the visit itself; a source that decides again replaces its finding.
    """

    __tablename__ = "finding"

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[FindingKind] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(String(80), primary_key=True, default="")
    percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    found_at: Mapped[datetime]


class Deceased(Base):
    """The day after which nobody can have visited a person: later visits are void."""

    __tablename__ = "settlement_deceased"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    died_on: Mapped[date]


class Account(StrEnum):
    """The accounts of the ledger; debits are positive, credits negative."""

    SUBSIDY = "subsidy"  # what the public purse has spent on visits
    DUE = "due"  # what it owes the company
    OWN = "own"  # what elders owe by their own share
    COLLECTABLE = "collectable"  # what the company may collect from them
    TREASURY = "treasury"  # what has left the public account


class LedgerEntry(Base):
    """One leg of a posting; a posting carries the id of its charge, payment or return. Every posting sums to zero."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("fen <> 0", name="fen"),
        Index("ix_ledger_entry_provider_id_account", "provider_id", "account"),
        {"info": {"append_only": True}},
    )

    id: Mapped[Long] = mapped_column(Identity(always=True), primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(index=True)
    account: Mapped[Account]
    provider_id: Mapped[UUID]
    fen: Mapped[Fen]
    posted_at: Mapped[datetime]


class StatementState(StrEnum):
    """Where a month's paper stands."""

    DRAFT = "draft"  # drawn up and frozen; the company may dispute lines
    CONFIRMED = "confirmed"  # the company agrees
    APPROVED = "approved"  # a second person of the bureau agrees
    PAID = "paid"


TRANSITIONS = {
    StatementState.DRAFT: {StatementState.CONFIRMED},
    StatementState.CONFIRMED: {StatementState.APPROVED},
    # Approved anew where the company is paid to another account since.
    StatementState.APPROVED: {StatementState.APPROVED, StatementState.PAID},
    # Only a payment that the bank returns leads back, to `confirmed`; see `payments.record_return`.
    StatementState.PAID: set[StatementState](),
}


class Statement(Base):
    """One company's month on paper; one a month, whatever is too late for it goes into the next.

    `content_hash` is SHA-256 over the canonical bytes of all lines and totals, `input_hash` over what they were
    computed from. `account_sealed` is the company's account as it was approved: the payment file uses no other. The
    company's people may move the state, and nothing else. A company that was reminded (`reminded_at`) and is still
    silent at `silent_until` has confirmed `by_silence`, which is null where it spoke. `log_head` is the signed end of
    the event log when it was drawn up: a copy on paper by which a history that was changed later is found (null on
    statements of version 0.1).
    """

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("provider_id", "month"),
        CheckConstraint("claimed_fen - deducted_fen = payable_fen", name="deduction"),
        CheckConstraint("subsidised_fen + own_fen = payable_fen", name="split"),
        {"info": {**_OWN, "provider_may": "select, update (state, confirmed_by, confirmed_at)"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[UUID]
    month: Mapped[str] = mapped_column(String(7), index=True)
    state: Mapped[StatementState] = mapped_column(default=StatementState.DRAFT)
    lines: Mapped[int]
    claimed_fen: Mapped[Fen]
    deducted_fen: Mapped[Fen]
    payable_fen: Mapped[Fen]
    subsidised_fen: Mapped[Fen]
    own_fen: Mapped[Fen]
    rule_versions: Mapped[list[str]]
    input_hash: Mapped[str] = mapped_column(String(64))
    content_hash: Mapped[str] = mapped_column(String(64))
    log_head: Mapped[str | None] = mapped_column(String(260))
    drawn_by: Mapped[str] = mapped_column(String(80))
    drawn_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    silent_until: Mapped[datetime | None]
    by_silence: Mapped[bool | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[datetime | None]
    account_sealed: Mapped[bytes | None]
    paid_by: Mapped[str | None] = mapped_column(String(80))
    paid_at: Mapped[datetime | None]


class StatementLine(Base):
    """The place of one charge on one statement; a charge is stated once, which the key holds under any race."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("charge_id"),
        UniqueConstraint("statement_id", "position"),
        {"info": {**_OWN, "append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    position: Mapped[int]
    charge_id: Mapped[UUID] = mapped_column(ForeignKey("charge.id"))
    provider_id: Mapped[UUID]


class DisputeState(StrEnum):
    """Whether the company's objection to a line has been decided, and how."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class Dispute(Base):
    """A company's objection to one line of its own statement, once a line."""

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("line_id"),
        Index("ix_dispute_statement_id", "statement_id"),
        {"info": {**_OWN, "provider_may": "select, insert"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("statement_line.id"))
    provider_id: Mapped[UUID]
    state: Mapped[DisputeState] = mapped_column(default=DisputeState.OPEN)
    reason: Mapped[str] = mapped_column(String(400))
    raised_by: Mapped[str] = mapped_column(String(80))
    raised_at: Mapped[datetime]
    forgiven: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str | None] = mapped_column(String(400))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]


class Payment(Base):
    """What was paid for one statement: the public share. Negative when corrections took back more than was earned.

    Paid once, and again only in the place of a payment that the bank returned (`replaces`), which holds under any race.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("statement_id", "replaces", postgresql_nulls_not_distinct=True),
        {"info": {**_OWN, "append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    provider_id: Mapped[UUID]
    month: Mapped[str] = mapped_column(String(7), index=True)
    fen: Mapped[Fen]
    reference: Mapped[str] = mapped_column(String(80))
    replaces: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    paid_by: Mapped[str] = mapped_column(String(80))
    paid_at: Mapped[datetime]


class PaymentReturnReason(StrEnum):
    """Why the bank sent a payment back."""

    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_UNKNOWN = "account_unknown"
    NAME_DIFFERS = "name_differs"
    BANK = "bank"  # the bank's own reason: the payment was in order


class PaymentReturn(Base):
    """A payment that the bank sent back (退票), posted the other way round; the payment itself is never changed.

    The id follows from the payment's.
    """

    __tablename__ = "payment_return"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        Index("ix_payment_return_statement_id", "statement_id"),
        {"info": {**_OWN, "append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    provider_id: Mapped[UUID]
    month: Mapped[str] = mapped_column(String(7))
    fen: Mapped[Fen]
    reason: Mapped[PaymentReturnReason]
    reference: Mapped[str] = mapped_column(String(80))
    returned_on: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


# Each INSERT must bring whole postings. Since entries are never changed or removed, the ledger then balances always;
# checking once a statement over its transition table costs a fraction of a deferred trigger on every row.
BALANCE_SQL = """
create or replace function ledger_balances() returns trigger language plpgsql as $$
begin
  if exists (select from posted group by posting_id having sum(fen) <> 0) then
    raise exception 'a posting does not sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$
"""
BALANCE_TRIGGER_SQL = """
create trigger ledger_balances after insert on ledger_entry
referencing new table as posted for each statement execute function ledger_balances()
"""
_ledger = LedgerEntry.__table__
assert isinstance(_ledger, Table)  # noqa: S101 - the mapper types it as any selectable
for _sql in (BALANCE_SQL, BALANCE_TRIGGER_SQL):
    event.listen(_ledger, "after_create", DDL(_sql))  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
