"""Funds (专项资金): a yearly plan, and entries that are never changed; the balance is their sum."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from civil.blocks.cases.model import CLERK_SEES, OWN_SECTION
from kit.access.scope import Section
from kit.database import IN_DIVISION, Base, Fen, Long
from kit.ids import new_id


def _of_seen_fund(table: str) -> str:
    return f"exists (select from civil_fund f where f.id = {table}.fund_id and f.{IN_DIVISION} and f.{OWN_SECTION})"


class FundEntryKind(StrEnum):
    """Why money came into a fund or left it."""

    ALLOCATION = "allocation"
    REPLENISHMENT = "replenishment"  # of a fund that had become low
    PAYMENT = "payment"


class Fund(Base):
    """One fund of one division; `kind` names its declaration."""

    __tablename__ = "civil_fund"
    __table_args__ = (UniqueConstraint("kind", "division_code"), {"info": {"clerk_sees": CLERK_SEES}})

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    division_code: Mapped[str] = mapped_column(String(12))
    section: Mapped[Section]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))


class FundPlan(Base):
    """What a fund may spend in a year, by a paper; of several for one year the latest recorded holds."""

    __tablename__ = "civil_fund_plan"
    __table_args__ = (
        CheckConstraint("fen >= 0", name="fen"),
        Index("ix_civil_fund_plan_year", "fund_id", "year", "recorded_at"),
        {"info": {"append_only": True, "clerk_sees": _of_seen_fund("civil_fund_plan")}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("civil_fund.id"))
    year: Mapped[int]
    fen: Mapped[Fen]
    source: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class FundConsent(Base):
    """What somebody asked to be spent on one matter beyond what is left, and what a second person said to it."""

    __tablename__ = "civil_fund_consent"
    __table_args__ = (
        CheckConstraint("fen > 0", name="fen"),
        {"info": {"clerk_sees": _of_seen_fund("civil_fund_consent"), "clerk_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("civil_fund.id"), index=True)
    subject_id: Mapped[UUID] = mapped_column(index=True)
    fen: Mapped[Fen]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    asker_account_id: Mapped[UUID | None]
    agreed: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))


class FundEntry(Base):
    """Money that came into a fund (positive) or left it; a mistake is undone by another entry.

    `subject_id` is the case or record that was paid for. A reversal has the kind of the entry that `reverses_id` names.
    """

    __tablename__ = "civil_fund_entry"
    __table_args__ = (
        CheckConstraint("fen <> 0 and ((kind = 'payment') = (fen < 0)) = (reverses_id is null)", name="fen"),
        CheckConstraint("(kind = 'payment') = (subject_id is not null)", name="subject"),
        UniqueConstraint("reverses_id"),
        UniqueConstraint("consent_id"),
        Index("ix_civil_fund_entry_fund_id", "fund_id", "entered_on"),
        {
            "info": {
                "append_only": True,
                "clerk_sees": _of_seen_fund("civil_fund_entry"),
                "clerk_may": "select, insert",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("civil_fund.id"))
    kind: Mapped[FundEntryKind]
    fen: Mapped[Fen]
    entered_on: Mapped[date]
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    reference: Mapped[str | None] = mapped_column(String(80))
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("civil_fund_consent.id"))
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("civil_fund_entry.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
