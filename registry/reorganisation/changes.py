"""撤乡设镇: one act renames, re-codes, merges and splits divisions, and what hangs on their codes follows.

The past keeps the old codes. A code that became one other is followed at once; where it became several, somebody must
say for each address which part it lies in (`registry.reorganisation.placing`). Rule M21; 行政区划管理条例 (2018).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select

from events.contracts.divisions import DivisionChanged
from events.contracts.people import PersonPlaced
from events.work import Work
from kit import clock
from kit.china.identifiers import read_division_code
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from registry.divisions import queries
from registry.divisions.listing import (
    WHOLE_ROWS,
    DivisionOutsideParent,
    DivisionParent,
    DivisionTaken,
    NewDivision,
    division_row,
    lies_inside,
)
from registry.divisions.queries import DivisionUnknown
from registry.model import (
    Address,
    Area,
    Division,
    DivisionChange,
    DivisionKind,
    Household,
    HouseholdDivision,
    Person,
    UndecidedAddress,
)
from registry.people.addresses import follow_codes


class ChangeTooEarly(Refusal):
    """A change of divisions may not begin before the division itself did, nor before an earlier change of it."""

    code = "division.change_too_early"


class ChangeNotYet(Refusal):
    """A change of divisions is entered on its first day or later."""

    code = "division.change_not_yet"


class ChangeContradicts(Refusal):
    """Two lines say different things of one new division, or one line stands twice."""

    code = "division.change_contradicts"


class ChildrenLeft(Refusal):
    """A division ends, and the lines do not say what becomes of those below it."""

    code = "division.children_left"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """One line of a code map: the division `code` became `new_code`; codes of 4 to 12 digits.

    Two lines with one `new_code` are a merger, two with one `code` a split, and a line whose codes are equal gives the
    division another name, kind or parent. Without `parent` the new division lies in what the old one lay in.
    """

    code: str
    new_code: str
    name: str
    kind: DivisionKind
    parent: str | None = None
    area_class: Area | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act did: how many people's addresses follow, and how many people must be placed by hand."""

    change_id: UUID
    followed: int
    undecided: int


async def change_divisions(work: Work, *, lines: Sequence[CodeLine], valid_from: date, document: str) -> Changed:
    """Carry out one act on divisions from a day on; addresses and households follow, DivisionChanged tells the rest.

    Refuses `division.unknown`, `division.taken`, `division.parent`, `division.outside_parent`,
    `division.change_too_early`, `division.change_not_yet`, `division.change_contradicts`, `division.children_left` and
    `division_code.shape`.
    """
    if valid_from > clock.day_of(work.now):
        raise ChangeNotYet(day=valid_from.isoformat())
    successors: dict[str, list[str]] = defaultdict(list)
    entries: dict[str, list[tuple[str, CodeLine]]] = defaultdict(list)
    for line in lines:
        old, new = read_division_code(line.code), read_division_code(line.new_code)
        if new in successors[old]:
            raise ChangeContradicts(division=new)
        successors[old].append(new)
        entries[new].append((old, line))
    if not successors:
        raise ChangeContradicts(division="")
    ended = await _lock(work, list(successors), valid_from)
    await _check_children(work, successors)
    fresh = await _fresh(work, entries, ended, successors, valid_from)
    for old, row in ended.items():
        row.valid_to, row.successors = valid_from, sorted(successors[old])
    await work.session.flush()
    rows = [division_row(entry, valid_from) for entry in fresh]
    if rows:
        await work.session.execute(insert(Division), rows, execution_options=WHOLE_ROWS)
    change = DivisionChange(
        id=new_id(),
        valid_from=valid_from,
        document=document,
        successors=dict(successors),
        recorded_at=work.now,
        recorded_by=work.actor.label,
    )
    work.session.add(change)
    await work.session.flush()
    single = {old: new[0] for old, new in successors.items() if len(new) == 1 and new[0] != old}
    undecided = await _ask_for(work, change, {old: new for old, new in successors.items() if len(new) > 1})
    followed = await _follow(work, single)
    await _households_follow(work, single, valid_from)
    work.emit(DivisionChanged(change_id=change.id, valid_from=valid_from, successors=dict(successors)))
    return Changed(change.id, followed, undecided)


async def carried_out(work: Work, *, lines: Sequence[CodeLine], valid_from: date, document: str) -> bool:
    """Tell whether an act of this day and document has made just these codes out of those."""
    successors: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        successors[read_division_code(line.code)].append(read_division_code(line.new_code))
    query = select(DivisionChange.successors).where(
        DivisionChange.valid_from == valid_from, DivisionChange.document == document
    )
    made = [{old: sorted(new) for old, new in row.items()} for row in (await work.session.execute(query)).scalars()]
    return {old: sorted(new) for old, new in successors.items()} in made


async def _lock(work: Work, codes: Sequence[str], valid_from: date) -> dict[str, Division]:
    query = select(Division).where(Division.code.in_(codes)).order_by(Division.code, Division.valid_from)
    rows = (await work.session.execute(query.with_for_update())).scalars().all()
    newest = {row.code: row for row in rows}
    for code in codes:
        row = newest.get(code)
        if row is None or (row.valid_to is not None and row.valid_to <= valid_from):
            raise DivisionUnknown(division=code)
        if row.valid_to is not None or valid_from <= row.valid_from:
            raise ChangeTooEarly(division=code)
    return newest


async def _check_children(work: Work, successors: Mapping[str, Sequence[str]]) -> None:
    ending = [old for old, new in successors.items() if old not in new]
    query = (
        select(Division.code, Division.parent)
        .where(Division.parent.in_(ending), Division.code.not_in(list(successors)), Division.valid_to.is_(None))
        .order_by(Division.code)
    )
    left = (await work.session.execute(query)).all()
    if left:
        raise ChildrenLeft(division=left[0].parent, children="、".join(row.code for row in left[:20]))


async def _fresh(
    work: Work,
    entries: Mapping[str, Sequence[tuple[str, CodeLine]]],
    ended: Mapping[str, Division],
    successors: Mapping[str, Sequence[str]],
    valid_from: date,
) -> list[NewDivision]:
    """Return the divisions that begin with the act; one that goes on takes others in and must be named as it is."""
    query = select(Division).where(Division.code.in_(list(entries)), Division.code.not_in(list(ended)))
    there: dict[str, Division] = {}
    for row in (await work.session.execute(query)).scalars():
        if row.valid_from > valid_from:
            raise DivisionTaken(division=row.code)
        if row.valid_to is None:
            there[row.code] = row
    fresh = []
    for new, origins in entries.items():
        first = origins[0][1]
        if any((line.name, line.kind) != (first.name, first.kind) for _, line in origins):
            raise ChangeContradicts(division=new)
        if new in there:
            if (there[new].name, there[new].kind) != (first.name, first.kind):
                raise ChangeContradicts(division=new)
            continue
        parents = {_parent(line, ended[old], successors) for old, line in origins}
        if len(parents) != 1:
            raise DivisionParent(division=new)
        fresh.append(
            NewDivision(code=new, name=first.name, kind=first.kind, parent=parents.pop(), area_class=first.area_class)
        )
    await _check_parents(work, fresh, successors, valid_from)
    return fresh


def _parent(line: CodeLine, before: Division, successors: Mapping[str, Sequence[str]]) -> str | None:
    if line.parent is not None:
        return read_division_code(line.parent)
    if before.parent is None:
        return None
    following = successors.get(before.parent, [before.parent])
    if len(following) != 1:
        raise DivisionParent(division=read_division_code(line.new_code))
    return following[0]


async def _check_parents(
    work: Work, fresh: Sequence[NewDivision], successors: Mapping[str, Sequence[str]], valid_from: date
) -> None:
    made = {entry.code for entry in fresh}
    wanted = {entry.parent for entry in fresh if entry.parent is not None} - made
    there = {row.code for row in await queries.divisions(work, valid_from, codes=wanted) if row.code not in successors}
    for entry in fresh:
        missing = entry.parent not in made | there
        if missing and not (entry.parent is None and entry.kind is DivisionKind.DISTRICT):
            raise DivisionParent(division=entry.code)
        if not lies_inside(entry.code, entry.parent):
            raise DivisionOutsideParent(division=entry.code, parent=entry.parent)


async def _follow(work: Work, single: Mapping[str, str]) -> int:
    query = select(Address.person_id, Address.division_code).where(
        Address.division_code.in_(list(single)), Address.valid_to.is_(None)
    )
    moving = {person_id: single[code] for person_id, code in await work.session.execute(query)}
    return await follow_codes(work, moving)


async def _ask_for(work: Work, change: DivisionChange, split: Mapping[str, Sequence[str]]) -> int:
    """Put living people of split divisions on the list of those to be placed, and bring the list's parts up to date."""
    query = select(UndecidedAddress).where(UndecidedAddress.decided_at.is_(None)).with_for_update()
    waiting = (await work.session.execute(query)).scalars().all()
    for row in waiting:
        parts = {new for code in row.successors for new in change.successors.get(code, [code])}
        if parts != set(row.successors):
            row.successors = sorted(parts)
    settled = [row for row in waiting if len(row.successors) == 1]
    await follow_codes(work, {row.person_id: row.successors[0] for row in settled})
    for row in settled:
        (code,) = row.successors
        row.decided_at, row.decided_by, row.decided_code = work.now, work.actor.label, code
        work.emit(PersonPlaced(person_id=row.person_id, old_code=row.division_code, division_code=code))
    people = (
        select(Address.person_id, Address.division_code)
        .join(Person, Person.id == Address.person_id)
        .where(Address.division_code.in_(list(split)), Address.valid_to.is_(None))
        .where(Person.died_on.is_(None), Person.erased_at.is_(None))
        .where(Address.person_id.not_in([row.person_id for row in waiting]))
    )
    rows = [
        {
            "id": new_id(),
            "change_id": change.id,
            "person_id": person_id,
            "division_code": code,
            "successors": sorted(split[code]),
            "since": work.now,
        }
        for person_id, code in await work.session.execute(people.order_by(Address.person_id))
    ]
    if rows:
        await work.session.execute(insert(UndecidedAddress), rows)
    return len(rows)


async def _households_follow(work: Work, single: Mapping[str, str], valid_from: date) -> None:
    query = select(Household).where(Household.division_code.in_(list(single)), Household.closed_on.is_(None))
    rows = (await work.session.execute(query.with_for_update())).scalars().all()
    for household in rows:
        await leave_division(work, household, single[household.division_code], valid_from)


async def leave_division(work: Work, household: Household, code: str, on: date) -> None:
    """Let a household belong to another division from a day on; the old one stays as its past."""
    if on > household.opened_on:
        earlier = HouseholdDivision(household_id=household.id, valid_to=on, division_code=household.division_code)
        await work.session.merge(earlier)
    household.division_code = code
    await work.session.flush()
