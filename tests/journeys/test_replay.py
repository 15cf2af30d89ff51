"""A replay of real calls is the same twice, over both transports, and after any kill."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kit import postgres
from kit.settings import Settings
from processes import kafka as broker
from processes.rooms import ROOMS
from simulations import request_lists, runner
from simulations.population import Size
from tests import machine

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = ROOT / "simulations" / "data" / "real-calls.csv"
FEW = 40
SIZE = Size(elders=120, companies=6, workers=60)
KILLS = 10


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the first calls of the list, which reach from urgent help to tomorrow's cleaning."""
    path = tmp_path_factory.mktemp("calls") / "few.csv"
    path.write_text("".join(CALLS.read_text(encoding="utf-8").splitlines(keepends=True)[: FEW + 1]), encoding="utf-8")
    return path


@pytest_asyncio.fixture
async def databases(server: str) -> AsyncIterator[list[str]]:
    """Give two empty databases; the replay brings their schema."""
    names = ["replay_one", "replay_two"]
    yield [await postgres.make_database(server, name) for name in names]
    for name in names:
        await postgres.drop_database(server, name)


async def _play(few: Path, url: str, home: Path, *, seed: int = 7, kafka: str | None = None) -> dict[str, Any]:
    settings = Settings(home=home, port=8000, database_url=url, kafka=kafka, geocoder="none")
    sheet = request_lists.read(few)
    assert not sheet.faults
    return await runner.run(settings, ROOMS, runner.of_list(sheet, digest="few", size=SIZE, seed=seed))


def _explained(report: dict[str, Any]) -> None:
    refused, unserved = sum(report["refused"].values()), sum(report["unserved"].values())
    assert report["calls"] == FEW == refused + report["finished"] + unserved
    assert report["open"] == report["dead_letters"] == 0
    assert report["requests"] == FEW - refused
    assert report["charges_fen"] == report["statements_fen"] > report["paid_fen"] > 0
    assert report["finished"] > FEW / 2
    assert report["feedback"] > 0


@pytest.mark.timeout(240)
async def test_the_same_seed_gives_the_same_facts_and_another_seed_others(
    few: Path, databases: list[str], tmp_path: Path
) -> None:
    first = await _play(few, databases[0], tmp_path / "one")
    again = await _play(few, databases[0], tmp_path / "one")
    _explained(first)
    assert [again[name] for name in ("state_hash", "state_hash_0_1")] == [
        first[name] for name in ("state_hash", "state_hash_0_1")
    ]
    assert again["commits"] < first["commits"] / 10  # it was over, and nothing is done twice
    other = await _play(few, databases[1], tmp_path / "two", seed=8)
    _explained(other)
    assert other["state_hash"] != first["state_hash"]


@pytest.mark.timeout(300)
async def test_kafka_delivers_the_same_facts(few: Path, databases: list[str], tmp_path: Path) -> None:
    machine.need("kafka", "java", "mvn")
    plain = await _play(few, databases[0], tmp_path / "one")
    servers = await asyncio.to_thread(broker.start, tmp_path / "kafka")
    try:
        kafka = await _play(few, databases[1], tmp_path / "two", kafka=servers)
    finally:
        await asyncio.to_thread(broker.stop, tmp_path / "kafka")
    _explained(kafka)
    assert kafka["state_hash"] == plain["state_hash"]


async def _begin(few: Path, url: str, home: Path) -> asyncio.subprocess.Process:
    sizes = ("--elders", SIZE.elders, "--companies", SIZE.companies, "--workers", SIZE.workers)
    words = ["-P", "-m", "processes", "replay", few, "--json", "--seed", 7, *sizes]
    settings = {"NOWALLS_HOME": str(home), "NOWALLS_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, words),
        env=os.environ | settings,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _events(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    with suppress(asyncpg.UndefinedTableError):
        return int(await connection.fetchval("select count(*) from event_log"))
    return 0


@pytest.mark.timeout(600)
async def test_a_replay_that_is_killed_anywhere_ends_with_the_same_facts(
    few: Path, databases: list[str], tmp_path: Path
) -> None:
    whole = await _play(few, databases[0], tmp_path / "one")
    seen = await asyncpg.connect(dsn=postgres.plain(databases[0]))
    laid_out = SIZE.elders + SIZE.companies + SIZE.workers
    chance = random.Random(20)
    # The district is laid out in one commit; after it every moment is another one.
    moments = [1, *sorted(chance.sample(range(laid_out * 2, await _events(seen) - 20), KILLS - 1))]
    await seen.close()
    seen = await asyncpg.connect(dsn=postgres.plain(databases[1]))
    for moment in moments:
        process = await _begin(few, databases[1], tmp_path / "two")
        while process.returncode is None and await _events(seen) < moment:
            await asyncio.sleep(0.002)
        assert process.returncode is None
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await seen.close()
    last = await _begin(few, databases[1], tmp_path / "two")
    output, _ = await last.communicate()
    assert last.returncode == 0
    report = json.loads(output.decode().splitlines()[-1])
    _explained(report)
    assert report["state_hash"] == whole["state_hash"]
