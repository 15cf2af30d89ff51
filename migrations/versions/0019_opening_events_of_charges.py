"""Opening events of charges: what the events of 0.1 did not say of them, one event for each charge"""

from alembic import op

revision = "8f41d6c20b37"
down_revision = "5c0d3a7b91e2"

CHARGES = """
insert into event_log (id, type, topic, key, subject, occurred_at, actor, correlation, data)
select uuidv7(), 'settlement.charge_recorded.v1', 'settlement', c.provider_id || ':' || c.month, c.id::text, c.made_at,
       'opening', uuidv7(), jsonb_build_object(
         'charge_id', c.id, 'visit_id', c.visit_id, 'request_id', c.request_id, 'person_id', c.person_id,
         'provider_id', c.provider_id, 'item_code', c.item_code, 'division_code', c.division_code, 'month', c.month,
         'payable_fen', c.payable_fen, 'subsidised_fen', c.subsidised_fen, 'own_fen', c.own_fen,
         'deduction_fen', c.deducted_fen, 'rule_version', c.rule_version, 'revision', c.revision, 'kind', c.kind,
         'price_fen', c.price_fen, 'facts_hash', null, 'verified_by', c.verified_by, 'void', c.facts->'void',
         'complaint_percent', coalesce(c.facts->'complaint_percent', '0'),
         'forgiven', coalesce(c.facts->'forgiven', '[]'),
         'covered_fen', coalesce(c.facts->'covered_fen', '0'),
         'statement_id', l.statement_id, 'line_id', l.id)
from charge c left join statement_line l on l.charge_id = c.id
order by c.made_at, c.visit_id, c.revision, c.kind
"""


def upgrade() -> None:
    op.execute("set local timezone to 'UTC'")
    op.execute(CHARGES)
