"""Play a list of calls to its end in a database of its own; what a killed process began is continued."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from time import perf_counter
from typing import Any

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select, text

from bootstrap import platform
from bootstrap.platform import Platform
from bootstrap.terminal import console
from events.delivery import transport
from events.work import Works
from kit import clock, postgres, rules
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.imports.columns import Sheet
from kit.refusal import Kind, Refusal
from kit.settings import Settings
from providers.catalogue import operations as catalogue
from routing.insertion import board
from simulations import population, report
from simulations import request_lists as listed
from simulations.actions import Players
from simulations.driver import Drive, Speeds, Stillness
from simulations.model import PartKind, Simulation
from simulations.population import Ground, Size, yunhe
from simulations.request_lists import Call, Reasons, Wishes
from simulations.sampling import Dice
from simulations.schedule import Agenda

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
    """Play as the only process of a database, once what a killed one left running there has ended.

    Its last commit may still be on its way when the next process begins.
    """
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
class Play:
    """What is played: under which name, by which plan (all that decides the outcome), with which calls and where."""

    name: str
    plan: dict[str, Any]
    calls: list[Call]
    ground: Ground
    size: Size
    item_of: Callable[[str], str]

    @property
    def fingerprint(self) -> str:
        """Return what tells this play from any other."""
        facts = {"version": VERSION, **self.plan, **asdict(self.size)}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    @property
    def seed(self) -> int:
        """Return the seed of every draw."""
        return int(self.plan["seed"])

    def before(self) -> FixedClock:
        """Return a clock that stands a day before the first call."""
        return FixedClock(clock.at_local(clock.day_of(self.calls[0].at), 0) - timedelta(days=1))


def of_list(sheet: Sheet, *, digest: str, size: Size, seed: int) -> Play:
    """Play a list of real calls in a district of its own; every place named is somebody's home."""
    calls, ground = listed.arrange(sheet)
    size = Size(max(size.elders, len(ground.homes)), size.companies, size.workers)
    return Play("replay", {"file": digest, "seed": seed}, calls, ground, size, Reasons().of)


def of_days(*, first: datetime, days: int, per_day: int, size: Size, seed: int) -> Play:
    """Play made-up days in the real Yunhe district."""
    calls = listed.made_up(Dice(seed), first=clock.day_of(first), days=days, per_day=per_day, homes=size.elders)
    plan = {"first": clock.day_of(first).isoformat(), "days": days, "per_day": per_day, "seed": seed}
    return Play("simulate", plan, calls, yunhe(), size, lambda item: item)


async def play(settings: Settings, what: Play, *, again: bool = False) -> dict[str, Any]:
    """Play to the end and return the figures; `again` forgets what an earlier process played.

    Refuses `simulation.database_in_use` and `simulation.running`.
    """
    database = f"{what.name}_{what.fingerprint[:12]}"
    if again and settings.database_url is None:
        await platform.forget(settings, database)
    stands = what.before()
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(platform.house(settings, clock=stands, database=database))
        await stack.enter_async_context(_alone(house.works))
        with console.status("laying out the district"):
            laid_out = perf_counter()
            await lay_out(house.works, what)
            laid_out = perf_counter() - laid_out
        await asyncio.to_thread(board.warm)
        still = platform.drained(house)
        drive = await drive_of(house, stands, still, what)
        async with house.works(SYSTEM("simulation")) as work:
            await transport.release_leases(work)
        platform.set_aside()
        _ = await stack.enter_async_context(platform.deliveries(house))
        progress = stack.enter_context(_progress())
        bar = progress.add_task("calls", total=len(what.calls), day="")
        drive.progress = lambda done, at: progress.update(bar, completed=done, day=f"{clock.local(at):%Y-%m-%d %H:%M}")
        before, started = await _commits(house.works), perf_counter()
        await drive.play()
        wall = perf_counter() - started
        commits = await _commits(house.works) - before
        async with house.works(SYSTEM("simulation")) as work:
            found = await report.figures(work, len(what.calls))
            found["state_hash"] = await report.state_hash(work)
        bare = await _bare_commits_per_second(house.works)
    return {
        **found,
        **_speeds(drive.speeds),
        "wall_s": round(wall, 2),
        "layout_s": round(laid_out, 2),
        "commits": commits,
        "commits_per_s": round(commits / wall, 1),
        **bare,
        "commit_ratio": round(commits / wall / bare["bare_commits_per_s"], 3),
        "seed": what.seed,
    }


async def lay_out(works: Works, what: Play) -> None:
    """Bring a play's district into an empty database, once; refuse `simulation.database_in_use`."""
    async with works(SYSTEM("simulation")) as work:
        played = (await work.session.execute(select(Simulation.fingerprint))).scalar()
        anybody = (await work.session.execute(text("select exists (select from person)"))).scalar()
        if played != what.fingerprint and (played is not None or anybody):
            raise DatabaseInUse
        if played is None:
            work.session.add(Simulation(fingerprint=what.fingerprint, plan=what.plan, begun_at=work.now))
            await population.lay_out(work, ground=what.ground, size=what.size, seed=what.seed)
    async with works(SYSTEM("simulation, second person")) as work:
        await population.bury(work)


async def players(works: Works, seed: int) -> Players:
    """Give everybody of a simulation an empty agenda."""
    async with works(SYSTEM("simulation")) as work:
        minutes = await rules.value(work.session, "visit.missed_after_minutes", at=work.now)
    dice = Dice(seed)
    return Players(works, Agenda(dice, missed_after=timedelta(minutes=minutes)), dice)


async def drive_of(
    house: Platform, stands: FixedClock, still: Stillness | None, what: Play, *, since: datetime | None = None
) -> Drive:
    """Give the drive of a play in its district, at the point that an earlier process had reached."""
    works = house.works
    wishes = Wishes(Dice(what.seed), catalogue.shipped_items())
    async with works(SYSTEM("simulation")) as work:
        people = await population.parts(work, PartKind.ELDER)
    drive = Drive(
        works,
        stands,
        still,
        await players(works, what.seed),
        what.calls,
        people,
        asked=lambda call: wishes.of(call.number, what.item_of(call.reason), call.at),
    )
    await drive.resume(since)
    if still is not None:
        drive.listen(house.deliverer)
    return drive


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


def _speeds(speeds: Speeds) -> dict[str, Any]:
    return {"decision_ms": _spread(speeds.decision), "request_to_offer_ms": _spread(speeds.request_to_offer)}


def _spread(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2)}


def _progress() -> Progress:
    columns = (TextColumn("{task.fields[day]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)
