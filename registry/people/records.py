"""A person's record as each role may read it; every reading leaves an audit row in the same transaction."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from events.work import Work
from kit import clock
from kit.access.roles import Role
from kit.china import identifiers
from kit.china.identifiers import Sex
from kit.refusal import Kind, Refusal
from registry.divisions.queries import division
from registry.model import Address, BankAccount, Contact, ContactKind, HealthNote, MaskedField, Person
from registry.people.directory import PersonNotFound
from registry.people.readings import record_reading


class NotForThisDesk(Refusal):
    """The role has no business with elders' records."""

    code = "person.not_for_this_desk"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class ContactCard:
    """One telephone number, readable."""

    kind: ContactKind
    relation: str | None
    phone: str


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A person's record as one role may see it; what the role may not see is None or empty."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    age: int
    id_no: str | None
    contacts: tuple[ContactCard, ...]
    address: str | None
    division_code: str | None
    division_name: str | None
    latitude: float | None
    longitude: float | None
    health_note: str | None
    bank_account: str | None
    death_reported_on: date | None
    died_on: date | None


_CONTACT = frozenset({"contacts", "address"})
VISIBLE: dict[Role, frozenset[str]] = {
    Role.OPERATOR: _CONTACT | {"id_no", "health_note"},
    Role.MANAGER: _CONTACT | {"id_no", "health_note", "bank_account"},
    Role.FINANCE: frozenset({"id_no", "bank_account"}),
    Role.CLERK: frozenset({"address"}),
    Role.SECTION: frozenset({"address"}),
    Role.AUDITOR: _CONTACT | {"id_no", "health_note", "bank_account"},
    Role.PROVIDER: _CONTACT,
    Role.WORKER: _CONTACT,
    Role.SYSTEM: _CONTACT | {"id_no", "health_note", "bank_account"},
}
"""Which sealed parts of a record each role sees; resident ID and account show their last four characters."""


async def card(work: Work, person_id: UUID, purpose: str) -> PersonCard:
    """Return a person's record as this actor may see it, and leave an audit row.

    Refuses `person.not_found` (also for a company to which the person is not disclosed) and `person.not_for_this_desk`.
    """
    visible = VISIBLE.get(work.actor.role)
    if visible is None:
        raise NotForThisDesk
    person = await work.session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    address = await _current_address(work, person_id)
    at = await division(work, address.division_code, work.now) if address is not None else None
    shown = visible if person.data_key is not None else frozenset()
    place = address if "address" in shown else None
    await record_reading(work, [person_id], purpose=purpose, fields=shown | {"name", "sex", "born_on"})
    id_no = _opened(work, person, "person|id_sealed", person.id, person.id_sealed) if "id_no" in shown else None
    bank = await _bank_account(work, person) if "bank_account" in shown else None
    return PersonCard(
        person_id=person.id,
        number=person.number,
        name=person.name,
        sex=person.sex,
        born_on=person.born_on,
        age=identifiers.age_on(person.born_on, person.died_on or clock.day_of(work.now)),
        id_no=identifiers.mask_resident_id(id_no) if id_no else None,
        contacts=await _contacts(work, person) if "contacts" in shown else (),
        address=_opened(work, person, "address|text_sealed", place.id, place.text_sealed) if place else None,
        division_code=address.division_code if address else None,
        division_name=at.name if at else None,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        health_note=await _health_note(work, person) if "health_note" in shown else None,
        bank_account="*" * (len(bank) - 4) + bank[-4:] if bank else None,
        death_reported_on=person.death_reported_on,
        died_on=person.died_on,
    )


async def health_note(work: Work, person_id: UUID, *, purpose: str) -> str | None:
    """Return what a visitor must know of a person's health, and leave an audit row; refuses `person.not_found`.

    For callers who have found out that this actor is about to stand at the person's door.
    """
    person = await work.session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    await record_reading(work, [person_id], purpose=purpose, fields=["health_note"])
    return await _health_note(work, person)


async def reveal(work: Work, person_id: UUID, *, field: MaskedField, purpose: str) -> str | None:
    """Return the whole resident ID or bank account that a card masks, and leave an audit row.

    Refuses what `card` refuses, and `person.not_for_this_desk` where the role does not see the field even masked.
    """
    if field not in VISIBLE.get(work.actor.role, frozenset()):
        raise NotForThisDesk
    person = await work.session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    await record_reading(work, [person_id], purpose=purpose, fields=[f"{field}:whole"])
    if person.data_key is None:
        return None
    if field is MaskedField.ID_NO:
        return _opened(work, person, "person|id_sealed", person.id, person.id_sealed)
    return await _bank_account(work, person)


def _opened(work: Work, person: Person, where: str, row_id: UUID, sealed: bytes | None) -> str | None:
    if sealed is None or person.data_key is None:
        return None
    return work.vault.open(person.data_key, f"{where}|{row_id}", sealed)


async def _current_address(work: Work, person_id: UUID) -> Address | None:
    query = select(Address).where(Address.person_id == person_id, Address.valid_to.is_(None))
    return (await work.session.execute(query)).scalar_one_or_none()


async def _contacts(work: Work, person: Person) -> tuple[ContactCard, ...]:
    query = select(Contact).where(Contact.person_id == person.id).order_by(Contact.position, Contact.id)
    return tuple(
        ContactCard(row.kind, row.relation, number)
        for row in (await work.session.execute(query)).scalars()
        if (number := _opened(work, person, "contact|phone_sealed", row.id, row.phone_sealed)) is not None
    )


async def _health_note(work: Work, person: Person) -> str | None:
    query = select(HealthNote).where(HealthNote.person_id == person.id).order_by(HealthNote.id.desc()).limit(1)
    row = (await work.session.execute(query)).scalar_one_or_none()
    return _opened(work, person, "health_note|text_sealed", row.id, row.text_sealed) if row else None


async def _bank_account(work: Work, person: Person) -> str | None:
    query = select(BankAccount).where(BankAccount.person_id == person.id, BankAccount.valid_to.is_(None))
    row = (await work.session.execute(query)).scalar_one_or_none()
    return _opened(work, person, "bank_account|number_sealed", row.id, row.number_sealed) if row else None
