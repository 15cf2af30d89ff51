"""Pending changes and code readings"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "8e5ca1e4cdba"
down_revision = "7de213cbc4d8"


def upgrade() -> None:
    op.create_table(
        "code_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("read_by", sa.String(length=80), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_reading")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_code_reading_visit_id"), "code_reading", ["visit_id"], unique=False)
    op.create_table(
        "pending_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_change")),
    )
    op.create_index(op.f("ix_pending_change_subject"), "pending_change", ["subject"], unique=False)
    op.execute("alter table code_reading enable row level security")
    op.execute("alter table code_reading force row level security")
    op.execute("alter table pending_change enable row level security")
    op.execute("alter table pending_change force row level security")
    op.execute(
        "create policy auditor on code_reading as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on code_reading as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on pending_change as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on pending_change as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("grant select on code_reading to nowalls_auditor")
    op.execute("grant insert, select on code_reading to nowalls_desk")
    op.execute("grant select on pending_change to nowalls_auditor")
    op.execute("grant delete, insert, select, update on pending_change to nowalls_desk")
