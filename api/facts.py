"""What has been true of a person since when: hukou, education, marital status, past addresses, a corrected death."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Form, Instant
from api.paging import Listing
from events.work import Work
from kit.clock import day_of
from registry import operations
from registry.model import FactKind
from registry.people import addresses, facts
from registry.people.facts import Education, HukouNature, Marital

router = APIRouter(tags=["people"], route_class=Route)

Purpose = Annotated[str, Query(min_length=2, max_length=80, description="what the reading is for; it is recorded")]


class NewFacts(Form):
    """What holds of a person from a day on; what is left out stays as it was."""

    hukou_nature: HukouNature | None = Field(default=None, description="户口性质, as the household register words it")
    hukou_place: str | None = Field(
        default=None,
        pattern="^([0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="户籍地: a division anywhere in China, GB/T 2260",
        examples=["130903"],
    )
    education: Education | None = Field(default=None, description="文化程度, GB/T 4658-2006")
    marital: Marital | None = Field(default=None, description="婚姻状况, GB/T 2261.2-2003")
    valid_from: Day = Field(description="since when it holds")
    source: str = Field(min_length=1, max_length=80, description="which paper or person says so", examples=["户口簿"])


class Fact(BaseModel):
    """One fact as it held on the day asked about."""

    kind: FactKind = Field(description="which fact")
    code: str = Field(description="its code by the standard of its kind")
    valid_from: date = Field(description="since when it holds")
    source: str = Field(description="which paper or person says so")
    recorded_at: datetime = Field(description="when it was recorded")
    recorded_by: str = Field(description="who recorded it")


class PastAddress(BaseModel):
    """One address, past or present."""

    address: str | None = Field(description="as typed; null where it was erased")
    division_code: str = Field(description="the division's code then")
    division_name: str | None = Field(description="the division's name then")
    valid_from: datetime = Field(description="since when")
    valid_to: datetime | None = Field(description="until when; null for the present one")


class CorrectedDeath(Form):
    """What is true instead of a confirmed death."""

    died_on: Day | None = Field(default=None, description="the right day; null for a person who is alive")
    source: str = Field(min_length=1, max_length=40, description="which paper or person says so", examples=["派出所"])


@router.post(
    "/people/{person_id}/facts",
    status_code=204,
    summary="Record hukou, education or marital status",
    responses=responses(404, 409, 422),
)
async def record_facts(person_id: UUID, form: NewFacts, work: Annotated[Work, doing("people.facts.change")]) -> None:
    """Record what holds from a day on; earlier rows stay."""
    given = {kind: code for kind in FactKind if (code := getattr(form, kind.value)) is not None}
    await facts.record_facts(work, person_id=person_id, facts=given, valid_from=form.valid_from, source=form.source)


@router.get("/people/{person_id}/facts", summary="Read dated facts", responses=responses(404, 422))
async def list_facts(
    person_id: UUID,
    purpose: Purpose,
    work: Annotated[Work, doing("people.facts.read")],
    on: Annotated[Day | None, Query(description="as of a day; today")] = None,
    known_at: Annotated[Instant | None, Query(description="as it was known at an instant; now")] = None,
) -> Listing[Fact]:
    """Return what held on a day, one row for each fact that is known; the reading is recorded."""
    rows = await facts.facts_on(work, person_id, on or day_of(work.now), purpose=purpose, recorded_by=known_at)
    return Listing(items=[Fact.model_validate(rows[kind], from_attributes=True) for kind in FactKind if kind in rows])


@router.get(
    "/people/{person_id}/addresses",
    summary="Read a person's addresses",
    responses=responses(404, 422),
)
async def list_addresses(
    person_id: UUID, purpose: Purpose, work: Annotated[Work, doing("people.addresses")]
) -> Listing[PastAddress]:
    """Return the present address and the past ones, each with the division's code and name of its time."""
    rows = await addresses.addresses_of(work, person_id, purpose)
    return Listing(items=[PastAddress.model_validate(row, from_attributes=True) for row in rows])


@router.post(
    "/people/{person_id}/death/correction",
    status_code=204,
    summary="Correct a confirmed death",
    responses=responses(404, 409, 422),
)
async def correct_death(
    person_id: UUID, form: CorrectedDeath, work: Annotated[Work, doing("people.death.correct")]
) -> None:
    """Name the right day, or say that the person is alive: what the wrong death ended resumes or a manager is asked."""
    await operations.correct_death(work, person_id=person_id, died_on=form.died_on, source=form.source)
