"""What waits for a person: cases, taken up and closed with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Page, Rows
from api.shapes import cases as shapes
from dispatch.escalation import operations, queries
from dispatch.escalation.model import Case
from events.work import Work
from kit.access.roles import Role

router = APIRouter(tags=["cases"], route_class=Route)

Changing = Annotated[Work, doing("cases.change")]


@router.get("/cases", response_model=Listing[shapes.Case], summary="What waits for a person?")
async def list_cases(
    work: Annotated[Work, doing("cases.read")], page: Page, owner_role: Role | None = None
) -> Rows[Case]:
    """Return the open cases, the most pressing first."""
    cases = await queries.open_cases(work, owner_role=owner_role, after=page.after, limit=page.limit)
    return page.rows(work, queries.CASES, cases)


@router.get("/cases/about/{subject_id}", response_model=Listing[shapes.Case], summary="List the cases of one subject")
async def list_cases_about(subject_id: UUID, work: Annotated[Work, doing("cases.read")], page: Page) -> Rows[Case]:
    """Return the open and closed cases about one request, visit or person, oldest first."""
    rows = await queries.cases_of(work, subject_id, after=page.after, limit=page.limit)
    return page.rows(work, queries.CASES_OF, rows)


@router.post(
    "/cases/{case_id}/assignment", response_model=shapes.Case, summary="Take a case up", responses=responses(404, 409)
)
async def assign_case(case_id: UUID, work: Changing) -> Case:
    """Take the case into one's own hands."""
    owner_id = work.actor.account_id
    if owner_id is None:
        raise operations.CaseNotFound
    return await operations.assign(work, case_id=case_id, owner_id=owner_id)


@router.post(
    "/cases/{case_id}/closing", response_model=shapes.Case, summary="Close a case", responses=responses(404, 409, 422)
)
async def close_case(case_id: UUID, form: shapes.CaseClosing, work: Changing) -> Case:
    """Close it, saying what was done."""
    return await operations.close(work, case_id=case_id, reason=form.reason)
