"""The result of a simulation: figures that add up, and one hash over all its facts.

The hash covers who, what, when by the simulation's clock, why and how many fen. People, companies and workers go by
their numbers in the population and requests by their calls, so that neither generated ids nor the machine's clock
matter.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import text

from dispatch.escalation.model import CaseKind
from events.work import Work

_NAMES = """
with named as (select id, kind || '-' || number as name from simulated_part),
     asked as (select id, source_key as name from care_request),
     came as (select v.id, a.name || '/' || v.attempt as name from visit v join asked a on a.id = v.request_id)
"""
_FACTS = {
    "refusal": "select number, code, refused_at from refused_call",
    "request": """
        select a.name, e.name as elder, division_code, item_code, quantity, minutes, skill, persons, earliest, latest,
               urgent, asked_at, category, level, copay_percent, price_fen, quota_held_fen, over_quota, state,
               c.name as company, reason
        from care_request r join asked a on a.id = r.id join named e on e.id = r.person_id
        left join named c on c.id = r.provider_id""",
    "decision": """
        select a.name, attempt, decided_at, outcome, c.name as company, starts_at, relaxation,
               jsonb_array_length(candidates) as listed, jsonb_array_length(beaten) as beaten,
               (select jsonb_object_agg(key, jsonb_array_length(value)) from jsonb_each(ruled_out)) as ruled_out
        from decision_record d join asked a on a.id = d.request_id left join named c on c.id = d.provider_id""",
    "offer": """
        select v.name, c.name as company, made_at, deadline, state, answered_at, reason
        from offer o join came v on v.id = o.visit_id join named c on c.id = o.provider_id""",
    "visit": """
        select n.name, w.name as worker, s.name as second_worker, planned_start, planned_end, state, accepted_at,
               departed_at, arrived_at, left_at, closed_at, outcome, grade, flags, reason
        from visit v join came n on n.id = v.id join named w on w.id = v.worker_id
        left join named s on s.id = v.second_worker_id""",
    "act": """
        select v.name, kind, sequence, at, latitude, longitude, mocked, code_matches, reason
        from act join came v on v.id = act.visit_id""",
    "charge": """
        select v.name, c.name as company, revision, kind, item_code, month, visited_on, facts - 'visit_id' as facts,
               price_fen, rule_version, claimed_fen, deducted_fen, payable_fen, subsidised_fen, own_fen, deductions,
               made_at
        from charge k join came v on v.id = k.visit_id join named c on c.id = k.provider_id""",
    "rating": "select v.name, channel, score, given_at from rating r join came v on v.id = r.visit_id",
    "call-back": """
        select v.name, c.reason, state, due_at, tries, answers, saved_at
        from call_back c join came v on v.id = c.visit_id""",
    "complaint": """
        select v.name, state, received_at, upheld, deduction_percent, decided_at
        from complaint c join came v on v.id = c.visit_id""",
    "case": """
        select c.kind, coalesce(a.name, v.name, e.name) as subject, since, raised_at, state
        from escalation_case c left join asked a on a.id = c.subject_id left join came v on v.id = c.subject_id
        left join named e on e.id = c.subject_id
        where c.kind = any(cast(:cases as text[]))""",
    "wallet": """
        select e.name, month, granted_fen, carried_in_fen, free_fen, held_fen, spent_fen, carried_out_fen, expired_fen
        from wallet w join named e on e.id = w.person_id""",
    "statement": """
        select c.name, month, state, lines, claimed_fen, deducted_fen, payable_fen, subsidised_fen, own_fen,
               rule_versions, drawn_at, confirmed_at, approved_at, paid_at
        from statement s join named c on c.id = s.provider_id""",
    "ledger": """
        select c.name, account, sum(fen) as fen, count(*) as entries
        from ledger_entry l join named c on c.id = l.provider_id group by c.name, account""",
    "event": """
        select type, occurred_at, actor, count(*) as times from event_log
        where (topic <> 'escalations' or data->>'kind' = any(cast(:cases as text[])))
          and type <> 'settlement.line_reviewed.v1'  -- which lines are drawn differs each time, as it must
        group by type, occurred_at, actor""",
}
CASES_0_1 = (
    CaseKind.REQUEST_WAITING,
    CaseKind.NOBODY_FOUND,
    CaseKind.OFFER_SILENT,
    CaseKind.VISIT_NOT_STARTED,
    CaseKind.VISIT_HELD,
    CaseKind.WELFARE_CHECK,
    CaseKind.NOT_REACHED,
    CaseKind.COMPLAINT_OVERDUE,
    CaseKind.WORKER_TWICE,
)
"""The kinds of cases that release 0.1 raised: with these alone the hash is the one that 0.1 gave."""


async def facts(work: Work, *, cases: Collection[CaseKind] = tuple(CaseKind)) -> list[str]:
    """Return all facts of the simulation, one sorted JSON line for each; of cases and their events those of `cases`."""
    lines: list[str] = []
    for kind, query in _FACTS.items():
        statement = text(_NAMES + query)
        rows = await work.session.execute(
            statement, {"cases": [case.value for case in cases]} if ":cases" in query else {}
        )
        lines += [
            json.dumps([kind, dict(row)], sort_keys=True, ensure_ascii=False, default=str) for row in rows.mappings()
        ]
    return sorted(lines)


async def state_hash(work: Work, *, cases: Collection[CaseKind] = tuple(CaseKind)) -> str:
    """Hash all facts of the simulation: SHA-256 over their lines."""
    return hashlib.sha256("\n".join(await facts(work, cases=cases)).encode()).hexdigest()


async def figures(work: Work, calls: int) -> dict[str, Any]:
    """Count what became of the calls; `calls` is refused + finished + unserved when all is explained."""
    refused = await _counts(work, "select code, count(*) from refused_call group by code")
    unserved = await _counts(work, "select reason, count(*) from care_request where state = 'unserved' group by reason")
    states = await _counts(work, "select state, count(*) from care_request group by state")
    offers = await _counts(work, "select state, count(*) from offer group by state")
    return {
        "calls": calls,
        "requests": states.total(),
        "refused": dict(sorted(refused.items())),
        "offered": await _one(work, "select count(distinct request_id) from offer"),
        "accepted": await _one(work, "select count(distinct request_id) from visit where accepted_at is not null"),
        "finished": states["finished"],
        "unserved": dict(sorted(unserved.items())),
        "open": states.total() - states["finished"] - states["unserved"],
        "offers": dict(sorted(offers.items())),
        "feedback": await _one(work, "select count(*) from rateable where valid"),
        "charges_fen": await _one(work, "select coalesce(sum(payable_fen), 0) from charge"),
        "statements_fen": await _one(work, "select coalesce(sum(payable_fen), 0) from statement"),
        "paid_fen": await _one(work, "select coalesce(sum(fen), 0) from payment"),
        "dead_letters": await _one(work, "select count(*) from dead_letter where state = 'waiting'"),
    }


async def _counts(work: Work, query: str) -> Counter[str]:
    return Counter({row[0]: row[1] for row in await work.session.execute(text(query))})


async def _one(work: Work, query: str) -> int:
    return int((await work.session.execute(text(query))).scalar_one())
