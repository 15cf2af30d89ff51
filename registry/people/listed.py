"""What is on record of people whom a list names again, to be compared with what it says; shown to nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from events.work import Work
from kit import clock, geo
from kit.geo import Point
from registry.model import Address, BankAccount, Contact, ContactKind, HealthNote, Person, PersonFact

_BATCH = 5_000
_SAME_PLACE_METRES = 2.0
"""How far two places may lie apart and be the same, after the conversion between map datums and the rounding of one."""


@dataclass(slots=True)
class Record:
    """What is on record of one person, opened; telephones by kind with the relation."""

    name: str
    address: str | None = None
    division: str | None = None
    at: Point | None = None
    phones: dict[ContactKind, dict[str, str | None]] = field(default_factory=dict)
    health_note: str | None = None
    bank_account: str | None = None
    facts: dict[str, str] = field(default_factory=dict)


async def records(work: Work, person_ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Return the records of many living people in a few statements."""
    wanted, result = list(person_ids), dict[UUID, Record]()
    for start in range(0, len(wanted), _BATCH):
        result |= await _batch(work, wanted[start : start + _BATCH])
    return result


async def _batch(work: Work, ids: list[UUID]) -> dict[UUID, Record]:
    session, today = work.session, clock.day_of(work.now)
    people = (await session.execute(select(Person).where(Person.id.in_(ids)))).scalars().all()
    keys = {person.id: person.data_key for person in people}
    result = {person.id: Record(person.name) for person in people}

    def opened(person_id: UUID, where: str, row_id: UUID, sealed: bytes | None) -> str | None:
        key = keys[person_id]
        return None if key is None or sealed is None else work.vault.open(key, f"{where}|{row_id}", sealed)

    query = select(Address).where(Address.person_id.in_(ids), Address.valid_to.is_(None))
    for address in (await session.execute(query)).scalars():
        record = result[address.person_id]
        record.address = opened(address.person_id, "address|text_sealed", address.id, address.text_sealed)
        record.division, record.at = address.division_code, Point(address.latitude, address.longitude)
    for contact in (await session.execute(select(Contact).where(Contact.person_id.in_(ids)))).scalars():
        number = opened(contact.person_id, "contact|phone_sealed", contact.id, contact.phone_sealed)
        if number is not None:
            result[contact.person_id].phones.setdefault(contact.kind, {})[number] = contact.relation
    notes = select(HealthNote).where(HealthNote.person_id.in_(ids)).order_by(HealthNote.id)
    for note in (await session.execute(notes)).scalars():
        result[note.person_id].health_note = opened(
            note.person_id, "health_note|text_sealed", note.id, note.text_sealed
        )
    accounts = select(BankAccount).where(BankAccount.person_id.in_(ids), BankAccount.valid_to.is_(None))
    for account in (await session.execute(accounts)).scalars():
        result[account.person_id].bank_account = opened(
            account.person_id, "bank_account|number_sealed", account.id, account.number_sealed
        )
    facts = select(PersonFact).where(
        PersonFact.person_id.in_(ids), or_(PersonFact.valid_from <= today, PersonFact.valid_from.is_(None))
    )
    for fact in (
        await session.execute(facts.order_by(PersonFact.valid_from, PersonFact.recorded_at, PersonFact.id))
    ).scalars():
        result[fact.person_id].facts[fact.kind.value] = fact.code
    return result


def differing(record: Record, values: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns whose values are not those on record; a value that is None says nothing."""
    own = record.phones.get(ContactKind.OWN, {})
    family = record.phones.get(ContactKind.FAMILY, {})
    same = {
        "name": values.get("name") == record.name,
        "phone": values.get("phone") in own,
        "family_phone": values.get("family_phone") in family,
        "relation": values.get("relation") in family.values(),
        "address": values.get("address") == record.address,
        "division": values.get("division") == record.division,
        "health_note": values.get("health_note") == record.health_note,
        "bank_account": values.get("bank_account") == record.bank_account,
    }
    same |= {kind: values.get(kind) == code for kind, code in record.facts.items()}
    names = [name for name, equal in same.items() if values.get(name) is not None and not equal]
    latitude, longitude = values.get("latitude"), values.get("longitude")
    if latitude is not None and longitude is not None and record.at is not None:
        at = geo.to_wgs84(Point(latitude, longitude), values["datum"])
        if geo.metres(at, record.at) > _SAME_PLACE_METRES:
            names.append("latitude")
    return names
