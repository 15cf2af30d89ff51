"""What a person looks at before money leaves: each statement's draw, whose seed was committed before the month."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base


class ReviewDraw(Base):
    """The draw of one company's month: its seed's hash is in the log before the visits, the seed with the frozen list.

    `seed_sealed` is the seed under the row's own data key, so that whoever reads the table does not know it before;
    from `statement_id` on everything is null until the statement is drawn up. `visits` and `drawn` are numbers.
    """

    __tablename__ = "review_draw"
    __table_args__ = (
        CheckConstraint("(seed is null) = (statement_id is null)", name="frozen"),
        CheckConstraint("drawn <= visits", name="drawn"),
        {"info": {"provider_sees": "provider_id = nowalls_provider()"}},
    )

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    seed_hash: Mapped[str] = mapped_column(String(64))
    data_key: Mapped[bytes]
    seed_sealed: Mapped[bytes]
    committed_at: Mapped[datetime]
    committed_by: Mapped[str] = mapped_column(String(80))
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("statement.id"), unique=True)
    seed: Mapped[str | None] = mapped_column(String(64))
    percent: Mapped[int | None] = mapped_column(SmallInteger)
    visits: Mapped[int | None]
    drawn: Mapped[int | None]
    list_hash: Mapped[str | None] = mapped_column(String(64))
    frozen_at: Mapped[datetime | None]
