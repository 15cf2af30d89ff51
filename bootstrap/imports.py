"""Import a list: all rows or none; a dry run makes the same checks as the real import.

An import runs through the same operations as everything else in one unit of work. The work is undone where a single row
is at fault, and after a dry run.
"""

from collections.abc import Iterable, Mapping

from events.work import Undone, Work, Works
from kit.access.actor import Actor
from kit.imports.columns import Outcome
from kit.imports.grid import Grid
from kit.room import ImportKind, Room


def kinds(rooms: Iterable[Room]) -> dict[str, ImportKind]:
    """Return every kind of list that the rooms take, by name; a name taken twice is a bug."""
    every: dict[str, ImportKind] = {}
    for room in rooms:
        for kind in room.imports:
            if kind.name in every:
                message = f"two rooms import {kind.name}"
                raise ValueError(message)
            every[kind.name] = kind
    return every


async def run(
    works: Works,
    actor: Actor,
    *,
    kind: ImportKind,
    grid: Grid,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Import a table of one kind in one unit of work; nothing is kept where a row has a fault, nor after `dry_run`.

    The outcome of a dry run counts the rows that would have been written.
    """
    async with works(actor) as work:
        return await bring(work, kind=kind, grid=grid, mapping=mapping, dry_run=dry_run)


async def bring(
    work: Work, *, kind: ImportKind, grid: Grid, mapping: Mapping[str, str] | None = None, dry_run: bool = False
) -> Outcome:
    """Import a table as a part of a unit of work; nothing is kept where a row has a fault, nor after `dry_run`."""
    outcome: Outcome | None = None
    async with work.trial():
        outcome = await kind.take_in(work, grid, mapping)
        if outcome.faults or dry_run:
            raise Undone
    assert outcome is not None  # noqa: S101 - the import returned, or its exception has left by now
    return outcome
