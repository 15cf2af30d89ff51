"""The rows of figures about registers: records as they were at the end of a day."""

from typing import Any

from sqlalchemy import Integer, Select, Subquery, cast, func, select

from civil.blocks.figures.figure import Cutoff, row
from civil.blocks.register.model import CivilRecord, RecordVersion

ROOM_NAME = "civil.blocks.register"


def on_day(kind: str, at: Cutoff) -> Subquery:
    """Select `record_id`, `state` and `facts` of each record of a register, as they were at the end of the day."""
    return (
        select(RecordVersion.record_id, RecordVersion.state, RecordVersion.facts)
        .join(CivilRecord, CivilRecord.id == RecordVersion.record_id)
        .where(CivilRecord.kind == kind, RecordVersion.valid_from <= at.as_of)
        .distinct(RecordVersion.record_id)
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
