"""Add divisions to the registry, as the list of the National Bureau of Statistics has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert

from events.work import Work
from kit.china import identifiers
from kit.refusal import Kind, Refusal
from registry.divisions import queries
from registry.model import LEVEL_OF, Area, Division, DivisionKind

# Rows with and without a value go in one statement: a missing value is written as null, not left out.
WHOLE_ROWS = {"render_nulls": True}
FOUNDED = date(2020, 1, 1)


class DivisionTaken(Refusal):
    """The code names a division on that day already, or twice in what was given."""

    code = "division.taken"
    kind = Kind.CONFLICT


class DivisionParent(Refusal):
    """The division's parent does not exist."""

    code = "division.parent"


class DivisionOutsideParent(Refusal):
    """The division's code does not begin as its parent's does, so that a clerk of the parent would not see it."""

    code = "division.outside_parent"


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


def lies_inside(code: str, parent: str | None) -> bool:
    """Tell whether a 12-digit code lies within its parent's, as the standard builds codes (GB/T 10114).

    A scope and a row policy cover a division by the beginning of its code.
    """
    return parent is None or code.startswith(identifiers.division_prefix(parent))


def division_row(entry: NewDivision, valid_from: date) -> dict[str, Any]:
    """Return the columns of a division that begins on a day."""
    return {
        "code": identifiers.read_division_code(entry.code),
        "valid_from": valid_from,
        "name": entry.name,
        "level": LEVEL_OF[entry.kind],
        "kind": entry.kind,
        "area_class": entry.area_class or area_by_kind(entry.kind),
        "parent": identifiers.read_division_code(entry.parent) if entry.parent else None,
        "successors": [],
    }


async def add_divisions(work: Work, entries: Sequence[NewDivision], *, valid_from: date = FOUNDED) -> int:
    """Add divisions that did not exist; returns how many.

    Refuses `division_code.shape`, `division.taken`, `division.parent` (a division below the district whose parent is
    neither there nor among the new ones) and `division.outside_parent`.
    """
    rows = [division_row(entry, valid_from) for entry in entries]
    codes = [row["code"] for row in rows]
    there = {division.code for division in await queries.divisions(work, valid_from)}
    for code in codes:
        if code in there or codes.count(code) > 1:
            raise DivisionTaken(division=code)
    for row in rows:
        if row["kind"] is not DivisionKind.DISTRICT and row["parent"] not in there.union(codes):
            raise DivisionParent(division=row["code"])
        if not lies_inside(row["code"], row["parent"]):
            raise DivisionOutsideParent(division=row["code"], parent=row["parent"])
    if rows:
        await work.session.execute(insert(Division), rows, execution_options=WHOLE_ROWS)
    return len(rows)
