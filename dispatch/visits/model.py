"""Visits, the offers that lead to them, the hours they book, what the phones reported, and who is not to be sent."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    func,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from dispatch.visits.transitions import ActKind, OfferState, Outcome, VisitState
from kit.access.scope import Section
from kit.database import Base, Long
from kit.ids import new_id
from registry.model import lives_in_division

_OWN = "provider_id = nowalls_provider()"


class Visit(Base):
    """One worker (or two) of one company asked to go to one elder; the next attempt is another visit."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("request_id", "attempt"),
        Index("ix_visit_worker_planned", "worker_id", "planned_start"),
        Index("ix_visit_provider_planned", "provider_id", "planned_start"),
        Index("ix_visit_person_planned", "person_id", "planned_start"),
        Index("ix_visit_open", "planned_start", postgresql_where=text("state in ('accepted','departed','arrived')")),
        {
            "info": {
                "provider_sees": _OWN,
                "provider_may": "select, update",
                "clerk_sees": lives_in_division("visit.person_id", Section.ELDERCARE),
                "own_sees": "person_id = nowalls_person()",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID]
    attempt: Mapped[int]
    person_id: Mapped[UUID]
    district: Mapped[str] = mapped_column(String(40))
    division_code: Mapped[str] = mapped_column(String(12))
    latitude: Mapped[float]
    longitude: Mapped[float]
    item_code: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[int]
    urgent: Mapped[bool]
    provider_id: Mapped[UUID]
    worker_id: Mapped[UUID]
    worker_number: Mapped[Long]
    second_worker_id: Mapped[UUID | None]
    second_worker_number: Mapped[Long | None]
    planned_start: Mapped[datetime]
    planned_end: Mapped[datetime]
    window_to: Mapped[datetime]  # the latest arrival agreed with the elder
    minutes: Mapped[int]
    state: Mapped[VisitState] = mapped_column(default=VisitState.OFFERED)
    offered_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    grade: Mapped[str | None] = mapped_column(String(1))
    flags: Mapped[list[str]] = mapped_column(default=list)
    reason: Mapped[str | None] = mapped_column(String(200))
    backfilled_by: Mapped[UUID | None]
    decided_by: Mapped[UUID | None]
    rework_of: Mapped[UUID | None]
    disclosed: Mapped[bool] = mapped_column(default=False)


class Offer(Base):
    """The question put to a company, and its answer."""

    __tablename__ = "offer"
    __table_args__ = (
        Index("ix_offer_open", "deadline", postgresql_where=text("state = 'open'")),
        Index("ix_offer_provider_made", "provider_id", "made_at"),
        {"info": {"provider_sees": _OWN, "provider_may": "select, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), unique=True)
    request_id: Mapped[UUID] = mapped_column(index=True)
    provider_id: Mapped[UUID]
    attempt: Mapped[int]
    made_at: Mapped[datetime]
    deadline: Mapped[datetime]
    state: Mapped[OfferState] = mapped_column(default=OfferState.OPEN)
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(200))  # what a company that refused adds in its own words


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id, which never wraps."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Name the type in DDL."""
        return "xid8"


class Booking(Base):
    """A worker's hours given to one visit; a row is never moved: other hours are another row.

    `changed_xid` is the transaction that last wrote the row. A reader that keeps a copy asks for rows changed since the
    oldest transaction running at its last look, because neither ids nor transactions become visible in their order.
    With `made_xid` it tells, for any snapshot kept, which hours were booked then.
    """

    __tablename__ = "booking"
    __table_args__ = (
        # The final guard of "one worker, one place at a time". The wheel's PostgreSQL has no btree_gist, so that the
        # worker's number is compared as a range of one.
        ExcludeConstraint(
            (text("int8range(worker_number, worker_number, '[]')"), "&&"),
            ("during", "&&"),
            using="gist",
            where=text("active"),
            name="booking_one_place_at_a_time",
        ),
        Index("ix_booking_changed", "changed_xid"),
        {"info": {"provider_sees": _OWN, "provider_may": "select, insert, update"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Checked at the commit: hours are taken before the visit is written, so that a conflict leaves nothing behind.
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id", deferrable=True, initially="DEFERRED"), index=True)
    provider_id: Mapped[UUID]
    worker_id: Mapped[UUID]
    worker_number: Mapped[Long]
    leading: Mapped[bool]  # false for the second of two workers: a visit counts once against a company's capacity
    latitude: Mapped[float]
    longitude: Mapped[float]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    begun: Mapped[bool] = mapped_column(default=False)  # the worker is on the way or there
    active: Mapped[bool] = mapped_column(default=True)
    made_xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    changed_xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())


class Act(Base):
    """One act that a phone reported: evidence, stored unchanged."""

    __tablename__ = "act"
    __table_args__ = (
        Index("ix_act_visit_sequence", "visit_id", "sequence"),
        {"info": {"provider_sees": _OWN, "provider_may": "select, insert", "append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)  # the phone's own
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    provider_id: Mapped[UUID]
    kind: Mapped[ActKind]
    sequence: Mapped[int]
    at: Mapped[datetime]  # when it happened, as far as the server can say
    not_before: Mapped[datetime | None]  # proved by a server's anchor in the act
    # Whether `at` is the server's clock or was counted from an anchor, or is only claimed; 0.1 did not say.
    certain: Mapped[bool | None]
    claimed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    offline: Mapped[bool]
    device: Mapped[str | None] = mapped_column(String(80))
    distance_metres: Mapped[float | None]  # from the elder's door
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy_metres: Mapped[float | None]
    fix_age_seconds: Mapped[float | None]
    mocked: Mapped[bool] = mapped_column(default=False)
    code_matches: Mapped[bool | None]  # null: none was typed
    home_matches: Mapped[bool | None]  # null: none was scanned
    reason: Mapped[str | None] = mapped_column(String(200))
    account_id: Mapped[UUID | None]


class SaidBy(StrEnum):
    """Who said whom an elder wants, or does not want."""

    ELDER = "elder"
    FAMILY = "family"
    WORKER = "worker"
    BUREAU = "bureau"


class Barred(Base):
    """An elder and a worker, or (without one) a whole company, that are kept apart until `until` or `lifted_at`.

    `until` is the first day on which it holds no longer. 0.1 did not write down who said it.

    The company reads the rows of its own workers: it must not send them.
    """

    __tablename__ = "barred"
    __table_args__ = (
        CheckConstraint("lifted_at is null or lifted_at >= since", name="window"),
        Index("uq_barred_pair", "person_id", "worker_id", unique=True, postgresql_where=text("lifted_at is null")),
        Index(
            "uq_barred_company",
            "person_id",
            "provider_id",
            unique=True,
            postgresql_where=text("lifted_at is null and worker_id is null"),
        ),
        {"info": {"provider_sees": _OWN, "provider_may": "select"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    worker_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(80))
    lifted_at: Mapped[datetime | None]
    until: Mapped[date | None]
    said_by: Mapped[SaidBy | None]


class WantedWorker(Base):
    """A worker whom an elder wants to come, until `until` or `lifted_at`: a wish that a decision weighs."""

    __tablename__ = "wanted_worker"
    __table_args__ = (
        CheckConstraint("lifted_at is null or lifted_at >= since", name="window"),
        Index("uq_wanted_worker", "person_id", "worker_id", unique=True, postgresql_where=text("lifted_at is null")),
        {"info": {"provider_sees": _OWN, "provider_may": "select"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    worker_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(String(200))
    said_by: Mapped[SaidBy]
    since: Mapped[datetime]
    until: Mapped[date | None]
    set_by: Mapped[str] = mapped_column(String(80))
    lifted_at: Mapped[datetime | None]


def applies(wish: type[Barred | WantedWorker], today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Return the condition under which a wish, or a bar, holds on a day."""
    return and_(wish.lifted_at.is_(None), or_(wish.until.is_(None), wish.until > today))
