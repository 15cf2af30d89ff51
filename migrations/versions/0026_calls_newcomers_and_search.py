"""Calls, newcomers and search"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b7e04c19d2a6"
down_revision = "c41f7d0be926"


def upgrade() -> None:
    op.create_table(
        "phone_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("number_blind", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("rang_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        sa.UniqueConstraint("source_key", name=op.f("uq_phone_call_source_key")),
    )
    op.create_index(op.f("ix_phone_call_rang_at"), "phone_call", ["rang_at"], unique=False)
    op.create_table(
        "newcomer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_blind", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(length=80), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newcomer")),
    )
    op.create_index(op.f("ix_newcomer_phone_blind"), "newcomer", ["phone_blind"], unique=False)
    op.add_column("care_request", sa.Column("call_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_care_request_call",
        "care_request",
        ["call_id"],
        unique=False,
        postgresql_where=sa.text("call_id is not null"),
    )
    op.add_column("person", sa.Column("pinyin", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("tail_blind", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_contact_tail_blind"), "contact", ["tail_blind"], unique=False)
    op.add_column("address", sa.Column("door_terms", postgresql.ARRAY(sa.LargeBinary()), nullable=True))
    op.create_index(
        "ix_address_door",
        "address",
        ["door_terms"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("valid_to is null"),
    )
    for table in ("newcomer", "phone_call"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"create policy auditor on {table} as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
        )
        op.execute(
            f"create policy desk on {table} as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
        )
        op.execute(f"grant select on {table} to nowalls_auditor")
        op.execute(f"grant delete, insert, select, update on {table} to nowalls_desk")
