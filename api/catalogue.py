"""What can be asked for, and what it costs on a day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Form
from events.work import Work
from kit.clock import day_of
from providers.catalogue import operations, queries

ItemCode = Annotated[str, Path(max_length=8, examples=["B01"])]

router = APIRouter(tags=["catalogue"], route_class=Route)


class Item(BaseModel):
    """One item of the catalogue with its price of the day; the window is in minutes of the district's day."""

    code: str
    category: str
    name: str
    unit: str
    minutes: int
    skill: str
    two_person_from_level: int | None
    window_from: int
    window_to: int
    counted: bool
    price_fen: int | None


class NewPrice(Form):
    """A price from a day on; earlier prices and what was charged by them stay."""

    fen: int = Field(ge=0, le=10_000_000, examples=[12000])
    valid_from: Day


class Priced(BaseModel):
    """The recorded price."""

    item_code: str
    fen: int
    valid_from: date


@router.get("/catalogue", operation_id="catalogue", summary="List the items and prices of a day")
async def catalogue(work: Annotated[Work, doing("catalogue.read")], on: Day | None = None) -> list[Item]:
    """Return the active items, today's unless a day is named."""
    day = on or day_of(work.now)
    prices = await queries.prices(work, day)
    return [
        Item(
            code=one.code,
            category=one.category,
            name=one.name,
            unit=one.unit,
            minutes=one.minutes,
            skill=one.skill,
            two_person_from_level=one.two_person_from_level,
            window_from=one.window_from,
            window_to=one.window_to,
            counted=one.counted,
            price_fen=prices.get(one.code),
        )
        for one in await queries.items(work, day)
    ]


@router.post(
    "/catalogue/{item_code}/prices",
    status_code=201,
    operation_id="set_price",
    summary="Set a price",
    responses=responses(404),
)
async def set_price(item_code: ItemCode, form: NewPrice, work: Annotated[Work, doing("catalogue.change")]) -> Priced:
    """Record a price from a day on."""
    found = await operations.set_price(work, item_code=item_code, fen=form.fen, valid_from=form.valid_from)
    return Priced(item_code=found.item_code, fen=found.fen, valid_from=found.valid_from)
