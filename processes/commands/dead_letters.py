"""The words `dead-letters`: messages that no handler could take."""

import json
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from bootstrap.terminal import Json, run
from kit.access.actor import SYSTEM
from processes.commands.works import open_works

app = typer.Typer(no_args_is_help=True, help="Messages that no handler could take.")


@app.command("list")
def dead_letters_list(*, as_json: Json = False) -> None:
    """List the messages that wait for a person."""

    async def find() -> list[dict[str, Any]]:
        from events.delivery import dead_letters as messages

        async with open_works() as works, works(SYSTEM("command line")) as work:
            return [
                {
                    "id": str(row.id),
                    "group": row.group,
                    "type": row.type,
                    "cause": row.cause.value,
                    "tries": row.tries,
                    "error": row.error,
                }
                for row in await messages.waiting(work)
            ]

    rows = run(find())
    if as_json:
        print(json.dumps({"dead_letters": rows}, ensure_ascii=False))
        return
    table = Table("id", "group", "type", "cause", "tries", "error")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@app.command("replay")
def dead_letters_replay(message: UUID) -> None:
    """Deliver the event of a dead letter to its group again, as the log has it."""

    async def act() -> None:
        from events.delivery import dead_letters as messages

        async with open_works() as works, works(SYSTEM("command line")) as work:
            await messages.replay(work, dead_letter_id=message)

    run(act())


@app.command("drop")
def dead_letters_drop(message: UUID, *, reason: Annotated[str, typer.Option(help="stays on record")]) -> None:
    """Give a dead letter up."""

    async def act() -> None:
        from events.delivery import dead_letters as messages

        async with open_works() as works, works(SYSTEM("command line")) as work:
            await messages.drop(work, dead_letter_id=message, reason=reason)

    run(act())
