"""Leases, and when an event was emitted"""

import sqlalchemy as sa
from alembic import op

revision = "7d0b6a3c91e4"
down_revision = "85676141149f"


def upgrade() -> None:
    op.alter_column("event_outgoing", "told_at", new_column_name="emitted_at")
    op.execute(
        "alter table event_outgoing rename constraint event_outgoing_told_at_not_null to event_outgoing_emitted_at_not_null"
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.execute("alter table lease enable row level security")
    op.execute("alter table lease force row level security")
    op.execute("create policy auditor on lease as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute("create policy desk on lease as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("grant select on lease to nowalls_auditor")
    op.execute("grant delete, insert, select, update on lease to nowalls_desk")
