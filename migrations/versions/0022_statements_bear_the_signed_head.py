"""Statements bear the signed head of the log"""

import sqlalchemy as sa
from alembic import op

revision = "1b09be34761f"
down_revision = "aa6d22bb3e2a"


def upgrade() -> None:
    op.add_column("statement", sa.Column("log_head", sa.String(length=260), nullable=True))
