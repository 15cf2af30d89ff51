"""Divisions come and go: a renamed, merged or raised one is a new row and a successor's code (撤乡设镇, rule M21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update

from events.contracts.people import PersonMoved
from events.work import Work
from kit import clock
from kit.china import identifiers
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from registry.divisions import queries
from registry.divisions.queries import DivisionUnknown
from registry.model import LEVEL_OF, Address, Area, Division, DivisionKind, Person
from registry.people.registration import WHOLE_ROWS

FOUNDED = date(2020, 1, 1)


class DivisionTaken(Refusal):
    """The code names a division on that day already, or twice in what was given."""

    code = "division.taken"
    kind = Kind.CONFLICT


class DivisionParent(Refusal):
    """The division's parent does not exist."""

    code = "division.parent"


class DivisionChangeTooEarly(Refusal):
    """A change of divisions may not begin before the division itself did."""

    code = "division.change_too_early"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDivision:
    """One division as the statistical list has it; `code` and `parent` in 4 to 12 digits."""

    code: str
    name: str
    kind: DivisionKind
    parent: str | None
    area_class: Area | None = None


def area_by_kind(kind: DivisionKind) -> Area:
    """Take streets and their communities for urban, towns and villages for rural, until the list says otherwise."""
    return Area.URBAN if kind in {DivisionKind.STREET, DivisionKind.COMMUNITY, DivisionKind.DISTRICT} else Area.RURAL


def _row(entry: NewDivision, valid_from: date) -> dict[str, Any]:
    return {
        "code": identifiers.read_division_code(entry.code),
        "valid_from": valid_from,
        "name": entry.name,
        "level": LEVEL_OF[entry.kind],
        "kind": entry.kind,
        "area_class": entry.area_class or area_by_kind(entry.kind),
        "parent": identifiers.read_division_code(entry.parent) if entry.parent else None,
    }


async def add_divisions(work: Work, entries: Sequence[NewDivision], *, valid_from: date = FOUNDED) -> int:
    """Add divisions that did not exist; returns how many.

    Refuses `division_code.shape`, `division.taken`, and `division.parent` (a division below the district whose parent
    is neither there nor among the new ones).
    """
    rows = [_row(entry, valid_from) for entry in entries]
    codes = [row["code"] for row in rows]
    there = {division.code for division in await queries.divisions(work, valid_from)}
    for code in codes:
        if code in there or codes.count(code) > 1:
            raise DivisionTaken(division=code)
    for row in rows:
        if row["kind"] is not DivisionKind.DISTRICT and row["parent"] not in there.union(codes):
            raise DivisionParent(division=row["code"])
    if rows:
        await work.session.execute(insert(Division), rows, execution_options=WHOLE_ROWS)
    return len(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class DivisionChange:
    """One line of a code map: the old code becomes the new one, with another name and perhaps another kind."""

    code: str
    new_code: str
    name: str
    kind: DivisionKind
    parent: str | None = None
    area_class: Area | None = None


async def change_divisions(work: Work, *, changes: Sequence[DivisionChange], on: date) -> int:
    """Carry out a change of divisions from a day on; returns how many people's addresses were tagged anew.

    Each old row ends with the successor's code, each new code gets a row (several old ones may merge into one), and
    every address in an old division continues under the new code, its past untouched. Refuses `division.unknown`,
    `division.change_too_early`.
    """
    made: set[str] = set()
    moved = 0
    for change in changes:
        old, new = identifiers.read_division_code(change.code), identifiers.read_division_code(change.new_code)
        before = await queries.division(work, old, on)
        if before is None:
            raise DivisionUnknown(division=old)
        if on <= before.valid_from:
            raise DivisionChangeTooEarly(division=old)
        before.valid_to, before.successor = on, new
        await work.session.flush()
        if new not in made and await queries.division(work, new, on) is None:
            entry = NewDivision(
                code=new,
                name=change.name,
                kind=change.kind,
                parent=change.parent or before.parent,
                area_class=change.area_class or before.area_class,
            )
            await work.session.execute(insert(Division), [_row(entry, on)])
            made.add(new)
        moved += await _tag_anew(work, old, new)
    return moved


async def _tag_anew(work: Work, old: str, new: str) -> int:
    if old == new:
        return 0
    query = (
        select(Address, Person.data_key)
        .join(Person, Person.id == Address.person_id)
        .where(Address.division_code == old, Address.valid_to.is_(None))
    )
    rows: list[dict[str, Any]] = []
    for address, key in (await work.session.execute(query)).all():
        if key is None:
            continue
        address_id = new_id()
        words = work.vault.open(key, f"address|text_sealed|{address.id}", address.text_sealed)
        rows.append(
            {
                "id": address_id,
                "person_id": address.person_id,
                "division_code": new,
                "latitude": address.latitude,
                "longitude": address.longitude,
                "datum": address.datum,
                "valid_from": work.now,
                "text_sealed": work.vault.seal(key, f"address|text_sealed|{address_id}", words),
            }
        )
    if rows:
        current = Address.person_id.in_([row["person_id"] for row in rows]), Address.valid_to.is_(None)
        await work.session.execute(delete(Address).where(*current, Address.valid_from >= work.now))
        await work.session.execute(update(Address).where(*current).values(valid_to=work.now))
        await work.session.execute(insert(Address), rows)
    for row in rows:
        work.emit(PersonMoved(person_id=row["person_id"], division_code=new))
    return len(rows)


async def close_division(work: Work, *, code: str, on: date, successor: str | None = None) -> None:
    """End a division on a day, with or without a successor; refuses `division.unknown`, `division.change_too_early`."""
    division = await queries.division(work, identifiers.read_division_code(code), clock.day_of(work.now))
    if division is None:
        raise DivisionUnknown(division=code)
    if on <= division.valid_from:
        raise DivisionChangeTooEarly(division=code)
    division.valid_to = on
    division.successor = identifiers.read_division_code(successor) if successor else None
