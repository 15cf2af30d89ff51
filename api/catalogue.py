"""What can be asked for, and what it costs on a day."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day
from api.paging import Listing
from api.shapes import catalogue as shapes
from events.work import Work
from kit.clock import day_of
from providers.catalogue import operations, queries
from providers.catalogue.model import Price

ItemCode = Annotated[str, Path(max_length=8, examples=["B01"])]

router = APIRouter(tags=["catalogue"], route_class=Route)


@router.get("/catalogue", summary="List the items and prices of a day")
async def list_catalogue_items(
    work: Annotated[Work, doing("catalogue.read")], on: Day | None = None
) -> Listing[shapes.CatalogueItem]:
    """Return the active items, today's unless a day is named."""
    day = on or day_of(work.now)
    prices = await queries.prices(work, day)
    items = [
        shapes.CatalogueItem(
            code=item.code,
            category=item.category,
            name=item.name,
            unit=item.unit,
            minutes=item.minutes,
            skill=item.skill,
            two_person_from_level=item.two_person_from_level,
            window_from=item.window_from,
            window_to=item.window_to,
            counted=item.counted,
            price_fen=prices.get(item.code),
        )
        for item in await queries.items(work, day)
    ]
    return Listing(items=items)


@router.post(
    "/catalogue/{item_code}/prices",
    response_model=shapes.Price,
    status_code=201,
    summary="Set a price",
    responses=responses(404),
)
async def set_price(
    item_code: ItemCode, form: shapes.NewPrice, work: Annotated[Work, doing("catalogue.change")]
) -> Price:
    """Record a price from a day on."""
    return await operations.set_price(work, item_code=item_code, fen=form.fen, valid_from=form.valid_from)
