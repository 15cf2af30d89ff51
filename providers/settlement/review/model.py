"""What a person looks at before money leaves: each statement's draw, and the lines that are reviewed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base, Fen

_OWN = {"provider_sees": "provider_id = nowalls_provider()"}


class ReviewDraw(Base):
    """The draw of one company's month: its seed's hash is in the log before the visits, the seed with the frozen list.

    `seed_sealed` is the seed under the row's own data key, so that whoever reads the table does not know it before;
    from `statement_id` on everything is null until the statement is drawn up. `visits`, `drawn` and `reviews` say how
    many.
    """

    __tablename__ = "review_draw"
    __table_args__ = (
        CheckConstraint("(seed is null) = (statement_id is null)", name="frozen"),
        CheckConstraint("drawn <= visits", name="drawn"),
        {"info": _OWN},
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
    grades: Mapped[str | None] = mapped_column(String(5))
    amount_fen: Mapped[Fen | None]
    reviews: Mapped[int | None]
    frozen_at: Mapped[datetime | None]


class LineReview(Base):
    """One line of a statement that a person looks at before the approval; the company reads it, with the reason given.

    `stands` is null until somebody has decided; a line that does not stand is taken back by the next statement.
    """

    __tablename__ = "line_review"
    __table_args__ = (
        CheckConstraint("(stands is null) = (decided_at is null)", name="decided"),
        Index("ix_line_review_statement_id", "statement_id"),
        {"info": _OWN},
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("statement_line.id"), primary_key=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    provider_id: Mapped[UUID]
    visit_id: Mapped[UUID]
    reasons: Mapped[list[str]]
    stands: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(String(400))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
