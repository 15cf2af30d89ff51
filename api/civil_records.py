"""The registers of the companion modules over HTTP: records with dated facts, and their inspections."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day
from api.named import colleagues, named
from api.paging import Listing, Page
from api.shapes import civil_records as shapes
from civil import modules
from civil.blocks.declared import Register
from civil.blocks.register import operations, queries, refusals
from civil.blocks.register.model import CivilRecord, RecordVersion
from events.work import Work
from kit import clock

router = APIRouter(tags=["civil"], route_class=Route)

Reading = Annotated[Work, doing("civil.records.read")]
Changing = Annotated[Work, doing("civil.records.change")]
On = Annotated[Day | None, Query(description="as it was on this day; null: as it is")]


async def _register_of(work: Work, record_id: UUID) -> Register:
    record = await queries.record(work, record_id)
    _, register = modules.register(record.kind)
    return register


async def _shown(work: Work, record: CivilRecord, version: RecordVersion | None = None) -> shapes.CivilRecord:
    (row,) = await named(work, [shapes.CivilRecord.of(record, version)])
    return row


@router.post(
    "/civil/records", status_code=201, summary="Add a record to a register", responses=responses(403, 404, 409, 422)
)
async def add_civil_record(form: shapes.NewCivilRecord, work: Changing) -> shapes.CivilRecord:
    """Add a thing in a division, or within another record, with its facts from a day on."""
    module, register = modules.register(form.kind)
    record = await operations.add(
        work,
        register,
        section=module.section,
        facts=operations.read_facts(register.facts, register.name, form.facts),
        division_code=form.division_code,
        person_id=form.person_id,
        within_id=form.within_id,
        opened_on=form.opened_on,
    )
    return await _shown(work, record)


@router.get("/civil/records", summary="List records", responses=responses(422))
async def list_civil_records(
    work: Reading,
    page: Page,
    *,
    civil_register: Annotated[str | None, Query(max_length=40, description="a register of GET /civil/modules")] = None,
    civil_state: Annotated[str | None, Query(max_length=32, description="a state of the register")] = None,
    closed: Annotated[bool | None, Query(description="true: only those at their end; false: only open ones")] = None,
    within_id: Annotated[UUID | None, Query(description="within this record")] = None,
    person_id: Annotated[UUID | None, Query(description="about this person")] = None,
    overdue: Annotated[bool | None, Query(description="true: only open records with something overdue")] = None,
) -> Listing[shapes.CivilRecord]:
    """Return the records of the own division and sections by number."""
    today: date = clock.day_of(work.now)
    rows = await queries.records(
        work,
        kind=civil_register,
        state=civil_state,
        closed=closed,
        within_id=within_id,
        person_id=person_id,
        due_before=today if overdue else None,
        after=page.after,
        limit=page.limit,
    )
    items = await named(work, [shapes.CivilRecord.of(row) for row in rows])
    return Listing(items=items, next=page.next(work, queries.RECORDS, rows))


@router.get("/civil/records/{record_id}", summary="Read a record", responses=responses(404, 422))
async def get_civil_record(record_id: UUID, work: Reading, on: On = None) -> shapes.CivilRecord:
    """Return a record, as it is or as it was on a day."""
    record = await queries.record(work, record_id)
    version = None if on is None else await queries.version_on(work, record_id, on)
    return await _shown(work, record, version)


@router.get(
    "/civil/records/{record_id}/versions", summary="List the versions of a record", responses=responses(404, 422)
)
async def list_civil_record_versions(
    record_id: UUID, work: Reading, page: Page, request: Request
) -> Listing[shapes.CivilRecordVersion]:
    """Return what a record was from which day on, with who recorded it; nothing recorded is ever changed."""
    rows = await queries.versions(work, record_id, after=page.after, limit=page.limit)
    names = await colleagues(request, {row.recorded_by for row in rows})
    items = [shapes.CivilRecordVersion.of(row, names.get(row.recorded_by)) for row in rows]
    return Listing(items=items, next=page.next(work, queries.VERSIONS, rows))


@router.put(
    "/civil/records/{record_id}/facts",
    summary="Record other facts of a record",
    responses=responses(403, 404, 409, 422),
)
async def change_civil_record(record_id: UUID, form: shapes.CivilRecordFacts, work: Changing) -> shapes.CivilRecord:
    """Record all fields anew from a day on; what was recorded for later days goes on to hold for them."""
    register = await _register_of(work, record_id)
    facts = operations.read_facts(register.facts, register.name, form.facts)
    record = await operations.change(work, register, record_id=record_id, facts=facts, valid_from=form.valid_from)
    return await _shown(work, record)


@router.post("/civil/records/{record_id}/moves", summary="Move a record", responses=responses(403, 404, 409, 422))
async def move_civil_record(
    record_id: UUID, form: shapes.CivilRecordMove, work: Annotated[Work, doing("civil.records.move")]
) -> shapes.CivilRecord:
    """Bring a record into another state from a day on, with other facts where something was learnt."""
    register = await _register_of(work, record_id)
    facts = None if form.facts is None else operations.read_facts(register.facts, register.name, form.facts)
    record = await operations.move(work, register, record_id=record_id, to=form.to, on=form.on, facts=facts)
    return await _shown(work, record)


@router.get(
    "/civil/records/{record_id}/inspections", summary="List the inspections of a record", responses=responses(404, 422)
)
async def list_civil_inspections(
    record_id: UUID, work: Reading, page: Page, request: Request
) -> Listing[shapes.CivilInspection]:
    """Return what was looked at and whether it passed, the earliest first."""
    rows = await queries.inspections(work, record_id, after=page.after, limit=page.limit)
    names = await colleagues(request, {row.recorded_by for row in rows})
    items = [shapes.CivilInspection.of(row, names.get(row.recorded_by)) for row in rows]
    return Listing(items=items, next=page.next(work, queries.INSPECTIONS, rows))


@router.post(
    "/civil/records/{record_id}/inspections",
    status_code=201,
    summary="Record an inspection",
    responses=responses(403, 404, 409, 422),
)
async def record_civil_inspection(
    record_id: UUID, form: shapes.NewCivilInspection, work: Annotated[Work, doing("civil.records.inspect")]
) -> shapes.CivilInspection:
    """Record what was looked at on a day, after which the next inspection is due."""
    register = await _register_of(work, record_id)
    if register.inspecting is None:
        raise refusals.RecordNotInspected
    facts = operations.read_facts(register.inspecting.facts, register.name, form.facts)
    inspection = await operations.inspect(
        work, register, record_id=record_id, passed=form.passed, facts=facts, inspected_on=form.inspected_on
    )
    return shapes.CivilInspection.of(inspection)
