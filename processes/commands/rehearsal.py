"""The words `rehearsal`: a district to practise in, whose clock is put forward."""

from typing import Annotated, Any

import typer

from bootstrap.terminal import Json, run, say
from kit.access.actor import SYSTEM
from processes.commands.works import open_works

app = typer.Typer(no_args_is_help=True, help="演练: a district to practise in, whose clock is put forward.")


@app.command("begin")
def rehearsal_begin(*, as_json: Json = False) -> None:
    """Make this home a rehearsal, for ever; only while nothing has happened in it."""

    async def act() -> dict[str, Any]:
        from events import rehearsal as practice

        async with open_works() as works, works(SYSTEM("command line")) as work:
            begun = await practice.begin(work)
            return {"rehearsal": "begun", "begun_at": begun.begun_at.isoformat()}

    say(run(act()), as_json=as_json)


@app.command("forward")
def rehearsal_forward(
    to: Annotated[str, typer.Argument(help="+45m, +3h, +2d, 08:30 (the next) or 2026-12-01T09:00, district time")],
    *,
    as_json: Json = False,
) -> None:
    """Put a rehearsal's clock forward."""

    async def act() -> dict[str, Any]:
        from events import rehearsal as practice

        async with open_works() as works, works(SYSTEM("command line")) as work:
            at = await practice.put_forward(work, to=practice.read(to, work.now))
            return {"clock": practice.shown(at)}

    say(run(act()), as_json=as_json)
