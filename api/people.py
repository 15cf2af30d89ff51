"""People over HTTP: their cards (every reading recorded), and deaths, which one reports and another confirms."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.accounts.rules import LookupsPerMinute, SearchesPerMinute
from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Page, Rows
from api.shapes import people as shapes
from dispatch.visits import queries as visits
from events.work import Work
from registry import operations, queries
from registry.model import Disclosure, ReadAudit
from registry.people.directory import Caller

router = APIRouter(tags=["people"], route_class=Route)


Calling = Annotated[Work, doing("people.callers", at_most=LookupsPerMinute)]
Reading = Annotated[Work, doing("people.read")]
Changing = Annotated[Work, doing("people.change")]


@router.post("/people", status_code=201, summary="Enter a person", responses=responses(409, 422))
async def register_person(
    form: shapes.NewPerson, work: Annotated[Work, doing("people.register", at_most=LookupsPerMinute)]
) -> shapes.RegisteredPerson:
    """Enter a person with address and telephone; the resident ID carries birth and sex."""
    facts = form.model_dump(exclude={"contacts"})
    person = await operations.register_person(work, contacts=_facts(form.contacts), **facts)
    return shapes.RegisteredPerson(person_id=person.id, number=person.number)


def _facts(contacts: list[shapes.NewContact]) -> tuple[operations.ContactFacts, ...]:
    return tuple(operations.ContactFacts(contact.kind, contact.phone, contact.relation) for contact in contacts)


@router.get("/people", summary="Find people by what a caller says")
async def list_people(
    work: Annotated[Work, doing("people.find", at_most=SearchesPerMinute)],
    page: Page,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=80,
            description="how the name begins, in characters or pinyin (`wang`, `wxl`); a telephone or its last four"
            " digits; a part of the address",
        ),
    ] = None,
    name: Annotated[str | None, Query(min_length=1, max_length=40, description="how the name begins")] = None,
    division: Annotated[str | None, Query(pattern="^[0-9]{2,12}$", description="a division or one above it")] = None,
) -> Listing[shapes.PersonLine]:
    """Return people in the order of their numbers, names masked; clerks find who lives in their division.

    Telephones are not opened to clerks, so that nobody is found by one.
    """
    rows = await queries.people(work, said=q, name=name, division_code=division, after=page.after, limit=page.limit)
    return Listing(items=[shapes.PersonLine.of(*row) for row in rows], next=page.next(work, queries.PEOPLE, rows))


@router.post("/people-lookups", summary="Find a person by resident ID", responses=responses(404, 422))
async def lookup_person(
    form: shapes.PersonLookup, work: Annotated[Work, doing("people.lookup", at_most=LookupsPerMinute)]
) -> shapes.PersonLine:
    """Return the person of a resident ID, the name masked; the reading is recorded."""
    person, division_code = await queries.person_by_id_no(work, form.id_no)
    return shapes.PersonLine.of(person, division_code)


@router.get(
    "/people/callers",
    response_model=Listing[shapes.Caller],
    summary="Who may be calling from this number?",
    responses=responses(422),
)
async def find_callers(phone: Annotated[str, Query(max_length=40)], work: Calling) -> Rows[Caller]:
    """Return everybody whose own or family number this is; the reading is recorded."""
    return Rows(await queries.people_by_phone(work, phone))


@router.get("/people/{person_id}", summary="Read a person's record", responses=responses(404))
async def get_person(
    person_id: UUID, purpose: Annotated[str, Query(min_length=2, max_length=80)], work: Reading
) -> shapes.PersonCard:
    """Return the card and record who read which fields for what purpose; workers read of whom they are sent to."""
    if not await visits.goes_to(work, person_id):
        raise queries.PersonNotFound
    return shapes.PersonCard.model_validate(asdict(await queries.card(work, person_id, purpose)))


@router.get(
    "/people/{person_id}/readings",
    response_model=Listing[shapes.Reading],
    summary="Who read this record?",
    responses=responses(404),
)
async def list_readings(person_id: UUID, work: Annotated[Work, doing("people.audit")], page: Page) -> Rows[ReadAudit]:
    """Return the recorded readings, newest first."""
    readings = await queries.audit_of(work, person_id, after=page.after, limit=page.limit)
    return page.rows(work, queries.READINGS, readings)


@router.get(
    "/people/{person_id}/disclosures",
    response_model=Listing[shapes.Disclosure],
    summary="Which companies may see this record?",
    responses=responses(404),
)
async def list_disclosures(person_id: UUID, work: Annotated[Work, doing("people.audit")]) -> Rows[Disclosure]:
    """Return to which companies a person's name, telephone and door were opened and until when, latest first."""
    return Rows(await queries.disclosures_of(work, person_id))


@router.put(
    "/people/{person_id}/address",
    status_code=204,
    summary="Change the address",
    responses=responses(404, 409, 422),
)
async def move_person(person_id: UUID, form: shapes.NewAddress, work: Changing) -> None:
    """Keep the old address in the past and enter the new one."""
    await operations.move_person(work, person_id=person_id, **form.model_dump())


@router.put(
    "/people/{person_id}/contacts",
    status_code=204,
    summary="Change telephones",
    responses=responses(404),
)
async def set_contacts(person_id: UUID, form: shapes.NewContacts, work: Changing) -> None:
    """Replace all telephone numbers of a person."""
    await operations.set_contacts(work, person_id=person_id, phone=form.phone, contacts=_facts(form.contacts))


@router.post(
    "/people/{person_id}/health-notes",
    status_code=204,
    summary="Note health",
    responses=responses(404),
)
async def add_health_note(person_id: UUID, form: shapes.NewHealthNote, work: Changing) -> None:
    """Record what visitors must know; the newest note counts."""
    await operations.note_health(work, person_id=person_id, note=form.note)


@router.put(
    "/people/{person_id}/bank-account",
    status_code=204,
    summary="Change the account for benefits",
    responses=responses(404),
)
async def set_bank_account(person_id: UUID, form: shapes.NewBenefitAccount, work: Changing) -> None:
    """Record another account from now on; the old one stays with its end."""
    await operations.set_bank_account(work, person_id=person_id, number=form.number)


@router.post("/people/{person_id}/reveal", summary="Show a masked field whole", responses=responses(404))
async def reveal_field(
    person_id: UUID, form: shapes.RevealOrder, work: Annotated[Work, doing("people.reveal", at_most=LookupsPerMinute)]
) -> shapes.RevealedField:
    """Return the whole resident ID or account, and record who asked and what for."""
    return shapes.RevealedField(value=await queries.reveal(work, person_id, field=form.field, purpose=form.purpose))


@router.post(
    "/people/{person_id}/erasure",
    status_code=204,
    summary="Erase a person",
    responses=responses(404),
)
async def erase_person(person_id: UUID, work: Annotated[Work, doing("people.erase")]) -> None:
    """Destroy the person's key and name for good; sums and chains stay whole."""
    await operations.erase_person(work, person_id=person_id)


@router.delete(
    "/people/{person_id}/death",
    status_code=204,
    summary="Take a reported death back",
    responses=responses(404),
)
async def withdraw_death_report(person_id: UUID, work: Annotated[Work, doing("people.death.confirm")]) -> None:
    """Take back a report that turned out wrong."""
    await operations.withdraw_death_report(work, person_id=person_id)


@router.post(
    "/people/{person_id}/death",
    status_code=204,
    summary="Report a death",
    responses=responses(404, 409, 422),
)
async def report_death(
    person_id: UUID, form: shapes.DeathReport, work: Annotated[Work, doing("people.death.report")]
) -> None:
    """Report it, as the first of two people: visits and payments wait."""
    await operations.report_death(work, person_id=person_id, died_on=form.died_on, source=form.source)


@router.post(
    "/people/{person_id}/death/confirmation",
    status_code=204,
    summary="Confirm a reported death",
    responses=responses(403, 404, 409),
)
async def confirm_death(person_id: UUID, work: Annotated[Work, doing("people.death.confirm")]) -> None:
    """Confirm it, as the second of two people: everything ends."""
    await operations.confirm_death(work, person_id=person_id)
