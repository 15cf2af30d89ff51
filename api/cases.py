"""What waits for a person: cases, taken up and closed with a reason."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Form
from api.paging import Page
from dispatch.escalation import operations, queries
from dispatch.escalation.model import CaseKind, CaseState
from events.work import Work
from kit.access.roles import Role

router = APIRouter(tags=["cases"], route_class=Route)

Changing = Annotated[Work, doing("cases.change")]


class Case(BaseModel):
    """One thing that waits longer than its rule allows."""

    id: UUID
    kind: CaseKind
    subject_id: UUID
    since: datetime
    due_at: datetime
    owner_role: Role
    owner_id: UUID | None
    state: CaseState
    facts: dict[str, Any]


class Closing(Form):
    """What was done."""

    reason: str = Field(min_length=1, max_length=200, examples=["called the family; the neighbour has the key"])


@router.get("/cases", operation_id="cases", summary="What waits for a person?")
async def cases(work: Annotated[Work, doing("cases.read")], page: Page, owner_role: Role | None = None) -> list[Case]:
    """Return the open cases, the most pressing first."""
    found = await queries.open_cases(work, owner_role=owner_role, after=page.after, limit=page.limit)
    page.told(work, queries.CASES, found)
    return [Case.model_validate(one, from_attributes=True) for one in found]


@router.post(
    "/cases/{case_id}/assignment", operation_id="assign_case", summary="Take a case up", responses=responses(404, 409)
)
async def assign_case(case_id: UUID, work: Changing) -> Case:
    """Take the case into one's own hands."""
    owner_id = work.actor.account_id
    if owner_id is None:
        raise operations.CaseNotFound
    return Case.model_validate(await operations.assign(work, case_id=case_id, owner_id=owner_id), from_attributes=True)


@router.post(
    "/cases/{case_id}/closing", operation_id="close_case", summary="Close a case", responses=responses(404, 409, 422)
)
async def close_case(case_id: UUID, form: Closing, work: Changing) -> Case:
    """Close it, saying what was done."""
    found = await operations.close(work, case_id=case_id, reason=form.reason)
    return Case.model_validate(found, from_attributes=True)
