"""A replay of real calls is the same twice, over both transports, and after any kill."""

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
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
from tests import forks, machine

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
async def database(server: str) -> AsyncIterator[str]:
    """Give an empty database; the replay brings its schema."""
    yield await postgres.make_database(server, "replayed_again")
    await postgres.drop_database(server, "replayed_again")


@dataclass(frozen=True, slots=True)
class Whole:
    """One undisturbed replay: its database, the home of its files, its report."""

    database: str
    home: Path
    report: dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole(server: str, few: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    """Play the few calls once; every test compares with it."""
    url, home = await postgres.make_database(server, "replayed"), tmp_path_factory.mktemp("replayed")
    yield Whole(url, home, await _play(few, url, home))
    await postgres.drop_database(server, "replayed")


async def _play(
    few: Path, url: str, home: Path, *, seed: int = 7, kafka: str | None = None, facts: Path | None = None
) -> dict[str, Any]:
    settings = Settings(home=home, port=8000, database_url=url, kafka=kafka, geocoder="none")
    sheet = request_lists.read(few)
    assert not sheet.faults
    scenario = runner.of_list(sheet, digest="few", size=SIZE, seed=seed)
    return await runner.run(settings, ROOMS, scenario, facts=facts)


def _explained(report: dict[str, Any]) -> None:
    refused, unserved = sum(report["refused"].values()), sum(report["unserved"].values())
    assert report["calls"] == FEW == refused + report["finished"] + unserved
    assert report["open"] == report["dead_letters"] == 0
    assert report["requests"] == FEW - refused
    assert report["charges_fen"] == report["statements_fen"] > report["paid_fen"] > 0
    assert report["finished"] > FEW / 2
    assert report["feedback"] > 0


async def _begin(few: Path, url: str, home: Path, output: Path) -> ForkServerProcess:
    """Run the command `replay` in a process of its own."""
    sizes = ("--elders", SIZE.elders, "--companies", SIZE.companies, "--workers", SIZE.workers)
    words = ("replay", few, "--json", "--seed", 7, *sizes)
    return await forks.start(words, url=url, home=home, output=output)


@pytest.mark.timeout(240)
async def test_the_same_seed_gives_the_same_facts_and_another_seed_others(
    few: Path, whole: Whole, database: str, tmp_path: Path
) -> None:
    first = whole.report
    again = await _play(few, whole.database, whole.home, facts=tmp_path / "facts")
    assert hashlib.sha256((tmp_path / "facts").read_bytes()).hexdigest() == first["state_hash"]
    _explained(first)
    assert [again[name] for name in ("state_hash", "state_hash_0_1")] == [
        first[name] for name in ("state_hash", "state_hash_0_1")
    ]
    assert again["commits"] < first["commits"] / 10  # it was over, and nothing is done twice
    other = await _play(few, database, tmp_path, seed=8)
    _explained(other)
    assert other["state_hash"] != first["state_hash"]


@pytest.mark.timeout(300)
async def test_kafka_delivers_the_same_facts(few: Path, whole: Whole, database: str, tmp_path: Path) -> None:
    machine.need("kafka", "java", "mvn")
    servers = await asyncio.to_thread(broker.start, tmp_path / "kafka")
    try:
        kafka = await _play(few, database, tmp_path / "home", kafka=servers)
    finally:
        await asyncio.to_thread(broker.stop, tmp_path / "kafka")
    _explained(kafka)
    assert kafka["state_hash"] == whole.report["state_hash"]


async def _events(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    with suppress(asyncpg.UndefinedTableError):
        return int(await connection.fetchval("select count(*) from event_log"))
    return 0


@pytest.mark.timeout(600)
async def test_a_replay_that_is_killed_anywhere_ends_with_the_same_facts(
    few: Path, whole: Whole, database: str, tmp_path: Path
) -> None:
    seen = await asyncpg.connect(dsn=postgres.plain(whole.database))
    laid_out = SIZE.elders + SIZE.companies + SIZE.workers
    chance = random.Random(20)
    # The district is laid out in one commit; after it every moment is another one.
    moments = [1, *sorted(chance.sample(range(laid_out * 2, await _events(seen) - 20), KILLS - 1))]
    await seen.close()
    seen = await asyncpg.connect(dsn=postgres.plain(database))
    output = tmp_path / "report"
    for moment in moments:
        process = await _begin(few, database, tmp_path, output)
        while process.is_alive() and await _events(seen) < moment:
            await asyncio.sleep(0.002)
        assert process.is_alive()
        process.kill()
        await asyncio.to_thread(process.join)
    await seen.close()
    last = await _begin(few, database, tmp_path, output)
    await asyncio.to_thread(last.join)
    assert last.exitcode == 0
    report = json.loads(output.read_text(encoding="utf-8").splitlines()[-1])
    _explained(report)
    assert report["state_hash"] == whole.report["state_hash"]
