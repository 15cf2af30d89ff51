"""Acts say whether their time is certain"""

import sqlalchemy as sa
from alembic import op

revision = "2df1f9bd874f"
down_revision = "558adc4b2f9d"


def upgrade() -> None:
    op.add_column("act", sa.Column("certain", sa.Boolean(), nullable=True))
    # Where nobody has decided the rule, the proposal holds more from now on; what people decided is left to them.
    op.execute("""
    insert into rule (id, name, value, valid_from, recorded_at, recorded_by, source)
    select gen_random_uuid(), name,
      jsonb_set(value, '{holds}', value->'holds'
        || '["clock_skew", "unanchored", "impossible_speed", "no_position_at_leave"]'::jsonb),
      now(), now(), 'proposal', source
    from rule r
    where name = 'visit.evidence'
      and not exists (select from rule o where o.name = r.name and o.id <> r.id)
      and not value->'holds' ? 'unanchored'
    """)
