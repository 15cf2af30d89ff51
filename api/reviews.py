"""What of a statement is reviewed before it is approved: how it is drawn, the lines, and what a person says of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.errors import responses
from api.forms import MONTH
from api.paging import Listing, Page, Rows
from api.shapes import reviews as shapes
from events.work import Work
from providers.settlement import queries as owed
from providers.settlement.review import operations, queries
from providers.settlement.review.model import LineReview, ReviewDraw

router = APIRouter(tags=["settlement"], route_class=Route)

Reading = Annotated[Work, doing("statements.read")]


@router.get(
    "/review-draws", response_model=Listing[shapes.ReviewDraw], summary="How a month's statements are drawn for review"
)
async def list_review_draws(work: Reading, page: Page, month: Annotated[str, Query(pattern=MONTH)]) -> Rows[ReviewDraw]:
    """Return a draw a company: the hash of its seed from before the month on, the seed once its list is frozen."""
    draws = await queries.draws(work, month=month, after=page.after, limit=page.limit)
    return page.rows(work, queries.DRAWS, draws)


@router.get(
    "/statements/{statement_id}/reviews",
    response_model=Listing[shapes.LineReview],
    summary="The lines that are reviewed before the approval",
    responses=responses(404),
)
async def list_reviews(statement_id: UUID, work: Reading) -> Rows[LineReview]:
    """Return the lines that a person looks at, in their order, and what was said of them."""
    await owed.statement(work, statement_id)
    return Rows(await queries.reviews(work, statement_id))


@router.post(
    "/statement-lines/{line_id}/review",
    response_model=shapes.LineReview,
    summary="Say whether a reviewed line stands",
    responses=responses(403, 404, 409, 422),
)
async def decide_review(
    line_id: UUID, form: shapes.LineReviewDecision, work: Annotated[Work, doing("reviews.decide")]
) -> LineReview:
    """Decide, with a reason; a line that does not stand is taken back by the next statement, and its visit held."""
    return await operations.decide(work, line_id=line_id, stands=form.stands, note=form.note)
