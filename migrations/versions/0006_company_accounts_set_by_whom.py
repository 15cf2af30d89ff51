"""company accounts set by whom"""

import sqlalchemy as sa
from alembic import op

revision = "c8330d629a8e"
down_revision = "7d0b6a3c91e4"


def upgrade() -> None:
    op.add_column("company", sa.Column("bank_set_by", sa.String(length=80), nullable=True))
    op.add_column("company", sa.Column("bank_set_at", sa.DateTime(timezone=True), nullable=True))
