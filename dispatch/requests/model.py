"""Care requests, and the standing orders that create them regularly."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import ids
from kit.access.scope import Section
from kit.china.identifiers import Sex
from kit.database import Base, Fen, Long
from kit.ids import new_id
from registry.model import lives_in_division


class RequestState(StrEnum):
    """The state of a care request."""

    WAITING = "waiting"  # eligible, quota held, no open offer
    OFFERED = "offered"  # a company has been asked
    ACCEPTED = "accepted"  # a worker is promised
    UNDER_WAY = "under_way"  # the worker has set out or is there
    FINISHED = "finished"
    UNSERVED = "unserved"
    CANCELLED = "cancelled"


_S = RequestState
TRANSITIONS: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    _S.WAITING: frozenset({_S.OFFERED, _S.UNSERVED, _S.CANCELLED}),
    # The next company may be asked in the same breath in which the last one refused.
    _S.OFFERED: frozenset({_S.OFFERED, _S.ACCEPTED, _S.WAITING, _S.UNSERVED, _S.CANCELLED}),
    # A promised visit falls back when its worker falls ill or its company goes.
    _S.ACCEPTED: frozenset({_S.UNDER_WAY, _S.WAITING, _S.OFFERED, _S.UNSERVED, _S.CANCELLED}),
    # After a visit is broken off on the way, another worker is asked in the same transaction.
    _S.UNDER_WAY: frozenset({_S.FINISHED, _S.OFFERED, _S.WAITING, _S.UNSERVED}),
    # A person may decide later that a finished visit does not count.
    _S.FINISHED: frozenset({_S.UNSERVED}),
    # A person has it dispatched again.
    _S.UNSERVED: frozenset({_S.WAITING}),
    _S.CANCELLED: frozenset(),
}
OPEN: Final = frozenset({_S.WAITING, _S.OFFERED, _S.ACCEPTED, _S.UNDER_WAY})
"""The states in which an elder still waits for care."""


class Channel(StrEnum):
    """The channel through which a request came in."""

    PHONE = "phone"  # the hotline
    BUTTON = "button"  # the call button at home
    PAGE = "page"  # elder's or family's own page
    STATION = "station"  # a community station's desk
    STANDING = "standing"  # made of a standing order
    IMPORT = "import"  # a file


class CancelledBy(StrEnum):
    """Who withdrew a request."""

    ELDER = "elder"
    FAMILY = "family"
    BUREAU = "bureau"
    SYSTEM = "system"


VISIT_VOID = "visit_void"
"""The reason of a request whose visit took place and was found not to count."""
DECEASED = "deceased"
"""The reason on requests and standing orders that a death ended; a corrected death searches for it."""


class CareRequest(Base):
    """One service asked for by one elder, with everything about them that dispatching and charging rest on.

    Place, division, category, level, co-payment and price are as they were when it was placed. `earliest` and `latest`
    bound the worker's arrival. `price_fen` is the catalogue's price times the quantity; `quota_held_fen` of it is held
    in the elder's wallet of the month of `earliest`, the rest is the elder's own. Attempts up to `ask_again_after` do
    not keep their companies from being asked, because a person chose to ask them once more.
    """

    __tablename__ = "care_request"
    __table_args__ = (
        CheckConstraint("earliest < latest", name="window"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("persons in (1, 2)", name="persons"),
        CheckConstraint("quota_held_fen between 0 and price_fen", name="held"),
        Index("ix_care_request_person", "person_id", "earliest"),
        Index(
            "ix_care_request_open",
            "state",
            "latest",
            postgresql_where=text("state in ('waiting', 'offered', 'accepted', 'under_way')"),
        ),
        Index("ix_care_request_call", "call_id", postgresql_where=text("call_id is not null")),
        Index("ix_care_request_provider", "provider_id", "earliest", postgresql_where=text("provider_id is not null")),
        {
            "info": {
                "provider_sees": "provider_id = nowalls_provider()",
                "provider_may": "select, update",
                "clerk_sees": lives_in_division("care_request.person_id", Section.ELDERCARE),
                "own_sees": "person_id = nowalls_person()",
            }
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(Identity(always=True), unique=True)
    person_id: Mapped[UUID]
    district: Mapped[str] = mapped_column(String(40))
    division_code: Mapped[str] = mapped_column(String(12))
    latitude: Mapped[float]
    longitude: Mapped[float]
    item_code: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[int]
    minutes: Mapped[int]
    skill: Mapped[str] = mapped_column(String(8))
    persons: Mapped[int]
    sex_wanted: Mapped[Sex | None]
    earliest: Mapped[datetime]
    latest: Mapped[datetime]
    urgent: Mapped[bool]
    asked_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    channel: Mapped[Channel]
    call_id: Mapped[UUID | None]  # the telephone call in which it was placed
    source_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    standing_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("standing_order.id"))
    category: Mapped[str] = mapped_column(String(1))
    level: Mapped[int]
    copay_percent: Mapped[int]
    price_fen: Mapped[Fen]
    quota_held_fen: Mapped[Fen]
    over_quota: Mapped[bool]  # the elder pays more than the ordinary co-payment
    state: Mapped[RequestState]
    state_since: Mapped[datetime]
    provider_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(80))
    cancelled_by: Mapped[CancelledBy | None]
    chargeable: Mapped[bool] = mapped_column(default=False)
    ask_again_after: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def case_no(self) -> str:
        """Return the number that people speak, with its check digit."""
        return ids.case_number(self.number)

    @property
    def own_fen(self) -> int:
        """Return what the elder pays, as far as is known before the visit."""
        return self.price_fen - self.quota_held_fen


class StandingState(StrEnum):
    """The state of a standing order."""

    ACTIVE = "active"
    ENDED = "ended"


class StandingOrder(Base):
    """A service wanted again and again: daily meals, weekly cleaning.

    `weekdays` is a mask, Monday = 1 … Sunday = 64; the arrival window is in minutes of the district's day; a pause is
    a half-open span of days.
    """

    __tablename__ = "standing_order"
    __table_args__ = (
        CheckConstraint("weekdays between 1 and 127", name="weekdays"),
        CheckConstraint("from_minute < to_minute", name="window"),
        Index("ix_standing_order_active", "starts_on", postgresql_where=text("state = 'active'")),
        {"info": {"own_sees": "person_id = nowalls_person()"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[Long] = mapped_column(Identity(always=True), unique=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    item_code: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[int]
    weekdays: Mapped[int]
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the first day without it
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    accept_own_cost: Mapped[bool]
    sex_wanted: Mapped[Sex | None]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(String(80))
    state: Mapped[StandingState]
    reason: Mapped[str | None] = mapped_column(String(80))


class StandingDay(Base):
    """The outcome of a standing order on one day: a request, or the code of the refusal."""

    __tablename__ = "standing_day"
    __table_args__ = (
        CheckConstraint("(request_id is null) <> (skipped is null)", name="one_outcome"),
        {"info": {"append_only": True}},
    )

    standing_order_id: Mapped[UUID] = mapped_column(ForeignKey("standing_order.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    request_id: Mapped[UUID | None]
    skipped: Mapped[str | None] = mapped_column(String(80))
