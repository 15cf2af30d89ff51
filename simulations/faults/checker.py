"""Say from the database and the log alone whether anything was lost, done twice, half done, or does not add up.

Each check is one query that returns what is wrong; nothing returned is good.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import asyncpg
from sqlalchemy import text

from events import log
from events.delivery.drained import LEFT
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from simulations.faults.client import EFFECTS, Record

SHOWN = 5
"""How many examples of what is wrong a report holds for each check."""

_OPERATIONS = """
create temp table operation (key text primary key, kind text, about text, outcome text, code text, tries int)
"""
_COPY = """
insert into operation select * from jsonb_to_recordset($1::jsonb)
  as o (key text, kind text, about text, outcome text, code text, tries int)
"""
_EFFECT = """
create temp view effect_{kind} as
select o.key, o.kind, o.about, o.outcome, coalesce(e.events, 0) as events, coalesce(k.keys, 0) as keys
from operation o
left join (select concat_ws('|', {fields}) as about, count(*) as events from event_log
  where type = '{event}' group by 1) e on e.about = o.about
left join (select key, count(*) as keys from idempotency_key group by key) k on k.key = o.key
where o.kind = '{kind}'
"""
_OF_EACH_KIND = {
    "acknowledged and lost": "outcome = 'ok' and (events = 0 or keys = 0)",
    "done twice": "events > 1 or keys > 1",
    "refused and done": "outcome = 'fail' and (events > 0 or keys > 0)",
    "unknown and half done": "outcome = 'unknown' and (events > 0) <> (keys > 0)",
}

CHECKS: Mapping[str, str] = {
    "a request without its one event": """
        select r.id, count(l.id) as events from care_request r
        left join event_log l on l.type = 'care-requests.care_requested.v1' and l.subject = r.id::text
        group by r.id having count(l.id) <> 1""",
    "an event without its request": """
        select l.subject from event_log l where l.type = 'care-requests.care_requested.v1'
          and not exists (select from care_request r where r.id::text = l.subject)""",
    "a request that nobody has decided": """
        select id from care_request r where state = 'waiting'
          and not exists (select from decision_record d where d.request_id = r.id)""",
    "an offer without its one event": """
        select o.id, count(l.id) as events from offer o
        left join event_log l on l.type = 'offers.visit_offered.v1' and l.data->>'offer_id' = o.id::text
        group by o.id having count(l.id) <> 1""",
    "an offered event without its offer": """
        select l.data->>'offer_id' as offer from event_log l where l.type = 'offers.visit_offered.v1'
          and not exists (select from offer o where o.id::text = l.data->>'offer_id')""",
    "two visits under way for one request": """
        select request_id, count(*) from visit where state in ('offered', 'accepted', 'departed', 'arrived')
        group by 1 having count(*) > 1""",
    "an end of a visit told twice": """
        select type, subject, count(*) from event_log where type in
          ('visits.worker_arrived.v1', 'visits.visit_finished.v1', 'visits.visit_verified.v1', 'visits.visit_missed.v1')
        group by 1, 2 having count(*) > 1""",
    "a sign-in without its event": """
        select v.id from visit v where v.arrived_at is not null
          and not exists (select from event_log l where l.type = 'visits.worker_arrived.v1' and l.subject = v.id::text)
        """,
    "a finished visit without its event": """
        select v.id from visit v where v.left_at is not null and v.state in ('finished', 'verified', 'held')
          and not exists (select from event_log l where l.type = 'visits.visit_finished.v1' and l.subject = v.id::text)
        """,
    "a verified visit without its one charge": """
        select l.subject, count(c.id) as charges from event_log l
        left join charge c on c.visit_id::text = l.subject and c.kind = 'charge' and c.revision = 1
        where l.type = 'visits.visit_verified.v1' group by 1 having count(c.id) <> 1""",
    "a charge of a visit that was never verified": """
        select c.visit_id from charge c where not exists
          (select from event_log l where l.type = 'visits.visit_verified.v1' and l.subject = c.visit_id::text)""",
    "a charge without its one event": """
        select c.id, count(l.id) as events from charge c
        left join event_log l on l.type = 'settlement.charge_made.v1' and l.subject = c.id::text
        group by c.id having count(l.id) <> 1""",
    "a posting that does not sum to zero": "select posting_id from ledger_entry group by 1 having sum(fen) <> 0",
    "a ledger that does not sum to zero": "select sum(fen) as fen from ledger_entry having sum(fen) <> 0",
    "a charge that the ledger has otherwise": """
        select c.id, c.payable_fen, -coalesce(sum(e.fen), 0) as posted from charge c
        left join ledger_entry e on e.posting_id = c.id and e.account in ('due', 'collectable')
        group by c.id having -coalesce(sum(e.fen), 0) <> c.payable_fen""",
    "a wallet that its entries do not explain": """
        select w.person_id, w.month, w.free_fen, w.held_fen, w.spent_fen, e.free, e.held, e.spent from wallet w
        left join lateral (select
            coalesce(sum(case 'free' when to_account then fen when from_account then -fen else 0 end), 0) as free,
            coalesce(sum(case 'held' when to_account then fen when from_account then -fen else 0 end), 0) as held,
            coalesce(sum(case 'spent' when to_account then fen when from_account then -fen else 0 end), 0) as spent
          from wallet_entry e where e.person_id = w.person_id and e.month = w.month) e on true
        where (w.free_fen, w.held_fen, w.spent_fen) is distinct from (e.free, e.held, e.spent)""",
    "quota held for nothing, or not held": """
        select r.id, r.state, r.quota_held_fen, sum(case 'held' when to_account then fen when from_account then -fen
          else 0 end) as held
        from care_request r join wallet_entry e on e.request_id = r.id
        where r.state in ('cancelled', 'unserved', 'waiting', 'offered', 'accepted')
        group by r.id
        having sum(case 'held' when to_account then fen when from_account then -fen else 0 end)
          <> case when r.state in ('cancelled', 'unserved') then 0 else r.quota_held_fen end""",
    "a statement that was paid twice": """
        select p.statement_id, count(*) from payment p
        where not exists (select from payment_return r where r.payment_id = p.id)
        group by 1 having count(*) > 1""",
    "a dead letter of what the platform itself emitted": """
        select "group", type, cause, left(error, 200) as error from dead_letter
        where cause not in ('forged', 'unreadable')""",
    "a message that still waits": "select queue, count(*) from event_delivery group by 1",
    "an event that is not published": "select topic, count(*) from event_outgoing group by 1",
}


async def check(works: Works, record: Record, *, planted: int = 0) -> dict[str, Any]:
    """Return what is wrong, by check, with how often and examples; `planted` are the records that a stranger sent."""
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    try:
        wrong = await _ask(connection, record)
        set_apart = await connection.fetchval("select count(distinct place) from dead_letter")
        if set_apart != planted:
            wrong["planted records that are no dead letters"] = {"count": planted - set_apart}
    finally:
        await connection.close()
    if count := await outstanding(works):
        wrong["an event that a group has not taken"] = {"count": count}
    async with works(SYSTEM("checker")) as work:
        await log.seal_all(work)
    async with works(SYSTEM("checker")) as work:
        verdict = await log.verify(work)
    if verdict.first_bad is not None or verdict.unsealed:
        wrong["the chain"] = {"count": 1, "first_bad": verdict.first_bad, "unsealed": verdict.unsealed}
    return wrong


WAITS = text("select (select count(*) from event_delivery) + (select count(*) from event_outgoing)")
"""How many messages lie in the database for a group or for the relay."""


async def outstanding(works: Works) -> int:
    """Count the events that a group has yet to take, or make a dead letter of."""
    routes = {kind: list(groups) for kind, groups in works.routes.items()}
    async with works(SYSTEM("checker")) as work:
        return len((await work.session.execute(LEFT, {"routes": json.dumps(routes)})).all())


async def _ask(connection: "asyncpg.Connection[asyncpg.Record]", record: Record) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    await connection.execute(_OPERATIONS)
    await connection.execute(_COPY, json.dumps([asdict(operation) for operation in record.operations]))
    for kind, effect in EFFECTS.items():
        fields = ", ".join(f"data->>'{name}'" for name in effect.fields)
        await connection.execute(_EFFECT.format(kind=kind, fields=fields, event=effect.event))
        for what, condition in _OF_EACH_KIND.items():
            rows = await connection.fetch(f"select * from effect_{kind} where {condition}")  # noqa: S608 - its own words
            _note(wrong, f"{kind}: {what}", rows)
    for what, query in CHECKS.items():
        _note(wrong, what, await connection.fetch(query))
    return wrong


def _note(wrong: dict[str, Any], what: str, rows: "list[asyncpg.Record]") -> None:
    if rows:
        wrong[what] = {"count": len(rows), "examples": _plain(rows)}


def _plain(rows: "list[asyncpg.Record]") -> list[dict[str, str]]:
    return [{name: str(value) for name, value in row.items()} for row in rows[:SHOWN]]
