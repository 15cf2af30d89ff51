"""Measure how fast requests are offered, and urgent ones while ordinary ones wait, against another revision.

Both revisions run on the same machine in turns: one throw-away PostgreSQL, a database for each with the district that
the other revision's `simulate` laid out (an older one: this revision brings the schema up), requests placed over HTTP,
figures read from the event log by the database's clock. Only loopback is used, and everything that is started is ended.
"""

import asyncio
import csv
import json
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, sleep
from typing import Any

import asyncpg

from kit import clock, postgres
from simulations import statements
from simulations.revisions import ROOT, DidNotFinish, Subject, await_that, checkout, free_port

CALLS = ROOT / "simulations" / "data" / "real-calls.csv"
_ITEMS = ("B01", "B03", "B05", "B07")
_ELDERS = """
    select person_id::text from enrolment e where state = 'active' and exists (select from person p
      where p.id = e.person_id and p.died_on is null and p.death_reported_on is null) order by person_id
"""
_DECIDED = """
    select type like 'offers.visit_offered%' as offered, extract(epoch from recorded_at)::float as at
    from event_log where position > $1 and (type like 'offers.visit_offered%' or type like 'offers.nobody_found%')
    order by recorded_at
"""
_URGENT = """
    select extract(epoch from o.recorded_at - r.recorded_at)::float
    from event_log r join event_log o on o.subject = r.subject and o.type like 'offers.visit_offered%'
    where r.position > $1 and r.type like 'care-requests.care_requested%' and (r.data->>'urgent')::boolean
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rounds, requests that wait before a worker starts, seconds of load, elders and workers."""

    rounds: int = 2
    waiting: int = 240
    seconds: float = 20.0
    calls: int = 60
    elders: int = 3000
    workers: int = 600


class Client:
    """Places requests over HTTP from several threads, each with a connection of its own."""

    def __init__(self, subject: Subject, port: int) -> None:
        self._subject = subject
        self._port = port
        self._mine = threading.local()

    def _ask(self, path: str, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._subject.token}"}
        self._mine.connection.request("POST", self._subject.prefix + path, json.dumps(form), headers)
        answer = self._mine.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

    def sign_in(self, username: str, password: str) -> None:
        """Begin the session of all that follows."""
        status, answer = self._ask("/sessions", {"username": username, "password": password})
        if status >= 300:
            raise DidNotFinish(what=f"{self._subject.name} sign in", says=str(answer)[:300])
        self._subject.token = answer["token"]

    def place(self, *, urgent: bool = False) -> bool:
        """Place a request for the next elder, for tomorrow by day; tell whether it was accepted."""
        number = next(self._subject.numbers)
        elder, cycle = number % len(self._subject.elders), number // len(self._subject.elders)
        minute = 540 + 30 * (number % 14)
        day = clock.day_of(clock.WallClock().now()) + timedelta(days=1)
        form = {
            "person_id": self._subject.elders[elder],
            "item_code": _ITEMS[cycle % len(_ITEMS)],
            "earliest": clock.at_local(day, minute).isoformat(),
            "latest": clock.at_local(day, minute + 120).isoformat(),
            "urgent": urgent,
            "accept_own_cost": True,
            "override_duplicate": True,
        }
        return self._ask("/requests", form)[0] == 201

    def place_many(self, wanted: int, *, threads: int = 4) -> int:
        """Place requests as fast as the process takes them; return how many were accepted."""
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(lambda _: self.place(), range(wanted)))

    def place_until(self, stop: threading.Event, *, threads: int = 4) -> int:
        """Place requests until the event is set; return how many were accepted."""

        def keep_placing(_: int) -> int:
            accepted = 0
            while not stop.is_set():
                accepted += self.place()
            return accepted

        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(keep_placing, range(threads)))


def _fetch(subject: Subject, query: str, *arguments: object) -> "list[asyncpg.Record]":
    async def fetch() -> "list[asyncpg.Record]":
        connection = await asyncpg.connect(dsn=postgres.plain(subject.database_url))
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def _position(subject: Subject) -> int:
    return int(_fetch(subject, "select coalesce(max(position), 0) as position from event_log")[0]["position"])


def _rate(decided: "Sequence[asyncpg.Record]", *, first: int) -> float:
    """Return offers a second, from the `first` decision on: the ones before it lay out the day."""
    times = [row["at"] for row in decided[first:] if row["offered"]]
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0


def _own_worker(subject: Subject, size: Size) -> None:
    """Let requests wait, start a worker, and measure how fast it offers them, with how many statements."""
    port, probe = free_port(), free_port()
    with subject.running("processes.http", port=port):
        client = Client(subject, port)
        before = _position(subject)
        accepted = client.place_many(size.waiting)
        executed = statements.counted(subject.counts)
        with subject.running("processes.worker", port=probe, answers=False):
            await_that(lambda: len(_fetch(subject, _DECIDED, before)) >= accepted, f"{subject.name} decisions")
            decided = _fetch(subject, _DECIDED, before)
            subject.note("statements_per_request", (statements.counted(subject.counts) - executed) / accepted)
        subject.note("own_worker_per_s", _rate(decided, first=size.waiting // 6))
        subject.note("decided_as_nobody", sum(not row["offered"] for row in decided))


def _urgent(subject: Subject, size: Size) -> None:
    """Measure urgent requests while there is twice the ordinary work that the worker does in that time.

    It lies there when the worker starts, and more keeps coming; the measurement ends when half of it is done.
    """
    port, probe = free_port(), free_port()
    rate = median(subject.figures["own_worker_per_s"])
    backlog = min(900, round(rate * size.seconds))
    with subject.running("processes.http", port=port):
        client = Client(subject, port)
        client.place_many(backlog)
        before, stop = _position(subject), threading.Event()
        with subject.running("processes.worker", port=probe, answers=False), ThreadPoolExecutor(1) as beside:
            await_that(lambda: bool(_fetch(subject, _DECIDED, before)), f"{subject.name} first decision")
            started = monotonic()
            placing = beside.submit(partial(client.place_until, stop, threads=2))
            urgent = int(client.place(urgent=True))
            while monotonic() - started < 2 * size.seconds and 2 * len(_fetch(subject, _DECIDED, before)) < backlog:
                urgent += client.place(urgent=True)
                sleep(0.1)
            stop.set()
            took = monotonic() - started
            subject.note("ordinary_load_ratio", (backlog + placing.result()) / took / rate)
            await_that(lambda: len(_fetch(subject, _URGENT, before)) >= urgent, f"{subject.name} urgent offers")
    waits = [row[0] for row in _fetch(subject, _URGENT, before)]
    subject.note("urgent_p50_s", median(waits))
    subject.note("urgent_p95_s", quantiles(waits, n=20, method="inclusive")[18] if len(waits) > 1 else waits[0])


def _one_process(subject: Subject, size: Size) -> None:
    """Measure how many requests one process offers a second while a client places as many as it takes."""
    port = free_port()
    with subject.running("processes", "serve", "--no-demo", port=port):
        client = Client(subject, port)
        before, stop = _position(subject), threading.Event()
        client.place_many(8)
        await_that(lambda: len(_fetch(subject, _DECIDED, before)) >= 8, f"{subject.name} first decisions")
        before = _position(subject)
        with ThreadPoolExecutor(1) as beside:
            placing = beside.submit(partial(client.place_until, stop))
            sleep(size.seconds)
            decided = _fetch(subject, _DECIDED, before)
            stop.set()
            placed = placing.result()
    subject.note("one_process_per_s", _rate(decided, first=0))
    subject.note("one_process_placed_per_s", placed / size.seconds)


def _whole_calls(subject: Subject, size: Size, urls: Sequence[str]) -> None:
    """Count the statements of whole calls: a replay of many less a replay of one."""
    with CALLS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    executed = []
    for calls, url in zip((1, size.calls), urls, strict=True):
        path = subject.folder / f"calls-{calls}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows[: calls + 1])
        before = statements.counted(subject.counts)
        district = ("--elders", 400, "--companies", 6, "--workers", 60)
        subject.command("replay", path, *district, database_url=url)
        executed.append(statements.counted(subject.counts) - before)
    subject.note("statements_per_call", (executed[1] - executed[0]) / (size.calls - 1))


def _lay_out(oldest: Subject, size: Size, url: str) -> None:
    # The last day of a month that is over: a few days later everything is settled, and the day is not far in the log.
    first = (clock.day_of(clock.WallClock().now()).replace(day=1) - timedelta(days=32)).replace(day=1) - timedelta(
        days=1
    )
    district = ("--elders", size.elders, "--companies", 30, "--workers", size.workers)
    words = ("--days", 1, "--per-day", 1, "--first", first.isoformat())
    oldest.command("simulate", *words, *district, database_url=url)


def _open_desk(subject: Subject) -> None:
    account = subject.command("accounts", "open", "bench", "operator")
    subject.elders = [row[0] for row in _fetch(subject, _ELDERS)]
    port = free_port()
    with subject.running("processes.http", port=port):
        Client(subject, port).sign_in(account["username"], account["password"])


def run(against: str | None, *, size: Size, progress: Callable[[int, int, str], None]) -> dict[str, Any]:
    """Measure this revision and, in turns, another one; return the medians of both and their ratios.

    Refuses `bench.revision_unknown` and `bench.did_not_finish`.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nowalls-bench-")))
        folder.chmod(0o755)
        address = postgres.start(folder / "pg", throw_away=True)
        roots = {"this": ROOT} | ({"against": stack.enter_context(checkout(against))} if against else {})
        subjects = [
            Subject(
                name, root, folder / name, address % f"bench_{name}", "/api/v1" if (root / "bootstrap").is_dir() else ""
            )
            for name, root in roots.items()
        ]
        progress(0, 1, "lay out")
        _lay_out(subjects[-1], size, asyncio.run(postgres.make_database(address, "district")))
        for subject in subjects:
            asyncio.run(postgres.make_database(address, f"bench_{subject.name}", template="district"))
        steps: list[tuple[str, Callable[[Subject], None]]] = [("desk", _open_desk)]
        for _ in range(size.rounds):
            steps.append(("own worker", partial(_own_worker, size=size)))
            steps.append(("one process", partial(_one_process, size=size)))
        steps.append(("urgent", partial(_urgent, size=size)))
        done, total = 0, (len(steps) + 1) * len(subjects)
        for what, step in steps:
            for subject in subjects:
                progress(done, total, f"{what}, {subject.name}")
                step(subject)
                done += 1
        for subject in subjects:
            progress(done, total, f"whole calls, {subject.name}")
            names = [f"calls_{subject.name}_{number}" for number in (1, 2)]
            _whole_calls(subject, size, [asyncio.run(postgres.make_database(address, name)) for name in names])
            done += 1
        answer: dict[str, Any] = {subject.name: _medians(subject) for subject in subjects}
        if against:
            this, other = answer["this"], answer["against"]
            answer["ratios"] = {name: round(this[name] / other[name], 2) for name in this if other.get(name)}
        return answer | {"size": {name: getattr(size, name) for name in Size.__slots__}}


def _medians(subject: Subject) -> dict[str, float]:
    return {name: round(median(values), 3) for name, values in sorted(subject.figures.items())}
