"""Payments that the bank returns"""

import sqlalchemy as sa
from alembic import op

revision = "0a6f4b7de915"
down_revision = "e2b90c6417fd"


def upgrade() -> None:
    op.create_table(
        "payment_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_return_payment_id_payment")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_payment_return_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_return")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_payment_return_payment_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "append_only": True},
    )
    op.create_index("ix_payment_return_statement_id", "payment_return", ["statement_id"], unique=False)
    op.add_column("payment", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_payment_replaces_payment"), "payment", "payment", ["replaces"], ["id"])
    op.drop_constraint(op.f("uq_payment_statement_id"), "payment", type_="unique")
    op.create_unique_constraint(
        op.f("uq_payment_statement_id"),
        "payment",
        ["statement_id", "replaces"],
        postgresql_nulls_not_distinct=True,
    )
    op.execute("alter table payment_return enable row level security")
    op.execute("alter table payment_return force row level security")
    op.execute(
        "create policy auditor on payment_return as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on payment_return as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on payment_return as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("grant select on payment_return to nowalls_auditor")
    op.execute("grant insert, select on payment_return to nowalls_desk")
    op.execute("grant select on payment_return to nowalls_provider")
