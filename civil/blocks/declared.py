"""What a companion module declares: kinds of cases with their moves, benefit programmes with their amounts.

A module is a folder of `civil/` with frozen declarations and plain functions; the verbs of the blocks take them as
arguments. Every callback stands under its name in a declaration and runs inside the verb's transaction.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from civil.blocks.figures.figure import Contradiction, Figure
from events.work import Work
from kit.access.roles import Role
from kit.access.scope import Section
from kit.rules.typed import DatedRule, DaysRule, ValueRule


class Facts(BaseModel):
    """The typed fields of a module; stored as JSON and always read through their type."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


F = TypeVar("F", bound=Facts)


@dataclass(frozen=True, slots=True)
class Title:
    """What something is called on a screen."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Who may bring a case into a state; with `second_person` nobody who has worked on the case before."""

    by: frozenset[Role]
    second_person: bool = False


TOWN = frozenset({Role.CLERK})
BUREAU = frozenset({Role.SECTION, Role.MANAGER})
EITHER = TOWN | BUREAU


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKind:
    """One kind of matter: its facts, states and moves.

    `days` are the working days that a case may stay in a state; `publicised` the calendar days that it must stay in one
    before it moves on (公示), but for the moves in `objected`; `opening` refuses what may not be opened; `entering` is
    what happens as a case comes into a state.
    """

    name: str
    title: Title
    facts: type[Facts]
    states: Mapping[str, Title]
    first: str
    moves: Mapping[str, Mapping[str, Move]]
    days: Mapping[str, type[DaysRule]] = field(default_factory=dict)
    publicised: Mapping[str, type[DaysRule]] = field(default_factory=dict)
    objected: frozenset[str] = frozenset()
    opening: Callable[[Work, Any], Awaitable[None]] | None = None
    entering: Mapping[str, Callable[[Work, Any], Awaitable[None]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim(Generic[F]):
    """All that one month of one grant is computed from; `members` are those it covers, with their birthdays."""

    month: str
    facts: F
    members: tuple[tuple[UUID, date], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Generic[F]):
    """One benefit; `amount` is pure and returns the month's fen by component.

    `standards` are the rules that `amount` reads, by name; `death_month_paid` says whether the month of a death counts.
    """

    name: str
    title: Title
    facts: type[F]
    standards: tuple[type[DatedRule], ...]
    amount: Callable[[Claim[F], Mapping[str, Any]], Mapping[str, int]]
    death_month_paid: type[ValueRule[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One companion module and the section of the bureau that its records belong to.

    `figures` are what it contributes to reports, `contradictions` what must not be while they are printed.
    """

    name: str
    title: Title
    section: Section
    cases: tuple[CaseKind, ...] = ()
    programmes: tuple[Programme[Any], ...] = ()
    figures: tuple[Figure, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
