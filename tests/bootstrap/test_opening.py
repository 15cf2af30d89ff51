"""A database of the released schema writes one opening event for each row that was decided before the log said so."""

import json
from itertools import count

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from bootstrap import schema
from events.contracts.event import REGISTRY
from kit import postgres
from kit.database import ROLES_SQL
from kit.room import rules_of
from processes.rooms import ROOMS

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
