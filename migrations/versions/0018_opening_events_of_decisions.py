"""Opening events of decisions: what was decided before the log recorded it, one event for each row"""

from alembic import op

revision = "5c0d3a7b91e2"
down_revision = "fce1decab99c"

OPENING = """
insert into event_log (id, type, topic, key, subject, occurred_at, actor, correlation, data)
select uuidv7(), type, topic, key, subject, recorded_at, actor, uuidv7(), data from ({rows}) as opening
order by recorded_at, id
"""
RULES = """
select 'rules.rule_recorded.v1' as type, 'rules' as topic, name as key, name as subject, recorded_at,
       recorded_by as actor, id,
       jsonb_build_object('name', name, 'value', value, 'valid_from', valid_from) as data
from rule
"""
PRICES = """
select 'rules.price_recorded.v1' as type, 'rules' as topic, item_code as key, id::text as subject, recorded_at,
       recorded_by as actor, id,
       jsonb_build_object('price_id', id, 'item_code', item_code, 'price_fen', fen, 'valid_from', valid_from,
                          'valid_to', valid_to) as data
from price
"""
CONTRACTS = """
select 'roster.contract_recorded.v1' as type, 'roster' as topic, provider_id::text as key, id::text as subject,
       signed_at as recorded_at, 'opening' as actor, id,
       jsonb_build_object(
         'contract_id', id, 'provider_id', provider_id, 'valid_from', valid_from, 'valid_to', valid_to,
         'ended_on', ended_on, 'monthly_capacity', monthly_capacity, 'share_target', share_target,
         'item_codes', (select coalesce(jsonb_agg(distinct item_code order by item_code), '[]')
                        from contract_item where contract_id = contract.id),
         'division_codes', (select coalesce(jsonb_agg(distinct division_code order by division_code), '[]')
                            from contract_item where contract_id = contract.id)) as data
from contract
"""
TERMS = """
select 'enrolments.quota_term_recorded.v1' as type, 'enrolments' as topic, person_id::text as key,
       person_id::text as subject, recorded_at, recorded_by as actor, id,
       jsonb_build_object('person_id', person_id, 'from_month', from_month, 'category', category,
                          'level', level) as data
from enrolment_term
"""


def upgrade() -> None:
    op.execute("set local timezone to 'UTC'")
    for rows in (RULES, PRICES, CONTRACTS, TERMS):
        op.execute(OPENING.format(rows=rows))
