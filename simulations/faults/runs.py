"""One run of a scenario: a throw-away PostgreSQL, perhaps a Kafka, the platform's processes, a district, faults."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import asyncpg
from sqlalchemy import make_url, text

from bootstrap.platform import platform
from events.work import Works
from kit import clock, postgres
from kit.access.actor import SYSTEM
from kit.clock import RehearsalClock
from kit.refusal import Refusal
from kit.room import Room
from kit.settings import Settings
from providers.settlement import month as months
from simulations.faults import checker, crash_points, district
from simulations.faults.client import Loopback
from simulations.faults.district import District
from simulations.faults.fleet import Brokers, Fleet
from simulations.faults.proxy import Proxy
from simulations.faults.scenarios import SCENARIOS, Scenario, Scene
from simulations.population import Size
from simulations.revisions import ROOT, Subject

FAULTS = 20
"""How often something breaks unless it is said."""
DISK_MEGABYTES = 700
_DATABASE = "faults"
_PATIENCE_SECONDS = 180.0
_PROCESSES = (
    ("http", "processes.http"),
    ("worker", "processes.worker"),
    ("ticker", "processes.ticker"),
    ("relay", "processes.relay"),
)
_FIGURES = text(
    """
    select (select count(*) from event_log) as events,
      (select count(*) from visit where state = 'verified') as verified_visits,
      (select coalesce(sum(payable_fen), 0)::bigint from charge) as charged_fen,
      (select coalesce(sum(fen), 0)::bigint from payment) as paid_fen,
      (select count(*) from dead_letter) as dead_letters
    """
)


class ScenarioUnknown(Refusal):
    """No scenario has this name."""

    code = "faults.scenario_unknown"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is broken: so many faults, or until the seconds are over; and how large the district is.

    Without `faults` each boundary is died at once, and anything else breaks as often as `FAULTS` says.
    """

    faults: int | None = None
    seconds: float = 300.0
    elders: int = 150
    companies: int = 3
    workers: int = 18


async def run(
    name: str,
    rooms: Sequence[Room],
    brokers: Brokers,
    *,
    seed: int,
    extent: Extent,
    progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    """Run one scenario; return its figures and what is `wrong`, which is empty where all is well.

    Refuses `faults.scenario_unknown`.
    """
    if name not in SCENARIOS:
        raise ScenarioUnknown(given=name[:40], names=", ".join(SCENARIOS))
    return await _run(SCENARIOS[name], rooms, brokers, seed=seed, extent=extent, progress=progress)


@dataclass(slots=True)
class Ground:
    """What a run stands on: an empty database, the platform's view of it from outside, lines to it, perhaps Kafka."""

    folder: Path
    url: str
    subject: Subject
    fleet: Fleet
    works: Works
    groups: Mapping[str, Collection[str]]
    lines: dict[str, Proxy]


@asynccontextmanager
async def _ground(
    scenario: Scenario, rooms: Sequence[Room], brokers: Brokers, *, seed: int, extent: Extent
) -> AsyncIterator[Ground]:
    """Start PostgreSQL and perhaps Kafka, and lay a district out; all of it is gone after the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nowalls-faults-")))
        await asyncio.to_thread(folder.chmod, 0o755)
        if scenario.synced:
            stack.enter_context(_small_disk(folder / "disk"))
        data = folder / "disk" / "pg"
        address = await asyncio.to_thread(postgres.start, data, throw_away=True)
        url = await postgres.make_database(address, _DATABASE)
        if scenario.synced:
            await _sync(url)
        lines = {"postgres": await stack.enter_async_context(_to_postgres(url).listening())}
        subject = Subject("faults", ROOT, folder / "run", _through(url, lines["postgres"].port), "/api/v1")
        fleet = Fleet(subject, Random(seed), data, folder / "kafka", brokers if scenario.kafka else None)
        stack.callback(fleet.stop_broker)
        if scenario.kafka:
            lines["kafka"] = await stack.enter_async_context(_to_broker(fleet).listening())
            subject.kafka = f"127.0.0.1:{lines['kafka'].port}"
            await asyncio.to_thread(fleet.start_broker, lines["kafka"].port)
        settings = Settings.read(subject.environment(url))
        running = await stack.enter_async_context(platform(settings, rooms, connections=4))
        works = running.works
        size = Size(40, 2, 8) if scenario.in_process else Size(extent.elders, extent.companies, extent.workers)
        await district.lay_out(works, size=size, seed=seed)
        works.clock = RehearsalClock()
        groups = {group: handlers.keys() for group, handlers in running.deliverer.handlers.items()}
        stack.callback(fleet.stop)
        yield Ground(folder, url, subject, fleet, works, groups, lines)


async def _run(
    scenario: Scenario,
    rooms: Sequence[Room],
    brokers: Brokers,
    *,
    seed: int,
    extent: Extent,
    progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    progress(0, extent.faults or 0, "laying out")
    async with _ground(scenario, rooms, brokers, seed=seed, extent=extent) as ground:
        if scenario.in_process:
            answer = await _in_process(rooms, ground, seed=seed, extent=extent, progress=progress)
        else:
            answer = await _over_http(scenario, ground, seed=seed, extent=extent, progress=progress)
        async with ground.works(SYSTEM("faults")) as work:
            figures = (await work.session.execute(_FIGURES)).mappings().one()
        return {"scenario": scenario.name, "seed": seed, **figures, **answer}


async def _in_process(
    rooms: Sequence[Room],
    ground: Ground,
    *,
    seed: int,
    extent: Extent,
    progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    """Die at each boundary in turn, in this process."""
    settings = Settings.read(ground.subject.environment(ground.url))
    with crash_points.Mortal().standing() as mortal:
        process = crash_points.Process(settings, rooms, mortal)
        await process.start()
        try:
            people = await district.open_district(crash_points.Apart.of(ground.works), process, seed=seed)
            answer = await crash_points.enumerate_all(
                people, process, mortal, chance=Random(seed), most=extent.faults, progress=progress
            )
        finally:
            await process.stop()
    month = clock.month_of(clock.month_bounds(clock.month_of(ground.works.clock.now()))[0] - timedelta(days=1))
    answer["settled"] = await _settled(ground.works, month, answer["wrong"])
    return {"operations": people.record.figures(), **answer}


async def _over_http(
    scenario: Scenario,
    ground: Ground,
    *,
    seed: int,
    extent: Extent,
    progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    """Break the platform's processes, and what they stand on, while a district works with them over HTTP."""
    fleet, works, most = ground.fleet, ground.works, extent.faults or FAULTS
    for name, *words in _PROCESSES:
        for number in range(1 + (scenario.spares and name != "http")):
            if scenario.kafka or name != "relay":
                fleet.add(f"{name}-{number}", *words)
    progress(0, most, "starting")
    await fleet.start_all()
    with closing(Loopback(fleet.children["http-0"].port)) as transport:
        people = await district.open_district(works, transport, seed=seed)
        scene = Scene(fleet, Random(seed + 1), works, ground.groups, ground.lines)
        began = monotonic()
        faults, days = await _live(scenario, scene, people, extent, lambda done, what: progress(done, most, what))
        ended = monotonic()
        progress(faults, most, "recovering")
        await fleet.start_all()
        recovered = await _drained(works)
        took = monotonic() - ended
        progress(faults, most, "settling")
        month = await people.end_month()
        await people.settle(month)
        # What begins work of its own ends first, so that nothing is emitted after the last look at what waits.
        await asyncio.to_thread(fleet.stop, "http", "ticker")
        await _drained(works)
    await asyncio.to_thread(fleet.stop)
    wrong = await checker.check(works, people.record, planted=scene.planted)
    if not recovered:
        wrong["not recovered"] = {"count": 1, "seconds": round(took)}
    return {
        "faults": faults,
        "died_at_boundary": scene.died,
        "planted": scene.planted,
        "days": days,
        "seconds": round(ended - began, 1),
        "recovered_s": round(took, 1),
        "operations": people.record.figures(),
        "settled": await _settled(works, month, wrong),
        "wrong": wrong,
    }


async def _live(
    scenario: Scenario, scene: Scene, people: District, extent: Extent, progress: Callable[[int, str], None]
) -> tuple[int, int]:
    """Break one thing after another while the district lives day after day; return how many of both there were."""
    end = monotonic() + extent.seconds
    faults = days = 0

    async def keep_breaking() -> None:
        nonlocal faults
        while faults < (extent.faults or FAULTS) and monotonic() < end:
            faults += await scenario.fault(scene)
            progress(faults, f"faults, {days} days")

    breaking = asyncio.create_task(keep_breaking())
    try:
        while not breaking.done():
            await people.live_a_day(extent.workers * 2 // 3 * scenario.load)
            days += 1
    finally:
        breaking.cancel()
    await breaking
    return faults, days


async def _drained(works: Works) -> bool:
    """Wait until every event is taken and nothing waits; tell whether that came in time."""
    end = monotonic() + _PATIENCE_SECONDS
    still = 0
    while still < 3:
        async with works(SYSTEM("faults")) as work:
            waits = (await work.session.execute(checker.WAITS)).scalar_one()
        still = 0 if waits or await checker.outstanding(works) else still + 1
        if monotonic() > end:
            return False
        await asyncio.sleep(0.4)
    return True


async def _settled(works: Works, month: str, wrong: dict[str, Any]) -> dict[str, Any]:
    """Sum the month up from the rows and from the log alone; what differs is wrong."""
    async with works(SYSTEM("faults")) as work:
        rows, replayed = await months.stored(work, month), await months.replayed(work, month)
    if disagreements := [*rows.disagreements, *replayed.disagreements]:
        wrong["rows, ledger or log of the month disagree"] = {
            "count": len(disagreements),
            "examples": disagreements[: checker.SHOWN],
        }
    if rows.sha256 != replayed.sha256 or rows.entries_sum_fen:
        wrong["the month from the log is another"] = {"count": 1, "entries_sum_fen": rows.entries_sum_fen}
    return {
        "statements": rows.statements,
        "visits": rows.visits,
        "charges_fen": rows.charges_fen,
        "entries_sum_fen": rows.entries_sum_fen,
    }


@contextmanager
def _small_disk(place: Path) -> Iterator[None]:
    """Mount a file system of its own size in memory; the database is on it alone."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=755", "none", str(place)]
    subprocess.run(mount, check=True)  # noqa: S603 - a folder and a size of its own making
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607 - what was mounted above


async def _sync(url: str) -> None:
    """Let a throw-away server sync what it commits."""
    connection = await asyncpg.connect(dsn=postgres.plain(url))
    await connection.execute("alter system set fsync = on")
    await connection.execute("select pg_reload_conf()")
    await connection.close()


def _to_postgres(url: str) -> Proxy:
    """Return a line to the server's socket in the file system."""
    place = str(make_url(url).query["host"])
    return Proxy(lambda: asyncio.open_unix_connection(f"{place}/.s.PGSQL.5432"))


def _to_broker(fleet: Fleet) -> Proxy:
    """Return a line to wherever the broker listens at the time."""
    return Proxy(lambda: asyncio.open_connection("127.0.0.1", fleet.broker_port()))


def _through(url: str, port: int) -> str:
    """Return the address of the same database by way of a proxy."""
    address = make_url(url)
    return address.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
