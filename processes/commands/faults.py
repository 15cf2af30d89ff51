"""The words `faults`: break the platform on purpose, and say whether anything was lost or done twice."""

from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bootstrap.terminal import Json, console, run, say
from processes import kafka
from processes.rooms import ROOMS

app = typer.Typer(no_args_is_help=True, help="Break the platform on purpose, in a throw-away district of its own.")


@app.command("list")
def faults_list(*, as_json: Json = False) -> None:
    """Say which scenarios there are."""
    from simulations.faults.scenarios import SCENARIOS

    say({name: scenario.says for name, scenario in SCENARIOS.items()}, as_json=as_json)


@app.command("run")
def faults_run(
    name: Annotated[str, typer.Argument(help="a scenario, as `faults list` names it")],
    *,
    seed: Annotated[int, typer.Option(help="decides what breaks, and when")] = 1,
    faults: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="how often something breaks: 20; each boundary of crash-points once"),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="the longest time in which things break")] = 300,
    workers: Annotated[int, typer.Option(min=3, max=600, help="how many workers the district has")] = 18,
    as_json: Json = False,
) -> None:
    """Run a scenario; status 1 where anything is lost, done twice or does not add up."""
    from simulations.faults import runs

    extent = runs.Extent(faults=faults, seconds=seconds, workers=workers, elders=max(150, workers * 6))
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(name, total=None)

        def shown(done: int, of: int, what: str) -> None:
            bars.update(bar, completed=done, total=of, description=f"{name}, {what}")

        answer: dict[str, Any] = run(runs.run(name, ROOMS, kafka, seed=seed, extent=extent, progress=shown))
    say(answer, as_json=as_json)
    if answer["wrong"]:
        raise typer.Exit(1)
