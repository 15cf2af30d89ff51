"""The word `settle` as it is typed: a month from rows and from the log, a line explained, kill -9 in the middle."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from bootstrap import schema
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
from tests.providers.handled import START, handle, verified

ROOT = Path(__file__).resolve().parents[2]
MONTH = "2026-03"
VISITS = 60
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


async def begin(works: Works, home: Path, *words: str) -> asyncio.subprocess.Process:
    """Start the command in a program of its own."""
    environment = {**os.environ, "NOWALLS_HOME": str(home), "NOWALLS_DATABASE_URL": works.database.url}
    command = sys.executable, "-m", "processes", "settle", *words, "--json"
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe)


async def typed(works: Works, home: Path, *words: str) -> tuple[int | None, dict[str, Any]]:
    """Return the status of the command and the object on its last line."""
    process = await begin(works, home, *words)
    output, errors = await process.communicate()
    assert output, errors.decode()
    answer: dict[str, Any] = json.loads(output.decode().splitlines()[-1])
    return process.returncode, answer


async def owner(works: Works, statement: str) -> None:
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await connection.execute(statement)
    await connection.close()


@pytest.mark.timeout(300)
async def test_drawings_at_once_some_of_them_killed_make_one_month_that_the_log_gives_too(
    district: Works, tmp_path: Path
) -> None:
    drawing = [await begin(district, tmp_path, MONTH) for _ in range(3)]
    seen = await asyncpg.connect(dsn=postgres.plain(district.database.url))
    busy = "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database"
    busy += " where datname = current_database())"
    while not await seen.fetchval(busy) and any(process.returncode is None for process in drawing):
        await asyncio.sleep(0.002)
    await seen.close()
    for process in drawing[:2]:
        with suppress(ProcessLookupError):
            process.kill()
    await asyncio.gather(*(process.communicate() for process in drawing))
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


@pytest.mark.parametrize("words", [["2026-13"], ["explain", "x"], ["diff", "2026-01", "x"], ["diff"]])
def test_what_cannot_be_read_is_refused_before_a_database_is_opened(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nowalls", "settle", *words])
    assert main() == 2
    assert "settle" in "".join(capsys.readouterr())
