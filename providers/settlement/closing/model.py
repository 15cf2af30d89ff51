"""What ends with time: months that are closed, and how far a year's budget is charged."""

from datetime import datetime

from sqlalchemy import CheckConstraint, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base, Fen, Long


class ClosedMonth(Base):
    """A month that is closed, and with it every month before: no statement of it is drawn up any more.

    The amounts are the sums of the month's statements.
    """

    __tablename__ = "closed_month"
    __table_args__ = ({"info": {"append_only": True}},)

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    statements: Mapped[int]
    payable_fen: Mapped[Fen]
    subsidised_fen: Mapped[Fen]
    closed_by: Mapped[str] = mapped_column(String(80))
    closed_at: Mapped[datetime]


class BudgetReport(Base):
    """One share of a year's budget that the charges have reached, reported once for each budget.

    `spent_fen` is the public share of all charges of the year's visits up to the sealed event `reaches`.
    """

    __tablename__ = "budget_report"
    __table_args__ = (
        CheckConstraint("spent_fen * 100 >= cap_fen * percent", name="reached"),
        {"info": {"append_only": True}},
    )

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    percent: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    cap_fen: Mapped[Fen] = mapped_column(primary_key=True)
    spent_fen: Mapped[Fen]
    reaches: Mapped[Long]
    reported_at: Mapped[datetime]
