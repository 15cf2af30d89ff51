"""Take in people and their households in one list: who is not registered yet is registered first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from events.work import Work
from kit import clock
from kit.imports import columns, readers
from kit.imports.column import Column
from kit.imports.columns import Blank, ImportRow, Outcome, Sheet
from kit.imports.grid import Grid
from kit.refusal import Refusal
from registry import imports, queries
from registry.households import queries as queries_of_households
from registry.households.operations import HEAD, open_household
from registry.imports import PERSON_COLUMNS
from registry.model import HouseholdKind
from registry.people.addresses import PersonDead
from registry.people.registration import register_people

_KINDS = readers.choice(
    {"户口簿": HouseholdKind.REGISTER, "户籍户": HouseholdKind.REGISTER, "共同生活家庭": HouseholdKind.FAMILY}
    | {kind.value: kind for kind in HouseholdKind}
)
_WHO: Final = ("name", "id_no")
_NEEDED: Final = tuple(column.name for column in PERSON_COLUMNS if column.required and column.name not in _WHO)

HOUSEHOLD_COLUMNS = (
    *(column if column.name in _WHO else replace(column, required=False) for column in PERSON_COLUMNS),
    Column("household", ("户号", "户编号"), readers.code(40)),
    Column("household_kind", ("户类型", "户别"), _KINDS, required=False, default=HouseholdKind.REGISTER),
    Column("household_division", ("户所在区划", "户区划代码"), readers.text(60), required=False),
    Column("head_relation", ("与户主关系", "户主关系"), readers.text(20)),
)


class NoHead(Refusal):
    """A household has no head in the list, or several."""

    code = "household.no_head"


class ListContradicts(Refusal):
    """The rows of one household name different divisions or kinds."""

    code = "household.list_contradicts"


class NameContradicts(Refusal):
    """The resident ID is registered under another name."""

    code = "person.name_contradicts"


async def households(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Open the households of a list; of people who are registered already only name and resident ID are read.

    A household lies in the division that its head's row names, or else where the head lives.
    """
    sheet = columns.typed(grid, await imports.telephones(work, HOUSEHOLD_COLUMNS), mapping)
    sheet.no_duplicates("id_no", lambda resident: resident.number)
    numbers = [row["id_no"].number for row in sheet.rows if row.get("id_no")]
    registered = await queries.ids_by_id_no(work, numbers)
    fresh = [row for row in sheet.rows if row.sound("id_no") and row["id_no"].number not in registered]
    for row in fresh:
        for name in _NEEDED:
            if row.sound(name) and row[name] is None:
                sheet.fault(row, name, Blank())
    await imports.check_rows(work, sheet, fresh)
    await _check_names(work, sheet, registered)
    groups = await _groups(work, sheet)
    if sheet.faults:
        return sheet.outcome(0)
    same = {number for number, rows in groups.items() if await _on_record(work, rows, registered)}
    ids = await register_people(work, [imports.new_person(row) for row in fresh])
    people = registered | {row["id_no"].number: person_id for row, person_id in zip(fresh, ids, strict=True)}
    for number, rows in groups.items():
        if number not in same:
            await _open(work, sheet, rows, people)
    on_record = sum(len(groups[number]) for number in same)
    return sheet.outcome(len(sheet.rows) - on_record, on_record=on_record)


async def _on_record(work: Work, rows: Sequence[ImportRow], registered: Mapping[str, UUID]) -> bool:
    """Tell whether these people are one household today, with these relations and nobody else."""
    listed = {registered.get(row["id_no"].number): row["head_relation"] for row in rows}
    if None in listed:
        return False
    for household in await queries_of_households.households(work, person_id=next(iter(listed))):
        members = await queries_of_households.members_on(work, household.id, clock.day_of(work.now))
        if household.kind is rows[0]["household_kind"] and {row.person_id: row.relation for row in members} == listed:
            return True
    return False


async def _check_names(work: Work, sheet: Sheet, registered: Mapping[str, UUID]) -> None:
    names = await queries.names_of(work, registered.values())
    dead = await queries.dead_among(work, registered.values())
    for row in sheet.rows:
        person_id = registered.get(row["id_no"].number) if row.sound("id_no", "name") else None
        if person_id is None:
            continue
        if names.get(person_id) != row["name"]:
            sheet.fault(row, "name", NameContradicts())
        if person_id in dead:
            sheet.fault(row, "id_no", PersonDead())


async def _groups(work: Work, sheet: Sheet) -> dict[str, list[ImportRow]]:
    groups: dict[str, list[ImportRow]] = defaultdict(list)
    names = await imports.division_names(work)
    for row in sheet.rows:
        if row.get("household_division") is not None:
            try:
                row.values["household_division"] = imports.resolve_division(names, row["household_division"])
            except Refusal as refusal:
                sheet.fault(row, "household_division", refusal)
        if row.get("household") is not None:
            groups[row["household"]].append(row)
    for number, rows in groups.items():
        for name in ("household_kind", "household_division"):
            if len({row[name] for row in rows if row.get(name) is not None}) > 1:
                sheet.fault(rows[-1], name, ListContradicts())
        relations = [row["head_relation"] for row in rows if row.sound("head_relation")]
        if len(relations) == len(rows) and relations.count(HEAD) != 1:
            sheet.fault(rows[0], "head_relation", NoHead(household=number))
    return groups


async def _open(work: Work, sheet: Sheet, rows: Sequence[ImportRow], people: Mapping[str, UUID]) -> None:
    head = next(row for row in rows if row["head_relation"] == HEAD)
    ids = {row.number: people[row["id_no"].number] for row in rows}
    division = next((row["household_division"] for row in rows if row["household_division"]), None)
    try:
        async with work.session.begin_nested():
            if division is None:
                division = (await queries.place_of(work, ids[head.number])).division_code
            await open_household(
                work,
                kind=head["household_kind"],
                division_code=division,
                head=ids[head.number],
                members=[(ids[row.number], row["head_relation"]) for row in rows if row is not head],
            )
    except Refusal as refusal:
        sheet.fault(head, "household", refusal)
