"""Cases: at most one open case for each matter that a person must handle."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.access.roles import Role
from kit.database import Base
from kit.ids import new_id


class CaseKind(StrEnum):
    """The kinds of cases; the subject of the first five is a request, an offer or a visit."""

    REQUEST_WAITING = "request_waiting"  # subject: request
    NOBODY_FOUND = "nobody_found"  # subject: request
    OFFER_SILENT = "offer_silent"  # subject: offer
    VISIT_NOT_STARTED = "visit_not_started"  # subject: visit
    VISIT_HELD = "visit_held"  # subject: visit
    WELFARE_CHECK = "welfare_check"  # subject: person
    DEATH_REPORTED = "death_reported"  # subject: person, dead or alive: confirm the report or withdraw it
    DEATH_CORRECTED = "death_corrected"  # subject: the person who was wrongly reported dead
    STAY_REPORTED = "stay_reported"  # subject: person, who has moved into an institution: what of the promised visits?
    NOT_REACHED = "not_reached"  # subject: call-back
    COMPLAINT_OVERDUE = "complaint_overdue"  # subject: complaint
    MESSAGE_FORGED = "message_forged"  # subject: the newest dead letter that the log does not know
    CHARGE_UNFUNDED = "charge_unfunded"  # subject: visit, a part of whose price nobody has agreed to bear
    REWORK_UNSERVED = "rework_unserved"  # subject: the visit whose unpaid second visit will not take place
    CERTIFICATE_EXPIRING = "certificate_expiring"  # subject: certificate of a worker
    BUDGET_REACHED = "budget_reached"  # subject: one share of a year's budget that the charges have reached
    WORKER_TWICE = "worker_twice"  # subject: worker, whose person or paper is at work for another company too


class CaseState(StrEnum):
    """The state of a case."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


_S = CaseState
TRANSITIONS: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    _S.OPEN: frozenset({_S.ASSIGNED, _S.CLOSED}),
    _S.ASSIGNED: frozenset({_S.ASSIGNED, _S.CLOSED}),
    _S.CLOSED: frozenset(),
}


class Case(Base):
    """One thing that waits longer than its rule allows; `since` is when the waiting began, `due_at` when it must end.

    `facts` are codes and numbers for the person who handles the case; never personal data.
    """

    __tablename__ = "escalation_case"
    __table_args__ = (
        Index("uq_escalation_case_open", "kind", "subject_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("ix_escalation_case_due", "owner_role", "due_at", postgresql_where=text("state <> 'closed'")),
        Index("ix_escalation_case_subject", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[CaseKind]
    subject_id: Mapped[UUID]
    since: Mapped[datetime]
    due_at: Mapped[datetime]
    owner_role: Mapped[Role]
    owner_id: Mapped[UUID | None]
    state: Mapped[CaseState]
    facts: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(200))
