"""The word `import`: a CSV or XLSX list, all rows or none."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bootstrap.terminal import Json, console, run, say
from kit.access.actor import SYSTEM
from kit.refusal import Refusal
from processes.commands.works import open_works


class FileUnreadable(Refusal):
    """A file that was named cannot be read."""

    code = "file.unreadable"


class ListUnknown(Refusal):
    """No list of that kind can be imported."""

    code = "list.unknown"


class MappingInvalid(Refusal):
    """Not which column of a file is which of ours."""

    code = "list.mapping_invalid"


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
            {"row": fault.row, "column": fault.column, "code": fault.code, "why": fault.sentence()}
            for fault in outcome.faults
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
    from bootstrap import imports
    from kit.imports import tables
    from processes.rooms import ROOMS

    kinds = imports.kinds(ROOMS)
    if kind not in kinds:
        raise ListUnknown(kind=kind, kinds="、".join(kinds))
    with console.status(f"{kind}: {file.name}"):
        try:
            grid = tables.read_file(file)
        except OSError as error:
            raise FileUnreadable(file=str(file), why=error.strerror or str(error)) from error
        async with open_works() as works:
            return await imports.run(
                works, SYSTEM("import"), kind=kinds[kind], grid=grid, mapping=mapping or None, dry_run=dry_run
            )
