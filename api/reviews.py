"""What of a statement is reviewed before it is approved: the draw, for everybody who wants to draw again."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.forms import MONTH
from api.paging import Listing, Page, Rows
from api.shapes import reviews as shapes
from events.work import Work
from providers.settlement.review import queries
from providers.settlement.review.model import ReviewDraw

router = APIRouter(tags=["settlement"], route_class=Route)

Reading = Annotated[Work, doing("statements.read")]


@router.get(
    "/review-draws", response_model=Listing[shapes.ReviewDraw], summary="How a month's statements are drawn for review"
)
async def list_review_draws(work: Reading, page: Page, month: Annotated[str, Query(pattern=MONTH)]) -> Rows[ReviewDraw]:
    """Return a draw a company: the hash of its seed from before the month on, the seed once its list is frozen."""
    draws = await queries.draws(work, month=month, after=page.after, limit=page.limit)
    return page.rows(work, queries.DRAWS, draws)
