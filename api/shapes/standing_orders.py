"""What standing orders look like over HTTP."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form, Id
from dispatch.requests.model import StandingState
from kit.china.identifiers import Sex


class NewStandingOrder(Form):
    """A service wanted again and again; weekdays are a mask, Monday = 1 … Sunday = 64; minutes of the day."""

    person_id: Id
    item_code: str = Field(max_length=8, examples=["A01"])
    weekdays: int = Field(ge=1, le=127, examples=[31])
    from_minute: int = Field(ge=0, lt=1440, examples=[630])
    to_minute: int = Field(gt=0, le=1440, examples=[750])
    starts_on: Day
    ends_on: Day | None = None
    quantity: int = Field(default=1, ge=1, le=24)
    override_duplicate: bool = False
    accept_own_cost: bool = False
    sex_wanted: Sex | None = None


class StandingOrder(BaseModel):
    """One standing order."""

    id: UUID
    person_id: UUID
    item_code: str
    quantity: int
    weekdays: int
    from_minute: int
    to_minute: int
    starts_on: date
    ends_on: date | None
    paused_from: date | None
    paused_until: date | None
    state: StandingState


class StandingOrderPause(Form):
    """A half-open span of days."""

    from_day: Day = Field(examples=["2026-11-10"])
    until_day: Day = Field(examples=["2026-11-17"])


class StandingOrderEnding(Form):
    """Why."""

    reason: str = Field(min_length=1, max_length=80, examples=["moves to her son"])


class StandingDay(BaseModel):
    """What became of a standing order on one day."""

    day: date
    request_id: UUID | None = Field(description="the request that was made; null where it was refused")
    skipped: str | None = Field(description="the code of the refusal; null where a request was made")


class StandingOrderAmendment(Form):
    """What of a standing order is to be another; what is null stays as it is."""

    weekdays: int | None = Field(default=None, ge=1, le=127, examples=[21])
    from_minute: int | None = Field(default=None, ge=0, lt=1440)
    to_minute: int | None = Field(default=None, gt=0, le=1440)
    quantity: int | None = Field(default=None, ge=1, le=24)
    ends_on: Day | None = None
    accept_own_cost: bool | None = None
    sex_wanted: Sex | None = None
    from_day: Day | None = Field(
        default=None,
        description="the first day on which it is another, tomorrow at the earliest; null: as soon as may be",
    )
    override_duplicate: bool = False
