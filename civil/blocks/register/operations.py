"""Add a record to a register, change its facts from a day on, move it, inspect it, remind of what is overdue."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError

from civil.blocks.cases import workdays
from civil.blocks.cases.rules import CalendarDays
from civil.blocks.declared import Facts, Inspecting, Register
from civil.blocks.register import queries
from civil.blocks.register.model import CivilRecord, Inspection, RecordVersion
from civil.blocks.register.refusals import (
    RecordCannotMove,
    RecordClosed,
    RecordDayImpossible,
    RecordFactsFixed,
    RecordFactsInvalid,
    RecordFieldReserved,
    RecordKeyFixed,
    RecordNeedsSecondPerson,
    RecordNotInspected,
    RecordNotYours,
    RecordNotYourSection,
    RecordOutsideDivision,
    RecordSubjectInvalid,
    RecordTaken,
)
from events.contracts.civil import RecordChanged, RecordInspected, RecordOverdue
from events.work import Work
from kit import clock
from kit.access.roles import Role
from kit.access.scope import Division, Section
from kit.china import identifiers
from kit.ids import new_id
from kit.rules import faults
from kit.rules import queries as rules
from kit.rules.typed import DaysRule
from registry import queries as registry
from registry.operations import PersonDead


def read_facts(facts: type[Facts], name: str, content: Mapping[str, Any]) -> Facts:
    """Read facts through their type; refuse `record.facts_invalid`."""
    try:
        return facts.model_validate(content)
    except ValidationError as error:
        refusal = faults.invalid(name, error)
        raise RecordFactsInvalid(fields=str(refusal.parameters["fields"]), errors=refusal.errors) from error


async def add(
    work: Work,
    register: Register,
    *,
    section: Section,
    facts: Facts,
    division_code: str | None = None,
    person_id: UUID | None = None,
    within_id: UUID | None = None,
    opened_on: date | None = None,
) -> CivilRecord:
    """Add a record, in a division or within another record, from a day on (today).

    Refuses `record.not_yours`, `.not_your_section`, `.outside_division`, `.field_reserved`, `.subject_invalid`,
    `.day_impossible`, `.taken`, `.not_found`, `.closed`, `division.unknown`, `person.not_found`, `person.dead`.
    """
    _check_desk(work, register.by, section)
    _check_reserved(work, register, facts, before=None)
    today = clock.day_of(work.now)
    outer = await _outer(work, register, within_id)
    if register.about_person != (person_id is not None):
        raise RecordSubjectInvalid
    if person_id is not None and (await registry.vital(work, person_id)).died_on is not None:
        raise PersonDead
    code = division_code if outer is None else outer.division_code
    if code is None or division_code not in {None, code}:
        raise RecordSubjectInvalid
    if await registry.division(work, code, today) is None:
        raise registry.DivisionUnknown(division=code)
    scope = work.actor.scope
    if isinstance(scope, Division) and not code.startswith(identifiers.division_prefix(scope.code)):
        raise RecordOutsideDivision(division=code)
    day = opened_on or today
    _check_day(day, first=date.min if outer is None else outer.opened_on, last=today)
    record = CivilRecord(
        id=new_id(),
        kind=register.name,
        key=None if register.key is None else register.key(facts),
        person_id=person_id,
        within_id=within_id,
        division_code=code,
        section=section,
        state=register.first,
        since=day,
        facts=facts.model_dump(mode="json"),
        opened_on=day,
    )
    if register.opening is not None:
        await register.opening(work, record)
    await _set_due(work, register, record)
    try:
        async with work.session.begin_nested():
            work.session.add(record)
            await work.session.flush()
    except IntegrityError as error:  # also by a record of another division, which the actor does not see
        raise RecordTaken(kind=register.name) from error
    await _write(work, record, valid_from=day, state=record.state, facts=record.facts)
    _emit(work, record, came_from=None, valid_from=day)
    return record


async def change(
    work: Work, register: Register, *, record_id: UUID, facts: Facts, valid_from: date | None = None
) -> CivilRecord:
    """Record other facts from a day on (today); what was recorded for later days goes on to hold for them.

    Refuses `record.not_found`, `.not_yours`, `.closed`, `.field_reserved`, `.key_fixed`, `.day_impossible`.
    """
    record = await queries.record(work, record_id, for_update=True)
    _check_desk(work, register.by, record.section)
    if record.closed_on is not None:
        raise RecordClosed
    today = clock.day_of(work.now)
    day = valid_from or today
    _check_day(day, first=record.opened_on, last=today)
    before = await queries.version_on(work, record_id, day)
    _check_reserved(work, register, facts, before=register.facts.model_validate(before.facts))
    if register.key is not None and register.key(facts) != record.key:
        raise RecordKeyFixed
    if register.changing is not None:
        await register.changing(work, record, facts)
    latest = await queries.version_on(work, record_id, today)
    content = facts.model_dump(mode="json")
    if day >= latest.valid_from:
        record.facts = content
    await _write(work, record, valid_from=day, state=before.state, facts=content)
    _emit(work, record, came_from=record.state, valid_from=day)
    return record


async def move(
    work: Work, register: Register, *, record_id: UUID, to: str, on: date | None = None, facts: Facts | None = None
) -> CivilRecord:
    """Bring a record into another state on a day (today), with other facts where something was learnt.

    Refuses `record.not_found`, `.cannot_move`, `.not_yours`, `.second_person`, `.facts_fixed`, `.field_reserved`,
    `.key_fixed`, `.day_impossible` and what the register itself refuses.
    """
    record = await queries.record(work, record_id, for_update=True)
    allowed = register.moves.get(record.state, {}).get(to)
    if allowed is None:
        raise RecordCannotMove(state=record.state, wanted=to)
    _check_desk(work, allowed.by, record.section)
    if allowed.second_person and await _has_worked_on(work, record):
        raise RecordNeedsSecondPerson(wanted=to)
    today = clock.day_of(work.now)
    day = on or today
    latest = await queries.version_on(work, record_id, today)
    _check_day(day, first=latest.valid_from, last=today)
    if facts is not None and to in register.fixed:
        raise RecordFactsFixed(wanted=to)
    if facts is not None:
        _check_reserved(work, register, facts, before=register.facts.model_validate(record.facts))
        if register.key is not None and register.key(facts) != record.key:
            raise RecordKeyFixed
        record.facts = facts.model_dump(mode="json")
    came_from, record.state, record.since = record.state, to, day
    record.closed_on = None if register.moves.get(to) else day
    await _set_due(work, register, record)
    await _write(work, record, valid_from=day, state=to, facts=record.facts)
    _emit(work, record, came_from=came_from, valid_from=day)
    if to in register.entering:
        await register.entering[to](work, record)
    return record


async def correct_end(
    work: Work, record: CivilRecord, *, open_state: str, end_state: str, closed_on: date | None
) -> None:
    """Let a closed record have ended on another day, or go on as if it had never ended (`closed_on` is None)."""
    before, came_from = record.closed_on, record.state
    assert before is not None  # noqa: S101 - asked of records that have ended
    versions = await queries.versions(work, record.id)
    ends = {version.valid_from for version in versions if version.state == end_state}
    for day in sorted(day for day in ends if closed_on is None or day < closed_on):
        await _write(work, record, valid_from=day, state=open_state, facts=record.facts)
    if closed_on is not None:
        await _write(work, record, valid_from=closed_on, state=end_state, facts=record.facts)
    record.state = open_state if closed_on is None else end_state
    record.since, record.closed_on = closed_on or record.opened_on, closed_on
    await work.session.flush()
    _emit(work, record, came_from=came_from, valid_from=min(before, closed_on or before))


async def inspect(
    work: Work, register: Register, *, record_id: UUID, passed: bool, facts: Facts, inspected_on: date | None = None
) -> Inspection:
    """Record an inspection of a day (today), after which the next one is due.

    Refuses `record.not_found`, `.not_inspected`, `.not_yours`, `.day_impossible`.
    """
    record = await queries.record(work, record_id, for_update=True)
    plan = register.inspecting
    if plan is None or record.state not in plan.states:
        raise RecordNotInspected
    _check_desk(work, plan.by, record.section)
    today = clock.day_of(work.now)
    day = inspected_on or today
    _check_day(day, first=record.opened_on, last=today)
    inspection = Inspection(
        id=new_id(),
        record_id=record.id,
        inspected_on=day,
        passed=passed,
        facts=facts.model_dump(mode="json"),
        recorded_at=work.now,
        recorded_by=work.actor.label,
    )
    work.session.add(inspection)
    await work.session.flush()
    record.inspect_due_on = await _next_inspection(work, plan, record)
    await work.session.flush()
    work.emit(
        RecordInspected(
            record_id=record.id,
            kind=record.kind,
            division_code=record.division_code,
            inspected_on=day,
            passed=passed,
        )
    )
    return inspection


async def follow_divisions(work: Work, *, renamed: Mapping[str, str]) -> None:
    """Let open records continue under their divisions' new codes; `renamed` maps an old code to its only successor."""
    for old, new in renamed.items():
        records = update(CivilRecord).where(CivilRecord.division_code == old, CivilRecord.closed_on.is_(None))
        await work.session.execute(records.values(division_code=new))


async def note_overdue(work: Work) -> int:
    """Emit once for each day by which an open record had to be moved or inspected and was not; safe to do twice."""
    today = clock.day_of(work.now)
    seen = CivilRecord.overdue_for
    late = [
        and_(due < today, or_(seen.is_(None), due > seen)) for due in (CivilRecord.due_on, CivilRecord.inspect_due_on)
    ]
    query = (
        select(CivilRecord)
        .where(CivilRecord.closed_on.is_(None), or_(*late))
        .order_by(CivilRecord.number)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    noted = 0
    for record in (await work.session.execute(query)).scalars().all():
        before = record.overdue_for or date.min
        for overdue, day in (("state", record.due_on), ("inspection", record.inspect_due_on)):
            if day is not None and before < day < today:
                record.overdue_for = max(day, record.overdue_for or day)
                noted += 1
                work.emit(
                    RecordOverdue(
                        record_id=record.id, kind=record.kind, division_code=record.division_code, overdue=overdue
                    )
                )
    return noted


def _check_desk(work: Work, by: frozenset[Role], section: Section) -> None:
    if work.actor.role not in {*by, Role.SYSTEM}:
        raise RecordNotYours
    scope = work.actor.scope
    if isinstance(scope, Division) and section not in scope.sections:
        raise RecordNotYourSection(section=section)


def _check_reserved(work: Work, register: Register, facts: Facts, *, before: Facts | None) -> None:
    for name, roles in register.reserved.items():
        default = register.facts.model_fields[name].get_default()
        there = default if before is None else getattr(before, name)
        if getattr(facts, name) != there and work.actor.role not in {*roles, Role.SYSTEM}:
            raise RecordFieldReserved(field=name)


def _check_day(day: date, *, first: date, last: date) -> None:
    if not first <= day <= last:
        raise RecordDayImpossible(first=first.isoformat(), last=last.isoformat())


async def _outer(work: Work, register: Register, within_id: UUID | None) -> CivilRecord | None:
    """Return the open record that a new one belongs to, locked, so that its records are added one after the other."""
    if (register.within is None) != (within_id is None):
        raise RecordSubjectInvalid
    if within_id is None:
        return None
    outer = await queries.record(work, within_id, for_update=True)
    if outer.kind != register.within:
        raise RecordSubjectInvalid
    if outer.closed_on is not None:
        raise RecordClosed
    return outer


async def _set_due(work: Work, register: Register, record: CivilRecord) -> None:
    """Set until when the record must leave its state, and by when it is inspected next."""
    days = register.days.get(record.state)
    record.due_on = None if days is None else await _after(work, record.since, days)
    plan = register.inspecting
    inspected = plan is not None and record.state in plan.states
    record.inspect_due_on = await _next_inspection(work, plan, record) if plan is not None and inspected else None


async def _next_inspection(work: Work, plan: Inspecting, record: CivilRecord) -> date:
    last = await queries.last_inspection(work, record.id)
    if last is None:
        return await _after(work, record.since, plan.first)
    return last.inspected_on + (await rules.read(work.session, plan.every, at=work.now)).span


async def _after(work: Work, day: date, days: type[DaysRule]) -> date:
    exceptions = (await rules.read(work.session, CalendarDays, at=work.now)).works()
    count = (await rules.read(work.session, days, at=work.now)).root
    ends = workdays.end_after(clock.at_local(day, 0), count, exceptions)
    return clock.day_of(ends) - timedelta(days=1)


async def _has_worked_on(work: Work, record: CivilRecord) -> bool:
    account_id = work.actor.account_id
    mine = RecordVersion.account_id == account_id if account_id else RecordVersion.recorded_by == work.actor.label
    query = select(RecordVersion.id).where(RecordVersion.record_id == record.id, mine)
    return (await work.session.execute(query)).first() is not None


async def _write(work: Work, record: CivilRecord, *, valid_from: date, state: str, facts: dict[str, Any]) -> None:
    version = RecordVersion(
        id=new_id(),
        record_id=record.id,
        valid_from=valid_from,
        state=state,
        facts=facts,
        recorded_at=work.now,
        recorded_by=work.actor.label,
        account_id=work.actor.account_id,
    )
    work.session.add(version)
    await work.session.flush()


def _emit(work: Work, record: CivilRecord, *, came_from: str | None, valid_from: date) -> None:
    work.emit(
        RecordChanged(
            record_id=record.id,
            kind=record.kind,
            person_id=record.person_id,
            division_code=record.division_code,
            came_from=came_from,
            state=record.state,
            valid_from=valid_from,
        )
    )
