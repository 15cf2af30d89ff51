"""Play a list of calls to its end in a database of its own; a new process continues what a killed one began."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select, text

from bootstrap import platform
from bootstrap.platform import Platform
from bootstrap.terminal import console
from dispatch.visits.rules import MissedAfterMinutes
from events.delivery.drained import Drained
from events.work import Works
from kit import clock, postgres
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.imports.columns import Sheet
from kit.refusal import Kind, Refusal
from kit.room import Room
from kit.rules import queries as rules
from kit.settings import Settings
from providers.catalogue import operations as catalogue
from routing.insertion import board
from simulations import population, report
from simulations import request_lists as listed
from simulations.actions import People
from simulations.driver import Driver, Latencies
from simulations.model import PartKind, Simulation
from simulations.population import Size, Territory, yunhe
from simulations.request_lists import Call, Reasons, Wishes
from simulations.sampling import Sampler
from simulations.schedule import Schedule

VERSION = 1  # of how a simulation is played; another one begins in another database
_LOCK = 0x706C6179  # one process plays in a database: the bytes of "play"
_TRIES = 100  # ten seconds: a backend whose client is dead ends with its statement
_CONNECTIONS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name like 'nowalls%'
"""


class DatabaseInUse(Refusal):
    """The database named is not empty and does not play this simulation."""

    code = "simulation.database_in_use"
    kind = Kind.CONFLICT


class AlreadyRunning(Refusal):
    """Another process plays in this database."""

    code = "simulation.running"
    kind = Kind.BUSY


@asynccontextmanager
async def _alone(works: Works) -> AsyncIterator[None]:
    """Hold the lock of the only player of a database; wait until the connections of a killed player have ended.

    Its last commit may still be on its way when the next process begins.
    """
    await works.database.close()  # so that this process's own connections are not counted as a killed player's
    connection = await asyncpg.connect(
        dsn=postgres.plain(works.database.url), server_settings={"application_name": "nowalls-simulation"}
    )
    try:
        for _ in range(_TRIES):
            mine = await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK)
            if mine and await connection.fetchval(_CONNECTIONS) == 1:
                break
            await asyncio.sleep(0.1)
        else:
            raise AlreadyRunning
        yield
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played: its name, its plan (all that decides the outcome), its calls, territory and size."""

    name: str
    plan: dict[str, Any]
    calls: list[Call]
    territory: Territory
    size: Size
    item_of: Callable[[str], str]

    @property
    def fingerprint(self) -> str:
        """Return the identity of this play: equal for the same plan and calls."""
        facts = {"version": VERSION, **self.plan, **asdict(self.size)}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    @property
    def seed(self) -> int:
        """Return the seed of every draw."""
        return int(self.plan["seed"])

    def before(self) -> FixedClock:
        """Return a clock that stands a day before the first call."""
        return FixedClock(clock.at_local(clock.day_of(self.calls[0].at), 0) - timedelta(days=1))


def of_list(sheet: Sheet, *, digest: str, size: Size, seed: int) -> Scenario:
    """Play a list of real calls in a district of its own; every place named is a home."""
    calls, territory = listed.arrange(sheet)
    size = Size(max(size.elders, len(territory.homes)), size.companies, size.workers)
    return Scenario("replay", {"file": digest, "seed": seed}, calls, territory, size, Reasons().of)


def of_days(*, first: datetime, days: int, per_day: int, size: Size, seed: int) -> Scenario:
    """Play made-up days in the real Yunhe district."""
    calls = listed.made_up(Sampler(seed), first=clock.day_of(first), days=days, per_day=per_day, homes=size.elders)
    plan = {"first": clock.day_of(first).isoformat(), "days": days, "per_day": per_day, "seed": seed}
    return Scenario("simulate", plan, calls, yunhe(), size, lambda item: item)


async def run(
    settings: Settings,
    rooms: Sequence[Room],
    scenario: Scenario,
    *,
    again: bool = False,
    facts: Path | None = None,
) -> dict[str, Any]:
    """Play to the end and return the figures; `again` forgets what an earlier process played.

    The lines that the hash is over go into the file `facts`, to be compared with another release's. Refuses
    `simulation.database_in_use` and `simulation.running`.
    """
    database = f"{scenario.name}_{scenario.fingerprint[:12]}"
    if again and settings.database_url is None:
        await platform.forget(settings, database)
    fixed_clock = scenario.before()
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(
            platform.platform(settings, rooms, clock=fixed_clock, database=database)
        )
        await stack.enter_async_context(_alone(running.works))
        with console.status("laying out the district"):
            laid_out = perf_counter()
            await create_district(running.works, scenario)
            laid_out = perf_counter() - laid_out
        await asyncio.to_thread(board.warm)
        drained = platform.drained(running)
        driver = await make_driver(running, fixed_clock, drained, scenario)
        running.works.lanes = False  # two lanes would race for workers, and no two plays would be the same
        platform.set_aside()
        _ = await stack.enter_async_context(platform.deliveries(running))
        progress = stack.enter_context(_progress())
        bar = progress.add_task("calls", total=len(scenario.calls), day="")
        driver.progress = lambda done, at: progress.update(bar, completed=done, day=f"{clock.local(at):%Y-%m-%d %H:%M}")
        before, started = await _commits(running.works), perf_counter()
        await driver.run()
        wall = perf_counter() - started
        commits = await _commits(running.works) - before
        async with running.works(SYSTEM("simulation")) as work:
            figures = await report.figures(work, len(scenario.calls))
            figures["state_hash"] = await report.state_hash(work)
            if facts is not None:
                lines = await report.facts(work)
                await asyncio.to_thread(facts.write_text, "\n".join(lines), encoding="utf-8")
            figures["state_hash_0_1"] = await report.state_hash(work, cases=report.CASES_0_1)
        bare = await _bare_commits_per_second(running.works)
    return {
        **figures,
        **_latencies(driver.latencies),
        "wall_s": round(wall, 2),
        "layout_s": round(laid_out, 2),
        "commits": commits,
        "commits_per_s": round(commits / wall, 1),
        **bare,
        "commit_ratio": round(commits / wall / bare["bare_commits_per_s"], 3),
        "seed": scenario.seed,
        "database": database,
    }


async def create_district(works: Works, scenario: Scenario) -> None:
    """Bring a play's district into an empty database, once; refuse `simulation.database_in_use`."""
    async with works(SYSTEM("simulation")) as work:
        stored = (await work.session.execute(select(Simulation.fingerprint))).scalar()
        anybody = (await work.session.execute(text("select exists (select from person)"))).scalar()
        if stored != scenario.fingerprint and (stored is not None or anybody):
            raise DatabaseInUse
        if stored is None:
            work.session.add(Simulation(fingerprint=scenario.fingerprint, plan=scenario.plan, begun_at=work.now))
            await population.create_district(work, territory=scenario.territory, size=scenario.size, seed=scenario.seed)
    async with works(SYSTEM("simulation, second person")) as work:
        await population.confirm_deaths(work)


async def people(works: Works, seed: int) -> People:
    """Return the people of a simulation with an empty schedule."""
    async with works(SYSTEM("simulation")) as work:
        minutes = (await rules.read(work.session, MissedAfterMinutes, at=work.now)).value
    sampler = Sampler(seed)
    return People(works, Schedule(sampler, missed_after=timedelta(minutes=minutes)), sampler)


async def make_driver(
    running: Platform,
    fixed_clock: FixedClock,
    drained: Drained | None,
    scenario: Scenario,
    *,
    since: datetime | None = None,
) -> Driver:
    """Return the driver of a scenario, at the point that an earlier process had reached."""
    works = running.works
    wishes = Wishes(Sampler(scenario.seed), catalogue.shipped_items())
    async with works(SYSTEM("simulation")) as work:
        elders = await population.parts(work, PartKind.ELDER)
    driver = Driver(
        works,
        fixed_clock,
        drained,
        await people(works, scenario.seed),
        scenario.calls,
        elders,
        asked=lambda call: wishes.of(call.number, scenario.item_of(call.reason), call.at),
    )
    await driver.resume(since)
    if drained is not None:
        driver.listen(running.deliverer)
    return driver


async def _commits(works: Works) -> int:
    """Count the transactions of this cluster that have written something, ever."""
    async with works(SYSTEM("simulation")) as work:
        return int(
            (await work.session.execute(text("select pg_snapshot_xmax(pg_current_snapshot())::text"))).scalar_one()
        )


async def _bare_commits_per_second(works: Works, seconds: float = 3.0) -> dict[str, Any]:
    """Commit one row at a time from as many connections as this process holds, with nothing else to do."""
    async with works(SYSTEM("simulation")) as work:
        connections = int((await work.session.execute(text(_CONNECTIONS))).scalar_one())
    rate = await postgres.one_row_commits_per_second(works.database.url, connections=connections, seconds=seconds)
    return {"connections": connections, "bare_commits_per_s": round(rate, 1)}


def _latencies(latencies: Latencies) -> dict[str, Any]:
    return {"decision_ms": _spread(latencies.decision), "request_to_offer_ms": _spread(latencies.request_to_offer)}


def _spread(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2)}


def _progress() -> Progress:
    columns = (TextColumn("{task.fields[day]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)
