"""Dead letters: messages that could not be handled, delivered again or given up."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Page, Rows
from api.shapes import dead_letters as shapes
from events.delivery import dead_letters
from events.model import DeadLetter
from events.work import Work

router = APIRouter(tags=["platform"], route_class=Route)


@router.get(
    "/dead-letters",
    response_model=Listing[shapes.DeadLetter],
    summary="Which messages wait for a person?",
)
async def list_dead_letters(work: Annotated[Work, doing("dead_letters.read")], page: Page) -> Rows[DeadLetter]:
    """Return the dead letters, oldest first."""
    rows = await dead_letters.waiting(work, after=page.after, limit=page.limit)
    return page.rows(work, dead_letters.ORDER, rows)


@router.post(
    "/dead-letters/{dead_letter_id}/replay",
    status_code=204,
    summary="Deliver a dead letter again",
    responses=responses(404, 409),
)
async def replay_dead_letter(dead_letter_id: UUID, work: Annotated[Work, doing("dead_letters.change")]) -> None:
    """Deliver its event to its group again, as the log has it; what is no event of the log is refused."""
    await dead_letters.replay(work, dead_letter_id=dead_letter_id)


@router.post(
    "/dead-letters/{dead_letter_id}/drop",
    status_code=204,
    summary="Give a dead letter up",
    responses=responses(404, 422),
)
async def drop_dead_letter(
    dead_letter_id: UUID, form: shapes.DeadLetterDrop, work: Annotated[Work, doing("dead_letters.change")]
) -> None:
    """Give it up, for a reason that stays on record."""
    await dead_letters.drop(work, dead_letter_id=dead_letter_id, reason=form.reason)
