"""Undecided addresses after the decision"""

from alembic import op

revision = "2f9d81c5ab07"
down_revision = "6a551a93d270"

SEEN = """
case when decided_at is null
then exists (select from jsonb_array_elements_text(successors) as part (division_code)
  where part.division_code between nowalls_division() and nowalls_division_end())
else decided_code between nowalls_division() and nowalls_division_end() end
"""


def upgrade() -> None:
    op.execute(f"alter policy clerk on undecided_address using ({SEEN}) with check ({SEEN})")
