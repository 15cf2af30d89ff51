"""A database of the released schema writes one opening event for each row that was decided before the log said so."""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from bootstrap import schema
from events.contracts.event import REGISTRY, Event
from events.contracts.settlement import ChargeMade, StatementDrafted, StatementPaid
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.database import ROLES_SQL, Database
from kit.ids import new_id
from kit.room import rules_of
from kit.vault import Vault
from processes.rooms import ROOMS
from providers.settlement import charges, month, operations, queries
from providers.settlement.arithmetic import Standards, canonical, charge
from providers.settlement.model import PaymentReturnReason, StatementState
from providers.settlement.papers import Line, Paper, seen_facts
from providers.settlement.review import queries as reviewed
from tests.providers.handled import START, verified

RELEASED = "0bb4bb55322b"
ROWS = """
insert into item (code, category, name, unit, minutes, skill, window_from, window_to, medical, counted, active_from)
values ('B01', 'B', 'help', 'visit', 60, 'S0', 0, 1440, false, true, '2020-01-01');
insert into price values (uuidv7(), 'B01', 3000, '2020-01-01', null, '2026-01-01T00:00:00Z', 'desk:1');
insert into price values (uuidv7(), 'B01', 3500, '2026-02-01', '2026-03-01', '2026-01-02T00:00:00Z', 'desk:2');
insert into rule
values (uuidv7(), 'charge.late_percent', '20', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'desk:1', '');
"""
_numbers = count(1)


@pytest.fixture
async def released(server: str) -> str:
    """Give a database of the released schema with prices and a rule."""
    url = await postgres.make_database(server, f"opening_{next(_numbers)}")
    engine = create_async_engine(url, poolclass=NullPool)

    def upgrade(connection: Connection) -> None:
        command.upgrade(schema.history(connection), RELEASED)

    async with engine.begin() as connection:
        await connection.execute(text(ROLES_SQL))
        await connection.run_sync(upgrade)
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute(ROWS)
    await engine.dispose()
    return url


async def test_each_price_and_rule_has_one_opening_event_that_says_what_its_row_says(released: str) -> None:
    await schema.ensure(released, rules_of(ROOMS))
    await schema.ensure(released, rules_of(ROOMS))
    owner = await asyncpg.connect(dsn=postgres.plain(released))
    rows = await owner.fetch("select type, actor, occurred_at, data from event_log order by position")
    prices = await owner.fetch("select id, fen from price order by recorded_at")
    rules = await owner.fetchval("select count(*) from rule")
    waiting = await owner.fetchval("select count(*) from event_delivery")
    await owner.close()
    said = [REGISTRY[row["type"]].model_validate_json(row["data"]) for row in rows]
    named = [(row["type"], row["actor"], json.loads(row["data"])) for row in rows]
    recorded = [(actor, data) for type_, actor, data in named if type_ == "rules.price_recorded.v1"]
    assert [(actor, data["price_id"], data["price_fen"]) for actor, data in recorded] == [
        ("desk:1", str(prices[0]["id"]), 3000),
        ("desk:2", str(prices[1]["id"]), 3500),
    ]
    assert [data["valid_to"] for _, data in recorded] == [None, "2026-03-01"]
    late = [data for _, _, data in named if data.get("name") == "charge.late_percent"]
    assert [data["value"] for data in late] == [20]
    assert len([type_ for type_, _, _ in named if type_ == "rules.rule_recorded.v1"]) == rules
    assert len(said) == rules + 2
    assert waiting == 0


async def logged(owner: "asyncpg.Connection[asyncpg.Record]", type_: str, data: Event, leaving: set[str]) -> UUID:
    """Write an event as the released version did: without the fields that came later."""
    id_ = new_id()
    said = {name: value for name, value in data.model_dump(mode="json").items() if name not in leaving}
    await owner.execute(
        "insert into event_log (id, type, topic, key, subject, occurred_at, actor, correlation, data)"
        " values ($1, $2, $3, $4, $5, now(), 'test', uuidv7(), $6)",
        *(id_, type_, data.topic, data.key, data.subject, json.dumps(said)),
    )
    return id_


async def state(owner: "asyncpg.Connection[asyncpg.Record]", *, paid: bool) -> tuple[Paper, UUID]:
    """Write a statement of one visit as the released version did; the paper, and the id of its line."""
    visit = verified(new_id(), done_minutes=30)
    event_id = await logged(owner, "visits.visit_verified.v1", visit, set())
    facts, standards = seen_facts(visit), Standards(80, 30, 10, 30, 30, "ABC")
    amounts = charge(facts, price_fen=3000, standards=standards)
    line = Line(
        id=new_id(),
        visit_id=visit.visit_id,
        revision=1,
        kind="charge",
        request_id=visit.request_id,
        person_id=visit.person_id,
        provider_id=visit.provider_id,
        item_code="B01",
        division_code=visit.division_code,
        month="2026-03",
        visited_on=date(2026, 3, 2),
        planned_start=visit.planned_start,
        facts=canonical(facts.json()).decode(),
        price_fen=3000,
        rule_version=standards.version,
        **charges.columns(amounts),
        verified_by=event_id,
    )
    paper = Paper(new_id(), visit.provider_id, "2026-03", [line], 0)
    digest = hashlib.sha256(paper.content()).hexdigest()
    statement = paper.totals() | {"id": paper.id, "provider_id": paper.provider_id, "month": "2026-03", "lines": 1}
    statement |= {
        "state": "paid" if paid else "draft",
        "rule_versions": json.dumps([standards.version]),
        "input_hash": digest,
    }
    statement |= {"content_hash": digest, "drawn_by": "drawer", "drawn_at": START}
    stated: dict[str, Any] = {"id": new_id(), "statement_id": paper.id, "position": 1, "charge_id": line.id}
    row = {name: getattr(line, name) for name in Line.__slots__} | {"made_at": START}
    row["deductions"] = json.dumps(line.deductions)
    rows: list[tuple[str, dict[str, Any]]] = [
        ("charge_standards", {"version": standards.version, "content": json.dumps(asdict(standards))}),
        ("charge", row),
        ("statement", statement),
        ("statement_line", stated | {"provider_id": paper.provider_id}),
    ]
    for table, values in rows:
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        await owner.execute(f"insert into {table} ({', '.join(values)}) values ({places})", *values.values())
    made = {name: getattr(line, name) for name in ChargeMade.model_fields if hasattr(line, name)}
    made |= {"charge_id": line.id, "deduction_fen": line.deducted_fen}
    later = {"kind", "price_fen", "facts_hash", "verified_by", "void", "complaint_percent", "forgiven", "covered_fen"}
    await logged(owner, "settlement.charge_made.v1", ChargeMade.model_validate(made), later)
    drafted = StatementDrafted(
        statement_id=paper.id,
        provider_id=paper.provider_id,
        month="2026-03",
        lines=1,
        total_fen=line.payable_fen,
    )
    await logged(owner, "settlement.statement_drafted.v1", drafted, {"reaches", "content_hash"})
    if paid:
        await _pay(owner, paper, line)
    return paper, stated["id"]


async def _pay(owner: "asyncpg.Connection[asyncpg.Record]", paper: Paper, line: Line) -> None:
    payment_id, fen = new_id(), line.subsidised_fen
    await owner.execute(
        "insert into payment (id, statement_id, provider_id, month, fen, reference, paid_by, paid_at)"
        " values ($1, $2, $3, $4, $5, 'bank', 'cashier', $6)",
        *(payment_id, paper.id, paper.provider_id, paper.month, fen, START),
    )
    legs = [(line.id, "subsidy", fen), (line.id, "due", -fen), (line.id, "own", line.own_fen)]
    legs += [(line.id, "collectable", -line.own_fen), (payment_id, "due", fen), (payment_id, "treasury", -fen)]
    await owner.execute(
        "insert into ledger_entry (posting_id, account, provider_id, fen, posted_at)"
        " select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[])",
        *map(list, zip(*((id_, account, paper.provider_id, each, START) for id_, account, each in legs), strict=True)),
    )
    event = StatementPaid(statement_id=paper.id, provider_id=paper.provider_id, month=paper.month, total_fen=fen)
    await logged(owner, "settlement.statement_paid.v1", event, {"payment_id"})


async def test_a_statement_of_the_released_schema_is_recomputed_from_its_opening_events(released: str) -> None:
    owner = await asyncpg.connect(dsn=postgres.plain(released))
    paper, line_id = await state(owner, paid=False)
    await owner.close()
    await schema.ensure(released, rules_of(ROOMS))
    database = Database(released, connections=2)
    works = Works(database, FixedClock(START), Vault(bytes(range(64))), routes={})
    async with works(SYSTEM("test")) as work:
        again = await queries.recompute(work, await queries.statement(work, paper.id))
        assert (again.differences, again.faults) == ([], [])
        assert again.content_hash == hashlib.sha256(paper.content()).hexdigest()
        whole = await month.replayed(work, "2026-03")
        # The ledger of this made-up row is empty, which is all that disagrees.
        assert {entry["field"].split()[0] for entry in whole.disagreements} == {"ledger"}
        assert (await queries.explain(work, line_id)).agrees
    await database.close()


async def test_a_payment_of_the_released_schema_may_come_back_and_be_made_again(released: str) -> None:
    owner = await asyncpg.connect(dsn=postgres.plain(released))
    paper, _ = await state(owner, paid=True)
    await owner.close()
    await schema.ensure(released, rules_of(ROOMS))
    database = Database(released, connections=2)
    works = Works(database, FixedClock(START), Vault(bytes(range(64))), routes={})
    async with works(SYSTEM("test")) as work:
        assert (await month.replayed(work, "2026-03")).disagreements == []
        assert await reviewed.reviews(work, paper.id) == []  # nothing was drawn, and nothing keeps it from approval
        bank = PaymentReturnReason.BANK
        back = await operations.record_return(
            work, statement_id=paper.id, reason=bank, reference="RT-1", returned_on=date(2026, 3, 2)
        )
        assert back.fen == paper.totals()["subsidised_fen"]
    async with works(SYSTEM("test")) as work:
        assert (await queries.statement(work, paper.id)).state is StatementState.CONFIRMED
        assert (await month.replayed(work, "2026-03")).disagreements == []
        assert (await reviewed.replayed(work, "2026-03")).disagreements == []
    await database.close()
