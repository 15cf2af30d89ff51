"""A simulated month is the same from its rows and from the log alone, and a second opinion agrees on every line."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kit import postgres
from kit.settings import Settings
from processes.rooms import ROOMS
from simulations import runner
from simulations.population import Size
from tests import forks, oracle

MONTH, FIRST = "2026-01", datetime(2026, 1, 30, 16, 0, tzinfo=UTC)
DAYS, CALLS = 2, 16
SIZE = Size(elders=100, companies=4, workers=40)
KEYS = ("month", "statements", "visits", "charges_fen", "entries_sum_fen", "sha256")


@pytest_asyncio.fixture
async def database(server: str) -> AsyncIterator[str]:
    """Give an empty database; the simulation brings its schema."""
    yield await postgres.make_database(server, "simulated_month")
    await postgres.drop_database(server, "simulated_month")


async def settled(url: str, home: Path, *words: str) -> dict[str, Any]:
    """Return what the command `settle` answers; it must end with 0."""
    process = await forks.start(["settle", *words, "--json"], url=url, home=home, output=home / "settled")
    await asyncio.to_thread(process.join)
    answer: dict[str, Any] = json.loads((home / "settled").read_text(encoding="utf-8").splitlines()[-1])
    assert process.exitcode == 0, answer
    return answer


@pytest.mark.timeout(300)
async def test_a_simulated_month_is_the_same_from_rows_and_log_and_by_a_second_opinion(
    database: str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, port=8000, database_url=database, kafka=None, geocoder="none")
    scenario = runner.of_days(first=FIRST, days=DAYS, per_day=CALLS, size=SIZE, seed=7)
    report = await runner.run(settings, ROOMS, scenario)
    rows = await settled(database, tmp_path, MONTH)
    again = await settled(database, tmp_path, MONTH, "--replay")
    assert [again[key] for key in KEYS] == [rows[key] for key in KEYS]
    assert rows["statements"] > 1
    assert 0 < rows["visits"] <= DAYS * CALLS
    connection = await asyncpg.connect(dsn=postgres.plain(database))
    computed, wrong = await oracle.disagreements(connection)
    months = {row[0] for row in await connection.fetch("select distinct month from statement")}
    await connection.close()
    assert wrong == []
    assert computed >= report["finished"] > 0
    assert months == {MONTH, "2026-02"}  # the second day is in February
