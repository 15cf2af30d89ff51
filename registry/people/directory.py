"""Find people and what decides about them: by resident ID, telephone, name and place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from events.work import Work
from kit.china import identifiers, phone
from kit.china.identifiers import Sex
from kit.china.rules import AreaCode
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry.model import Address, Contact, ContactKind, Person
from registry.people.readings import mask_name, record_reading


class PersonNotFound(Refusal):
    """No such person, or none that this actor may know of."""

    code = "person.not_found"
    kind = Kind.NOT_FOUND


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
class Caller:
    """One person who may be calling from a telephone, and whose telephone it is."""

    person_id: UUID
    number: int
    name: str
    sex: Sex
    born_on: date
    kind: ContactKind
    relation: str | None


async def place_of(work: Work, person_id: UUID) -> Place:
    """Return where a person lives now, without a name; refuses `person.not_found`."""
    places = await places_of(work, [person_id])
    if person_id not in places:
        raise PersonNotFound
    return places[person_id]


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


_VITAL_AND_PLACE: Final = (
    select(
        Person.sex,
        Person.born_on,
        Person.death_reported_on,
        Person.died_on,
        Address.latitude,
        Address.longitude,
        Address.division_code,
    )
    .join_from(Person, Address, (Address.person_id == Person.id) & Address.valid_to.is_(None), isouter=True)
    .where(Person.id == bindparam("person_id"))
)


async def vital_and_place(work: Work, person_id: UUID) -> tuple[Vital, Place | None]:
    """Return what `vital` returns and where the person lives now, in one statement; refuses `person.not_found`."""
    row = (await work.session.execute(_VITAL_AND_PLACE, {"person_id": person_id})).one_or_none()
    if row is None:
        raise PersonNotFound
    code = row.division_code
    return Vital(*row[:4]), None if code is None else Place(row.latitude, row.longitude, code, code[:6])


def reported_dead() -> Select[UUID]:
    """Return the query for the people whose death has been reported, confirmed or not; no worker is sent to them."""
    return select(Person.id).where(Person.death_reported_on.is_not(None))


async def number_and_masked_name(work: Work, person_id: UUID) -> tuple[int, str]:
    """Return what a list says of a person; refuses `person.not_found`, also of one who was erased."""
    query = select(Person.number, Person.name).where(Person.id == person_id, Person.data_key.is_not(None))
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise PersonNotFound
    return row.number, mask_name(row.name)


async def data_key(work: Work, person_id: UUID) -> bytes:
    """Return a person's wrapped data key, under which other rooms seal what they keep; refuses `person.not_found`."""
    key = (await work.session.execute(select(Person.data_key).where(Person.id == person_id))).scalar()
    if key is None:
        raise PersonNotFound
    return key


async def person_by_id_no(work: Work, id_no: str) -> tuple[Person, str | None]:
    """Return the person of a resident ID and the division where they live, and leave an audit row.

    Refuses `person.not_found` and what `kit.identifiers.read_resident_id` refuses.
    """
    blind = work.vault.blind("resident_id", identifiers.read_resident_id(id_no).number)
    row = (await work.session.execute(with_division().where(Person.id_blind == blind))).one_or_none()
    if row is None:
        raise PersonNotFound
    await record_reading(work, [row[0].id], purpose="身份证号查询", fields=["name"])
    return row[0], row[1]


def with_division() -> Select[Person, str | None]:
    """Return the query for people with the code of the division where they live."""
    return select(Person, Address.division_code).outerjoin(
        Address, (Address.person_id == Person.id) & Address.valid_to.is_(None)
    )


async def ids_by_id_no(work: Work, numbers: Iterable[str]) -> dict[str, UUID]:
    """Return which of many valid 18-character resident IDs are registered: number → person."""
    blinds = {work.vault.blind("resident_id", number): number for number in numbers}
    wanted = list(blinds)
    by_number: dict[str, UUID] = {}
    for start in range(0, len(wanted), 10_000):
        query = select(Person.id_blind, Person.id).where(Person.id_blind.in_(wanted[start : start + 10_000]))
        by_number |= {blinds[blind]: person_id for blind, person_id in await work.session.execute(query) if blind}
    return by_number


async def dead_among(work: Work, person_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of many people are registered as deceased."""
    wanted = list(person_ids)
    dead: set[UUID] = set()
    for start in range(0, len(wanted), 10_000):
        batch = Person.id.in_(wanted[start : start + 10_000])
        dead |= set((await work.session.execute(select(Person.id).where(batch, Person.died_on.is_not(None)))).scalars())
    return dead


async def names_of(work: Work, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the full names of many people, to be compared with what a list says; shown to nobody."""
    wanted = list(person_ids)
    names: dict[UUID, str] = {}
    for start in range(0, len(wanted), 10_000):
        query = select(Person.id, Person.name).where(Person.id.in_(wanted[start : start + 10_000]))
        names |= {row.id: row.name for row in await work.session.execute(query)}
    return names


async def masked_names(work: Work, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of many people as a list may show them; who was erased, or may not be seen, is left out."""
    query = select(Person.id, Person.name).where(Person.id.in_(set(person_ids)), Person.data_key.is_not(None))
    return {row.id: mask_name(row.name) for row in await work.session.execute(query)}


async def telephone(work: Work, number: str) -> str:
    """Return a telephone number in the form in which it is kept, with the district's area code where it lacks one.

    Refuses what `kit.china.phone.normalise` refuses.
    """
    return phone.normalise(number, area_code=(await rules.read(work.session, AreaCode, at=work.now)).value)


async def people_by_phone(work: Work, number: str) -> list[Caller]:
    """Return the living people a telephone number belongs to, own numbers first, and leave audit rows.

    Refuses what `telephone` refuses.
    """
    blind = work.vault.blind("phone", await telephone(work, number))
    callers = (await _callers(work, [blind])).get(blind, [])
    await record_reading(work, [caller.person_id for caller in callers], purpose="来电识别", fields=["name"])
    return callers


async def masked_callers(work: Work, blinds: Sequence[bytes]) -> dict[bytes, list[Caller]]:
    """Return whom the telephones of many blind indexes belong to, as a list may show them: names masked."""
    callers = await _callers(work, blinds)
    return {blind: [replace(row, name=mask_name(row.name)) for row in rows] for blind, rows in callers.items()}


async def _callers(work: Work, blinds: Sequence[bytes]) -> dict[bytes, list[Caller]]:
    rows = await work.session.execute(
        select(
            Contact.phone_blind,
            Person.id,
            Person.number,
            Person.name,
            Person.sex,
            Person.born_on,
            Contact.kind,
            Contact.relation,
        )
        .join(Contact, Contact.person_id == Person.id)
        .where(Contact.phone_blind.in_(blinds), Person.died_on.is_(None))
        .order_by(Contact.position, Person.number)
    )
    callers: dict[bytes, list[Caller]] = {}
    for row in rows:
        callers.setdefault(row[0], []).append(Caller(*row[1:]))
    return callers
