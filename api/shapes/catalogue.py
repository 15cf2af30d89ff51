"""What the catalogue looks like over HTTP: items and prices."""

from datetime import date

from pydantic import BaseModel, Field

from api.forms import Day, Form


class CatalogueItem(BaseModel):
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


class Price(BaseModel):
    """The recorded price."""

    item_code: str
    fen: int
    valid_from: date
