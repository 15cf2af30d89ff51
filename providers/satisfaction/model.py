"""What elders say about visits: who may still say it, what was said, who is called back, who complained."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base, Long
from kit.ids import new_id


class Channel(StrEnum):
    """By which way a visit's rating came; a call-back overrides the others, silence is no rating."""

    CODE = "code"  # the elder, by the six digits
    FAMILY = "family"  # the family, by the same digits
    CALLBACK = "callback"  # asked by an operator who did not know the company
    AUTO = "auto"  # confirmed by silence


class RatingChannel(StrEnum):
    """By which way the six digits come."""

    CODE = "code"  # from the elder
    FAMILY = "family"  # from the family


class CallState(StrEnum):
    """Whether a visit is in the reach rate's denominator, and how it ended."""

    ASKED = "asked"  # to be called
    ANSWERED = "answered"  # reached, all questions answered
    DECLINED = "declined"  # reached, but no opinion could be given
    NOT_REACHED = "not_reached"  # three calls without an answer


class Rateable(Base):
    """A finished visit and the one rating that counts for it; the rates are counted from these rows alone.

    `drawn_on` names the day's list from which the call-backs were drawn. A company sees the ratings of its visits
    without the visit, its instant and the elder, so that nobody can be taken to task for an answer.
    """

    __tablename__ = "rateable"
    __table_args__ = (
        CheckConstraint("score between 1 and 5", name="score"),
        CheckConstraint("valid = (score is not null and channel <> 'auto')", name="valid"),
        # Everything a rate asks for is in the index, so that counting a month never touches the table.
        Index(
            "ix_rateable_counting",
            "month",
            "provider_id",
            "item_code",
            "division_code",
            postgresql_include=["score", "channel", "valid", "call_state"],
        ),
        Index("ix_rateable_silent", "finished_at", postgresql_where=text("channel is null")),
        Index("ix_rateable_undrawn", "finished_at", postgresql_where=text("drawn_on is null")),
        {
            "info": {
                "provider_sees": "provider_id = nowalls_provider()",
                "provider_may": (
                    "select (provider_id, item_code, division_code, month, score, channel, valid, call_state)"
                ),
            }
        },
    )

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(index=True)
    item_code: Mapped[str] = mapped_column(String(8))
    division_code: Mapped[str] = mapped_column(String(12))
    finished_at: Mapped[datetime]
    month: Mapped[str] = mapped_column(String(7))
    code_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    score: Mapped[int | None] = mapped_column(SmallInteger)
    channel: Mapped[Channel | None]
    valid: Mapped[bool] = mapped_column(default=False)
    call_state: Mapped[CallState | None]
    drawn_on: Mapped[date | None]


class Rating(Base):
    """One answer as it was given; the visit's latest counting one is on its `Rateable`."""

    __tablename__ = "rating"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID] = mapped_column(index=True)
    channel: Mapped[Channel]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    given_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class CodeReading(Base):
    """Who read a visit's rating code to say it to the elder; that person may not give the rating."""

    __tablename__ = "code_reading"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID] = mapped_column(index=True)
    read_by: Mapped[str] = mapped_column(String(80))
    read_at: Mapped[datetime]


class CallBackReason(StrEnum):
    """Why an elder is called back."""

    SAMPLE = "sample"  # drawn
    FIRST_SERVICE = "first_service"  # the elder's first visit of all
    BAD_RATING = "bad_rating"  # somebody was dissatisfied
    CODE_LOCKED = "code_locked"  # so many wrong codes that the elder can no longer rate by code


class CallBack(Base):
    """One elder to be asked about one visit; who came is not on this row, so that no list can show it."""

    __tablename__ = "call_back"
    __table_args__ = (Index("ix_call_back_open", "due_at", postgresql_where=text("state = 'asked'")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID] = mapped_column(unique=True)
    person_id: Mapped[UUID]
    item_code: Mapped[str] = mapped_column(String(8))
    reason: Mapped[CallBackReason]
    state: Mapped[CallState] = mapped_column(default=CallState.ASKED)
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    last_try_at: Mapped[datetime | None]
    answers: Mapped[dict[str, Any] | None]
    saved_by: Mapped[str | None] = mapped_column(String(80))
    saved_at: Mapped[datetime | None]


class CallBackDraw(Base):
    """One day's draw: the seed is committed before the day ends, the list frozen after it, the seed then shown."""

    __tablename__ = "call_back_draw"

    day: Mapped[date] = mapped_column(primary_key=True)
    seed: Mapped[bytes] = mapped_column(LargeBinary(32))
    seed_hash: Mapped[str] = mapped_column(String(64))
    committed_at: Mapped[datetime]
    committed_by: Mapped[str] = mapped_column(String(80))
    percent: Mapped[int | None] = mapped_column(SmallInteger)
    visits: Mapped[int | None]
    drawn: Mapped[int | None]
    list_hash: Mapped[str | None] = mapped_column(String(64))
    drawn_at: Mapped[datetime | None]


class ComplaintAction(StrEnum):
    """What a manager does with a complaint."""

    ACKNOWLEDGE = "acknowledge"
    INVESTIGATED = "investigated"
    DECIDE = "decide"
    REMEDIED = "remedied"
    CLOSE = "close"
    APPEAL = "appeal"


class ComplaintState(StrEnum):
    """How far a complaint has come."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATED = "investigated"
    DECIDED = "decided"
    REMEDIED = "remedied"
    CLOSED = "closed"
    APPEALED = "appealed"


TRANSITIONS = {
    ComplaintState.RECEIVED: {ComplaintState.ACKNOWLEDGED},
    ComplaintState.ACKNOWLEDGED: {ComplaintState.INVESTIGATED},
    ComplaintState.INVESTIGATED: {ComplaintState.DECIDED},
    ComplaintState.DECIDED: {ComplaintState.REMEDIED, ComplaintState.CLOSED},
    ComplaintState.REMEDIED: {ComplaintState.CLOSED},
    ComplaintState.CLOSED: {ComplaintState.APPEALED},
    ComplaintState.APPEALED: {ComplaintState.DECIDED},
}


class Complaint(Base):
    """A complaint about one visit; its words are sealed under a key of their own. The company sees no words."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint("deduction_percent between 0 and 100", name="deduction_percent"),
        Index("ix_complaint_open", "due_at", postgresql_where=text("due_at is not null")),
        {
            "info": {
                "provider_sees": "provider_id = nowalls_provider()",
                "provider_may": (
                    "select (id, number, visit_id, provider_id, state, received_at, due_at, upheld, deduction_percent)"
                ),
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(Identity(always=True), unique=True)
    visit_id: Mapped[UUID] = mapped_column(index=True)
    provider_id: Mapped[UUID]
    state: Mapped[ComplaintState] = mapped_column(default=ComplaintState.RECEIVED)
    data_key: Mapped[bytes]
    words_sealed: Mapped[bytes]
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    upheld: Mapped[bool | None]
    deduction_percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]


class ComplaintStep(Base):
    """One step of a complaint: who took it, when, and whether in time."""

    __tablename__ = "complaint_step"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaint.id"), index=True)
    state: Mapped[ComplaintState]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime | None]
