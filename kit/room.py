"""The form in which a package declares what it owns: tables, handlers, rules, sentences, routers, chores, imports.

Each package that owns anything has a `room.py` with one `Room`; `processes/rooms.py` lists them, and the list is passed
down. Everything in a `Room` is a plain reference, so that import-linter sees every dependency.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from kit.access.roles import Policy
from kit.database import Base
from kit.imports.column import Column
from kit.imports.columns import Outcome
from kit.imports.grid import Grid
from kit.rules.typed import DatedRule


class Handler(Protocol):
    """What a room's handler says of itself; `events.delivery.bus.on` makes one of a function."""

    @property
    def group(self) -> str:
        """The consumer group that the handler belongs to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Work that comes due because time passes; `act` takes a unit of work of its own and is safe to do twice.

    A `slow` chore may take minutes: the ticker keeps it apart from those that cannot wait, and `act` takes a function
    that opens units of work (`events.work.Begin`), so that it plans while no transaction is open.
    """

    name: str
    every: timedelta
    act: Callable[[Any], Awaitable[object]]
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind:
    """A kind of list that people bring, by the word of the command line; `take_in` writes it in one unit of work.

    `action` is what the policy calls bringing it; `zh` and `en` are its title; `key` names the columns by which a row
    is found again, so that a repeated file changes nothing; `refuses` are the codes of what is asked of a whole row.
    """

    name: str
    take_in: Callable[[Any, Grid, Mapping[str, str] | None], Awaitable[Outcome]]
    columns: tuple[Column, ...] = ()
    action: str = ""
    zh: str = ""
    en: str = ""
    key: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One package and what it owns: `refusals` is the file with its sentences, `policy` who may do what."""

    name: str
    models: tuple[type[Base], ...] = ()
    handlers: tuple[Handler, ...] = ()
    rules: tuple[type[DatedRule], ...] = ()
    refusals: Path | None = None
    routers: tuple[Any, ...] = ()
    chores: tuple[Chore, ...] = ()
    imports: tuple[ImportKind, ...] = ()
    policy: Policy = field(default_factory=dict)


def rules_of(rooms: Iterable[Room]) -> tuple[type[DatedRule], ...]:
    """Return the rules of all rooms, in their order."""
    return tuple(rule for room in rooms for rule in room.rules)
