"""Questions to the catalogue: which services there are, and what one cost on a day, as it was known then."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam, or_, select

from events.work import Work
from kit import clock
from providers.catalogue.model import Item, Price


def _day(at: date | datetime) -> date:
    return clock.day_of(at) if isinstance(at, datetime) else at


async def item(work: Work, code: str, at: date | datetime) -> Item | None:
    """Return the item of a code if it is on offer on that day of the district."""
    entry = await work.session.get(Item, code)
    day = _day(at)
    if entry is None or day < entry.active_from or (entry.active_to is not None and day >= entry.active_to):
        return None
    return entry


async def items(work: Work, at: date | datetime) -> Sequence[Item]:
    """Return every item on offer on that day, by code."""
    day = _day(at)
    query = (
        select(Item)
        .where(Item.active_from <= day, or_(Item.active_to.is_(None), Item.active_to > day))
        .order_by(Item.code)
    )
    return (await work.session.execute(query)).scalars().all()


_PRICE: Final = (
    select(Price.fen)
    .where(
        Price.item_code == bindparam("code"),
        Price.valid_from <= bindparam("day"),
        or_(Price.valid_to.is_(None), Price.valid_to > bindparam("day")),
    )
    .order_by(Price.recorded_at.desc(), Price.id.desc())
    .limit(1)
)


async def price(work: Work, code: str, at: date | datetime, known_at: datetime | None = None) -> int | None:
    """Return the fen of one unit on a day; `known` asks for what had been recorded by then; None is no price."""
    day = _day(at)
    query, asked = _PRICE, {"code": code, "day": day}
    if known_at is not None:
        query = query.where(Price.recorded_at <= known_at)
    return (await work.session.execute(query, asked)).scalar()


_OFFERED: Final = (
    select(Item, _PRICE.scalar_subquery())
    .where(
        Item.code == bindparam("code"),
        Item.active_from <= bindparam("day"),
        or_(Item.active_to.is_(None), Item.active_to > bindparam("day")),
    )
    .execution_options(populate_existing=True)
)


async def item_and_price(work: Work, code: str, at: date | datetime) -> tuple[Item, int] | None:
    """Return what `item` and `price` return, in one statement; None where either is missing."""
    row = (await work.session.execute(_OFFERED, {"code": code, "day": _day(at)})).one_or_none()
    return None if row is None or row[1] is None else (row[0], row[1])


async def prices(work: Work, at: date | datetime, known_at: datetime | None = None) -> dict[str, int]:
    """Return the fen of every item that has a price on that day: item code → fen."""
    day = _day(at)
    query = (
        select(Price.item_code, Price.fen)
        .where(Price.valid_from <= day, or_(Price.valid_to.is_(None), Price.valid_to > day))
        .order_by(Price.recorded_at, Price.id)  # the latest record of an item comes last and stays
    )
    if known_at is not None:
        query = query.where(Price.recorded_at <= known_at)
    return {row.item_code: row.fen for row in await work.session.execute(query)}


async def price_history(work: Work, code: str) -> Sequence[Price]:
    """Return every price ever recorded for an item, in the order of recording."""
    query = select(Price).where(Price.item_code == code).order_by(Price.recorded_at, Price.id)
    return (await work.session.execute(query)).scalars().all()
