"""Standing orders over HTTP: placed, changed, paused and ended by the call centre."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Page, Rows
from api.shapes import standing_orders as shapes
from dispatch.requests import operations, queries, standing
from dispatch.requests.model import StandingDay, StandingOrder
from events.work import Work

router = APIRouter(tags=["requests"], route_class=Route)

Ordering = Annotated[Work, doing("standing_orders.change")]


@router.post(
    "/standing-orders",
    response_model=shapes.StandingOrder,
    status_code=201,
    summary="Order again and again",
    responses=responses(404, 409, 422),
)
async def place_standing_order(form: shapes.NewStandingOrder, work: Ordering) -> StandingOrder:
    """Order a service for every named weekday from tomorrow on at the earliest."""
    wanted = standing.Wanted(**form.model_dump(exclude={"person_id", "override_duplicate"}))
    return await operations.place_standing_order(
        work, person_id=form.person_id, wanted=wanted, override_duplicate=form.override_duplicate
    )


@router.get("/standing-orders", response_model=Listing[shapes.StandingOrder], summary="List standing orders")
async def list_standing_orders(
    work: Annotated[Work, doing("standing_orders.read")], page: Page, person_id: UUID | None = None
) -> Rows[StandingOrder]:
    """Return standing orders, all or an elder's, in the order of their numbers."""
    orders = await queries.standing_orders(work, person_id=person_id, after=page.after, limit=page.limit)
    return page.rows(work, queries.ORDERS, orders)


@router.get(
    "/standing-orders/{order_id}/days",
    response_model=Listing[shapes.StandingDay],
    summary="What became of it day by day?",
    responses=responses(404),
)
async def list_standing_days(order_id: UUID, work: Annotated[Work, doing("standing_orders.read")]) -> Rows[StandingDay]:
    """Return the days on which a request was made or refused, the latest day first."""
    return Rows(await queries.days_of(work, order_id))


@router.post(
    "/standing-orders/{order_id}/amendment",
    response_model=shapes.StandingOrder,
    summary="Change it",
    responses=responses(404, 409, 422),
)
async def amend_standing_order(order_id: UUID, form: shapes.StandingOrderAmendment, work: Ordering) -> StandingOrder:
    """Change days, hours or quantity for the days of which no request has been made.

    With a `from_day` after tomorrow this order ends on it, and the answer is another order that goes on from there.
    """
    fields = form.model_dump()
    override, from_day = fields.pop("override_duplicate"), fields.pop("from_day")
    change = operations.OrderAmendment(**fields)
    return await operations.amend_standing_order(
        work, standing_order_id=order_id, change=change, from_day=from_day, override_duplicate=override
    )


@router.post(
    "/standing-orders/{order_id}/pause",
    response_model=shapes.StandingOrder,
    summary="Pause it",
    responses=responses(404, 409, 422),
)
async def pause_standing_order(order_id: UUID, form: shapes.StandingOrderPause, work: Ordering) -> StandingOrder:
    """Leave days out."""
    return await operations.pause(work, standing_order_id=order_id, from_day=form.from_day, until_day=form.until_day)


@router.post(
    "/standing-orders/{order_id}/end",
    response_model=shapes.StandingOrder,
    summary="End it",
    responses=responses(404, 409, 422),
)
async def end_standing_order(order_id: UUID, form: shapes.StandingOrderEnding, work: Ordering) -> StandingOrder:
    """End it, for a reason."""
    return await operations.end(work, standing_order_id=order_id, reason=form.reason)
