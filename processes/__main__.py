"""The command line `nowalls`: the words after `python3 run.py`."""

import asyncio
import json
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import TyperException

from bootstrap.shutdown import tell
from bootstrap.terminal import Json, console, open_works, run, say
from kit import postgres
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.access.scope import Section
from kit.refusal import Refusal
from kit.settings import Settings
from processes.commands import bench, develop, travel

app = typer.Typer(no_args_is_help=True, add_completion=False, help="没有围墙的敬老院: a nursing home without walls.")
accounts = typer.Typer(no_args_is_help=True, help="Open accounts and set passwords.")
dead_letters = typer.Typer(no_args_is_help=True, help="Messages that no handler could take.")
kafka = typer.Typer(no_args_is_help=True, help="A throw-away Apache Kafka on this machine.")
rehearsal = typer.Typer(no_args_is_help=True, help="演练: a district to practise in, whose clock is put forward.")
app.add_typer(accounts, name="accounts")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(dead_letters, name="parked", hidden=True)
app.add_typer(kafka, name="kafka")
app.add_typer(rehearsal, name="rehearsal")
app.add_typer(travel.app, name="travel")
app.command("bench", cls=bench.Several)(bench.bench)
app.command("revision")(develop.revision)
app.command("docs")(develop.docs)


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="--no-demo leaves the district empty, to be filled by `import`")
    ] = True,
) -> None:
    """Run everything in one process: database, API, handlers, ticker and, with NOWALLS_KAFKA, the relay."""
    from bootstrap import exclusive

    settings = Settings.read()
    with exclusive.home(settings.home), exclusive.port(host, settings.port) as taken:
        with ThreadPoolExecutor(1) as beside:
            if settings.database_url is None:
                # It takes as long as importing the rooms does. What goes wrong is met again, and told, by `house`.
                beside.submit(postgres.start, settings.embedded)
            from processes import serving

        run(serving.serve(settings, taken, host=host, demo=demo), lasting=True)


class FileUnreadable(Refusal):
    """A file that was named cannot be read."""

    code = "file.unreadable"


class ListUnknown(Refusal):
    """No list of that kind can be imported."""

    code = "list.unknown"


class MappingInvalid(Refusal):
    """Not which column of a file is which of ours."""

    code = "list.mapping_invalid"


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
    pairs = [pair.partition("=") for pair in column or []]
    for ours, equals, theirs in pairs:
        if not (ours and equals and theirs):
            raise MappingInvalid(given=ours + equals + theirs)
    outcome = run(_import(kind, file, {theirs: ours for ours, _, theirs in pairs}, dry_run=dry_run))
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
        if outcome.ignored:
            console.print(f"没有用到的列 · columns not used: {'、'.join(outcome.ignored)}", markup=False)
        print(f"{outcome.rows} rows, {0 if outcome.faults else outcome.written} {verb}, {len(outcome.faults)} faults")
    if outcome.faults:
        raise typer.Exit(1)


async def _import(kind: str, file: Path, mapping: dict[str, str], *, dry_run: bool) -> Any:
    from dispatch import imports
    from kit.imports import tables

    if kind not in imports.PLANS:
        raise ListUnknown(kind=kind, kinds="、".join(imports.PLANS))
    with console.status(f"{kind}: {file.name}"):
        try:
            grid = tables.read_file(file)
        except OSError as error:
            raise FileUnreadable(file=str(file), why=error.strerror or str(error)) from error
        async with open_works() as works:
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

    printed = log.Head.read(anchor) if anchor is not None else None
    async with open_works() as works, works(SYSTEM("command line")) as work:
        return await log.verify(work, anchor=printed)


@dead_letters.command("list")
def dead_letters_list(*, as_json: Json = False) -> None:
    """List the messages that wait for a person."""

    async def find() -> list[dict[str, Any]]:
        from events.delivery import dead_letters as messages

        async with open_works() as works, works(SYSTEM("command line")) as work:
            return [
                {"id": str(one.id), "group": one.group, "type": one.type, "tries": one.tries, "error": one.error}
                for one in await messages.waiting(work)
            ]

    rows = run(find())
    if as_json:
        print(json.dumps({"dead_letters": rows}, ensure_ascii=False))
        return
    table = Table("id", "group", "type", "tries", "error")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@dead_letters.command("replay")
def dead_letters_replay(message: UUID) -> None:
    """Deliver a dead letter to its group again."""

    async def act() -> None:
        from events.delivery import dead_letters as messages

        async with open_works() as works, works(SYSTEM("command line")) as work:
            await messages.replay(work, dead_letter_id=message)

    run(act())


@dead_letters.command("drop")
def dead_letters_drop(message: UUID, *, reason: Annotated[str, typer.Option(help="stays on record")]) -> None:
    """Give a dead letter up."""

    async def act() -> None:
        from events.delivery import dead_letters as messages

        async with open_works() as works, works(SYSTEM("command line")) as work:
            await messages.drop(work, dead_letter_id=message, reason=reason)

    run(act())


@accounts.command("open")
def accounts_open(
    username: str,
    role: Role,
    *,
    display_name: str = "",
    provider_id: UUID | None = None,
    worker_id: UUID | None = None,
    division: Annotated[
        str | None, typer.Option(help="a clerk's town, street or village; a section's district")
    ] = None,
    section: Annotated[list[Section] | None, typer.Option(help="of the bureau; may be given more than once")] = None,
    as_json: Json = False,
) -> None:
    """Open an account; its password is made here and shown this once."""

    async def act() -> dict[str, Any]:
        from api.accounts import operations

        password = secrets.token_urlsafe(12)
        async with open_works() as works, works(SYSTEM("command line")) as work:
            account = await operations.open_account(
                work,
                username=username,
                display_name=display_name or username,
                role=role,
                password=password,
                provider_id=provider_id,
                worker_id=worker_id,
                division_code=division,
                sections=section or (),
            )
        return {"id": str(account.id), "username": username, "role": role.value, "password": password}

    say(run(act()), as_json=as_json)


@accounts.command("password")
def accounts_password(username: str, *, as_json: Json = False) -> None:
    """Make an account a new password, shown this once; its sessions end."""

    async def act() -> dict[str, Any]:
        from api.accounts import operations, queries

        password = secrets.token_urlsafe(12)
        async with open_works() as works, works(SYSTEM("command line")) as work:
            account = await queries.by_username(work, username)
            if account is None:
                raise operations.AccountNotFound
            await operations.reset_password(work, account_id=account.id, new=password)
        return {"username": username, "password": password}

    say(run(act()), as_json=as_json)


@kafka.command("up")
def kafka_up(*, brokers: int = 1, as_json: Json = False) -> None:
    """Start one or three real brokers from jars; set NOWALLS_KAFKA to what is printed."""
    from processes import kafka as broker

    say({"NOWALLS_KAFKA": run(asyncio.to_thread(broker.start, _kafka_folder(), brokers=brokers))}, as_json=as_json)


@kafka.command("down")
def kafka_down() -> None:
    """Stop the brokers that `kafka up` started."""
    from processes import kafka as broker

    run(asyncio.to_thread(broker.stop, _kafka_folder()))


def _kafka_folder() -> Path:
    folder = Settings.read().home / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@rehearsal.command("begin")
def rehearsal_begin(*, as_json: Json = False) -> None:
    """Make this home a rehearsal, for ever; only while nothing has happened in it."""

    async def act() -> dict[str, Any]:
        from events import rehearsal as practice

        async with open_works() as works, works(SYSTEM("command line")) as work:
            found = await practice.begin(work)
            return {"rehearsal": "begun", "begun_at": found.begun_at.isoformat()}

    say(run(act()), as_json=as_json)


@rehearsal.command("forward")
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


class CommandInvalid(Refusal):
    """The command line cannot be read."""

    code = "command.invalid"


class CommandUnknown(CommandInvalid):
    """No such word."""

    code = "command.unknown"


class ArgumentMissing(CommandInvalid):
    """Something that must be named is not."""

    code = "command.argument_missing"


class OptionUnknown(CommandInvalid):
    """No such option."""

    code = "command.option_unknown"


class ValueInvalid(CommandInvalid):
    """An argument or option with a value that it cannot have."""

    code = "command.value_invalid"


_WRONG = {"MissingParameter": ArgumentMissing, "NoSuchOption": OptionUnknown, "BadParameter": ValueInvalid}


def main() -> int:
    """Read the command line and do what it says; what is wrong with it is said in both languages, and ends with 2."""
    try:
        return app(prog_name="python3 run.py", standalone_mode=False) or 0
    except TyperException as error:
        name, context = type(error).__name__, getattr(error, "ctx", None)
        if name == "NoArgsIsHelpError" or not hasattr(error, "format_message"):
            print(error)
            return 2
        why = " ".join(error.format_message().split())
        path = context.command_path if context else "python3 run.py"
        kind = CommandUnknown if why.startswith("No such command") else _WRONG.get(name, CommandInvalid)
        tell(kind(why=why, help=f"{path} --help"))
        return 2
    except Refusal as refusal:
        tell(refusal)
        return 1
    except KeyboardInterrupt:
        console.print("已中断 · interrupted")
        return 130


# The simulations stand on a higher floor than the command line, so that they join it and are not imported by it.
import_module("simulations.command").join(app)

if __name__ == "__main__":
    sys.exit(main())
