"""The word `settle`: draw up a month, recompute it, explain a line, compare months, draw again, hand it out."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from bootstrap.terminal import FileUnreadable, Json, run, say
from kit.access.actor import SYSTEM
from processes.commands.works import open_works

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_AT = re.compile(r"(?P<month>\d{4}-(?:0[1-9]|1[0-2]))(?:@(?P<last>\d{1,18}))?")


def settle(
    words: Annotated[
        list[str],
        typer.Argument(help="2026-01 · explain LINE · diff 2026-01 2026-01@EVENTS · draw 2026-01 · package STATEMENT"),
    ],
    *,
    out: Annotated[Path | None, typer.Option(help="package: the HTML file to write")] = None,
    replay: Annotated[bool, typer.Option(help="from the event log alone, compared with rows and ledger")] = False,
    database: Annotated[str | None, typer.Option(help="a simulation's database, as `simulate` names it")] = None,
    as_json: Json = False,
) -> None:
    """Draw up a month that is over and sum it up; status 1 where rows, ledger, events or chain disagree."""
    match words:
        case ["explain", line]:
            answer = run(_explained(_id(line), database))
            agrees = answer["agrees"]
        case ["diff", left, right]:
            answer = {"lines": run(_compared(_side(left), _side(right), database))}
            agrees = not answer["lines"]
        case ["draw", month] if _MONTH.fullmatch(month):
            answer = run(_drawn(month, database))
            agrees = not answer["disagreements"]
        case ["package", statement] if out is not None:
            content = run(_packed(_id(statement), database))
            _write(out, content)
            answer = {"statement": statement, "file": str(out), "bytes": len(content.encode())}
            agrees = True
        case [month] if _MONTH.fullmatch(month):
            answer = run(_summed(month, database, replay=replay))
            agrees = not answer["disagreements"] and answer["entries_sum_fen"] == 0
        case _:
            message = "a month (2026-01), `explain LINE`, `diff A B`, `draw 2026-01`, or `package STATEMENT --out FILE`"
            raise typer.BadParameter(message)
    say(answer, as_json=as_json)
    if not agrees:
        raise typer.Exit(1)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        message = f"{text} is no id"
        raise typer.BadParameter(message) from error


def _side(text: str) -> tuple[str, int | None]:
    match = _AT.fullmatch(text)
    if match is None:
        message = f"{text} is neither a month, 2026-01, nor one by the first events of the log, 2026-01@5000"
        raise typer.BadParameter(message)
    return match["month"], int(match["last"]) if match["last"] else None


async def _summed(month: str, database: str | None, *, replay: bool) -> dict[str, Any]:
    from providers.settlement import month as months
    from providers.settlement import operations
    from providers.settlement.closing import queries as closing

    async with open_works(database) as works:
        if not replay:
            async with works(SYSTEM("command line")) as work:
                last = await closing.last_closed(work)
                if last is None or last < month:
                    await operations.draw_up(work, month=month)
        async with works(SYSTEM("command line")) as work:
            return asdict(await (months.replayed if replay else months.stored)(work, month))


async def _explained(line_id: UUID, database: str | None) -> dict[str, Any]:
    from fastapi.encoders import jsonable_encoder

    from providers.settlement import queries

    async with open_works(database) as works, works(SYSTEM("command line")) as work:
        answer: dict[str, Any] = jsonable_encoder(await queries.explain(work, line_id))
        return answer


async def _compared(
    left: tuple[str, int | None], right: tuple[str, int | None], database: str | None
) -> list[dict[str, Any]]:
    from providers.settlement import month as months

    async with open_works(database) as works, works(SYSTEM("command line")) as work:
        return await months.compare(work, left, right)


async def _drawn(month: str, database: str | None) -> dict[str, Any]:
    from providers.settlement.review import queries as draws

    async with open_works(database) as works, works(SYSTEM("command line")) as work:
        return asdict(await draws.replayed(work, month))


async def _packed(statement_id: UUID, database: str | None) -> str:
    from events import log
    from providers.settlement import queries
    from providers.settlement.audit.package import package

    async with open_works(database) as works:
        async with works(SYSTEM("command line")) as work:
            await log.seal_all(work)
        async with works(SYSTEM("command line")) as work:
            return await package(work, await queries.statement(work, statement_id))


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise FileUnreadable(file=str(file), why=error.strerror or str(error)) from error
