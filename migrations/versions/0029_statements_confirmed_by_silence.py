"""Statements confirmed by silence"""

import sqlalchemy as sa
from alembic import op

revision = "e2b90c6417fd"
down_revision = "7d5ae3f81c60"


def upgrade() -> None:
    op.add_column("statement", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("statement", sa.Column("silent_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("statement", sa.Column("by_silence", sa.Boolean(), nullable=True))
