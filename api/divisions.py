"""Divisions over HTTP: those of today, acts that change them, and the people whom a split left undecided."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import DIVISION, Day, Form
from api.paging import Listing, Page
from events.work import Work
from kit.clock import day_of
from registry import queries
from registry.model import Area, DivisionKind, Level
from registry.reorganisation import changes, placing

router = APIRouter(tags=["divisions"], route_class=Route)

Placing = Annotated[Work, doing("divisions.place")]


class Division(BaseModel):
    """One division on a day."""

    code: str = Field(description="12 digits")
    name: str = Field(description="its name")
    level: Level = Field(description="district, township or community")
    kind: DivisionKind = Field(description="what it is called by law")
    parent: str | None = Field(description="the code of the division above it")


class ChangeLine(Form):
    """One line of a code map: an old code and what it became."""

    code: str = Field(pattern=DIVISION, description="the old code", examples=["130903001"])
    new_code: str = Field(pattern=DIVISION, description="the new code, or the same", examples=["130903102"])
    name: str = Field(min_length=1, max_length=60, description="the name from then on", examples=["小王庄镇"])
    kind: DivisionKind = Field(description="what it is called by law from then on")
    parent: str | None = Field(
        default=None, pattern=DIVISION, description="the division above it, if another", examples=["130903"]
    )
    area_class: Area | None = Field(default=None, description="urban or rural, where the kind does not say it")


class NewDivisionChange(Form):
    """One act on divisions (撤乡设镇): the table, its first day, and the document that orders it."""

    valid_from: Day = Field(description="the first day of the new codes; today or earlier")
    document: str = Field(min_length=1, max_length=120, description="the document", examples=["冀民〔2026〕12号"])
    lines: list[ChangeLine] = Field(min_length=1, max_length=1000, description="old code to new code")


class DivisionChange(BaseModel):
    """What an act did."""

    change_id: UUID = Field(description="the act")
    followed: int = Field(description="how many people's addresses have the new code now")
    undecided: int = Field(description="how many people must be placed by hand")


class Spot(BaseModel):
    """A place in WGS-84 degrees, rounded to about a hundred metres."""

    latitude: float = Field(description="degrees north, three decimals")
    longitude: float = Field(description="degrees east, three decimals")


class DivisionOutline(BaseModel):
    """Where a town or street lies, as far as the registered addresses show it: a sketch, no boundary."""

    division_code: str = Field(description="the town's or street's code, 12 digits")
    name: str = Field(description="its name today")
    homes: int = Field(description="how many people have an address there")
    middle: Spot = Field(description="the middle of their addresses")
    hull: list[Spot] = Field(description="the convex hull around them, anticlockwise; empty for fewer than ten")


class UndecidedPerson(BaseModel):
    """One person whose division was split; until placed, any part may serve."""

    person_id: UUID = Field(description="the person")
    change_id: UUID = Field(description="the act")
    division_code: str = Field(description="the code before the split")
    successors: list[str] = Field(description="the parts, of which one must be chosen")
    since: datetime = Field(description="since when")


class PersonPlace(Form):
    """The part of a split division that a person lives in."""

    division_code: str = Field(pattern=DIVISION, description="one of the parts", examples=["130903102001"])


@router.get("/divisions", summary="List the divisions of a day", responses=responses(422))
async def list_divisions(
    work: Annotated[Work, doing("divisions.read")],
    parent: Annotated[str | None, Query(pattern=DIVISION, description="right below this one")] = None,
    on: Annotated[Day | None, Query(description="as of a day; today")] = None,
) -> Listing[Division]:
    """Return the divisions that existed on a day, or those right below one."""
    day: date = on or day_of(work.now)
    rows = await queries.divisions(work, day)
    return Listing(
        items=[
            Division.model_validate(row, from_attributes=True) for row in rows if parent is None or row.parent == parent
        ]
    )


@router.post(
    "/divisions/changes",
    status_code=201,
    summary="Carry out an act on divisions",
    responses=responses(409, 422),
)
async def change_divisions(form: NewDivisionChange, work: Annotated[Work, doing("divisions.change")]) -> DivisionChange:
    """Rename, re-code, merge and split divisions; addresses, households, contracts and open requests follow."""
    lines = [changes.CodeLine(**line.model_dump()) for line in form.lines]
    changed = await changes.change_divisions(work, lines=lines, valid_from=form.valid_from, document=form.document)
    return DivisionChange.model_validate(changed, from_attributes=True)


@router.get("/divisions/outlines", summary="Where do the towns lie?")
async def list_outlines(
    work: Annotated[Work, doing("divisions.outlines")], response: Response
) -> Listing[DivisionOutline]:
    """Return every town and street in which anybody lives, with the hull around its homes."""
    response.headers["Cache-Control"] = "private, max-age=3600"
    return Listing(
        items=[
            DivisionOutline(
                division_code=row.division_code,
                name=row.name,
                homes=row.homes,
                middle=_spot(row.middle),
                hull=[_spot(at) for at in row.hull],
            )
            for row in await queries.outlines(work)
        ]
    )


def _spot(at: tuple[float, float]) -> Spot:
    return Spot(latitude=at[0], longitude=at[1])


@router.get("/divisions/undecided", summary="Who must be placed after a split?")
async def list_undecided_people(
    work: Annotated[Work, doing("divisions.undecided")], page: Page
) -> Listing[UndecidedPerson]:
    """Return the people whose part of a split division is not known yet."""
    rows = await placing.undecided(work, after=page.after, limit=page.limit)
    items = [UndecidedPerson.model_validate(row, from_attributes=True) for row in rows]
    return Listing(items=items, next=page.next(work, placing.UNDECIDED, rows))


@router.put(
    "/people/{person_id}/division",
    status_code=204,
    summary="Place a person after a split",
    responses=responses(409, 422),
)
async def place_person(person_id: UUID, form: PersonPlace, work: Placing) -> None:
    """Say in which part of a split division a person lives; open requests follow."""
    await placing.place_person(work, person_id=person_id, division_code=form.division_code)
