"""Questions about figures: the value of a day with the hash of its rows, the rows themselves, and contradictions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql import visitors

from civil.blocks.figures.figure import Contradiction, Cutoff, Figure, Fold
from events.work import Work
from kit import clock
from kit.access.actor import Actor
from kit.access.scope import Division, Section
from kit.database import sees
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.rules.typed import DatedRule

MOST_PAIRS = 50
"""How many contradicting pairs of one kind are named."""


class FigureNotInScope(Refusal):
    """The figure belongs to another section, or its rows are for the bureau's desks alone."""

    code = "figure.not_in_scope"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class FigureReading:
    """What a figure says of a day; `value` is None where nothing can be said.

    `rows` counts the rows behind it and `rows_hash` is the SHA-256 of their keys and values in order; `opening` is part
    of the value.
    """

    figure: Figure
    value: int | str | None
    rows: int
    rows_hash: str
    opening: int


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row behind a figure."""

    key: str
    value: int
    whole: int | None
    label: str | None
    person_id: UUID | None
    division_code: str | None


@dataclass(frozen=True, slots=True)
class ContradictingPair:
    """Two rows that cannot both be right."""

    contradiction: Contradiction
    left: str
    right: str

    def __str__(self) -> str:
        left, right = self.contradiction.left, self.contradiction.right
        return f"{self.contradiction.name}: {left} {self.left} ≠ {right} {self.right}"


async def cutoff(work: Work, as_of: date, kinds: Iterable[type[DatedRule]]) -> Cutoff:
    """Return a day with the values of rules that are in force at its end."""
    at = clock.at_local(as_of, 1439)
    return Cutoff(as_of, {kind: await rules.read(work.session, kind, at=at) for kind in dict.fromkeys(kinds)})


async def read(work: Work, figures: Sequence[Figure], as_of: date) -> list[FigureReading]:
    """Return what figures say of a day, counted by one statement, so of one moment, for what the actor may see."""
    at = await cutoff(work, as_of, [rule for figure in figures for rule in figure.rules])
    folds = [_folded(place, figure.rows(at)) for place, figure in enumerate(figures) if figure.rows is not None]
    folded = {row[0]: row for row in await work.session.execute(union_all(*folds))} if folds else {}
    part = isinstance(work.actor.scope, Division)  # what was counted before the platform began has no division
    readings = []
    for place, figure in enumerate(figures):
        if figure.rows is None:
            said = None if figure.said is None else figure.said(at)
            readings.append(FigureReading(figure, said, len(figure.rules), "", 0))
            continue
        _, count, total, digest, least, wholes, label = folded[place]
        opening = 0 if figure.opening is None or part else figure.opening(at)
        values: dict[Fold, int | str | None] = {
            Fold.COUNT: count + opening,
            Fold.SUM: int(total) + opening,
            Fold.LEAST: int(least) if wholes and wholes == count else None,
            Fold.NAME: label if count == 1 else None,
        }
        readings.append(FigureReading(figure, values[figure.fold], count, digest, opening))
    return readings


def _folded(place: int, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Fold rows every way at once: how many, sum of values, SHA-256, least share in basis points, wholes, a label."""
    lines = query.subquery()
    line = func.concat(lines.c.key, "|", lines.c.value, "|", lines.c.whole, "|", lines.c.label)
    joined = func.string_agg(line, aggregate_order_by(literal("\n"), lines.c.key.collate("C")))
    return select(
        literal(place),
        func.count(),
        func.coalesce(func.sum(lines.c.value), 0),
        func.encode(func.sha256(func.convert_to(func.coalesce(joined, ""), "UTF8")), "hex"),
        func.min(lines.c.value * 10_000 / func.nullif(lines.c.whole, 0)),
        func.count(func.nullif(lines.c.whole, 0)),
        func.min(lines.c.label),
    ).select_from(lines)


def order_of(figure: Figure, at: Cutoff) -> tuple[SortOrder, Any]:
    """Return the order of a figure's rows and the query that it orders."""
    assert figure.rows is not None  # noqa: S101 - what is said without rows is listed by `rows` itself
    lines = figure.rows(at).subquery()
    return SortOrder(f"figure {figure.code}", lines.c.key), select(lines)


async def rows(
    work: Work, figure: Figure, as_of: date, *, after: str | None = None, limit: int | None = None
) -> tuple[SortOrder | None, Sequence[FigureRow]]:
    """Return the rows behind a figure by key, for what the actor may see, and their order.

    What is said without rows has one for each rule it is read from.
    """
    at = await cutoff(work, as_of, figure.rules)
    if figure.rows is None:
        return None, [FigureRow(kind.about.name, 1, None, kind.about.zh, None, None) for kind in figure.rules]
    order, query = order_of(figure, at)
    page = order.page(query, work.vault, after=after, limit=limit)
    return order, [FigureRow(**line) for line in (await work.session.execute(page)).mappings()]


async def contradictions(work: Work, kinds: Sequence[Contradiction], as_of: date) -> list[ContradictingPair]:
    """Return the pairs of rows that contradict one another, the first few of each kind, found by one statement."""
    at = await cutoff(work, as_of, ())
    each = []
    for place, contradiction in enumerate(kinds):
        lines = contradiction.pairs(at).subquery()
        first = select(literal(place).label("place"), lines.c.left, lines.c.right).order_by(lines.c.left, lines.c.right)
        each.append(select(first.limit(MOST_PAIRS).subquery()))
    rows = await work.session.execute(union_all(*each)) if each else ()
    return sorted((ContradictingPair(kinds[place], left, right) for place, left, right in rows), key=str)


def may_read(actor: Actor, section: Section, figure: Figure) -> bool:
    """Tell whether the actor's section holds the figure and the actor may read every table behind it."""
    if isinstance(actor.scope, Division):
        return section in actor.scope.sections and all(sees(table, "clerk") for table in _tables(figure))
    return not actor.reads_only or all(sees(table, "auditor") for table in _tables(figure))


def _tables(figure: Figure) -> set[Table]:
    if figure.rows is None:
        return set()
    query = figure.rows(Cutoff(date(2026, 1, 1), {kind: kind.proposed() for kind in figure.rules}))
    return {part for part in visitors.iterate(query) if isinstance(part, Table)}
