"""Lines that are reviewed before the approval"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7d5ae3f81c60"
down_revision = "c41f0d92b7a5"


def upgrade() -> None:
    op.create_table(
        "line_review",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(stands is null) = (decided_at is null)", name=op.f("ck_line_review_decided")),
        sa.ForeignKeyConstraint(["line_id"], ["statement_line.id"], name=op.f("fk_line_review_line_id_statement_line")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_line_review_statement_id_statement")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_line_review")),
        info={"provider_sees": "provider_id = nowalls_provider()"},
    )
    op.create_index("ix_line_review_statement_id", "line_review", ["statement_id"], unique=False)
    op.add_column("review_draw", sa.Column("grades", sa.String(length=5), nullable=True))
    op.add_column("review_draw", sa.Column("amount_fen", sa.BigInteger(), nullable=True))
    op.add_column("review_draw", sa.Column("reviews", sa.Integer(), nullable=True))
    op.execute("alter table line_review enable row level security")
    op.execute("alter table line_review force row level security")
    op.execute(
        "create policy auditor on line_review as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy desk on line_review as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on line_review as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("grant select on line_review to nowalls_auditor")
    op.execute("grant delete, insert, select, update on line_review to nowalls_desk")
    op.execute("grant select on line_review to nowalls_provider")
