"""What a companion module declares: kinds of cases, benefit programmes, registers of things, and funds.

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
from registry.model import Level


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
PAYER = frozenset({Role.FINANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKind:
    """One kind of matter: its facts, states and moves.

    `days` are the working days that a case may stay in a state; `publicised` the calendar days that it must stay in one
    before it moves on (公示), but for the moves in `objected`; no other facts come with a move into a state of `fixed`:
    what was decided is what is done. `opening` refuses what may not be opened; `entering` is what happens as a case
    comes into a state.
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
    fixed: frozenset[str] = frozenset()
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
class Inspecting:
    """How the things of a register are inspected: what is looked at, while in which states, and by whom.

    `first` are the working days from the day on which a record comes into such a state, `every` the calendar days from
    one inspection to the next.
    """

    facts: type[Facts]
    states: frozenset[str]
    first: type[DaysRule]
    every: type[DaysRule]
    by: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register of things with states: their facts, who may change what, and what is due when.

    `by` adds records and changes their facts, but for the fields of `reserved`, which have a default and which only the
    roles named there set. `key` is by which a thing is found again; `within` names the register whose records these
    belong to; with `about_person` each is about one person, who is in one open record at most. `days` are the working
    days that a record may stay in a state; no other facts come with a move into a state of `fixed`. `opening` completes
    the facts of a new record or refuses it, `changing` refuses other facts, `entering` is what happens as a record
    comes into a state.
    """

    name: str
    title: Title
    facts: type[Facts]
    states: Mapping[str, Title]
    first: str
    moves: Mapping[str, Mapping[str, Move]]
    by: frozenset[Role]
    reserved: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    key: Callable[[Any], str] | None = None
    within: str | None = None
    about_person: bool = False
    days: Mapping[str, type[DaysRule]] = field(default_factory=dict)
    inspecting: Inspecting | None = None
    fixed: frozenset[str] = frozenset()
    opening: Callable[[Work, Any], Awaitable[None]] | None = None
    changing: Callable[[Work, Any, Any], Awaitable[None]] | None = None
    entering: Mapping[str, Callable[[Work, Any], Awaitable[None]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundKind:
    """One kind of fund; each division of its level has one at most.

    `floor` is the least that a year's plan may be; a fund is low below `low_percent` of it.
    """

    name: str
    title: Title
    level: Level
    floor: type[ValueRule[int]] | None = None
    low_percent: type[ValueRule[int]] | None = None


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
    registers: tuple[Register, ...] = ()
    funds: tuple[FundKind, ...] = ()
    figures: tuple[Figure, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
