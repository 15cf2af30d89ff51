"""Tables of accounts: sessions, recovery codes, attempts, refused actions and idempotency keys."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.access.roles import Role
from kit.database import Base, Long
from kit.ids import new_id


class Account(Base):
    """One person at one desk, and whose rows that person may see.

    A company's people carry their company, a worker also the worker; clerks and officers of a section carry a division
    and the sections of the bureau they work for.
    """

    __tablename__ = "account"
    __table_args__ = ({"info": {"auditor_sees": None}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role]
    provider_id: Mapped[UUID | None] = mapped_column(index=True)
    worker_id: Mapped[UUID | None]
    division_code: Mapped[str | None] = mapped_column(String(12))
    sections: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    password_hash: Mapped[str] = mapped_column(String(200))
    key: Mapped[bytes] = mapped_column(LargeBinary)
    totp_sealed: Mapped[bytes | None]
    totp_proposed: Mapped[bytes | None]  # counts from its first right code on; the old one counts until then
    totp_active: Mapped[bool] = mapped_column(default=False)
    totp_last_step: Mapped[Long] = mapped_column(default=0)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class SessionKind(StrEnum):
    """The kinds of sessions: how long one lasts and what may be done in it."""

    DESK = "desk"
    PHONE = "phone"  # a worker's; each write is signed with a key that the phone does not give away
    WALL = "wall"  # a screen that everybody passes: it reads
    PROGRAM = "program"  # a program that reports, such as the telephone exchange


class AccountSession(Base):
    """One signed-in browser, phone or screen; only the SHA-256 of its token is kept.

    A phone's session has the phone's public key, the counter of its latest write and the digest of that write.
    """

    __tablename__ = "account_session"
    __table_args__ = (
        Index("ix_account_session_account", "account_id", postgresql_where=text("ended_at is null")),
        {"info": {"auditor_sees": None}},
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[SessionKind] = mapped_column(default=SessionKind.DESK, server_default=text("'desk'"))
    begun_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    client: Mapped[str] = mapped_column(String(200))
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary(65))
    counter: Mapped[Long] = mapped_column(default=0, server_default=text("0"))
    write_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class RecoveryCode(Base):
    """One of ten codes that replace a lost second factor once."""

    __tablename__ = "account_recovery_code"
    __table_args__ = ({"info": {"auditor_sees": None}},)

    blind: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """How often something was attempted of late that could be guessed: a password, an elder's number.

    `subject` and `place` are blind indexes: of what was attempted, and of the address it came from (zeros: from
    anywhere). Names that belong to nobody are counted like all others.
    """

    __tablename__ = "attempt"
    __table_args__ = ({"info": {"auditor_sees": None}},)

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    place: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)


class RefusedAction(Base):
    """How often one account asked within one minute for one action that the policy refuses to its role.

    `correlation` is that of the latest of these requests.
    """

    __tablename__ = "refused_action"
    __table_args__ = (UniqueConstraint("account_id", "action", "minute"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    role: Mapped[Role]
    action: Mapped[str] = mapped_column(String(60))
    minute: Mapped[datetime]
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    correlation: Mapped[UUID]


class IdempotencyKey(Base):
    """One client's key for one act: written in the commit of the act, with the answer, sealed, once it was made."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        {
            "info": {
                "provider_sees": "provider_id = nowalls_provider()",
                "provider_may": "select, insert, update",
                "clerk_sees": "division_code = nowalls_division()",
                "clerk_may": "select, insert, update",
                "auditor_sees": None,
            }
        },
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    provider_id: Mapped[UUID | None]
    division_code: Mapped[str | None] = mapped_column(String(12))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    claimed_at: Mapped[datetime] = mapped_column(index=True)
    data_key: Mapped[bytes]
    status: Mapped[int | None]
    body_sealed: Mapped[bytes | None]
