"""The command line `nowalls`: the words after `python3 run.py`."""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from kit import text
from kit.actor import SYSTEM, Role
from kit.refusal import Refusal
from kit.settings import Settings
from processes import developing

app = typer.Typer(no_args_is_help=True, add_completion=False, help="没有围墙的敬老院: a nursing home without walls.")
accounts = typer.Typer(no_args_is_help=True, help="Open accounts and set passwords.")
parked = typer.Typer(no_args_is_help=True, help="Messages that no handler could take.")
kafka = typer.Typer(no_args_is_help=True, help="A throw-away Apache Kafka on this machine.")
app.add_typer(accounts, name="accounts")
app.add_typer(parked, name="parked")
app.add_typer(kafka, name="kafka")
app.command("revision")(developing.revision)
app.command("docs")(developing.docs)

Json = Annotated[bool, typer.Option("--json", help="one JSON object on the last line")]
console = Console(stderr=True)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one command; a refusal is said in both languages and ends with 1."""
    try:
        return asyncio.run(work)
    except Refusal as refusal:
        for language in text.LANGUAGES:
            console.print(text.sentence(refusal.code, language, **refusal.parameters), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def say(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a result for a person, or as one line for a program."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


@app.command()
def serve(*, host: str = "127.0.0.1") -> None:
    """Run everything in one process: database, API, handlers, ticker and, with NOWALLS_KAFKA, the relay."""
    run(_serve(host))


async def _serve(host: str) -> None:
    from processes import http, ticker
    from processes.assembly import deliveries, house, task
    from routing import solve

    settings = Settings.read()
    async with (
        house(settings) as found,
        deliveries(found) as running,
        task(ticker.run(found.works)) as ticking,
        # The kernels are compiled, or read from disk, while the first people sign in, and not in a request.
        task(asyncio.to_thread(solve.warm)),
    ):
        await _first_administrator(found.works)
        parts = {name: (lambda: True) for name in running}
        parts["ticker"] = lambda: not ticking.done()
        console.print(f"[green]nowalls[/] http://{host}:{settings.port}/   docs: /docs   health: /health")
        await http.serve(found, host=host, parts=parts)


async def _first_administrator(works: Any) -> None:
    from api.accounts import operations, queries

    async with works(SYSTEM("command line")) as work:
        if await queries.by_username(work, "admin") is not None:
            return
        password = secrets.token_urlsafe(12)
        await operations.open_account(
            work, username="admin", display_name="系统管理员", role=Role.ADMINISTRATOR, password=password
        )
    console.print(f"[bold]First administrator[/] admin / {password}   (shown this once)")


@asynccontextmanager
async def _works() -> AsyncIterator[Any]:
    from processes.assembly import house

    async with house(Settings.read()) as found:
        yield found.works


@app.command("import")
def import_list(
    kind: Annotated[str, typer.Argument(help="divisions, people, providers, workers, catalogue or requests")],
    file: Path,
    *,
    column: Annotated[list[str] | None, typer.Option(help="OURS=THEIRS: which of the file's columns is which")] = None,
    dry_run: Annotated[bool, typer.Option(help="say what would happen and write nothing")] = False,
    as_json: Json = False,
) -> None:
    """Import a CSV or XLSX list: all rows or none; every fault is named with its row."""
    if not file.is_file():
        message = f"no such file: {file}"
        raise typer.BadParameter(message)
    outcome = run(_import(kind, file, dict(pair.split("=", 1) for pair in column or []), dry_run=dry_run))
    if as_json:
        faults = [
            {"row": one.row, "column": one.column, "code": one.code, "why": one.sentence()} for one in outcome.faults
        ]
        say(
            {"rows": outcome.rows, "written": 0 if dry_run or faults else outcome.written, "faults": faults},
            as_json=True,
        )
    else:
        for fault in outcome.faults:
            console.print(fault.sentence("zh"), fault.sentence("en"), sep="  |  ", style="red", markup=False)
        verb = "would be written" if dry_run else "written"
        print(f"{outcome.rows} rows, {0 if outcome.faults else outcome.written} {verb}, {len(outcome.faults)} faults")
    if outcome.faults:
        raise typer.Exit(1)


async def _import(kind: str, file: Path, mapping: dict[str, str], *, dry_run: bool) -> Any:
    from dispatch import imports
    from kit import tables

    if kind not in imports.PLANS:
        message = f"unknown list {kind}; one of {', '.join(imports.PLANS)}"
        raise typer.BadParameter(message)
    with console.status(f"{kind}: {file.name}"):
        grid = tables.read_file(file)
        async with _works() as works:
            return await imports.run(
                works, SYSTEM("import"), kind=kind, grid=grid, mapping=mapping or None, dry_run=dry_run
            )


@app.command("verify-log")
def verify_log(*, anchor: str | None = None, as_json: Json = False) -> None:
    """Walk the chain over the event log again; `--anchor NUMBER:HASH` is a head that was printed earlier."""
    verdict = run(_verify(anchor))
    say(
        {"head": str(verdict.head), "unsealed": verdict.unsealed, "first_bad": verdict.first_bad, "why": verdict.why},
        as_json=as_json,
    )
    if verdict.first_bad is not None:
        raise typer.Exit(1)


async def _verify(anchor: str | None) -> Any:
    from events import log

    printed = None
    if anchor is not None:
        number, _, digest = anchor.partition(":")
        printed = log.Head(int(number), bytes.fromhex(digest))
    async with _works() as works, works(SYSTEM("command line")) as work:
        return await log.verify(work, anchor=printed)


@parked.command("list")
def parked_list(*, as_json: Json = False) -> None:
    """List the messages that wait for a person."""

    async def find() -> list[dict[str, Any]]:
        from events import parked as messages

        async with _works() as works, works(SYSTEM("command line")) as work:
            return [
                {"id": str(one.id), "group": one.group, "type": one.type, "tries": one.tries, "error": one.error}
                for one in await messages.waiting(work)
            ]

    rows = run(find())
    if as_json:
        print(json.dumps({"parked": rows}, ensure_ascii=False))
        return
    table = Table("id", "group", "type", "tries", "error")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@parked.command("replay")
def parked_replay(message: UUID) -> None:
    """Deliver a parked message to its group again."""

    async def act() -> None:
        from events import parked as messages

        async with _works() as works, works(SYSTEM("command line")) as work:
            await messages.replay(work, parked_id=message)

    run(act())


@parked.command("drop")
def parked_drop(message: UUID, *, reason: Annotated[str, typer.Option(help="stays on record")]) -> None:
    """Give a parked message up."""

    async def act() -> None:
        from events import parked as messages

        async with _works() as works, works(SYSTEM("command line")) as work:
            await messages.drop(work, parked_id=message, reason=reason)

    run(act())


@accounts.command("open")
def accounts_open(
    username: str, role: Role, *, display_name: str = "", provider_id: UUID | None = None,
    worker_id: UUID | None = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Open an account; its password is made here and shown this once."""

    async def act() -> dict[str, Any]:
        from api.accounts import operations

        password = secrets.token_urlsafe(12)
        async with _works() as works, works(SYSTEM("command line")) as work:
            account = await operations.open_account(
                work, username=username, display_name=display_name or username, role=role, password=password,
                provider_id=provider_id, worker_id=worker_id,
            )  # fmt: skip
        return {"id": str(account.id), "username": username, "role": role.value, "password": password}

    say(run(act()), as_json=as_json)


@accounts.command("password")
def accounts_password(username: str, *, as_json: Json = False) -> None:
    """Make an account a new password, shown this once; its sessions end."""

    async def act() -> dict[str, Any]:
        from api.accounts import operations, queries

        password = secrets.token_urlsafe(12)
        async with _works() as works, works(SYSTEM("command line")) as work:
            account = await queries.by_username(work, username)
            if account is None:
                raise operations.AccountMissing
            await operations.reset_password(work, account_id=account.id, new=password)
        return {"username": username, "password": password}

    say(run(act()), as_json=as_json)


@kafka.command("up")
def kafka_up(*, brokers: int = 1, as_json: Json = False) -> None:
    """Start one or three real brokers from jars; set NOWALLS_KAFKA to what is printed."""
    from events import broker

    say({"NOWALLS_KAFKA": run(asyncio.to_thread(broker.start, _kafka_folder(), brokers=brokers))}, as_json=as_json)


@kafka.command("down")
def kafka_down() -> None:
    """Stop the brokers that `kafka up` started."""
    from events import broker

    run(asyncio.to_thread(broker.stop, _kafka_folder()))


def _kafka_folder() -> Path:
    folder = Settings.read().home / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(app(prog_name="nowalls"))
