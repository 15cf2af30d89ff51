"""What the catalogue looks like over HTTP: items and prices."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from api.forms import Day, Form
from providers.catalogue.model import ItemCategory, Skill


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


class NewCatalogueItem(Form):
    """A service to be offered from a day on, with its first price; its code is never given to another service."""

    code: str = Field(pattern="^[A-Z][0-9]{2,7}$", examples=["B09"])
    category: ItemCategory
    name: str = Field(min_length=1, max_length=60, examples=["擦窗"])
    unit: str = Field(min_length=1, max_length=10, examples=["次"])
    minutes: int = Field(ge=1, le=1440, examples=[60])
    skill: Skill
    fen: int = Field(ge=0, le=10_000_000, examples=[3000])
    two_person_from_level: int | None = Field(default=None, ge=0, le=4)
    window_from: int = Field(default=0, ge=0, lt=1440)
    window_to: int = Field(default=1440, gt=0, le=1440)
    medical: bool = False
    counted: bool = True
    active_from: Day


class NewRetirement(Form):
    """The first day on which a service can no longer be asked for."""

    active_to: Day = Field(examples=["2027-01-01"])


class ItemRetirement(BaseModel):
    """A service and the days it is on offer, the last one excluded."""

    code: str
    active_from: date
    active_to: date | None


class ShippedItems(BaseModel):
    """Which of the shipped services were added."""

    codes: list[str]


class NewPrice(Form):
    """A price from a day on; earlier prices and what was charged by them stay."""

    fen: int = Field(ge=0, le=10_000_000, examples=[12000])
    valid_from: Day


class Price(BaseModel):
    """One price as it was recorded; of two for the same day the later record holds."""

    item_code: str
    fen: int
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
