"""Closed months and the year's budget"""

import sqlalchemy as sa
from alembic import op

revision = "b8317cf0e24a"
down_revision = "0a6f4b7de915"


def upgrade() -> None:
    op.create_table(
        "closed_month",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidised_fen", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", sa.String(length=80), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_month")),
        info={"append_only": True},
    )
    op.create_table(
        "budget_report",
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("cap_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.Column("reaches", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("spent_fen * 100 >= cap_fen * percent", name=op.f("ck_budget_report_reached")),
        sa.PrimaryKeyConstraint("year", "percent", "cap_fen", name=op.f("pk_budget_report")),
        info={"append_only": True},
    )
    op.execute("alter table budget_report enable row level security")
    op.execute("alter table budget_report force row level security")
    op.execute("alter table closed_month enable row level security")
    op.execute("alter table closed_month force row level security")
    op.execute(
        "create policy auditor on budget_report as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on budget_report as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on closed_month as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on closed_month as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("grant select on budget_report to nowalls_auditor")
    op.execute("grant insert, select on budget_report to nowalls_desk")
    op.execute("grant select on closed_month to nowalls_auditor")
    op.execute("grant insert, select on closed_month to nowalls_desk")
