"""What can be asked for, and what it costs on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day
from api.paging import Listing, Rows
from api.shapes import catalogue as shapes
from api.shapes.changes import PendingChange
from events.work import Work
from kit.clock import day_of
from kit.rules import queries as rules
from providers.catalogue import operations, queries
from providers.catalogue.model import Item, Price
from providers.settlement.rules import ChangeWaitHours

ItemCode = Annotated[str, Path(max_length=8, examples=["B01"])]
Reading = Annotated[Work, doing("catalogue.read")]
Changing = Annotated[Work, doing("catalogue.change")]

router = APIRouter(tags=["catalogue"], route_class=Route)


@router.get("/catalogue", summary="List the items and prices of a day")
async def list_catalogue_items(work: Reading, on: Day | None = None) -> Listing[shapes.CatalogueItem]:
    """Return the active items, today's unless a day is named."""
    day = on or day_of(work.now)
    return Listing(items=await _priced(work, await queries.items(work, day), day))


async def _priced(work: Work, items: Sequence[Item], day: date) -> list[shapes.CatalogueItem]:
    prices = await queries.prices(work, day)
    return [
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
        for item in items
    ]


@router.post("/catalogue", status_code=201, summary="Add a service", responses=responses(409, 422))
async def add_catalogue_item(form: shapes.NewCatalogueItem, work: Changing) -> shapes.CatalogueItem:
    """Add a service with its first price; companies do it once their contracts name it."""
    facts = operations.ItemFacts(**form.model_dump(exclude={"active_from"}))
    item = await operations.add_item(work, facts=facts, active_from=form.active_from)
    (priced,) = await _priced(work, [item], form.active_from)
    return priced


@router.post("/catalogue/shipped", status_code=201, summary="Add the services that the product ships")
async def ship_catalogue(work: Changing) -> shapes.ShippedItems:
    """Add those of the 26 shipped services whose codes are still free, with their proposed prices."""
    return shapes.ShippedItems(codes=await operations.ship_catalogue(work))


@router.post(
    "/catalogue/{item_code}/retirement",
    response_model=shapes.ItemRetirement,
    summary="Take a service off the catalogue",
    responses=responses(404, 422),
)
async def retire_catalogue_item(item_code: ItemCode, form: shapes.NewRetirement, work: Changing) -> Item:
    """Take a service off the catalogue from a day on; what was asked for before is still done and paid."""
    return await operations.retire_item(work, code=item_code, active_to=form.active_to)


@router.get(
    "/catalogue/{item_code}/prices",
    response_model=Listing[shapes.Price],
    summary="Every price ever recorded for a service",
)
async def list_prices(item_code: ItemCode, work: Reading) -> Rows[Price]:
    """Return the prices in the order in which they were recorded; none for a code that nobody has used."""
    return Rows(await queries.price_history(work, item_code))


@router.post(
    "/catalogue/{item_code}/prices",
    status_code=202,
    summary="Propose a price",
    responses=responses(404),
)
async def propose_price(item_code: ItemCode, form: shapes.NewPrice, work: Changing) -> PendingChange:
    """Propose a price from a day on, for a second person to confirm (`POST /pending-changes/{change_id}/confirmation`).

    For days already charged, adjust the month afterwards (`POST /adjustments`).
    """
    change = await operations.propose_price(work, item_code=item_code, fen=form.fen, valid_from=form.valid_from)
    return PendingChange.of(change, (await rules.read(work.session, ChangeWaitHours, at=work.now)).span)
