"""Import a list: all rows or none; a dry run makes the same checks as the real import.

An import runs through the same operations as everything else in one unit of work. The work is undone where a single row
is at fault, and after a dry run.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from events.work import Works
from kit.access.actor import Actor
from kit.imports.columns import Outcome
from kit.imports.tables import Grid
from kit.room import ImportKind, Room


class _Undo(Exception):
    """Leave the work without keeping anything."""


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
    outcome: Outcome | None = None
    with suppress(_Undo):
        async with works(actor) as work:
            outcome = await kind.take_in(work, grid, mapping)
            if outcome.faults or dry_run:
                raise _Undo
    assert outcome is not None  # noqa: S101 - the import returned, or its exception has left by now
    return outcome
