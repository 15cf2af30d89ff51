"""The table of rules: one row for each value that somebody decided, from which instant on, and when it was recorded."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import FOR_ALL, Base
from kit.ids import new_id

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a proposed value is valid; such a row counts as recorded at any time."""


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
