"""Registers (登记册): things with states and dated facts, and what inspections of them came to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from civil.blocks.cases.model import CLERK_SEES, OWN_SECTION
from kit.access.scope import Section
from kit.database import IN_DIVISION, Base, Long
from kit.ids import new_id

_OPEN = text("closed_on is null")


def _of_seen_record(table: str) -> str:
    return f"exists (select from civil_record r where r.id = {table}.record_id and r.{IN_DIVISION} and r.{OWN_SECTION})"


class CivilRecord(Base):
    """One thing of a register as it is now; `kind` names its declaration, whose type `facts` are read through.

    `key` is by which it is found again, `within_id` the record that it belongs to. `due_on` is the last day on which it
    may be in its state, `inspect_due_on` the last day for its next inspection; `overdue_for` is the latest of these
    days that people have been reminded of.
    """

    __tablename__ = "civil_record"
    __table_args__ = (
        Index("uq_civil_record_key", "kind", "key", unique=True, postgresql_where=_OPEN),
        Index("uq_civil_record_person", "kind", "person_id", unique=True, postgresql_where=_OPEN),
        Index("ix_civil_record_place", "kind", "division_code", "state"),
        Index("ix_civil_record_due", "due_on", "inspect_due_on", postgresql_where=_OPEN),
        {"info": {"clerk_sees": CLERK_SEES, "clerk_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(80))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    within_id: Mapped[UUID | None] = mapped_column(ForeignKey("civil_record.id"), index=True)
    division_code: Mapped[str] = mapped_column(String(12))
    section: Mapped[Section]
    state: Mapped[str] = mapped_column(String(32))
    since: Mapped[date]
    facts: Mapped[dict[str, Any]]
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    due_on: Mapped[date | None]
    inspect_due_on: Mapped[date | None]
    overdue_for: Mapped[date | None]


class RecordVersion(Base):
    """What a record is from a day on, until its next version; of two for one day the later recorded holds."""

    __tablename__ = "civil_record_version"
    __table_args__ = (
        Index("ix_civil_record_version_day", "record_id", "valid_from", "recorded_at"),
        {
            "info": {
                "append_only": True,
                "clerk_sees": _of_seen_record("civil_record_version"),
                "clerk_may": "select, insert",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("civil_record.id"))
    valid_from: Mapped[date]
    state: Mapped[str] = mapped_column(String(32))
    facts: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[UUID | None]


class Inspection(Base):
    """One inspection of a thing of a register: what was looked at, and whether it passed."""

    __tablename__ = "civil_inspection"
    __table_args__ = (
        {
            "info": {
                "append_only": True,
                "clerk_sees": _of_seen_record("civil_inspection"),
                "clerk_may": "select, insert",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("civil_record.id"), index=True)
    inspected_on: Mapped[date]
    passed: Mapped[bool]
    facts: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
