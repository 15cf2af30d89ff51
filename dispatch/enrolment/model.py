"""Eligibility and its terms: enrolments, assessments and the monthly quota wallet."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.access.scope import Section
from kit.database import Base, Fen
from kit.ids import new_id
from registry.model import lives_in_division


class Category(StrEnum):
    """The category under which public money pays for an elder; people and price lists write the letter."""

    DESTITUTE = "T"  # 特困分散供养
    LOW_INCOME = "D"  # 低保
    NEAR_LOW_INCOME = "B"  # 低保边缘、刚性支出困难
    KEY_GROUP = "K"  # 高龄、独居空巢、失独、重残、失能
    SELF_PAID = "Z"  # 自费


class EnrolmentState(StrEnum):
    """The state of an enrolment."""

    APPLIED = "applied"
    ASSESS_BOOKED = "assess_booked"
    ASSESSED = "assessed"
    PUBLICISED = "publicised"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


_S = EnrolmentState
TRANSITIONS: Final[Mapping[EnrolmentState, frozenset[EnrolmentState]]] = {
    _S.APPLIED: frozenset({_S.ASSESS_BOOKED, _S.ENDED}),
    _S.ASSESS_BOOKED: frozenset({_S.ASSESSED, _S.ENDED}),
    # Self-payers are not published: publicity is only for subsidised elders.
    _S.ASSESSED: frozenset({_S.PUBLICISED, _S.ACTIVE, _S.ASSESS_BOOKED, _S.ENDED}),
    _S.PUBLICISED: frozenset({_S.ACTIVE, _S.ASSESS_BOOKED, _S.ENDED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.ENDED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.ENDED}),
    _S.ENDED: frozenset({_S.ACTIVE}),  # only where the death that ended it was no death
}


class SuspendReason(StrEnum):
    """Why an elder is not served for a while."""

    HOSPITAL = "hospital"
    INSTITUTION = "institution"
    AWAY = "away"


class EndReason(StrEnum):
    """Why an enrolment is over."""

    DEATH = "death"
    MOVED = "moved"
    REFUSED = "refused"  # the elder gives it up
    CATEGORY_LOST = "category_lost"
    REJECTED = "rejected"  # before it ever began: the application or an objection during publicity


class AssessmentOccasion(StrEnum):
    """Why an assessment is made."""

    FIRST = "first"
    YEARLY = "yearly"
    DISCHARGE = "discharge"
    EVENT = "event"
    DISPUTE = "dispute"


class WalletAccount(StrEnum):
    """The accounts of a month's quota money; every entry moves fen from one account to another."""

    BUDGET = "budget"  # the public purse
    FREE = "free"
    HELD = "held"  # promised to a request
    SPENT = "spent"
    CARRIED = "carried"  # between two months
    EXPIRED = "expired"


class EntryKind(StrEnum):
    """Why money moved in a wallet."""

    GRANT = "grant"
    CUT = "cut"  # the month turned out shorter, or the category lower
    HOLD = "hold"
    CAPTURE = "capture"
    REFUND = "refund"  # a charge was corrected downwards
    RELEASE = "release"
    CARRY_OUT = "carry_out"
    CARRY_IN = "carry_in"
    EXPIRE = "expire"


SIDES: Final[Mapping[EntryKind, tuple[WalletAccount, WalletAccount]]] = {
    EntryKind.GRANT: (WalletAccount.BUDGET, WalletAccount.FREE),
    EntryKind.CUT: (WalletAccount.FREE, WalletAccount.BUDGET),
    EntryKind.HOLD: (WalletAccount.FREE, WalletAccount.HELD),
    EntryKind.CAPTURE: (WalletAccount.HELD, WalletAccount.SPENT),
    EntryKind.REFUND: (WalletAccount.SPENT, WalletAccount.FREE),
    EntryKind.RELEASE: (WalletAccount.HELD, WalletAccount.FREE),
    EntryKind.CARRY_OUT: (WalletAccount.FREE, WalletAccount.CARRIED),
    EntryKind.CARRY_IN: (WalletAccount.CARRIED, WalletAccount.FREE),
    EntryKind.EXPIRE: (WalletAccount.FREE, WalletAccount.EXPIRED),
}
"""From which account to which each kind of entry moves money."""


_OWN = "person_id = nowalls_person()"


class Enrolment(Base):
    """One elder's membership of the programme, from application to end; a new application is a new row.

    `category` and `level` are as last decided; what is in force in a month is that month's `Term`.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        Index("uq_enrolment_open", "person_id", unique=True, postgresql_where=text("state <> 'ended'")),
        Index("ix_enrolment_reassess", "reassess_on", postgresql_where=text("state in ('active', 'suspended')")),
        {
            "info": {
                "clerk_sees": lives_in_division("enrolment.person_id", Section.ELDERCARE),
                "own_sees": _OWN,
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(index=True)
    district: Mapped[str] = mapped_column(String(40))
    category: Mapped[Category]
    level: Mapped[int | None]
    state: Mapped[EnrolmentState]
    applied_at: Mapped[datetime]
    applied_by: Mapped[UUID | None]
    publicised_at: Mapped[datetime | None]
    first_active_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspend_reason: Mapped[SuspendReason | None]
    reassess_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[EndReason | None]


class Term(Base):
    """The category and level of an enrolment from one month on; append-only, the latest record of a month wins."""

    __tablename__ = "enrolment_term"
    __table_args__ = (
        Index("ix_enrolment_term_person", "person_id", "from_month", "recorded_at"),
        {"info": {"append_only": True, "own_sees": _OWN}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    person_id: Mapped[UUID]
    from_month: Mapped[str] = mapped_column(String(7))
    category: Mapped[Category]
    level: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Assessment(Base):
    """One ability assessment by two assessors; the findings are health data and sealed under the elder's key."""

    __tablename__ = "assessment"
    __table_args__ = (
        CheckConstraint("first_assessor_id <> second_assessor_id", name="two_assessors"),
        Index("uq_assessment_booked", "enrolment_id", unique=True, postgresql_where=text("assessed_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    person_id: Mapped[UUID]
    occasion: Mapped[AssessmentOccasion]
    booked_for: Mapped[datetime]
    first_assessor_id: Mapped[UUID]
    second_assessor_id: Mapped[UUID]
    findings_sealed: Mapped[bytes | None]
    level: Mapped[int | None]
    assessed_at: Mapped[datetime | None]


class Wallet(Base):
    """The balance of one elder's quota for one month; the row is the lock that keeps it from being overspent.

    The constraints hold what the entries promise: nothing is negative and what came in is somewhere.
    """

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("free_fen >= 0", name="free"),
        CheckConstraint("held_fen >= 0", name="held"),
        CheckConstraint("spent_fen >= 0", name="spent"),
        CheckConstraint(
            "granted_fen + carried_in_fen = free_fen + held_fen + spent_fen + carried_out_fen + expired_fen",
            name="whole",
        ),
        Index("ix_wallet_open", "month", postgresql_where=text("closed_at is null")),
        {"info": {"own_sees": _OWN}},
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    granted_fen: Mapped[Fen] = mapped_column(default=0)
    carried_in_fen: Mapped[Fen] = mapped_column(default=0)
    free_fen: Mapped[Fen] = mapped_column(default=0)
    held_fen: Mapped[Fen] = mapped_column(default=0)
    spent_fen: Mapped[Fen] = mapped_column(default=0)
    carried_out_fen: Mapped[Fen] = mapped_column(default=0)
    expired_fen: Mapped[Fen] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]


class WalletEntry(Base):
    """One movement of quota money from one account to another; never changed, so the two sides always balance."""

    __tablename__ = "wallet_entry"
    __table_args__ = (
        CheckConstraint("fen > 0", name="fen"),
        CheckConstraint("from_account <> to_account", name="accounts"),
        Index("ix_wallet_entry_request", "request_id"),
        Index("ix_wallet_entry_month", "person_id", "month"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    month: Mapped[str] = mapped_column(String(7))
    kind: Mapped[EntryKind]
    from_account: Mapped[WalletAccount]
    to_account: Mapped[WalletAccount]
    fen: Mapped[Fen]
    request_id: Mapped[UUID | None]
    charge_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
