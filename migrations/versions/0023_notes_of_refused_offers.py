"""Notes of refused offers"""

import sqlalchemy as sa
from alembic import op

revision = "66bb1d019c33"
down_revision = "1b09be34761f"


def upgrade() -> None:
    op.add_column("offer", sa.Column("note", sa.String(length=200), nullable=True))
