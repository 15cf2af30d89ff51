"""Requests that found nobody"""

import sqlalchemy as sa
from alembic import op

revision = "5d2f0c6e7a31"
down_revision = "8f41d6c20b37"


def upgrade() -> None:
    op.add_column(
        "care_request", sa.Column("ask_again_after", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("decision_record", sa.Column("decided_by", sa.String(length=80), nullable=True))
    op.add_column("decision_record", sa.Column("reason", sa.String(length=200), nullable=True))
