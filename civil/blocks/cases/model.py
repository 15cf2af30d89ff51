"""Cases (办件): one matter about one person or household on its way through the hands that must decide it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.access.scope import Section
from kit.database import IN_DIVISION, Base, Long
from kit.ids import new_id

OWN_SECTION: Final = "section = any(nowalls_sections())"
CLERK_SEES: Final = f"{OWN_SECTION} and {IN_DIVISION}"
"""The row policy of a civil record: it lies in the clerk's division and belongs to one of the clerk's sections."""


class CivilCase(Base):
    """Where one matter stands; `kind` names its declaration, whose type `facts` are read through.

    `due_at` is until when it must leave its state, `open_until` until when it is publicised and may not move on.
    """

    __tablename__ = "civil_case"
    __table_args__ = (
        Index("uq_civil_case_open", "kind", "person_id", unique=True, postgresql_where=text("closed_at is null")),
        Index("ix_civil_case_due", "due_at", postgresql_where=text("closed_at is null")),
        Index("ix_civil_case_place", "kind", "division_code", "state"),
        {"info": {"clerk_sees": CLERK_SEES, "clerk_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    household_id: Mapped[UUID | None] = mapped_column(ForeignKey("household.id"))
    division_code: Mapped[str] = mapped_column(String(12))
    section: Mapped[Section]
    state: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    due_at: Mapped[datetime | None]
    open_until: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    closed_at: Mapped[datetime | None]


class CaseStep(Base):
    """One move of a case, by whom and why; the words are sealed under the person's data key."""

    __tablename__ = "civil_case_step"
    __table_args__ = (
        {
            "info": {
                "append_only": True,
                "clerk_sees": "exists (select from civil_case c where c.id = civil_case_step.case_id"
                f" and c.{IN_DIVISION} and c.{OWN_SECTION})",
                "clerk_may": "select, insert",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("civil_case.id"), index=True)
    came_from: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[UUID | None]
    note_sealed: Mapped[bytes | None]
