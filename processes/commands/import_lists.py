"""The word `import`: a CSV or XLSX list, all rows or none."""

from pathlib import Path
from typing import Annotated

import typer

from bootstrap.terminal import FileUnreadable, Json, console, run, say
from events.work import Works
from kit.access.actor import SYSTEM
from kit.imports.columns import Outcome
from kit.imports.grid import Grid
from kit.refusal import Refusal
from kit.room import ImportKind
from processes.commands.works import open_works


class ListUnknown(Refusal):
    """No list of that kind can be imported."""

    code = "list.unknown"


class MappingInvalid(Refusal):
    """Not which column of a file is which of ours."""

    code = "list.mapping_invalid"


def import_list(
    kind: Annotated[
        str,
        typer.Argument(
            help="people, requests, providers, workers, catalogue, households, divisions or division_changes"
        ),
    ],
    file: Path,
    *,
    column: Annotated[list[str] | None, typer.Option(help="OURS=THEIRS: which of the file's columns is which")] = None,
    dry_run: Annotated[bool, typer.Option(help="say what would happen and write nothing")] = False,
    as_json: Json = False,
) -> None:
    """Import a CSV or XLSX list: all rows or none; every fault is named with its row."""
    show(run(_import(kind, file, mapping_of(column), dry_run=dry_run)), dry_run=dry_run, as_json=as_json)


def mapping_of(pairs: list[str] | None) -> dict[str, str]:
    """Return {the file's header: our column} of OURS=THEIRS; refuses `list.mapping_invalid`."""
    parts = [pair.partition("=") for pair in pairs or []]
    for ours, equals, theirs in parts:
        if not (ours and equals and theirs):
            raise MappingInvalid(given=ours + equals + theirs)
    return {theirs: ours for ours, _, theirs in parts}


def show(outcome: Outcome, *, dry_run: bool, as_json: bool) -> None:
    """Print an outcome, and end the program with status 1 where there are faults."""
    if as_json:
        say(outcome.report(dry_run=dry_run), as_json=True)
    else:
        for fault in outcome.faults:
            console.print(fault.sentence("zh"), fault.sentence("en"), sep="  |  ", style="red", markup=False)
        for notice in outcome.notices:
            console.print(notice.sentence("zh"), notice.sentence("en"), sep="  |  ", style="yellow", markup=False)
        if outcome.ignored:
            console.print(f"没有用到的列 · columns not used: {'、'.join(outcome.ignored)}", markup=False)
        verb = "would be written" if dry_run else "written"
        print(
            f"{outcome.rows} rows, {outcome.written} {verb}, {outcome.on_record} known, "
            f"{outcome.unchanged} unchanged, {outcome.left_out} left out, {len(outcome.faults)} faults"
        )
    if outcome.faults:
        raise typer.Exit(1)


async def _import(kind: str, file: Path, mapping: dict[str, str], *, dry_run: bool) -> Outcome:
    list_kind, grid = kind_of_list(kind), read(file)  # what is refused here starts no database
    with console.status(f"{kind}: {file.name}"):
        async with open_works() as works:
            return await bring(works, list_kind, grid, mapping, dry_run=dry_run)


def kind_of_list(name: str) -> ImportKind:
    """Return the kind of list of a name; refuses `list.unknown`."""
    from bootstrap import imports
    from processes.rooms import ROOMS

    kinds = imports.kinds(ROOMS)
    if name not in kinds:
        raise ListUnknown(kind=name, kinds="、".join(kinds))
    return kinds[name]


def read(file: Path) -> Grid:
    """Read a file; refuses `file.unreadable`."""
    from kit.imports import tables

    try:
        return tables.read_file(file)
    except OSError as error:
        raise FileUnreadable(file=str(file), why=error.strerror or str(error)) from error


async def bring(works: Works, kind: ImportKind, grid: Grid, mapping: dict[str, str], *, dry_run: bool) -> Outcome:
    """Import what was read, in one unit of work, as the platform itself."""
    from bootstrap import imports

    return await imports.run(works, SYSTEM("import"), kind=kind, grid=grid, mapping=mapping or None, dry_run=dry_run)
