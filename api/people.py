"""People over HTTP: their cards (every reading recorded), and deaths, which one reports and another confirms."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Form
from api.paging import Page
from dispatch.visits import queries as visits
from events.work import Work
from kit.china.identifiers import Sex
from kit.geo import Datum
from registry import operations, queries
from registry.model import ContactKind

router = APIRouter(tags=["people"], route_class=Route)

LOOKUPS = "people.lookups_per_minute"

Finding = Annotated[Work, doing("people.find", at_most=LOOKUPS)]
Reading = Annotated[Work, doing("people.read")]
Changing = Annotated[Work, doing("people.change")]


class Contact(Form):
    """One telephone number of a person or of somebody near."""

    kind: ContactKind = Field(examples=["family"])
    phone: str = Field(max_length=40, examples=["13800001234"])
    relation: str | None = Field(default=None, max_length=20, examples=["女儿"])


class NewPerson(Form):
    """A person to be entered; typed coordinates are taken as they are, in the datum named."""

    name: str = Field(min_length=1, max_length=60, examples=["测试老人"])
    id_no: str = Field(max_length=40, examples=["130999194503021240"])
    phone: str | None = Field(default=None, max_length=40, examples=["0317-2020202"])
    address: str = Field(min_length=1, max_length=200, examples=["水月寺街道某小区3号楼2单元101"])
    division_code: str = Field(max_length=12, examples=["130903001001"])
    latitude: float = Field(ge=-90, le=90, examples=[38.3045])
    longitude: float = Field(ge=-180, le=180, examples=[116.8388])
    datum: Datum = Datum.WGS84
    contacts: list[Contact] = Field(default=[], max_length=10)
    health_note: str | None = Field(default=None, max_length=2000)
    bank_account: str | None = Field(default=None, max_length=40)


class Registered(BaseModel):
    """The new person's id and number."""

    person_id: UUID
    number: int


class Caller(BaseModel):
    """One person who may be calling; the name in full, for the operator must greet."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    kind: ContactKind
    relation: str | None


class CardContact(BaseModel):
    """One telephone number on a card."""

    kind: ContactKind
    relation: str | None
    phone: str


class Card(BaseModel):
    """A person's record as this role may see it; what it may not see is null."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    age: int
    id_no: str | None
    contacts: list[CardContact]
    address: str | None
    division_code: str | None
    division_name: str | None
    latitude: float | None
    longitude: float | None
    health_note: str | None
    bank_account: str | None
    death_reported_on: date | None
    died_on: date | None


class Contacts(Form):
    """All telephone numbers of a person: the own one, then the family's."""

    phone: str | None = Field(default=None, max_length=40, examples=["0317-2020202"])
    contacts: list[Contact] = Field(default=[], max_length=10)


class HealthNote(Form):
    """What a visitor must know."""

    note: str = Field(min_length=1, max_length=2000, examples=["hard of hearing; diabetic"])


class BankAccount(Form):
    """Where benefits are paid from now on."""

    number: str = Field(min_length=8, max_length=40, pattern="^[0-9 ]+$", examples=["6222 0000 0000 0000"])


class Reveal(Form):
    """Which masked field is wanted whole, and what for."""

    field: Literal["id_no", "bank_account"]
    purpose: str = Field(min_length=2, max_length=80, examples=["the bank asks for it"])


class Revealed(BaseModel):
    """The whole value; null where there is none."""

    value: str | None


class Move(Form):
    """A new address."""

    address: str = Field(min_length=1, max_length=200, examples=["水月寺街道另一小区1号楼1单元102"])
    division_code: str = Field(max_length=12, examples=["130903001001"])
    latitude: float = Field(ge=-90, le=90, examples=[38.3101])
    longitude: float = Field(ge=-180, le=180, examples=[116.8402])
    datum: Datum = Datum.WGS84


class Death(Form):
    """A death that one source reports."""

    died_on: Day
    source: str = Field(min_length=1, max_length=40, examples=["family"])


class Read(BaseModel):
    """One recorded reading of a person's record."""

    read_at: datetime
    role: str
    reader: str
    purpose: str
    fields: list[str]


@router.post(
    "/people", status_code=201, operation_id="register_person", summary="Enter a person", responses=responses(409, 422)
)
async def register_person(
    form: NewPerson, work: Annotated[Work, doing("people.register", at_most=LOOKUPS)]
) -> Registered:
    """Enter a person with address and telephone; the resident ID carries birth and sex."""
    facts = form.model_dump(exclude={"contacts"})
    person = await operations.register_person(work, contacts=_facts(form.contacts), **facts)
    return Registered(person_id=person.id, number=person.number)


def _facts(contacts: list[Contact]) -> tuple[operations.ContactFacts, ...]:
    return tuple(operations.ContactFacts(contact.kind, contact.phone, contact.relation) for contact in contacts)


@router.get(
    "/people/callers", operation_id="callers", summary="Who may be calling from this number?", responses=responses(422)
)
async def callers(phone: Annotated[str, Query(max_length=40)], work: Finding) -> list[Caller]:
    """Return everybody whose own or family number this is; the reading is recorded."""
    return [Caller.model_validate(one, from_attributes=True) for one in await queries.people_by_phone(work, phone)]


@router.get(
    "/people/{person_id}", operation_id="person_card", summary="Read a person's record", responses=responses(404)
)
async def person_card(
    person_id: UUID, purpose: Annotated[str, Query(min_length=2, max_length=80)], work: Reading
) -> Card:
    """Return the card and record who read which fields for what purpose; workers read of whom they are sent to."""
    if not await visits.goes_to(work, person_id):
        raise queries.PersonNotFound
    return Card.model_validate(asdict(await queries.card(work, person_id, purpose)))


@router.get(
    "/people/{person_id}/readings",
    operation_id="person_readings",
    summary="Who read this record?",
    responses=responses(404),
)
async def person_readings(person_id: UUID, work: Annotated[Work, doing("people.audit")], page: Page) -> list[Read]:
    """Return the recorded readings, newest first."""
    found = await queries.audit_of(work, person_id, after=page.after, limit=page.limit)
    page.told(work, queries.READINGS, found)
    return [Read.model_validate(one, from_attributes=True) for one in found]


@router.put(
    "/people/{person_id}/address",
    status_code=204,
    operation_id="move_person",
    summary="Change the address",
    responses=responses(404, 409, 422),
)
async def move_person(person_id: UUID, form: Move, work: Changing) -> None:
    """Keep the old address in the past and enter the new one."""
    await operations.move_person(work, person_id=person_id, **form.model_dump())


@router.put(
    "/people/{person_id}/contacts",
    status_code=204,
    operation_id="set_contacts",
    summary="Change telephones",
    responses=responses(404),
)
async def set_contacts(person_id: UUID, form: Contacts, work: Changing) -> None:
    """Replace all telephone numbers of a person."""
    await operations.set_contacts(work, person_id=person_id, phone=form.phone, contacts=_facts(form.contacts))


@router.post(
    "/people/{person_id}/health-notes",
    status_code=204,
    operation_id="note_health",
    summary="Note health",
    responses=responses(404),
)
async def note_health(person_id: UUID, form: HealthNote, work: Changing) -> None:
    """Record what visitors must know; the newest note counts."""
    await operations.note_health(work, person_id=person_id, note=form.note)


@router.put(
    "/people/{person_id}/bank-account",
    status_code=204,
    operation_id="set_bank_account",
    summary="Change the account for benefits",
    responses=responses(404),
)
async def set_bank_account(person_id: UUID, form: BankAccount, work: Changing) -> None:
    """Record another account from now on; the old one stays with its end."""
    await operations.set_bank_account(work, person_id=person_id, number=form.number)


@router.post(
    "/people/{person_id}/reveal", operation_id="reveal", summary="Show a masked field whole", responses=responses(404)
)
async def reveal(
    person_id: UUID, form: Reveal, work: Annotated[Work, doing("people.reveal", at_most=LOOKUPS)]
) -> Revealed:
    """Return the whole resident ID or account, and record who asked and what for."""
    return Revealed(value=await queries.reveal(work, person_id, field=form.field, purpose=form.purpose))


@router.post(
    "/people/{person_id}/erasure",
    status_code=204,
    operation_id="erase_person",
    summary="Erase a person",
    responses=responses(404),
)
async def erase_person(person_id: UUID, work: Annotated[Work, doing("people.erase")]) -> None:
    """Destroy the person's key and name for good; sums and chains stay whole."""
    await operations.erase_person(work, person_id=person_id)


@router.delete(
    "/people/{person_id}/death",
    status_code=204,
    operation_id="withdraw_death_report",
    summary="Take a reported death back",
    responses=responses(404),
)
async def withdraw_death_report(person_id: UUID, work: Annotated[Work, doing("people.death.confirm")]) -> None:
    """Take back a report that turned out wrong."""
    await operations.withdraw_death_report(work, person_id=person_id)


@router.post(
    "/people/{person_id}/death",
    status_code=204,
    operation_id="report_death",
    summary="Report a death",
    responses=responses(404, 409, 422),
)
async def report_death(person_id: UUID, form: Death, work: Annotated[Work, doing("people.death.report")]) -> None:
    """Report it, as the first of two people: visits and payments wait."""
    await operations.report_death(work, person_id=person_id, died_on=form.died_on, source=form.source)


@router.post(
    "/people/{person_id}/death/confirmation",
    status_code=204,
    operation_id="confirm_death",
    summary="Confirm a reported death",
    responses=responses(403, 404, 409),
)
async def confirm_death(person_id: UUID, work: Annotated[Work, doing("people.death.confirm")]) -> None:
    """Confirm it, as the second of two people: everything ends."""
    await operations.confirm_death(work, person_id=person_id)
