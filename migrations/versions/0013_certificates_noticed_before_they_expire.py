"""Certificates noticed before they expire"""

import sqlalchemy as sa
from alembic import op

revision = "341ff03f4823"
down_revision = "5cfa10a82695"


def upgrade() -> None:
    op.add_column("certificate", sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True))
