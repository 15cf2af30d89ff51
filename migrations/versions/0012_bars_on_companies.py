"""Bars on whole companies"""

import sqlalchemy as sa
from alembic import op

revision = "5cfa10a82695"
down_revision = "2df1f9bd874f"


def upgrade() -> None:
    op.add_column("barred", sa.Column("provider_id", sa.Uuid(), nullable=True))
    op.execute("update barred set provider_id = worker.provider_id from worker where worker.id = barred.worker_id")
    op.execute("delete from barred where provider_id is null")  # a worker who is not there is sent to nobody
    op.alter_column("barred", "provider_id", existing_type=sa.Uuid(), nullable=False)
    op.alter_column("barred", "worker_id", existing_type=sa.Uuid(), nullable=True)
    op.create_index(
        "uq_barred_company",
        "barred",
        ["person_id", "provider_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null and worker_id is null"),
    )
    op.execute(
        "create policy provider on barred as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("grant select on barred to nowalls_provider")
