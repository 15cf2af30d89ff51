"""Telephone calls as the exchange reports them, and callers who are not registered yet."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base
from kit.ids import new_id


class PhoneCallState(StrEnum):
    """How far a call has come; it only goes forward."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class PhoneCall(Base):
    """One call that came in, named by the exchange's own key; its instants are the platform's.

    The number is sealed under a key of the call and found by the blind index that telephones of the registry have; it
    is null where the caller withheld it, and together with the key once it is forgotten. `taken_by` is the account of
    the operator whose call it is.
    """

    __tablename__ = "phone_call"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)
    data_key: Mapped[bytes | None]
    number_sealed: Mapped[bytes | None]
    number_blind: Mapped[bytes | None]
    state: Mapped[PhoneCallState]
    rang_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[UUID | None]


class Newcomer(Base):
    """A caller who is not registered yet: name, telephone and address as they were said, sealed until it is closed.

    It is closed by the registration, which makes `person_id`, or by a reason; then nothing that was said is left.
    """

    __tablename__ = "newcomer"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    call_id: Mapped[UUID | None]
    data_key: Mapped[bytes | None]
    name_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    phone_blind: Mapped[bytes | None] = mapped_column(index=True)
    address_sealed: Mapped[bytes | None]
    noted_at: Mapped[datetime]
    noted_by: Mapped[str] = mapped_column(String(80))
    closed_at: Mapped[datetime | None]
    person_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(200))
