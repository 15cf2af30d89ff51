"""Questions about records: as they are, as they were on a day, and what inspections came to."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from civil.blocks.register.model import CivilRecord, Inspection, RecordVersion
from events.work import Work
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal

RECORDS: Final = SortOrder("civil_records", CivilRecord.number)
VERSIONS: Final = SortOrder(
    "civil_record_versions", RecordVersion.valid_from, RecordVersion.recorded_at, RecordVersion.id
)
INSPECTIONS: Final = SortOrder("civil_inspections", Inspection.inspected_on, Inspection.id)


class RecordNotFound(Refusal):
    """There is no such record, or none that the actor may see."""

    code = "record.not_found"
    kind = Kind.NOT_FOUND


class RecordNotThere(Refusal):
    """The record was opened later than the day asked about."""

    code = "record.not_there"
    kind = Kind.NOT_FOUND


async def records(
    work: Work,
    *,
    kind: str | None = None,
    state: str | None = None,
    closed: bool | None = None,
    within_id: UUID | None = None,
    person_id: UUID | None = None,
    due_before: date | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[CivilRecord]:
    """Return records by number: of a register, in a state, open or closed, within a record, about a person.

    With `due_before` those open of which something is due by a day.
    """
    query = select(CivilRecord)
    if kind is not None:
        query = query.where(CivilRecord.kind == kind)
    if state is not None:
        query = query.where(CivilRecord.state == state)
    if closed is not None:
        query = query.where(CivilRecord.closed_on.is_not(None) if closed else CivilRecord.closed_on.is_(None))
    if within_id is not None:
        query = query.where(CivilRecord.within_id == within_id)
    if person_id is not None:
        query = query.where(CivilRecord.person_id == person_id)
    if due_before is not None:
        late = or_(CivilRecord.due_on < due_before, CivilRecord.inspect_due_on < due_before)
        query = query.where(CivilRecord.closed_on.is_(None), late)
    return (await work.session.execute(RECORDS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def record(work: Work, record_id: UUID, *, for_update: bool = False) -> CivilRecord:
    """Return a record; refuses `record.not_found`."""
    query = select(CivilRecord).where(CivilRecord.id == record_id)
    row = (await work.session.execute(query.with_for_update() if for_update else query)).scalar_one_or_none()
    if row is None:
        raise RecordNotFound
    return row


async def open_about(work: Work, kind: str, person_id: UUID) -> CivilRecord | None:
    """Return the open record of a register about a person, by the register's name; None without such a register."""
    query = select(CivilRecord).where(
        CivilRecord.kind == kind, CivilRecord.person_id == person_id, CivilRecord.closed_on.is_(None)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def versions(
    work: Work, record_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[RecordVersion]:
    """Return every version of a record by the day from which it holds; refuses `record.not_found`."""
    await record(work, record_id)
    query = select(RecordVersion).where(RecordVersion.record_id == record_id)
    return (await work.session.execute(VERSIONS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def version_on(work: Work, record_id: UUID, day: date) -> RecordVersion:
    """Return what a record was on a day; refuses `record.not_there` before its first."""
    query = (
        select(RecordVersion)
        .where(RecordVersion.record_id == record_id, RecordVersion.valid_from <= day)
        .order_by(RecordVersion.valid_from.desc(), RecordVersion.recorded_at.desc(), RecordVersion.id.desc())
        .limit(1)
    )
    version = (await work.session.execute(query)).scalar_one_or_none()
    if version is None:
        raise RecordNotThere(day=day.isoformat())
    return version


async def inspections(
    work: Work, record_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[Inspection]:
    """Return the inspections of a record, the earliest first; refuses `record.not_found`."""
    await record(work, record_id)
    query = select(Inspection).where(Inspection.record_id == record_id)
    return (await work.session.execute(INSPECTIONS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def last_inspection(work: Work, record_id: UUID) -> Inspection | None:
    """Return the latest inspection of a record."""
    query = select(Inspection).where(Inspection.record_id == record_id)
    query = query.order_by(Inspection.inspected_on.desc(), Inspection.id.desc()).limit(1)
    return (await work.session.execute(query)).scalar_one_or_none()
