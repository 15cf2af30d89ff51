"""Draws of statements"""

import sqlalchemy as sa
from alembic import op

revision = "c41f0d92b7a5"
down_revision = "b7e04c19d2a6"


def upgrade() -> None:
    op.create_table(
        "review_draw",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("seed_hash", sa.String(length=64), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("seed_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_by", sa.String(length=80), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=True),
        sa.Column("percent", sa.SmallInteger(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("drawn", sa.Integer(), nullable=True),
        sa.Column("list_hash", sa.String(length=64), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(seed is null) = (statement_id is null)", name=op.f("ck_review_draw_frozen")),
        sa.CheckConstraint("drawn <= visits", name=op.f("ck_review_draw_drawn")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_review_draw_statement_id_statement")),
        sa.PrimaryKeyConstraint("provider_id", "month", name=op.f("pk_review_draw")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_review_draw_statement_id")),
        info={"provider_sees": "provider_id = nowalls_provider()"},
    )
    op.execute("alter table review_draw enable row level security")
    op.execute("alter table review_draw force row level security")
    op.execute(
        "create policy auditor on review_draw as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy desk on review_draw as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on review_draw as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("grant select on review_draw to nowalls_auditor")
    op.execute("grant delete, insert, select, update on review_draw to nowalls_desk")
    op.execute("grant select on review_draw to nowalls_provider")
