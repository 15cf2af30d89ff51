"""Refused actions and attempts"""

import sqlalchemy as sa
from alembic import op

revision = "7c3727b692c9"
down_revision = "c8330d629a8e"


def upgrade() -> None:
    op.rename_table("tries", "attempt")
    op.execute("alter index pk_tries rename to pk_attempt")
    op.execute("alter index ix_tries_last_at rename to ix_attempt_last_at")
    # PostgreSQL names a not-null constraint after the table that it was made for
    op.execute(
        """
        do $$ declare name text;
        begin
          for name in select conname from pg_constraint where conrelid = 'attempt'::regclass and contype = 'n' loop
            execute format('alter table attempt rename constraint %I to %I', name, replace(name, 'tries', 'attempt'));
          end loop;
        end $$
        """
    )
    op.create_table(
        "refused_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("correlation", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_refused_action_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_action")),
        sa.UniqueConstraint("account_id", "action", "minute", name=op.f("uq_refused_action_account_id")),
    )
    op.create_index(op.f("ix_refused_action_last_at"), "refused_action", ["last_at"], unique=False)
    op.execute("alter table refused_action enable row level security")
    op.execute("alter table refused_action force row level security")
    op.execute(
        "create policy auditor on refused_action as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on refused_action as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("grant select on refused_action to nowalls_auditor")
    op.execute("grant delete, insert, select, update on refused_action to nowalls_desk")
