"""Pure rules of taking in a request: hours of the item, caps, and which earlier request is the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.requests.rules import ItemCaps
from kit import clock, ids
from providers.catalogue.model import Item, ItemCategory

_WHOLE_DAY = (0, 1440)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A request of the same elder for the same item that still counts."""

    request_id: UUID
    number: int
    earliest: datetime


@dataclass(frozen=True, slots=True)
class Excess:
    """A cap that one more request would break; `period` is day or month."""

    period: str
    most: int
    placed: int


def within_hours(earliest: datetime, latest: datetime, window_from: int, window_to: int) -> bool:
    """Tell whether a window of arrival lies within an item's hours (minutes of the district's day)."""
    if (window_from, window_to) == _WHOLE_DAY:
        return True
    day = clock.day_of(earliest)
    return clock.at_local(day, window_from) <= earliest and latest <= clock.at_local(day, window_to)


def as_hour(minute: int) -> str:
    """Write a minute of the day as people do: `08:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def same(earlier: Sequence[Earlier], earliest: datetime, hours: int) -> str | None:
    """Return the case number of a request whose beginning is nearer than `hours`, or None."""
    near = [other for other in earlier if abs(other.earliest - earliest) < timedelta(hours=hours)]
    return ids.case_number(near[0].number) if near else None


def excess(earlier: Sequence[Earlier], earliest: datetime, item_code: str, caps: ItemCaps) -> Excess | None:
    """Return the cap of the day or month that one more request for an item would break."""
    day = sum(clock.day_of(item.earliest) == clock.day_of(earliest) for item in earlier)
    month = sum(clock.month_of(item.earliest) == clock.month_of(earliest) for item in earlier)
    for period, placed, most in (("day", day, caps.of_day(item_code)), ("month", month, caps.of_month(item_code))):
        if placed >= most:
            return Excess(period, most, placed)
    return None


def minutes_of(item: Item, quantity: int) -> int:
    """Return how long a quantity takes: portions are handed over together, everything else takes its time again."""
    return item.minutes if item.category is ItemCategory.MEALS else item.minutes * quantity
