"""Register people and keep their telephones, health notes and accounts; erase them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update

from events.contracts.people import PersonRegistered
from events.work import Work
from kit import clock, geo
from kit.china import identifiers, phone
from kit.china.rules import AreaCode
from kit.geo import Datum, Point
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry.divisions.listing import WHOLE_ROWS
from registry.divisions.queries import check_divisions
from registry.model import Address, BankAccount, Contact, ContactKind, FactKind, HealthNote, Person, PersonFact
from registry.people import directory, search
from registry.people.addresses import address_row, living
from registry.people.facts import record_facts


class PersonTaken(Refusal):
    """The resident ID is registered already."""

    code = "person.taken"
    kind = Kind.CONFLICT


class PersonNotBorn(Refusal):
    """The birth date lies in the future."""

    code = "person.not_born"


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """One telephone of the family or a guardian; the number as typed."""

    kind: ContactKind
    phone: str
    relation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """What registering a person takes; the place is in `datum` and is kept in WGS-84, `facts` hold from today on."""

    name: str
    id_no: str
    phone: str | None
    address: str
    division_code: str
    latitude: float
    longitude: float
    datum: Datum = Datum.WGS84
    contacts: tuple[ContactFacts, ...] = ()
    health_note: str | None = None
    bank_account: str | None = None
    facts: Mapping[FactKind, str] = field(default_factory=dict)
    facts_source: str = "registration"


async def register_people(work: Work, people: Sequence[NewPerson]) -> list[UUID]:
    """Register many people, a handful of statements for all; returns their ids in the order given.

    Refuses `person.taken` (registered before, or twice here), `person.not_born`, `division.unknown`, and what the
    readers of resident ID, telephone and place refuse.
    """
    residents = [identifiers.read_resident_id(entry.id_no) for entry in people]
    today = clock.day_of(work.now)
    if any(resident.born_on > today for resident in residents):
        raise PersonNotBorn
    numbers = [resident.number for resident in residents]
    if len(set(numbers)) < len(numbers) or await directory.ids_by_id_no(work, numbers):
        raise PersonTaken
    codes = {identifiers.read_division_code(entry.division_code) for entry in people}
    await check_divisions(work, codes)
    area_code = (await rules.read(work.session, AreaCode, at=work.now)).value
    rows: dict[type[Any], list[dict[str, Any]]] = {
        Person: [],
        Contact: [],
        Address: [],
        HealthNote: [],
        BankAccount: [],
    }
    for entry, resident in zip(people, residents, strict=True):
        person_id, key = new_id(), work.vault.new_key()
        rows[Person].append(
            {
                "id": person_id,
                "data_key": key,
                "name": entry.name,
                "pinyin": search.name_forms(entry.name),
                "sex": resident.sex,
                "born_on": resident.born_on,
                "registered_at": work.now,
                "id_sealed": work.vault.seal(key, f"person|id_sealed|{person_id}", resident.number),
                "id_blind": work.vault.blind("resident_id", resident.number),
            }
        )
        rows[Contact] += _contact_rows(work, person_id, key, _telephones(entry.phone, entry.contacts), area_code)
        at = geo.to_wgs84(Point(entry.latitude, entry.longitude), entry.datum)
        code = identifiers.read_division_code(entry.division_code)
        rows[Address].append(
            address_row(work, person_id, key, words=entry.address, code=code, at=at, datum=entry.datum)
        )
        if entry.health_note:
            rows[HealthNote].append(_note_row(work, person_id, key, entry.health_note))
        if entry.bank_account:
            rows[BankAccount].append(_account_row(work, person_id, key, entry.bank_account))
    for table, values in rows.items():
        if values:
            await work.session.execute(insert(table), values, execution_options=WHOLE_ROWS)
    for entry, address in zip(people, rows[Address], strict=True):
        work.emit(PersonRegistered(person_id=address["person_id"], division_code=address["division_code"]))
        if entry.facts:
            await record_facts(
                work, person_id=address["person_id"], facts=entry.facts, valid_from=today, source=entry.facts_source
            )
    return [row["id"] for row in rows[Person]]


def _contact_rows(
    work: Work, person_id: UUID, key: bytes, entries: Sequence[ContactFacts], area_code: str
) -> list[dict[str, Any]]:
    rows = []
    for position, entry in enumerate(entries):
        contact_id, number = new_id(), phone.normalise(entry.phone, area_code=area_code)
        rows.append(
            {
                "id": contact_id,
                "person_id": person_id,
                "kind": entry.kind,
                "relation": entry.relation,
                "phone_sealed": work.vault.seal(key, f"contact|phone_sealed|{contact_id}", number),
                "phone_blind": work.vault.blind("phone", number),
                "tail_blind": search.tail_blind(work.vault, number),
                "position": position,
            }
        )
    return rows


def _telephones(own: str | None, others: Sequence[ContactFacts]) -> list[ContactFacts]:
    return [*([ContactFacts(ContactKind.OWN, own)] if own else []), *others]


def _note_row(work: Work, person_id: UUID, key: bytes, words: str) -> dict[str, Any]:
    note_id = new_id()
    return {
        "id": note_id,
        "person_id": person_id,
        "noted_at": work.now,
        "noted_by": work.actor.label,
        "text_sealed": work.vault.seal(key, f"health_note|text_sealed|{note_id}", words),
    }


def _account_row(work: Work, person_id: UUID, key: bytes, number: str) -> dict[str, Any]:
    account_id, plain = new_id(), "".join(number.split())
    return {
        "id": account_id,
        "person_id": person_id,
        "valid_from": work.now,
        "number_sealed": work.vault.seal(key, f"bank_account|number_sealed|{account_id}", plain),
        "number_blind": work.vault.blind("bank_account", plain),
    }


async def register_person(
    work: Work,
    *,
    name: str,
    id_no: str,
    phone: str | None,
    address: str,
    division_code: str,
    latitude: float,
    longitude: float,
    datum: Datum = Datum.WGS84,
    contacts: tuple[ContactFacts, ...] = (),
    health_note: str | None = None,
    bank_account: str | None = None,
) -> Person:
    """Register one person; refuses what `register_people` refuses."""
    facts = NewPerson(
        name=name,
        id_no=id_no,
        phone=phone,
        address=address,
        division_code=division_code,
        latitude=latitude,
        longitude=longitude,
        datum=datum,
        contacts=contacts,
        health_note=health_note,
        bank_account=bank_account,
    )
    (person_id,) = await register_people(work, [facts])
    return await work.session.get_one(Person, person_id)


async def set_contacts(
    work: Work, *, person_id: UUID, phone: str | None, contacts: tuple[ContactFacts, ...] = ()
) -> None:
    """Replace all telephone numbers of a person; refuses `person.not_found`, `person.dead`, `phone.shape`."""
    _, key = await living(work, person_id)
    area_code = (await rules.read(work.session, AreaCode, at=work.now)).value
    rows = _contact_rows(work, person_id, key, _telephones(phone, contacts), area_code)
    await work.session.execute(delete(Contact).where(Contact.person_id == person_id))
    if rows:
        await work.session.execute(insert(Contact), rows, execution_options=WHOLE_ROWS)


async def note_health(work: Work, *, person_id: UUID, note: str) -> None:
    """Record what visitors must know of a person's health; refuses `person.not_found`, `person.dead`."""
    _, key = await living(work, person_id)
    await work.session.execute(insert(HealthNote), [_note_row(work, person_id, key, note)])


async def set_bank_account(work: Work, *, person_id: UUID, number: str) -> None:
    """Record another account for benefits from now on; refuses `person.not_found`, `person.dead`."""
    _, key = await living(work, person_id)
    await work.session.execute(
        update(BankAccount)
        .where(BankAccount.person_id == person_id, BankAccount.valid_to.is_(None))
        .values(valid_to=work.now)
    )
    await work.session.execute(insert(BankAccount), [_account_row(work, person_id, key, number)])


async def erase_person(work: Work, *, person_id: UUID) -> None:
    """Destroy a person's data key and name: everything sealed is lost for good, sums and chains stay whole.

    The row, its dates and its division stay as figures; facts go too; refuses `person.not_found`.
    """
    person = await work.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise directory.PersonNotFound
    person.data_key = person.id_sealed = person.id_blind = None
    person.name, person.pinyin, person.erased_at = "", "", work.now
    await work.session.execute(update(Address).where(Address.person_id == person_id).values(door_terms=[]))
    await work.session.execute(delete(Contact).where(Contact.person_id == person_id))
    await work.session.execute(delete(BankAccount).where(BankAccount.person_id == person_id))
    await work.session.execute(delete(HealthNote).where(HealthNote.person_id == person_id))
    await work.session.execute(delete(PersonFact).where(PersonFact.person_id == person_id))
