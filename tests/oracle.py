"""Recompute every charge, statement and ledger entry in SQL and fractions; it imports nothing of the program.

An auditor's second opinion, written from the sentences of the rules: what a visit was and what was found of it come
from the log, prices and rules too; the rows of charges are only compared with what follows.
"""

import json
from fractions import Fraction
from typing import Any

import asyncpg

Row = dict[str, Any]
REASONS = ["void", "unproven", "nobody_home", "cancelled_late", "short", "late", "complaint", "unfunded"]
RULES = {
    "full": "charge.full_from_percent",
    "after": "charge.late_after_minutes",
    "late": "charge.late_percent",
    "nobody": "charge.nobody_home_percent",
    "cancelled": "charge.cancelled_late_percent",
    "grades": "charge.proven_grades",
}
CHARGES = """
select c.*, v.data as visit, made.position as made,
  (select r.data->>'reason' from event_log r where r.type like 'visits.visit_voided%' and r.position < made.position
     and r.data->>'visit_id' = c.visit_id::text order by r.position desc limit 1) as voided,
  (select max(d.position) from event_log d where d.type like 'visits.visit_verified%' and d.position < made.position
     and d.data->>'visit_id' = c.visit_id::text) as verified_at,
  (select max(h.position) from event_log h where h.position < made.position and h.data->>'visit_id' = c.visit_id::text
     and (h.type like 'visits.visit_held%'
       or h.type like 'settlement.line_reviewed%' and not (h.data->>'stands')::boolean)) as held_at,
  (select (d.data->>'died_on')::date from event_log d where d.type like 'people.person_de%'
     and d.position < made.position and d.data->>'person_id' = c.person_id::text
     order by d.position desc limit 1) as died_on,
  (select coalesce(sum(percent), 0) from (
     select distinct on (data->>'complaint_id')
       case when (data->>'upheld')::boolean then (data->>'deduction_percent')::int else 0 end as percent
     from event_log where type like 'feedback.complaint_decided%' and position < made.position
       and data->>'visit_id' = c.visit_id::text order by data->>'complaint_id', position desc) decided) as complaint,
  array(select jsonb_array_elements_text(g.data->'forgiven') from event_log g
     join statement_line l on l.id::text = g.data->>'line_id' join charge other on other.id = l.charge_id
     where g.type like 'settlement.line_decided%' and (g.data->>'upheld')::boolean and g.position < made.position
       and other.visit_id = c.visit_id) as forgiven,
  (select (p.data->>'price_fen')::int from event_log p where p.type like 'rules.price_recorded%'
     and p.data->>'item_code' = c.item_code and (p.data->>'valid_from')::date <= c.visited_on
     and coalesce((p.data->>'valid_to')::date > c.visited_on, true) and p.position < made.position
     order by p.position desc limit 1) as fen
from charge c join event_log v on v.id = c.verified_by
join event_log made on made.subject = c.id::text and made.type = 'settlement.charge_made.v1'
order by made.position
"""
RULE = """
select value from (
  select value, valid_from, 0 as position from rule where name = $1 and recorded_by = 'proposal'
  union all select data->'value', (data->>'valid_from')::timestamptz, position from event_log
    where type like 'rules.rule_recorded%' and data->>'name' = $1) recorded
where valid_from <= $2 and position < $3 order by valid_from desc, position desc limit 1
"""


def half_up(amount: Fraction) -> int:
    """Round to a whole fen, half up."""
    return int(amount + Fraction(1, 2))


def amounts(row: Row, rules: Row) -> Row:
    """Compute what one visit costs, from its event and from what was found of it."""
    visit = row["visit"]
    claimed = row["fen"] * visit["quantity"]
    dead = row["died_on"] is not None and row["visited_on"] > row["died_on"]
    held = row["charged_before"] and row["held_at"] is not None and row["held_at"] > row["verified_at"]
    proven = visit["evidence_grade"] in {"P", *rules["grades"]} or visit["outcome"] == "cancelled_late"
    taken: dict[str, Fraction] = {}
    if row["voided"] is not None or dead or held:
        taken["void"] = Fraction(claimed)
    elif not proven:
        taken["unproven"] = Fraction(claimed)
    else:
        done = Fraction(1)
        if visit["outcome"] == "completed":
            stayed = Fraction(visit["done_minutes"], visit["planned_minutes"])
            done = Fraction(1) if stayed * 100 >= rules["full"] or "short" in row["forgiven"] else stayed
            taken["short"] = claimed * (1 - done)
        else:
            part = "nobody" if visit["outcome"] == "nobody_home" else "cancelled"
            done = Fraction(rules[part], 100)
            taken[visit["outcome"]] = claimed * (1 - done)
        late = visit["late_minutes"] > rules["after"] and visit["outcome"] != "cancelled_late"
        percents = {"late": rules["late"] if late and "late" not in row["forgiven"] else 0}
        percents["complaint"] = min(100, int(row["complaint"]))
        for reason, percent in percents.items():
            taken[reason] = claimed * done * percent / 100
    payable = max(0, half_up(claimed - sum(taken.values(), Fraction())))
    parts = largest_remainder(claimed - payable, taken)
    share = half_up(Fraction(payable * (100 - visit["copay_percent"]), 100))
    covered = row["covered"]
    subsidised = min(visit["quota_held_fen"] + covered, share)
    own, limit = payable - subsidised, visit.get("own_limit_fen")
    if limit is not None and own > limit:
        own, subsidised = limit, payable - limit
        missing = max(0, subsidised - visit["quota_held_fen"] - covered)
        if missing and "unfunded" not in row["forgiven"]:
            subsidised, payable, parts["unfunded"] = subsidised - missing, payable - missing, missing
    return {
        "claimed_fen": claimed,
        "payable_fen": payable,
        "subsidised_fen": subsidised,
        "own_fen": own,
        "deducted_fen": claimed - payable,
        "deductions": {reason: fen for reason, fen in parts.items() if fen},
    }


def largest_remainder(whole: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Split whole fen by weights so that the parts sum to them; ties go to the reason that is named first."""
    total = sum(weights.values(), Fraction())
    if not whole or not total:
        return {}
    exact = {reason: whole * weight / total for reason, weight in weights.items()}
    parts = {reason: int(share) for reason, share in exact.items()}
    left = whole - sum(parts.values())
    order = sorted(exact, key=lambda reason: (parts[reason] - exact[reason], REASONS.index(reason)))
    for reason in order[:left]:
        parts[reason] += 1
    return parts


async def disagreements(connection: "asyncpg.Connection[asyncpg.Record]") -> tuple[int, list[str]]:
    """Return how many charges were computed again, and each sentence about what is not as it should be."""
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    wrong: list[str] = []
    computed: dict[tuple[str, int], Row] = {}
    rows = [dict(row) for row in await connection.fetch(CHARGES)]
    if len(rows) != await connection.fetchval("select count(*) from charge"):
        wrong.append("a charge has no event, or not one")
    for row in rows:
        key = str(row["visit_id"]), row["revision"]
        row |= {"charged_before": row["revision"] > 1, "covered": row["facts"].get("covered_fen", 0)}
        if "unfunded" in row["facts"]["forgiven"]:
            row["forgiven"] = [*row["forgiven"], "unfunded"]
        if row["kind"] == "charge":
            rules = {
                name: await connection.fetchval(RULE, rule, row["planned_start"], row["made"])
                for name, rule in RULES.items()
            }
            computed[key] = amounts(row, rules)
            wanted = computed[key]
        else:
            wanted = {name: -value for name, value in computed[key].items() if name != "deductions"}
            wanted["deductions"] = {reason: -fen for reason, fen in computed[key]["deductions"].items()}
        wrong += [f"{key} {name}: {row[name]} is {value}" for name, value in wanted.items() if row[name] != value]
    return len(rows), wrong + await _sums(connection)


async def _sums(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    checks = {
        "a statement is not the sum of its lines": """
          select s.id from statement s
          join statement_line l on l.statement_id = s.id join charge c on c.id = l.charge_id
          group by s.id having (count(*), sum(c.payable_fen), sum(c.subsidised_fen), sum(c.own_fen), sum(c.claimed_fen))
            <> (s.lines, s.payable_fen, s.subsidised_fen, s.own_fen, s.claimed_fen)""",
        "a charge is stated twice": "select charge_id from statement_line group by charge_id having count(*) > 1",
        "a line is of a later month": """
          select l.id from statement_line l
          join statement s on s.id = l.statement_id join charge c on c.id = l.charge_id
          where c.month > s.month or c.provider_id <> s.provider_id""",
        "a payment is not the public share": """
          select p.id from payment p join statement s on s.id = p.statement_id where p.fen <> s.subsidised_fen""",
        "a payment stands beside another one": """
          select p.statement_id from payment p where not exists
            (select from payment_return r where r.payment_id = p.id and r.fen = p.fen)
          group by p.statement_id having count(*) > 1""",
        "a posting does not balance": "select posting_id from ledger_entry group by posting_id having sum(fen) <> 0",
        "a charge is not in the ledger": """
          select c.id from charge c left join ledger_entry e on e.posting_id = c.id and e.account in ('subsidy', 'own')
          group by c.id having coalesce(sum(e.fen), 0) <> c.payable_fen""",
    }
    return [f"{what}: {row[0]}" for what, sql in checks.items() for row in await connection.fetch(sql)]
