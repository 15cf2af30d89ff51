"""Enrolments over HTTP: from an application over the assessment to a month's quota."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import MONTH, Day, Form, Id, Instant
from dispatch.enrolment import assessment as scoring
from dispatch.enrolment import operations, queries
from dispatch.enrolment.model import AssessmentOccasion, Category, EndReason, EnrolmentState, SuspendReason
from events.work import Work
from kit import clock

router = APIRouter(tags=["enrolment"], route_class=Route)

Reading = Annotated[Work, doing("enrolments.read")]
Enrolling = Annotated[Work, doing("enrolments.change")]


class Application(Form):
    """On whose account an elder applies."""

    category: Category


class Suspension(Form):
    """Why an elder is not served for now."""

    reason: SuspendReason


class Ending(Form):
    """Why and from which day an elder leaves."""

    reason: EndReason
    ended_on: Day


class Enrolment(BaseModel):
    """Where an elder stands in the programme."""

    person_id: UUID
    category: Category
    state: EnrolmentState


class Standing(BaseModel):
    """Whether an elder may be served, and what is left of this month's quota, in fen."""

    state: EnrolmentState
    category: str
    level: int | None
    monthly_fen: int | None
    quota_left_fen: int
    copay_percent: int | None


class Booking(Form):
    """When which two assessors come, and why."""

    occasion: AssessmentOccasion
    booked_for: Instant
    first_assessor_id: Id = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    second_assessor_id: Id = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8058"])


class Findings(Form):
    """What two assessors found on site (GB/T 42195-2022): 26 scores and what the standard lets weigh beside them."""

    scores: dict[Annotated[str, Field(max_length=24)], Annotated[int, Field(ge=0, le=10)]] = Field(
        min_length=len(scoring.ITEMS),
        max_length=len(scoring.ITEMS),
        examples=[{name: item.most for name, item in scoring.ITEMS.items()}],
    )
    coma: bool = False
    dementia: bool = False
    mental_disorder: bool = False
    risk_events: int = Field(default=0, ge=0, le=999)


class Assessment(BaseModel):
    """One assessment, booked or made; what was found stays sealed, the level is told."""

    id: UUID
    person_id: UUID
    occasion: AssessmentOccasion
    booked_for: datetime
    first_assessor_id: UUID
    second_assessor_id: UUID
    assessed_at: datetime | None
    level: int | None


class Wallet(BaseModel):
    """One month's quota of an elder; amounts in fen."""

    person_id: UUID
    month: str
    granted_fen: int
    carried_in_fen: int
    free_fen: int
    held_fen: int
    spent_fen: int
    carried_out_fen: int
    expired_fen: int


@router.get(
    "/people/{person_id}/standing",
    operation_id="standing",
    summary="May this elder be served?",
    responses=responses(404),
)
async def person_standing(person_id: UUID, work: Reading) -> Standing:
    """Return the elder's state and what is left of this month's quota."""
    found = await queries.standing(work, person_id, work.now)
    if found is None:
        raise operations.EnrolmentNotFound
    terms = found.terms
    return Standing(
        state=found.state,
        category=found.category,
        level=found.level,
        quota_left_fen=found.quota_left_fen,
        monthly_fen=terms.monthly_fen if terms else None,
        copay_percent=terms.copay_percent if terms else None,
    )


@router.post(
    "/people/{person_id}/application",
    status_code=201,
    operation_id="apply",
    summary="Apply for home care",
    responses=responses(404, 409, 422),
)
async def apply(person_id: UUID, form: Application, work: Enrolling) -> Enrolment:
    """Enter an application; somebody else approves it."""
    found = await operations.apply(work, person_id=person_id, category=form.category)
    return Enrolment.model_validate(found, from_attributes=True)


@router.post(
    "/people/{person_id}/activation",
    operation_id="activate",
    summary="Approve an application",
    responses=responses(403, 404, 409),
)
async def activate(person_id: UUID, work: Annotated[Work, doing("enrolments.decide")]) -> Enrolment:
    """Let the elder be served; not by whoever entered the application."""
    return Enrolment.model_validate(await operations.activate(work, person_id=person_id), from_attributes=True)


@router.post(
    "/people/{person_id}/suspension", operation_id="suspend", summary="Suspend services", responses=responses(404, 409)
)
async def suspend(person_id: UUID, form: Suspension, work: Enrolling) -> Enrolment:
    """Serve nothing for now; open requests are withdrawn."""
    found = await operations.suspend(work, person_id=person_id, reason=form.reason)
    return Enrolment.model_validate(found, from_attributes=True)


@router.post(
    "/people/{person_id}/resumption", operation_id="resume", summary="Resume services", responses=responses(404, 409)
)
async def resume(person_id: UUID, work: Enrolling) -> Enrolment:
    """Serve again."""
    return Enrolment.model_validate(await operations.resume(work, person_id=person_id), from_attributes=True)


@router.post(
    "/people/{person_id}/leaving",
    operation_id="end_enrolment",
    summary="End an enrolment",
    responses=responses(404, 409),
)
async def end_enrolment(person_id: UUID, form: Ending, work: Annotated[Work, doing("enrolments.decide")]) -> Enrolment:
    """End the operations."""
    found = await operations.end(work, person_id=person_id, reason=form.reason, ended_on=form.ended_on)
    return Enrolment.model_validate(found, from_attributes=True)


@router.put(
    "/people/{person_id}/category",
    operation_id="change_category",
    summary="Put an elder into a category",
    responses=responses(404),
)
async def change_category(person_id: UUID, form: Application, work: Enrolling) -> Enrolment:
    """Change on whose account an elder is served: before publicity at once, once served from the next month on."""
    found = await operations.change_category(work, person_id=person_id, category=form.category)
    return Enrolment.model_validate(found, from_attributes=True)


@router.get("/people/{person_id}/assessments", operation_id="assessments", summary="List an elder's assessments")
async def assessments(person_id: UUID, work: Reading) -> list[Assessment]:
    """Return the assessments, oldest first."""
    return [Assessment.model_validate(one, from_attributes=True) for one in await queries.assessments(work, person_id)]


@router.post(
    "/people/{person_id}/assessments",
    status_code=201,
    operation_id="book_assessment",
    summary="Book an assessment",
    responses=responses(404),
)
async def book_assessment(person_id: UUID, form: Booking, work: Enrolling) -> Assessment:
    """Book two assessors; a disputed assessment is made by two others."""
    found = await operations.book_assessment(
        work,
        person_id=person_id,
        occasion=form.occasion,
        booked_for=form.booked_for,
        assessors=(form.first_assessor_id, form.second_assessor_id),
    )
    return Assessment.model_validate(found, from_attributes=True)


@router.post(
    "/assessments/{assessment_id}/findings",
    operation_id="record_findings",
    summary="Record what was found",
    responses=responses(404),
)
async def record_findings(assessment_id: UUID, form: Findings, work: Enrolling) -> Assessment:
    """Seal the findings and tell the level that they give."""
    findings = scoring.Findings(**form.model_dump())
    found = await operations.record_assessment(work, assessment_id=assessment_id, findings=findings)
    return Assessment.model_validate(found, from_attributes=True)


@router.post(
    "/people/{person_id}/publicity",
    operation_id="publicise",
    summary="Begin the days of publicity",
    responses=responses(404),
)
async def publicise(person_id: UUID, work: Enrolling) -> Enrolment:
    """Begin the days for which a subsidised elder's name hangs on the board."""
    return Enrolment.model_validate(await operations.publicise(work, person_id=person_id), from_attributes=True)


@router.get(
    "/people/{person_id}/wallet",
    operation_id="wallet",
    summary="What became of a month's quota?",
    responses=responses(404),
)
async def wallet(person_id: UUID, work: Reading, month: Annotated[str | None, Query(pattern=MONTH)] = None) -> Wallet:
    """Return a month's quota, this month's unless one is named."""
    found = await queries.wallet(work, person_id, month or clock.month_of(work.now))
    if found is None:
        raise operations.EnrolmentNotFound
    return Wallet.model_validate(found, from_attributes=True)
