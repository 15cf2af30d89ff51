"""Benefits (待遇): who is granted what from which month on, and what each month's run has made of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.access.scope import Section
from kit.database import IN_DIVISION, Base, Fen, Long
from kit.ids import new_id

_OWN_SECTION = "section = any(nowalls_sections())"


def _of_seen_grant(table: str) -> str:
    return f"exists (select from civil_grant g where g.id = {table}.grant_id and g.{IN_DIVISION} and g.{_OWN_SECTION})"


class GrantEndReason(StrEnum):
    """Why a benefit has ended."""

    DEATH = "death"
    MOVED = "moved"  # out of the district
    REPLACED = "replaced"  # by a benefit that takes its place, as the rule of exclusions says
    DECIDED = "decided"  # by a case: no longer entitled, or given up


class Grant(Base):
    """One benefit of one person or family, paid to `person_id`, from a month to the last one.

    `touched_at` is when anything changed that an earlier month may have been computed from.
    """

    __tablename__ = "civil_grant"
    __table_args__ = (
        Index("ix_civil_grant_programme", "programme", "from_month"),
        {
            "info": {
                "clerk_sees": f"{_OWN_SECTION} and {IN_DIVISION}",
                "clerk_may": "select, insert, update",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(BigInteger, Identity(always=True), unique=True)
    programme: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("civil_case.id"))
    division_code: Mapped[str] = mapped_column(String(12))
    section: Mapped[Section]
    from_month: Mapped[str] = mapped_column(String(7))
    last_month: Mapped[str | None] = mapped_column(String(7))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[GrantEndReason | None]
    touched_at: Mapped[datetime]


class GrantTerm(Base):
    """What a grant is computed from, from a month on; of two for one month the later recorded holds."""

    __tablename__ = "civil_grant_term"
    __table_args__ = (
        {
            "info": {
                "append_only": True,
                "clerk_sees": _of_seen_grant("civil_grant_term"),
                "clerk_may": "select, insert",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("civil_grant.id"), index=True)
    from_month: Mapped[str] = mapped_column(String(7))
    facts: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Covered(Base):
    """One person whom a grant covers, from a month to the last one; at most one open row a person and programme.

    A clerk sees of every section who is covered by what, so that nothing is granted beside what excludes it.
    """

    __tablename__ = "civil_covered"
    __table_args__ = (
        Index(
            "uq_civil_covered_open", "programme", "person_id", unique=True, postgresql_where=text("last_month is null")
        ),
        {"info": {"clerk_sees": IN_DIVISION, "clerk_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("civil_grant.id"), index=True)
    programme: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    division_code: Mapped[str] = mapped_column(String(12))
    from_month: Mapped[str] = mapped_column(String(7))
    last_month: Mapped[str | None] = mapped_column(String(7))


class PayRunState(StrEnum):
    """Where a month's run stands."""

    COMPUTED = "computed"
    CANCELLED = "cancelled"
    APPROVED = "approved"
    PAID = "paid"


class PayRun(Base):
    """One programme's month: frozen standards of every month that it computes, and the hash of what came out.

    `provisional`: some standard in force is a proposal that nobody has decided; such a run is not for real payment.
    """

    __tablename__ = "civil_pay_run"
    __table_args__ = (
        Index(
            "uq_civil_pay_run_month", "programme", "month", unique=True, postgresql_where=text("state <> 'cancelled'")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme: Mapped[str] = mapped_column(String(40))
    month: Mapped[str] = mapped_column(String(7))
    state: Mapped[PayRunState]
    provisional: Mapped[bool]
    standards: Mapped[dict[str, Any]]
    lines: Mapped[int]
    total_fen: Mapped[Fen]
    content_hash: Mapped[str] = mapped_column(String(64))
    computed_by: Mapped[str] = mapped_column(String(80))
    computed_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]


class PayLine(Base):
    """What one month and component of a grant is worth now, was entered for it before, and the difference.

    The line of the run's own month is the regular one; of an earlier month it is arrears or, negative, clawback.
    `claim` is all that `due_fen` was computed from beside the run's standards.
    """

    __tablename__ = "civil_pay_line"
    __table_args__ = (
        UniqueConstraint("run_id", "grant_id", "month", "component"),
        Index("ix_civil_pay_line_grant_id", "grant_id", "month"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("civil_pay_run.id"))
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("civil_grant.id"))
    month: Mapped[str] = mapped_column(String(7))
    component: Mapped[str] = mapped_column(String(32))
    due_fen: Mapped[Fen]
    before_fen: Mapped[Fen]
    fen: Mapped[Fen]
    claim: Mapped[dict[str, Any] | None]


class BenefitPayment(Base):
    """Money sent to one payee by one run: what the grant's lines come to less what was sent before.

    Until the bank has returned it, it counts as received.
    """

    __tablename__ = "civil_payment"
    __table_args__ = (UniqueConstraint("run_id", "grant_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("civil_pay_run.id"))
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("civil_grant.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    fen: Mapped[Fen]
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str | None] = mapped_column(String(80))
