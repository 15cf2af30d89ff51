"""Wishes for workers"""

import sqlalchemy as sa
from alembic import op

revision = "53a163bcce48"
down_revision = "66bb1d019c33"


def upgrade() -> None:
    op.create_table(
        "wanted_worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("lifted_at is null or lifted_at >= since", name=op.f("ck_wanted_worker_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wanted_worker")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select"},
    )
    op.create_index(
        "uq_wanted_worker",
        "wanted_worker",
        ["person_id", "worker_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.add_column("barred", sa.Column("until", sa.Date(), nullable=True))
    op.add_column("barred", sa.Column("said_by", sa.String(length=32), nullable=True))
    op.execute("alter table wanted_worker enable row level security")
    op.execute("alter table wanted_worker force row level security")
    op.execute(
        "create policy auditor on wanted_worker as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on wanted_worker as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on wanted_worker as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("grant select on wanted_worker to nowalls_auditor")
    op.execute("grant delete, insert, select, update on wanted_worker to nowalls_desk")
    op.execute("grant select on wanted_worker to nowalls_provider")
