"""What ends with time: a month is closed for good, a year's budget is spent."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Rows
from api.shapes import closing as shapes
from api.shapes.settlement import StatementMonth
from events.work import Work
from providers.settlement.closing import operations, queries
from providers.settlement.closing.model import ClosedMonth
from providers.settlement.closing.queries import BudgetState

router = APIRouter(tags=["settlement"], route_class=Route)


@router.get("/closed-months", response_model=Listing[shapes.ClosedMonth], summary="Which months are closed")
async def list_closed_months(work: Annotated[Work, doing("months.read")]) -> Rows[ClosedMonth]:
    """Return the closed months, the newest first; every month before a closed one is closed too."""
    return Rows(await queries.closed_months(work))


@router.post(
    "/closed-months",
    response_model=shapes.ClosedMonth,
    status_code=201,
    summary="Close a month",
    responses=responses(409, 422),
)
async def close_month(form: StatementMonth, work: Annotated[Work, doing("months.close")]) -> ClosedMonth:
    """Close a month for good, once all its statements are paid; what becomes known later goes to the next one."""
    return await operations.close_month(work, month=form.month)


@router.get("/budget", response_model=shapes.Budget, summary="How far a year's budget is charged")
async def get_budget(
    work: Annotated[Work, doing("budget.read")],
    year: Annotated[
        int | None, Query(ge=2000, le=2199, description="the year of the visits; this year without")
    ] = None,
) -> BudgetState:
    """Return the year's budget, what its visits have charged so far, and which shares were reported."""
    return await queries.budget_state(work, year=year)
