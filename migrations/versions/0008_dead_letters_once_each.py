"""Dead letters once each, and groups' progress"""

import sqlalchemy as sa
from alembic import op

from events.model import TransactionId

revision = "6a551a93d270"
down_revision = "7c3727b692c9"


def upgrade() -> None:
    op.create_table(
        "event_progress",
        sa.Column("group", sa.String(length=40), nullable=False),
        sa.Column("written_by", TransactionId(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group", name=op.f("pk_event_progress")),
    )
    op.add_column("dead_letter", sa.Column("digest", sa.String(length=100), nullable=True))
    op.add_column("dead_letter", sa.Column("place", sa.String(length=300), nullable=True))
    op.add_column("dead_letter", sa.Column("cause", sa.String(length=32), server_default="failed", nullable=False))
    op.execute(
        "update dead_letter d set state = 'dropped', ended_at = now(), ended_by = 'revision 0008',"
        " reason = 'the same event is kept once' where state = 'waiting' and exists (select from dead_letter e"
        ' where e."group" = d."group" and e.event_id = d.event_id and e.state = \'waiting\' and e.id < d.id)'
    )
    op.create_index(
        "uq_dead_letter_event",
        "dead_letter",
        ["group", "event_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("uq_dead_letter_place", "dead_letter", ["group", "place"], unique=True)
    op.execute("alter table event_progress enable row level security")
    op.execute("alter table event_progress force row level security")
    op.execute(
        "create policy auditor on event_progress as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on event_progress as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("grant select on event_progress to nowalls_auditor")
    op.execute("grant delete, insert, select, update on event_progress to nowalls_desk")
