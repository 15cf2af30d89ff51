"""Statements keep the approved account"""

import sqlalchemy as sa
from alembic import op

revision = "558adc4b2f9d"
down_revision = "2f9d81c5ab07"


def upgrade() -> None:
    op.add_column("statement", sa.Column("account_sealed", sa.LargeBinary(), nullable=True))
