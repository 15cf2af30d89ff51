"""The fault harness on the real platform: a seeded sample of what is run for longer by hand (docs/reliability.md)."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from events.contracts.care_requests import CareRequested
from events.work import Works
from kit import boundaries
from kit.access.actor import SYSTEM
from kit.boundaries import Boundary
from kit.ids import new_id
from processes import kafka
from processes.rooms import ROOMS
from simulations.faults import checker, crash_points, dying, runs
from simulations.faults.client import Desk, Loopback, Outcome, Record, Unanswered
from simulations.faults.proxy import Line, Proxy
from simulations.faults.runs import Extent
from simulations.faults.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
DEATHS = 8
"""How many boundaries are died at in each run of the tests; all of them are by hand."""
KILLS, EXITS = 20, 3
"""How many kills, and how many ends at a boundary by `os._exit`, a run of the tests sees; hundreds are by hand."""


def _run(name: str, *, faults: int | None, seconds: float = 200) -> dict[str, Any]:
    extent = Extent(faults=faults, seconds=seconds)
    play = runs.run(name, ROOMS, kafka, seed=20_261_129, extent=extent, progress=lambda *_: None)
    answer: dict[str, Any] = asyncio.run(play)
    print(json.dumps(answer))
    return answer


@pytest.mark.timeout(300)
def test_a_death_at_a_boundary_loses_nothing_and_does_nothing_twice() -> None:
    answer = _run("crash-points", faults=DEATHS)
    assert answer["wrong"] == {}
    assert answer["boundaries"][Boundary.COMMITTING] > 40
    assert answer["boundaries"][Boundary.COMMITTED] > 40
    # A story that goes another way may end before the last boundaries of the first one.
    assert DEATHS // 2 <= answer["restarts"] <= DEATHS
    assert answer["settled"]["visits"] > 0


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "faults"), [("kills", KILLS), ("exits", EXITS)])
def test_processes_that_are_ended_at_any_moment_lose_nothing_and_do_nothing_twice(name: str, faults: int) -> None:
    answer = _run(name, faults=faults, seconds=500)
    assert answer["wrong"] == {}
    assert answer["faults"] >= faults
    assert answer["operations"]["ok"] > faults
    assert (answer["died_at_boundary"] > 0) == (name == "exits")


def test_a_scenario_that_is_not_there_is_refused() -> None:
    with pytest.raises(runs.ScenarioUnknown):
        _run("earthquake", faults=1)


def test_each_scenario_says_what_it_breaks() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "processes", "faults", "list", "--json"], cwd=ROOT, capture_output=True, check=True
    )
    assert json.loads(said.stdout) == {name: scenario.says for name, scenario in SCENARIOS.items()}
    assert all(scenario.says.endswith(".") for scenario in SCENARIOS.values())


@pytest.mark.parametrize("number", [1, 3])
def test_a_dying_process_ends_at_its_boundary(number: int, tmp_path: Path) -> None:
    program = tmp_path / "crossing.py"
    program.write_text(
        "from kit import boundaries\n"
        "for number in range(5):\n"
        "    print(number, flush=True)\n"
        "    boundaries.crossed(boundaries.Boundary.COMMITTED)\n"
    )
    words = [sys.executable, "-m", dying.__name__, str(number), "crossing"]
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == dying.STATUS
    assert done.stdout.decode().split() == [str(each) for each in range(number)]


async def test_what_has_only_read_has_no_boundary_and_a_death_keeps_what_was_committed(works: Works) -> None:
    async def emit() -> None:
        async with works(SYSTEM("test")) as work:
            work.emit(_requested())

    async def count() -> int:
        async with works(SYSTEM("test")) as work:
            return int((await work.session.execute(text("select count(*) from event_log"))).scalar_one())

    nobody = boundaries.crossed
    with crash_points.Mortal().standing() as mortal:
        mortal.begin(None)
        before = await count()
        assert mortal.passed == []
        await emit()
        assert mortal.passed == [Boundary.COMMITTING, Boundary.COMMITTED]
        for at, kept in ((1, 1), (2, 2)):
            mortal.begin(at)
            with pytest.raises(crash_points.Crash):
                await emit()
            with pytest.raises(crash_points.Crash):
                await count()
            mortal.begin(None)
            assert await count() - before == kept
    assert boundaries.crossed is nobody


def _requested() -> CareRequested:
    moment = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
    return CareRequested(
        request_id=new_id(),
        district="130999",
        person_id=new_id(),
        division_code="130999001001",
        item_code="B01",
        earliest=moment,
        latest=moment,
        urgent=False,
    )


async def _keep(works: Works, *keys: str) -> None:
    async with works(SYSTEM("test")) as work:
        for key in keys:
            await work.session.execute(
                text(
                    "insert into idempotency_key (account_id, key, request_hash, claimed_at, data_key)"
                    " values (gen_random_uuid(), :key, '', now(), '')"
                ),
                {"key": key},
            )


@pytest.mark.parametrize(
    ("outcome", "events", "keys", "verdict"),
    [
        (Outcome.OK, 1, 1, None),
        (Outcome.OK, 0, 1, "acknowledged and lost"),
        (Outcome.OK, 1, 0, "acknowledged and lost"),
        (Outcome.OK, 2, 1, "done twice"),
        (Outcome.UNKNOWN, 0, 0, None),
        (Outcome.UNKNOWN, 1, 1, None),
        (Outcome.UNKNOWN, 1, 0, "unknown and half done"),
        (Outcome.UNKNOWN, 0, 1, "unknown and half done"),
        (Outcome.UNKNOWN, 2, 1, "done twice"),
        (Outcome.FAIL, 0, 0, None),
        (Outcome.FAIL, 1, 1, "refused and done"),
    ],
)
async def test_the_checker_names_what_became_of_an_operation(
    works: Works, outcome: Outcome, events: int, keys: int, verdict: str | None
) -> None:
    works.routes = {}
    record = Record()
    requested = _requested()
    moment = requested.model_dump(mode="json")["earliest"]
    operation = record.begin(Random(1), "place", f"{requested.person_id}|{requested.item_code}|{moment}")
    operation.outcome = outcome
    async with works(SYSTEM("test")) as work:
        for _ in range(events):
            work.emit(requested)
    await _keep(works, *[operation.key] * keys)
    wrong = await checker.check(works, record)
    assert [name for name in wrong if name.startswith("place: ")] == ([f"place: {verdict}"] if verdict else [])
    # Nothing else was there for the event to be about.
    assert ("an event without its request" in wrong) == (events > 0)


_BROKEN = {
    "a wallet that its entries do not explain": """
        insert into wallet (person_id, month, granted_fen, carried_in_fen, free_fen, held_fen, spent_fen,
          carried_out_fen, expired_fen) values (gen_random_uuid(), '2026-03', 5, 0, 5, 0, 0, 0, 0)""",
    "a message that still waits": "insert into event_delivery (queue, payload, headers) values ('matching', '', '{}')",
    "a dead letter of what the platform itself emitted": """
        insert into dead_letter (id, "group", type, headers, body, cause, error, tries, state)
        values (gen_random_uuid(), 'matching', 'x', '{}', '', 'failed', 'why', 4, 'waiting')""",
}


@pytest.mark.parametrize("said", _BROKEN)
async def test_the_checker_names_what_does_not_add_up(works: Works, said: str) -> None:
    works.routes = {}
    assert await checker.check(works, Record()) == {}
    async with works(SYSTEM("test")) as work:
        await work.session.execute(text(_BROKEN[said]))
    assert said in await checker.check(works, Record())


async def test_an_event_that_a_group_has_not_taken_is_counted(works: Works) -> None:
    async with works(SYSTEM("test")) as work:
        work.emit(_requested())
    owed = len(works.routes[CareRequested.type_name()])
    wrong = await checker.check(works, Record())
    assert wrong["an event that a group has not taken"] == {"count": owed}


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(100):
        writer.write(block)
    writer.close()


async def test_a_line_is_cut_silent_and_well_again() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Proxy(lambda: asyncio.open_connection("127.0.0.1", port)).listening() as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxy.put(Line.SILENT)
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(3), 0.2)
        proxy.put(Line.WELL)
        assert await reader.readexactly(3) == b"two"
        proxy.put(Line.CUT)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()


async def test_what_is_not_answered_is_unknown_and_what_is_refused_at_once_has_failed() -> None:
    answers = iter([b"", b'HTTP/1.1 409 Conflict\r\nContent-Length: 15\r\n\r\n{"code": "x.y"}'] * 2)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(answers))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    transport = Loopback(server.sockets[0].getsockname()[1])
    record = Record()
    desk = Desk(transport, record, Random(3), "operator", "password", token="a session")
    async with server:
        await desk.act("place", "/requests", {}, "first")
        next(answers)
        await desk.act("place", "/requests", {}, "second")
    with pytest.raises(Unanswered):
        await transport.ask("GET", "/requests", {}, None)
    transport.close()
    assert [operation.outcome for operation in record.operations] == [Outcome.UNKNOWN, Outcome.FAIL]
    assert record.operations[0].tries == 2
    assert len({operation.key for operation in record.operations}) == 2
