"""Addresses: where a person lives from one instant to another, and how an address follows its division's code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from events.contracts.people import PersonMoved
from events.work import Work
from kit import clock, geo
from kit.china import identifiers
from kit.geo import Datum, Point
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from registry.divisions.queries import check_divisions, names_at
from registry.model import Address, Person, UndecidedAddress
from registry.people import search
from registry.people.directory import PersonNotFound
from registry.people.readings import record_reading
from registry.people.records import VISIBLE, NotForThisDesk

_BATCH = 5000


class PersonDead(Refusal):
    """The person has died."""

    code = "person.dead"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class PastAddress:
    """One address of a person, past or present, with the division's code and name as they were then."""

    address: str | None
    division_code: str
    division_name: str | None
    valid_from: datetime
    valid_to: datetime | None


async def living(work: Work, person_id: UUID) -> tuple[Person, bytes]:
    """Lock and return a living person with the wrapped data key; refuses `person.not_found`, `person.dead`."""
    person = await work.session.get(Person, person_id, with_for_update=True)
    if person is None or person.data_key is None:
        raise PersonNotFound
    if person.died_on is not None:
        raise PersonDead
    return person, person.data_key


def address_row(
    work: Work, person_id: UUID, key: bytes, *, words: str, code: str, at: Point, datum: Datum
) -> dict[str, Any]:
    """Return the columns of an address that begins now; `words` are sealed under the person's key."""
    address_id = new_id()
    return {
        "id": address_id,
        "person_id": person_id,
        "division_code": code,
        "latitude": at.latitude,
        "longitude": at.longitude,
        "datum": datum,
        "valid_from": work.now,
        "text_sealed": work.vault.seal(key, f"address|text_sealed|{address_id}", words),
        "door_terms": search.door_terms(work.vault, words),
    }


async def move_person(
    work: Work,
    *,
    person_id: UUID,
    address: str,
    division_code: str,
    latitude: float,
    longitude: float,
    datum: Datum = Datum.WGS84,
) -> Address:
    """Give a person a new address from now on; the old one stays with its end.

    Refuses `person.not_found`, `person.dead`, `division.unknown` and what the reader of places refuses.
    """
    _, key = await living(work, person_id)
    code = identifiers.read_division_code(division_code)
    await check_divisions(work, {code})
    at = geo.to_wgs84(Point(latitude, longitude), datum)
    await close_addresses(work, [person_id])
    row = Address(**address_row(work, person_id, key, words=address, code=code, at=at, datum=datum))
    await close_undecided(work, [person_id], code=code)
    work.session.add(row)
    await work.session.flush()
    work.emit(PersonMoved(person_id=person_id, division_code=code))
    return row


async def close_addresses(work: Work, person_ids: Sequence[UUID]) -> None:
    """End the current addresses of people now."""
    current = Address.person_id.in_(person_ids), Address.valid_to.is_(None)
    # An address that came and went within one clock reading was never lived at.
    await work.session.execute(delete(Address).where(*current, Address.valid_from >= work.now))
    await work.session.execute(update(Address).where(*current).values(valid_to=work.now))


async def close_undecided(work: Work, person_ids: Iterable[UUID], *, code: str) -> None:
    """Note that people whose division was split live under a code now."""
    await work.session.execute(
        update(UndecidedAddress)
        .where(UndecidedAddress.person_id.in_(list(person_ids)), UndecidedAddress.decided_at.is_(None))
        .values(decided_at=work.now, decided_by=work.actor.label, decided_code=code)
    )


async def follow_codes(work: Work, new_codes: Mapping[UUID, str]) -> int:
    """Let people's current addresses continue under other division codes from now on; returns how many did.

    `new_codes` maps a person to a 12-digit code. The old row stays with its end; who was erased stays under the old.
    """
    followed = 0
    everybody = list(new_codes)
    for start in range(0, len(everybody), _BATCH):
        people = everybody[start : start + _BATCH]
        query = (
            select(Address, Person.data_key)
            .join(Person, Person.id == Address.person_id)
            .where(Address.person_id.in_(people), Address.valid_to.is_(None))
        )
        rows: list[dict[str, Any]] = []
        for address, key in (await work.session.execute(query)).all():
            if key is None:
                continue
            words = work.vault.open(key, f"address|text_sealed|{address.id}", address.text_sealed)
            at, code = Point(address.latitude, address.longitude), new_codes[address.person_id]
            rows.append(address_row(work, address.person_id, key, words=words, code=code, at=at, datum=address.datum))
        if rows:
            await close_addresses(work, [row["person_id"] for row in rows])
            await work.session.execute(insert(Address), rows)
        followed += len(rows)
    return followed


async def addresses_of(work: Work, person_id: UUID, purpose: str) -> list[PastAddress]:
    """Return a person's addresses, the present one first, and leave an audit row.

    Refuses `person.not_found`, and `person.not_for_this_desk` to a role that sees no addresses.
    """
    if "address" not in VISIBLE.get(work.actor.role, frozenset()):
        raise NotForThisDesk
    person = await work.session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    query = select(Address).where(Address.person_id == person_id).order_by(Address.valid_from.desc())
    rows = (await work.session.execute(query)).scalars().all()
    await record_reading(work, [person_id], purpose=purpose, fields=["addresses"])
    names = await names_at(work, [(row.division_code, clock.day_of(row.valid_from)) for row in rows])
    key = person.data_key
    return [
        PastAddress(
            work.vault.open(key, f"address|text_sealed|{row.id}", row.text_sealed) if key is not None else None,
            row.division_code,
            name,
            row.valid_from,
            row.valid_to,
        )
        for row, name in zip(rows, names, strict=True)
    ]
