"""The word `settle` as it is typed: a month from rows and from the log, a line explained, kill -9 in the middle."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select

from bootstrap import schema
from events import log
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.database import Database
from kit.ids import new_id
from kit.room import rules_of
from kit.vault import Vault
from processes.__main__ import main
from processes.rooms import ROOMS
from providers.catalogue import operations as catalogue
from providers.settlement.model import StatementLine
from tests import forks
from tests.providers.handled import START, handle, verified

MONTH = "2026-03"
VISITS = 60
DRAWINGS, KILLED = 8, 2
WAITING = """
select count(*) from pg_locks where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())
"""
"""How many wait in the middle of a drawing: the first for the sealer, the others for the first."""
KEYS = ("month", "statements", "visits", "charges_fen", "entries_sum_fen", "sha256")


@pytest.fixture
async def district(server: str, tmp_path: Path) -> AsyncIterator[Works]:
    """Give a district of two companies with a month of charges that is not drawn up yet."""
    name = f"settled_{os.getpid()}_{id(tmp_path)}"
    url = await postgres.make_database(server, name)
    await schema.ensure(url, rules_of(ROOMS))
    database = Database(url, connections=4)
    works = Works(database, FixedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC)), Vault(bytes(range(64))), routes={})
    async with works(SYSTEM("test")) as work:
        await catalogue.ship_catalogue(work)
    companies = [new_id(), new_id()]
    for number in range(VISITS):
        start = START + timedelta(days=number % 28)
        await handle(
            works, verified(companies[number % 2], planned_start=start, done_minutes=number, late_minutes=number)
        )
    yield works
    await database.close()
    await postgres.drop_database(server, name)


async def typed(works: Works, home: Path, *words: str) -> tuple[int | None, dict[str, Any]]:
    """Return the status of the command and the object on its last line."""
    output = home / "printed"
    process = await forks.start(["settle", *words, "--json"], url=works.database.url, home=home, output=output)
    await asyncio.to_thread(process.join)
    answer: dict[str, Any] = json.loads(output.read_text(encoding="utf-8").splitlines()[-1])
    return process.exitcode, answer


async def owner(works: Works, statement: str) -> None:
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await connection.execute(statement)
    await connection.close()


@pytest.mark.timeout(300)
async def test_drawings_at_once_some_of_them_killed_make_one_month_that_the_log_gives_too(
    district: Works, tmp_path: Path
) -> None:
    sealer = await asyncpg.connect(dsn=postgres.plain(district.database.url))
    await sealer.execute(f"select pg_advisory_lock({log._LOCK})")  # a drawing seals first, and waits for this
    drawing = [
        await forks.start(["settle", MONTH], url=district.database.url, home=tmp_path, output=tmp_path / f"{number}")
        for number in range(DRAWINGS)
    ]
    while await sealer.fetchval(WAITING) < DRAWINGS:
        assert all(process.exitcode is None for process in drawing)
        await asyncio.sleep(0.02)
    for process in drawing[:KILLED]:
        process.kill()
    await sealer.close()
    await asyncio.gather(*(asyncio.to_thread(process.join) for process in drawing))
    assert [process.exitcode for process in drawing] == [-signal.SIGKILL] * KILLED + [0] * (DRAWINGS - KILLED)
    status, rows = await typed(district, tmp_path, MONTH)
    assert status == 0, rows
    assert (rows["statements"], rows["visits"], rows["entries_sum_fen"]) == (2, VISITS, 0)
    status, again = await typed(district, tmp_path, MONTH, "--replay")
    assert status == 0, again
    assert [again[key] for key in KEYS] == [rows[key] for key in KEYS]


@pytest.mark.timeout(300)
async def test_a_changed_row_ends_the_replay_with_one_and_a_line_says_what_it_rests_on(
    district: Works, tmp_path: Path
) -> None:
    status, rows = await typed(district, tmp_path, MONTH)
    assert (status, rows["disagreements"]) == (0, [])
    async with district(SYSTEM("test")) as work:
        line = (await work.session.execute(select(StatementLine).limit(1))).scalar_one()
    status, why = await typed(district, tmp_path, "explain", str(line.id))
    assert (status, why["agrees"], why["charge_id"]) == (0, True, str(line.charge_id))
    assert all(rule["event"] > 0 for rule in why["rules"])  # the proposals are events of a new database
    await owner(
        district,
        "update charge set price_fen = price_fen + 1, claimed_fen = claimed_fen + 1, deducted_fen = deducted_fen + 1"
        f" where id = '{line.charge_id}'",
    )
    status, again = await typed(district, tmp_path, MONTH, "--replay")
    assert status == 1
    assert again["sha256"] == rows["sha256"]
    assert {row["charge"] for row in again["disagreements"]} == {str(line.charge_id)}
    status, compared = await typed(district, tmp_path, "diff", MONTH, f"{MONTH}@999999")
    assert status == 1
    assert {row["field"]: (row["stored"], row["computed"]) for row in compared["lines"]}["price_fen"] == (3001, 3000)


@pytest.mark.timeout(300)
async def test_anybody_draws_a_month_again_and_a_changed_list_ends_with_one(district: Works, tmp_path: Path) -> None:
    await typed(district, tmp_path, MONTH)
    status, drawn = await typed(district, tmp_path, "draw", MONTH)
    assert (status, drawn["month"], drawn["disagreements"]) == (0, MONTH, [])
    assert len(drawn["draws"]) == 2
    for draw in drawn["draws"]:
        seed = bytes.fromhex(draw["seed"])
        tickets = sorted((hashlib.sha256(seed + UUID(visit).bytes).digest(), visit) for visit in draw["visits"])
        assert draw["drawn"] == [visit for _, visit in tickets[: -(-len(tickets) * draw["percent"] // 100)]]
        assert 0 < draw["late"] == len(draw["visits"])  # no ticker had committed a seed before
    await owner(district, "update review_draw set list_hash = 'x'")
    status, drawn = await typed(district, tmp_path, "draw", MONTH)
    assert status == 1
    assert {entry["field"] for entry in drawn["disagreements"]} == {"list_hash"}
    # A month that is closed is summed up, and not drawn up again.
    await owner(district, f"insert into closed_month values ('{MONTH}', 2, 0, 0, 'desk', now())")
    status, rows = await typed(district, tmp_path, MONTH)
    assert (status, rows["statements"]) == (0, 2)


@pytest.mark.parametrize("words", [["2026-13"], ["draw", "x"], ["explain", "x"], ["diff", "2026-01", "x"], ["diff"]])
def test_what_cannot_be_read_is_refused_before_a_database_is_opened(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nowalls", "settle", *words])
    assert main() == 2
    assert "settle" in "".join(capsys.readouterr())
