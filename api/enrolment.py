"""Enrolments over HTTP: from an application over the assessment to a month's quota."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.errors import responses
from api.forms import MONTH, Day
from api.paging import Listing, Page, Rows
from api.shapes import enrolment as shapes
from dispatch.enrolment import assessment as scoring
from dispatch.enrolment import operations, queries
from dispatch.enrolment.model import Assessment, Enrolment, Wallet, WalletEntry
from events.work import Work
from kit import clock

router = APIRouter(tags=["enrolment"], route_class=Route)

Reading = Annotated[Work, doing("enrolments.read")]
Enrolling = Annotated[Work, doing("enrolments.change")]


@router.get(
    "/people/{person_id}/enrolments",
    response_model=Listing[shapes.PastEnrolment],
    summary="When was an elder enrolled?",
)
async def list_enrolments(person_id: UUID, work: Annotated[Work, doing("enrolments.history")]) -> Rows[Enrolment]:
    """Return every enrolment of an elder, oldest first; without the quota, which clerks do not see."""
    return Rows(await queries.history(work, person_id))


@router.get(
    "/people/{person_id}/standing",
    summary="May this elder be served?",
    responses=responses(404),
)
async def get_standing(person_id: UUID, work: Reading) -> shapes.Standing:
    """Return the elder's state and what is left of this month's quota."""
    standing = await queries.standing(work, person_id, work.now)
    if standing is None:
        raise operations.EnrolmentNotFound
    terms = standing.terms
    return shapes.Standing(
        state=standing.state,
        category=standing.category,
        level=standing.level,
        quota_left_fen=standing.quota_left_fen,
        monthly_fen=terms.monthly_fen if terms else None,
        copay_percent=terms.copay_percent if terms else None,
    )


@router.post(
    "/people/{person_id}/application",
    response_model=shapes.Enrolment,
    status_code=201,
    summary="Apply for home care",
    responses=responses(404, 409, 422),
)
async def apply_for_care(person_id: UUID, form: shapes.EnrolmentApplication, work: Enrolling) -> Enrolment:
    """Enter an application; somebody else approves it."""
    return await operations.apply(work, person_id=person_id, category=form.category)


@router.post(
    "/people/{person_id}/activation",
    response_model=shapes.Enrolment,
    summary="Approve an application",
    responses=responses(403, 404, 409),
)
async def activate_enrolment(person_id: UUID, work: Annotated[Work, doing("enrolments.decide")]) -> Enrolment:
    """Let the elder be served; not by the person who entered the application."""
    return await operations.activate(work, person_id=person_id)


@router.post(
    "/people/{person_id}/suspension",
    response_model=shapes.Enrolment,
    summary="Suspend services",
    responses=responses(404, 409),
)
async def suspend_enrolment(person_id: UUID, form: shapes.EnrolmentSuspension, work: Enrolling) -> Enrolment:
    """Serve nothing for now; open requests are withdrawn."""
    return await operations.suspend(work, person_id=person_id, reason=form.reason)


@router.post(
    "/people/{person_id}/resumption",
    response_model=shapes.Enrolment,
    summary="Resume services",
    responses=responses(404, 409),
)
async def resume_enrolment(person_id: UUID, work: Enrolling) -> Enrolment:
    """Serve again."""
    return await operations.resume(work, person_id=person_id)


@router.post(
    "/people/{person_id}/leaving",
    response_model=shapes.Enrolment,
    summary="End an enrolment",
    responses=responses(404, 409),
)
async def end_enrolment(
    person_id: UUID, form: shapes.EnrolmentEnding, work: Annotated[Work, doing("enrolments.decide")]
) -> Enrolment:
    """End the operations."""
    return await operations.end(work, person_id=person_id, reason=form.reason, ended_on=form.ended_on)


@router.put(
    "/people/{person_id}/category",
    response_model=shapes.Enrolment,
    summary="Put an elder into a category",
    responses=responses(404),
)
async def change_category(person_id: UUID, form: shapes.EnrolmentApplication, work: Enrolling) -> Enrolment:
    """Change on whose account an elder is served: before publicity at once, once served from the next month on."""
    return await operations.change_category(work, person_id=person_id, category=form.category)


@router.get(
    "/people/{person_id}/assessments", response_model=Listing[shapes.Assessment], summary="List an elder's assessments"
)
async def list_assessments(person_id: UUID, work: Reading) -> Rows[Assessment]:
    """Return the assessments, oldest first."""
    return Rows(await queries.assessments(work, person_id))


@router.post(
    "/people/{person_id}/assessments",
    response_model=shapes.Assessment,
    status_code=201,
    summary="Book an assessment",
    responses=responses(404),
)
async def book_assessment(person_id: UUID, form: shapes.AssessmentBooking, work: Enrolling) -> Assessment:
    """Book two assessors; a disputed assessment is made by two others."""
    return await operations.book_assessment(
        work,
        person_id=person_id,
        occasion=form.occasion,
        booked_for=form.booked_for,
        assessors=(form.first_assessor_id, form.second_assessor_id),
    )


@router.post(
    "/assessments/{assessment_id}/findings",
    response_model=shapes.Assessment,
    summary="Record what was found",
    responses=responses(404),
)
async def record_findings(assessment_id: UUID, form: shapes.AssessmentFindings, work: Enrolling) -> Assessment:
    """Seal the findings and tell the level that they give."""
    findings = scoring.Findings(**form.model_dump())
    return await operations.record_assessment(work, assessment_id=assessment_id, findings=findings)


@router.post(
    "/people/{person_id}/publicity",
    response_model=shapes.Enrolment,
    summary="Begin the days of publicity",
    responses=responses(404),
)
async def publicise_enrolment(person_id: UUID, work: Enrolling) -> Enrolment:
    """Begin the days for which a subsidised elder's name hangs on the board."""
    return await operations.publicise(work, person_id=person_id)


@router.get(
    "/people/{person_id}/wallet",
    response_model=shapes.Wallet,
    summary="What became of a month's quota?",
    responses=responses(404),
)
async def get_wallet(
    person_id: UUID, work: Reading, month: Annotated[str | None, Query(pattern=MONTH)] = None
) -> Wallet:
    """Return a month's quota, this month's unless one is named."""
    wallet = await queries.wallet(work, person_id, month or clock.month_of(work.now))
    if wallet is None:
        raise operations.EnrolmentNotFound
    return wallet


@router.get(
    "/people/{person_id}/quotas",
    response_model=Listing[shapes.MonthOfQuota],
    summary="What is left this month and in those to come?",
)
async def list_quotas(
    person_id: UUID, work: Reading, months: Annotated[int, Query(ge=1, le=12)] = 3
) -> Rows[queries.MonthOfQuota]:
    """Return this month's quota and those of the months to come; nothing for who is not in the programme."""
    return Rows(await queries.quotas(work, person_id, months=months))


@router.get(
    "/people/{person_id}/wallet/entries",
    response_model=Listing[shapes.WalletEntry],
    summary="List the movements of a month's quota",
)
async def list_wallet_entries(
    person_id: UUID, work: Reading, month: Annotated[str | None, Query(pattern=MONTH)] = None
) -> Rows[WalletEntry]:
    """Return the movements of a month in the order of booking, this month's unless one is named."""
    return Rows(await queries.entries(work, person_id, month or clock.month_of(work.now)))


@router.get(
    "/enrolments/reassessments",
    response_model=Listing[shapes.DueReassessment],
    summary="List reassessments that are due",
)
async def list_reassessments(work: Reading, page: Page, on: Day | None = None) -> Rows[Enrolment]:
    """Return the enrolments whose next assessment is due by today or by another day, the longest due first."""
    rows = await queries.reassessments_due(work, on or clock.day_of(work.now), after=page.after, limit=page.limit)
    return page.rows(work, queries.REASSESSMENTS, rows)
