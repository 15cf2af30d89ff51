"""The words of the command line that play: `replay` a list of real calls, `simulate` made-up days."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.terminal import Json, console, run, say
from kit import clock
from kit.settings import Settings

Facts = Annotated[
    Path | None, typer.Option(help="write every fact that `state_hash` is over into this file, a line each")
]
_FIRST = datetime(2026, 3, 2)  # noqa: DTZ001 - a day on the district's wall, as the option reads one


def replay(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX: time, latitude, longitude, reason, township", exists=True)],
    *,
    seed: int = 1,
    elders: int = 5000,
    companies: int = 30,
    workers: int = 600,
    again: Annotated[bool, typer.Option(help="begin anew instead of continuing")] = False,
    facts: Facts = None,
    as_json: Json = False,
) -> None:
    """Replay real calls through the whole platform, under a clock that waits for it."""
    # Here and not above: every other word of the command line would wait three seconds for them.
    from processes.rooms import ROOMS
    from simulations import runner
    from simulations.population import Size
    from simulations.request_lists import read

    sheet = read(file)
    if sheet.faults:
        for fault in sheet.faults:
            console.print(fault.sentence("zh"), fault.sentence("en"), sep="  |  ", style="red", markup=False)
        raise typer.Exit(1)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    scenario = runner.of_list(sheet, digest=digest, size=Size(elders, companies, workers), seed=seed)
    say(run(runner.run(Settings.read(), ROOMS, scenario, again=again, facts=facts)), as_json=as_json)


def simulate(
    *,
    days: Annotated[int, typer.Option(min=1, max=366)] = 7,
    per_day: Annotated[int, typer.Option(min=1, max=20_000, help="calls a day")] = 300,
    first: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the first day")] = _FIRST,
    seed: int = 1,
    elders: int = 5000,
    companies: int = 30,
    workers: int = 600,
    again: Annotated[bool, typer.Option(help="begin anew instead of continuing")] = False,
    facts: Facts = None,
    as_json: Json = False,
) -> None:
    """Live some days of a made-up district through the whole platform, under a clock that waits for it."""
    from processes.rooms import ROOMS
    from simulations import runner
    from simulations.population import Size

    size = Size(elders, companies, workers)
    day = clock.at_local(first.date(), 0)
    scenario = runner.of_days(first=day, days=days, per_day=per_day, size=size, seed=seed)
    say(run(runner.run(Settings.read(), ROOMS, scenario, again=again, facts=facts)), as_json=as_json)
