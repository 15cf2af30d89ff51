"""Dead letters, delivered again or given up, and the verification of the event log's chain."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Form
from api.paging import Page
from events import log
from events.delivery import dead_letters
from events.work import Work

router = APIRouter(route_class=Route)


class DeadLetterRow(BaseModel):
    """One message that waits for a person; its content is not shown, for it may be anything."""

    id: UUID
    group: str
    type: str
    error: str
    tries: int


class Drop(Form):
    """Why a message is given up."""

    reason: str = Field(min_length=1, max_length=500, examples=["told before the rule it names"])


class Verification(BaseModel):
    """What walking the chain again found."""

    head: str
    unsealed: int
    first_bad: int | None
    why: str


@router.get(
    "/dead-letters", tags=["platform"], operation_id="dead_letters", summary="Which messages wait for a person?"
)
async def waiting(work: Annotated[Work, doing("dead_letters.read")], page: Page) -> list[DeadLetterRow]:
    """Return the dead letters, oldest first."""
    found = await dead_letters.waiting(work, after=page.after, limit=page.limit)
    page.told(work, dead_letters.ORDER, found)
    return [DeadLetterRow.model_validate(row, from_attributes=True) for row in found]


@router.post(
    "/dead-letters/{dead_letter_id}/replay",
    status_code=204,
    tags=["platform"],
    operation_id="replay_dead_letter",
    summary="Deliver a dead letter again",
    responses=responses(404),
)
async def replay(dead_letter_id: UUID, work: Annotated[Work, doing("dead_letters.change")]) -> None:
    """Deliver it to its group again."""
    await dead_letters.replay(work, dead_letter_id=dead_letter_id)


@router.post(
    "/dead-letters/{dead_letter_id}/drop",
    status_code=204,
    tags=["platform"],
    operation_id="drop_dead_letter",
    summary="Give a dead letter up",
    responses=responses(404, 422),
)
async def drop(dead_letter_id: UUID, form: Drop, work: Annotated[Work, doing("dead_letters.change")]) -> None:
    """Give it up, for a reason that stays on record."""
    await dead_letters.drop(work, dead_letter_id=dead_letter_id, reason=form.reason)


@router.post("/log/verification", tags=["platform"], operation_id="verify_log", summary="Was history changed?")
async def verify(work: Annotated[Work, doing("log.verify")]) -> Verification:
    """Walk the whole chain again."""
    found = await log.verify(work)
    return Verification(head=str(found.head), unsealed=found.unsealed, first_bad=found.first_bad, why=found.why)
