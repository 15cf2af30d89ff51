"""phones sign what they write"""

import sqlalchemy as sa
from alembic import op

revision = "fce1decab99c"
down_revision = "0bb4bb55322b"


def upgrade() -> None:
    op.add_column(
        "account_session", sa.Column("kind", sa.String(length=32), server_default=sa.text("'desk'"), nullable=False)
    )
    op.add_column("account_session", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update account_session set ends_at = begun_at + interval '12 hours'")
    op.alter_column("account_session", "ends_at", nullable=False)
    op.add_column("account_session", sa.Column("public_key", sa.LargeBinary(length=65), nullable=True))
    op.add_column("account_session", sa.Column("counter", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("account_session", sa.Column("write_hash", sa.LargeBinary(length=32), nullable=True))
