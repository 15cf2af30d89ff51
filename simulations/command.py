"""The words of the command line that play: `replay` a list of real calls."""

import hashlib
import json
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select, text

from events.work import Works
from kit import clock, postgres, rules
from kit.actor import SYSTEM
from kit.clock import FixedClock
from kit.columns import Sheet
from kit.refusal import Kind, Refusal
from kit.settings import Settings
from processes import assembly
from processes.assembly import House
from processes.terminal import Json, console, run, say
from providers.catalogue import operations as catalogue
from simulations import calls as listed
from simulations import cast, tally
from simulations.agenda import Agenda
from simulations.calls import Call, Reasons
from simulations.cast import Ground, Size
from simulations.deeds import Players
from simulations.draws import Dice
from simulations.drive import Drive, Speeds
from simulations.model import PartKind, Simulation

VERSION = 1  # of how a simulation is played; another one begins in another database
_PATIENCE = timedelta(days=1)  # the district is there a day before the first call
_CONNECTIONS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name like 'nowalls%'
"""


class DatabaseInUse(Refusal):
    """The database named is not empty and does not play this simulation."""

    code = "simulation.database_in_use"
    kind = Kind.CONFLICT


async def replay(digest: str, sheet: Sheet, size: Size, seed: int, *, again: bool) -> dict[str, Any]:
    """Play a list of calls to its end and return the figures; what an earlier process began is continued."""
    settings = Settings.read()
    plan = {"version": VERSION, "file": digest, "seed": seed, **asdict(size)}
    fingerprint = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
    calls, ground = listed.arrange(sheet)
    began = FixedClock(clock.at_local(clock.day_of(calls[0].at), 0) - _PATIENCE)
    size = Size(max(size.elders, len(ground.homes)), size.companies, size.workers)
    database = f"replay_{fingerprint[:12]}"
    if again and settings.database_url is None:
        await assembly.forget(settings, database)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(assembly.house(settings, clock=began, database=database))
        with console.status("laying out the district"):
            laid_out = perf_counter()
            await _lay_out(house.works, plan, fingerprint=fingerprint, ground=ground, size=size)
            laid_out = perf_counter() - laid_out
        still = assembly.quiet(house)
        drive = await _drive(house, began, still, calls, seed)
        _ = await stack.enter_async_context(assembly.deliveries(house))
        progress = stack.enter_context(_progress())
        bar = progress.add_task("calls", total=len(calls), day="")
        drive.progress = lambda done, at: progress.update(bar, completed=done, day=f"{clock.local(at):%Y-%m-%d %H:%M}")
        before, started = await _commits(house.works), perf_counter()
        await drive.play()
        wall = perf_counter() - started
        commits = await _commits(house.works) - before
        async with house.works(SYSTEM("simulation")) as work:
            found = await tally.figures(work, len(calls))
            found["state_hash"] = await tally.state_hash(work)
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
        "seed": seed,
    }


async def _lay_out(works: Works, plan: dict[str, Any], *, fingerprint: str, ground: Ground, size: Size) -> None:
    async with works(SYSTEM("simulation")) as work:
        played = (await work.session.execute(select(Simulation.fingerprint))).scalar()
        anybody = (await work.session.execute(text("select exists (select from person)"))).scalar()
        if played != fingerprint and (played is not None or anybody):
            raise DatabaseInUse
        if played is None:
            work.session.add(Simulation(fingerprint=fingerprint, plan=plan, begun_at=work.now))
            await cast.lay_out(work, ground=ground, size=size, seed=plan["seed"])
    async with works(SYSTEM("simulation, second person")) as work:
        await cast.bury(work)


async def _drive(house: House, clock_: FixedClock, still: Any, calls: list[Call], seed: int) -> Drive:
    works, dice = house.works, Dice(seed)
    reasons = Reasons(catalogue.shipped_items())
    async with works(SYSTEM("simulation")) as work:
        people = await cast.parts(work, PartKind.ELDER)
        minutes = await rules.value(work.session, "visit.missed_after_minutes", at=work.now)
    agenda = Agenda(dice, missed_after=timedelta(minutes=minutes))
    drive = Drive(
        works, clock_, still, Players(works, agenda, dice), calls, people,
        asked=lambda call: reasons.asked(dice, call.number, call.reason, call.at),
    )  # fmt: skip
    await drive.resume()
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


def join(app: typer.Typer) -> None:
    """Add this room's words to the command line."""

    @app.command("replay")
    def replay_command(
        file: Annotated[
            Path, typer.Argument(help="CSV or XLSX: time, latitude, longitude, reason, township", exists=True)
        ],
        *,
        seed: int = 1,
        elders: int = 5000,
        companies: int = 30,
        workers: int = 600,
        again: Annotated[bool, typer.Option(help="begin anew instead of continuing")] = False,
        as_json: Json = False,
    ) -> None:
        """Replay real calls through the whole platform, under a clock that waits for it."""
        sheet = listed.read(file)
        if sheet.faults:
            for fault in sheet.faults:
                console.print(fault.sentence("zh"), fault.sentence("en"), sep="  |  ", style="red", markup=False)
            raise typer.Exit(1)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        found = run(replay(digest, sheet, Size(elders, companies, workers), seed, again=again))
        say(found, as_json=as_json)
