"""The table of rules, one row for each value that somebody decided; and the changes that wait for a second person."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import FOR_ALL, Base
from kit.ids import new_id

PROPOSER = "proposal"
"""Who recorded a value that nobody has decided yet: the program."""


class RuleRow(Base):
    """One value of one rule from an instant on, as recorded by one person; the latest record of an instant wins."""

    __tablename__ = "rule"
    __table_args__ = ({"info": {**FOR_ALL, "append_only": True}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), index=True)
    value: Mapped[Any] = mapped_column(JSONB)
    valid_from: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(400), default="")


class ChangeKind(StrEnum):
    """The changes about money or proof that one person alone cannot make."""

    RULE = "rule"  # subject: the rule's name
    RULE_BACKDATED = "rule_backdated"  # subject: the rule's name
    PRICE = "price"  # subject: the item's code
    BANK_ACCOUNT = "bank_account"  # subject: the company's id


class ChangeState(StrEnum):
    """Whether a change waits, was put in force, or was taken back."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class PendingChange(Base):
    """One change that a person proposed and that another one confirms after a waiting time.

    `content` is what the verb of its kind takes; a bank account in it is sealed under the company's key.
    """

    __tablename__ = "pending_change"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ChangeKind]
    subject: Mapped[str] = mapped_column(String(80), index=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[ChangeState]
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
