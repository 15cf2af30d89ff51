"""The word `nowalls bench`: routing against packaged solvers, the platform against a revision, a month settled."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer.core import TyperCommand

from bootstrap.terminal import Json, console, refusing

MANY = ("--budget", "--peers")


class Several(TyperCommand):
    """A command whose `--budget` and `--peers` take several values: again and again, after one another, or by comma."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give every further value an option of its own."""
        words: list[str] = []
        option = ""
        for word in args:
            values = word
            if word.startswith("--"):
                option, _, values = word.partition("=")
                option = option if option in MANY else ""
            if option:
                words += [part for value in values.split(",") if value for part in (option, value)]
            else:
                words.append(word)
        return super().parse_args(ctx, words)


def bench(
    name: Annotated[
        str, typer.Argument(help="vrptw, hhcrsp, uhhc, insertion, batch, day, matrix, throughput or settle")
    ],
    *,
    instances: Annotated[Path | None, typer.Option(help="folder of instances, with best_known.json if known")] = None,
    budget: Annotated[list[str] | None, typer.Option(help="seconds a solver may take; several are allowed")] = None,
    peers: Annotated[list[str] | None, typer.Option(help="pyvrp, pyvroom, or-tools …; several are allowed")] = None,
    seeds: Annotated[int, typer.Option(help="how often a run is repeated; figures are medians")] = 1,
    against: Annotated[
        str | None,
        typer.Option(help="throughput: a revision, or the folder of a checkout, that takes turns with this one"),
    ] = None,
    visits: Annotated[int, typer.Option(min=1, max=1_000_000, help="settle: how many visits the month has")] = 20_000,
    as_json: Json = False,
) -> None:
    """Measure in one interleaved run; of routing, every cost is recomputed by a checker that shares no code with us."""
    from routing.bench import command
    from routing.bench.options import Options

    def measured() -> dict[str, Any]:
        if name == "throughput":
            from simulations import throughput

            return throughput.run(against, size=throughput.Size(rounds=max(2, seeds)), progress=shown)
        if name == "settle":
            from simulations import settling

            return settling.run(visits=visits, progress=shown)
        budgets = command.seconds(budget or ["1"])
        options = Options(instances=instances, budgets=budgets, peers=tuple(peers or ()), seeds=seeds, progress=shown)
        return command.run(name, options)

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(f"bench {name}", total=None)

        def shown(done: int, of: int, what: str) -> None:
            bars.update(bar, completed=done, total=of, description=f"{name} {what}")

        answer = refusing(measured)
    print(json.dumps(answer, ensure_ascii=False) if as_json else summary(answer))


def summary(answer: dict[str, Any]) -> str:
    """Write an answer for a person: everything but the single instances, which `--json` has."""
    return json.dumps(
        {name: each for name, each in answer.items() if name != "instances"}, ensure_ascii=False, indent=2
    )
