"""The rows of figures about registers: records as they were at the end of a day."""

from typing import Any

from sqlalchemy import Integer, Select, String, Subquery, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from civil.blocks.figures.figure import (
    Contradiction,
    Cutoff,
    Figure,
    FigureSpan,
    FigureSubject,
    FigureUnit,
    Fold,
    RowsQuery,
    pair,
    row,
)
from civil.blocks.register.model import CivilRecord, RecordVersion

ROOM_NAME = "civil.blocks.register"


def on_day(kind: str, at: Cutoff) -> Subquery:
    """Select `record_id`, `state` and `facts` of each record of a register, as they were at the end of the day."""
    return (
        select(RecordVersion.record_id, RecordVersion.state, RecordVersion.facts)
        .join(CivilRecord, CivilRecord.id == RecordVersion.record_id)
        .where(CivilRecord.kind == kind, RecordVersion.valid_from <= at.as_of)
        .ext(distinct_on(RecordVersion.record_id))
        .order_by(
            RecordVersion.record_id,
            RecordVersion.valid_from.desc(),
            RecordVersion.recorded_at.desc(),
            RecordVersion.id.desc(),
        )
        .subquery()
    )


def number(day: Subquery, field: str) -> Any:
    """Return a whole number of the facts of a day, 0 where it is not there."""
    return func.coalesce(cast(day.c.facts[field].astext, Integer), 0)


def in_states(kind: str, states: tuple[str, ...], at: Cutoff, field: str | None = None) -> Select[*tuple[Any, ...]]:
    """Select the records of a register that were in one of the states, valued 1 or by a number of their facts."""
    day = on_day(kind, at)
    columns = row(
        CivilRecord.id,
        value=1 if field is None else number(day, field),
        label=CivilRecord.key,
        person_id=CivilRecord.person_id,
        division_code=CivilRecord.division_code,
    )
    return select(*columns).join(day, day.c.record_id == CivilRecord.id).where(day.c.state.in_(states))


def exceeding(kind: str, states: tuple[str, ...], part: str, whole: str) -> RowsQuery:
    """Return the records of a register of which one number of the facts is above another that it is a part of."""

    def pairs(at: Cutoff) -> Select[*tuple[Any, ...]]:
        day = on_day(kind, at)
        parts, wholes = number(day, part), number(day, whole)
        columns = pair(day.c.record_id, func.concat(part, " ", parts, " > ", wholes))
        return select(*columns).where(day.c.state.in_(states), parts > wholes)

    return pairs


def crowded(kind: str, places: str, inner: str, state: str) -> RowsQuery:
    """Return the records within which more of another register are in a state than the facts have places for."""

    def pairs(at: Cutoff) -> Select[*tuple[Any, ...]]:
        day, inside = on_day(kind, at), on_day(inner, at)
        return (
            select(*pair(day.c.record_id, func.min(cast(inside.c.record_id, String))))
            .join(CivilRecord, CivilRecord.within_id == day.c.record_id)
            .join(inside, inside.c.record_id == CivilRecord.id)
            .where(inside.c.state == state)
            .group_by(day.c.record_id, day.c.facts)
            .having(func.count() > number(day, places))
        )

    return pairs


def counted(
    code: str,
    zh: str,
    en: str,
    rows: RowsQuery,
    *,
    unit: FigureUnit = FigureUnit.EXCEPTIONS,
    span: FigureSpan = FigureSpan.ON_DAY,
    subject: FigureSubject = FigureSubject.RECORD,
) -> Figure:
    """Return a figure that counts records, or sums their numbers where it counts what they have."""
    fold = Fold.SUM if unit is FigureUnit.BEDS else Fold.COUNT
    return Figure(code=code, zh=zh, en=en, unit=unit, span=span, subject=subject, room=ROOM_NAME, rows=rows, fold=fold)


def contradiction(name: str, zh: str, en: str, figures: tuple[str, ...], pairs: RowsQuery) -> Contradiction:
    """Return that two records, or a record and itself, cannot both be right."""
    record = FigureSubject.RECORD
    return Contradiction(name=name, zh=zh, en=en, figures=figures, left=record, right=record, pairs=pairs)
