"""Households over HTTP: open, list and read them, and change who belongs to them."""

from dataclasses import asdict
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import DIVISION, EXAMPLE_ID, Day, Form
from api.paging import Listing, Page
from events.work import Work
from kit.clock import day_of
from registry.households import operations, queries
from registry.model import Area, HouseholdKind

router = APIRouter(tags=["households"], route_class=Route)

Reading = Annotated[Work, doing("households.read")]
Changing = Annotated[Work, doing("households.change")]


class NewMembership(Form):
    """One person and the relation to the head, as GB/T 4761 words it."""

    person_id: UUID = Field(description="the person", examples=[str(EXAMPLE_ID)])
    relation: str = Field(min_length=1, max_length=20, description="the relation to the head", examples=["配偶"])


class NewHousehold(Form):
    """A household with its head and the other members."""

    kind: HouseholdKind = Field(description="a book of the household register, or a family that lives as one")
    division_code: str = Field(pattern=DIVISION, description="the village or community", examples=["130903001001"])
    head: UUID = Field(description="the person who is the head (户主)", examples=[str(EXAMPLE_ID)])
    members: list[NewMembership] = Field(default=[], max_length=30, description="everybody but the head")


class HouseholdLine(BaseModel):
    """One household in a list."""

    household_id: UUID = Field(validation_alias="id", description="the household")
    number: int = Field(description="the number that people speak")
    kind: HouseholdKind = Field(description="a book of the household register, or a family that lives as one")
    division_code: str = Field(description="the division it lies in now, 12 digits")
    opened_on: date = Field(description="its first day")


class HouseholdMember(BaseModel):
    """One member on the day asked about."""

    person_id: UUID = Field(description="the person")
    number: int = Field(description="the person's number")
    name: str = Field(description="masked but for the first character")
    relation: str = Field(description="the relation to the head")
    head: bool = Field(description="whether this is the head")
    valid_from: date = Field(description="since when the person belongs to it in this relation")


class Household(BaseModel):
    """One household as it was on a day."""

    household_id: UUID = Field(description="the household")
    number: int = Field(description="the number that people speak")
    kind: HouseholdKind = Field(description="a book of the household register, or a family that lives as one")
    division_code: str = Field(description="the division it lay in on that day, 12 digits")
    area_class: Area | None = Field(description="urban or rural, as the division counted on that day")
    opened_on: date = Field(description="its first day")
    closed_on: date | None = Field(description="the day on which the last member left")
    members: list[HouseholdMember] = Field(description="the head first")


class MovedMember(Form):
    """Where a member goes."""

    household_id: UUID = Field(description="the household to join", examples=[str(EXAMPLE_ID)])
    relation: str = Field(min_length=1, max_length=20, description="the relation to its head", examples=["子"])


class NewHead(Form):
    """Another head, with every other member's relation to that head."""

    head: UUID = Field(description="a member of the household", examples=[str(EXAMPLE_ID)])
    members: list[NewMembership] = Field(default=[], max_length=30, description="every other member")


class HouseholdSplit(Form):
    """Members who found a household of their own."""

    head: UUID = Field(description="the head of the new household", examples=[str(EXAMPLE_ID)])
    members: list[NewMembership] = Field(default=[], max_length=30, description="who goes along")
    division_code: str | None = Field(
        default=None, pattern=DIVISION, description="where it lies, if elsewhere", examples=["130903001001"]
    )


class HouseholdPlace(Form):
    """The division that a household lies in from today on."""

    division_code: str = Field(pattern=DIVISION, description="2 to 12 digits", examples=["130903001001"])


@router.post(
    "/households",
    status_code=201,
    summary="Open a household",
    responses=responses(404, 409, 422),
)
async def open_household(form: NewHousehold, work: Changing) -> Household:
    """Open a household today, with its head and members."""
    household = await operations.open_household(
        work,
        kind=form.kind,
        division_code=form.division_code,
        head=form.head,
        members=[(member.person_id, member.relation) for member in form.members],
    )
    return await _shown(work, household.id)


@router.get("/households", summary="List households", responses=responses(422))
async def list_households(
    work: Reading,
    page: Page,
    division: Annotated[str | None, Query(pattern=DIVISION, description="in this division and all below it")] = None,
    person_id: Annotated[UUID | None, Query(description="of this person")] = None,
) -> Listing[HouseholdLine]:
    """Return the open households by number."""
    rows = await queries.households(
        work, division_code=division, person_id=person_id, after=page.after, limit=page.limit
    )
    items = [HouseholdLine.model_validate(row, from_attributes=True) for row in rows]
    return Listing(items=items, next=page.next(work, queries.HOUSEHOLDS, rows))


@router.get("/households/{household_id}", summary="Read a household", responses=responses(404, 422))
async def get_household(
    household_id: UUID, work: Reading, on: Annotated[Day | None, Query(description="as of a day; today")] = None
) -> Household:
    """Return a household as it was on a day, names masked."""
    return await _shown(work, household_id, on)


@router.post(
    "/households/{household_id}/members",
    status_code=204,
    summary="Add a member",
    responses=responses(404, 409, 422),
)
async def join_household(household_id: UUID, form: NewMembership, work: Changing) -> None:
    """Add a person from today on."""
    await operations.join_household(work, household_id=household_id, person_id=form.person_id, relation=form.relation)


@router.delete(
    "/households/{household_id}/members/{person_id}",
    status_code=204,
    summary="End a membership",
    responses=responses(404, 409),
)
async def leave_household(household_id: UUID, person_id: UUID, work: Changing) -> None:
    """End a membership today; the last member's leaving closes the household."""
    await operations.leave_household(work, household_id=household_id, person_id=person_id)


@router.post(
    "/households/{household_id}/members/{person_id}/move",
    status_code=204,
    summary="Move a member to another household",
    responses=responses(404, 409, 422),
)
async def move_member(household_id: UUID, person_id: UUID, form: MovedMember, work: Changing) -> None:
    """Move a person to another household of the same kind today."""
    await operations.move_member(
        work, household_id=household_id, person_id=person_id, to=form.household_id, relation=form.relation
    )


@router.put(
    "/households/{household_id}/head",
    status_code=204,
    summary="Change the head",
    responses=responses(404, 409, 422),
)
async def change_head(household_id: UUID, form: NewHead, work: Changing) -> None:
    """Make a member the head from today on, with everybody's relation to the new head."""
    relations = {member.person_id: member.relation for member in form.members}
    await operations.change_head(work, household_id=household_id, head=form.head, relations=relations)


@router.post(
    "/households/{household_id}/split",
    status_code=201,
    summary="Split a household",
    responses=responses(404, 409, 422),
)
async def split_household(household_id: UUID, form: HouseholdSplit, work: Changing) -> Household:
    """Let some members found a household of their own today."""
    founded = await operations.split_household(
        work,
        household_id=household_id,
        head=form.head,
        members={member.person_id: member.relation for member in form.members},
        division_code=form.division_code,
    )
    return await _shown(work, founded.id)


@router.put(
    "/households/{household_id}/division",
    status_code=204,
    summary="Move a household to another division",
    responses=responses(404, 409, 422),
)
async def move_household(household_id: UUID, form: HouseholdPlace, work: Changing) -> None:
    """Let a household lie in another division from today on; the old one stays as its past."""
    await operations.move_household(work, household_id=household_id, division_code=form.division_code)


async def _shown(work: Work, household_id: UUID, on: date | None = None) -> Household:
    shown = await queries.household_on(work, household_id, on or day_of(work.now))
    return Household.model_validate(asdict(shown))
