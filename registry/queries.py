"""Questions to the registry. Whoever reads a person's record leaves a row that says so, in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, insert, or_, select

from events.work import Work
from kit import clock
from kit.access.actor import Role
from kit.china import identifiers, phone
from kit.china.identifiers import Sex
from kit.ids import new_id
from kit.pages import Order
from kit.refusal import Kind, Refusal
from registry.model import (
    Address,
    BankAccount,
    Contact,
    ContactKind,
    Disclosure,
    Division,
    HealthNote,
    Person,
    ReadAudit,
)

READINGS = Order("readings", ReadAudit.id, falling=1)


class PersonNotFound(Refusal):
    """No such person, or none that this actor may know of."""

    code = "person.not_found"
    kind = Kind.NOT_FOUND


class NotForThisDesk(Refusal):
    """The role has no business with elders' records."""

    code = "person.not_for_this_desk"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person lives now: WGS-84 degrees, the 12-digit division and the 6-digit district above it."""

    latitude: float
    longitude: float
    division_code: str
    district: str


@dataclass(frozen=True, slots=True)
class Vital:
    """What decides about a person without saying who it is."""

    sex: Sex
    born_on: date
    death_reported_on: date | None
    died_on: date | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in a list: the name masked but for its first character."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    division_code: str | None
    died_on: date | None


@dataclass(frozen=True, slots=True)
class Caller:
    """One person who may be calling from a telephone, and whose telephone it is."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    kind: ContactKind
    relation: str | None


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
    Role.PROVIDER: _CONTACT,
    Role.WORKER: _CONTACT,
    Role.SYSTEM: _CONTACT | {"id_no", "health_note", "bank_account"},
}
"""Which sealed parts of a record each role sees; resident ID and account show their last four characters."""


def mask_name(name: str) -> str:
    """Show a name as lists may show it: `张**`."""
    return name[:1] + "*" * (len(name) - 1)


async def record_reading(work: Work, person_ids: Iterable[UUID], *, purpose: str, fields: Iterable[str]) -> None:
    """Write who read which fields of whom, and what for."""
    named = sorted(fields)
    rows = [
        {
            "id": new_id(),
            "person_id": person_id,
            "read_at": work.now,
            "role": work.actor.role.value,
            "reader": work.actor.label,
            "account_id": work.actor.account_id,
            "provider_id": work.actor.provider_id,
            "purpose": purpose,
            "fields": named,
        }
        for person_id in person_ids
    ]
    if rows:
        await work.session.execute(insert(ReadAudit), rows)


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


async def reveal(work: Work, person_id: UUID, *, field: str, purpose: str) -> str | None:
    """Return the whole resident ID (`id_no`) or account (`bank_account`) that a card masks, and leave an audit row.

    Refuses what `card` refuses, and `person.not_for_this_desk` where the role does not see the field even masked.
    """
    if field not in {"id_no", "bank_account"} or field not in VISIBLE.get(work.actor.role, frozenset()):
        raise NotForThisDesk
    person = await work.session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    await record_reading(work, [person_id], purpose=purpose, fields=[f"{field}:whole"])
    if person.data_key is None:
        return None
    if field == "id_no":
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


async def place_of(work: Work, person_id: UUID) -> Place:
    """Return where a person lives now, without a name; refuses `person.not_found`."""
    found = await places_of(work, [person_id])
    if person_id not in found:
        raise PersonNotFound
    return found[person_id]


async def places_of(work: Work, person_ids: Sequence[UUID]) -> dict[UUID, Place]:
    """Return where people live now, in one statement; who has no address is left out."""
    rows = await work.session.execute(
        select(Address.person_id, Address.latitude, Address.longitude, Address.division_code).where(
            Address.person_id.in_(person_ids), Address.valid_to.is_(None)
        )
    )
    return {row[0]: Place(row[1], row[2], row[3], row[3][:6]) for row in rows}


async def vital(work: Work, person_id: UUID) -> Vital:
    """Return sex, birth and death of a person; refuses `person.not_found`."""
    query = select(Person.sex, Person.born_on, Person.death_reported_on, Person.died_on).where(Person.id == person_id)
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise PersonNotFound
    return Vital(*row)


async def data_key(work: Work, person_id: UUID) -> bytes:
    """Return a person's wrapped data key, under which other rooms seal what they keep; refuses `person.not_found`."""
    found = (await work.session.execute(select(Person.data_key).where(Person.id == person_id))).scalar()
    if found is None:
        raise PersonNotFound
    return found


async def person_by_id_no(work: Work, id_no: str) -> Person | None:
    """Return the person of a resident ID; refuses what `kit.identifiers.read_resident_id` refuses."""
    blind = work.vault.blind("resident_id", identifiers.read_resident_id(id_no).number)
    return (await work.session.execute(select(Person).where(Person.id_blind == blind))).scalar_one_or_none()


async def ids_by_id_no(work: Work, numbers: Iterable[str]) -> dict[str, UUID]:
    """Return which of many valid 18-character resident IDs are registered: number → person."""
    blinds = {work.vault.blind("resident_id", number): number for number in numbers}
    known = list(blinds)
    found: dict[str, UUID] = {}
    for start in range(0, len(known), 10_000):
        query = select(Person.id_blind, Person.id).where(Person.id_blind.in_(known[start : start + 10_000]))
        found |= {blinds[blind]: person_id for blind, person_id in await work.session.execute(query) if blind}
    return found


async def dead_among(work: Work, person_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of many people are registered as deceased."""
    wanted = list(person_ids)
    found: set[UUID] = set()
    for start in range(0, len(wanted), 10_000):
        batch = Person.id.in_(wanted[start : start + 10_000])
        found |= set(
            (await work.session.execute(select(Person.id).where(batch, Person.died_on.is_not(None)))).scalars()
        )
    return found


async def people_by_phone(work: Work, number: str) -> list[Caller]:
    """Return the living people a telephone number belongs to, own numbers first, and leave audit rows.

    Refuses `phone.shape`.
    """
    blind = work.vault.blind("phone", phone.normalise(number))
    rows = await work.session.execute(
        select(Person.id, Person.number, Person.name, Person.sex, Person.born_on, Contact.kind, Contact.relation)
        .join(Contact, Contact.person_id == Person.id)
        .where(Contact.phone_blind == blind, Person.died_on.is_(None))
        .order_by(Contact.position, Person.number)
    )
    callers = [Caller(*row) for row in rows]
    await record_reading(work, [caller.person_id for caller in callers], purpose="来电识别", fields=["name"])
    return callers


async def people(
    work: Work, *, name: str | None = None, division_code: str | None = None, after: int = 0, limit: int = 50
) -> list[PersonLine]:
    """Return people by number, names masked, from the one after `after` on; by beginning of name and by division."""
    query = (
        select(Person.id, Person.number, Person.name, Person.sex, Person.born_on, Address.division_code, Person.died_on)
        .outerjoin(Address, (Address.person_id == Person.id) & Address.valid_to.is_(None))
        .where(Person.number > after, Person.erased_at.is_(None))
        .order_by(Person.number)
        .limit(limit)
    )
    if name is not None:
        query = query.where(Person.name.startswith(name, autoescape=True))
    if division_code is not None:
        query = query.where(Address.division_code.startswith(identifiers.division_prefix(division_code)))
    return [PersonLine(row[0], row[1], mask_name(row[2]), *row[3:]) for row in await work.session.execute(query)]


async def audit_of(
    work: Work, person_id: UUID, *, after: str | None = None, limit: int | None = None
) -> Sequence[ReadAudit]:
    """Return who has read a person's record, latest first."""
    query = select(ReadAudit).where(ReadAudit.person_id == person_id)
    return (await work.session.execute(READINGS.page(query, work.vault, after=after, limit=limit))).scalars().all()


async def disclosures_of(work: Work, person_id: UUID) -> Sequence[Disclosure]:
    """Return to which companies a person was ever disclosed, latest first."""
    query = select(Disclosure).where(Disclosure.person_id == person_id).order_by(Disclosure.id.desc())
    return (await work.session.execute(query)).scalars().all()


def _valid(query: Select[Division], at: date | datetime) -> Select[Division]:
    day = clock.day_of(at) if isinstance(at, datetime) else at
    return query.where(Division.valid_from <= day, or_(Division.valid_to.is_(None), Division.valid_to > day))


async def division(work: Work, code: str, at: date | datetime) -> Division | None:
    """Return the division that a 12-digit code named on a day."""
    query = _valid(select(Division).where(Division.code == code), at)
    return (await work.session.execute(query)).scalar_one_or_none()


async def divisions(
    work: Work, at: date | datetime, *, under: str | None = None, codes: Iterable[str] | None = None
) -> Sequence[Division]:
    """Return the divisions that existed on a day, by code: within a 12-digit code (itself too), or of given codes."""
    query = _valid(select(Division).order_by(Division.code), at)
    if under is not None:
        query = query.where(Division.code.startswith(identifiers.division_prefix(under)))
    if codes is not None:
        query = query.where(Division.code.in_(sorted(codes)))
    return (await work.session.execute(query)).scalars().all()


async def current_code(work: Work, code: str, at: date | datetime) -> str | None:
    """Follow a code through its successors to the one in force on a day; None where it ends in nothing."""
    day = clock.day_of(at) if isinstance(at, datetime) else at
    seen: set[str] = set()
    while code not in seen:
        seen.add(code)
        query = select(Division).where(Division.code == code, Division.valid_from <= day)
        newest = (await work.session.execute(query.order_by(Division.valid_from.desc()).limit(1))).scalar_one_or_none()
        if newest is None:
            return None
        if newest.valid_to is None or newest.valid_to > day:
            return code
        if newest.successor is None:
            return None
        code = newest.successor
    return None
