"""Queues without leases, decisions in batches"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7de213cbc4d8"
down_revision = "341ff03f4823"


def upgrade() -> None:
    op.execute("alter table event_delivery drop constraint ck_event_delivery_event_delivery_lease_ck")
    op.add_column("decision_record", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("decision_record", sa.Column("batch_place", sa.Integer(), nullable=True))
    op.create_index(
        "ix_decision_record_batch_id",
        "decision_record",
        ["batch_id"],
        unique=False,
        postgresql_where=sa.text("batch_id is not null"),
    )
    op.alter_column("event_delivery", "headers", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=False)
    op.drop_index(
        op.f("event_delivery_leased_idx"), table_name="event_delivery", postgresql_where="(acquired_token IS NOT NULL)"
    )
    op.drop_index(
        op.f("event_delivery_pending_idx"), table_name="event_delivery", postgresql_where="(acquired_token IS NULL)"
    )
    op.drop_index(
        op.f("event_delivery_timer_id_uq"), table_name="event_delivery", postgresql_where="(timer_id IS NOT NULL)"
    )
    op.create_index("ix_event_delivery_queue", "event_delivery", ["queue", "id"], unique=False)
    op.drop_column("event_delivery", "deliveries_count")
    op.drop_column("event_delivery", "acquired_token")
    op.drop_column("event_delivery", "next_attempt_at")
    op.drop_column("event_delivery", "attempts_count")
    op.drop_column("event_delivery", "timer_id")
    op.drop_column("event_delivery", "acquired_at")
    op.drop_column("event_delivery", "first_attempt_at")
    op.drop_column("event_delivery", "last_attempt_at")
