"""Change the catalogue: add items, retire them, set prices from a day on; nothing recorded is ever rewritten."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import insert, select

from events.contracts.rules import PriceRecorded
from events.work import Work
from kit import money
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import pending
from kit.rules.model import ChangeKind, PendingChange
from providers.catalogue.model import Item, ItemCategory, Price, Skill

CATALOGUE_FILE = Path(__file__).parent / "catalogue.csv"
PRICED_FROM = date(2020, 1, 1)


class ItemTaken(Refusal):
    """The code already names a service."""

    code = "item.taken"
    kind = Kind.CONFLICT


class ItemUnknown(Refusal):
    """No service has this code."""

    code = "item.unknown"
    kind = Kind.NOT_FOUND


class ItemRetiredBeforeItBegan(Refusal):
    """The day of retirement is not after the first day."""

    code = "item.retired_before_it_began"


class ItemInvalid(Refusal):
    """Minutes or window of a service contradict themselves."""

    code = "item.invalid"


class PriceNegative(Refusal):
    """A price below nothing."""

    code = "price.negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """Everything that describes an item; `fen` is its first price."""

    code: str
    category: ItemCategory
    name: str
    unit: str
    minutes: int
    skill: Skill
    fen: int
    two_person_from_level: int | None = None
    window_from: int = 0
    window_to: int = 1440
    medical: bool = False
    counted: bool = True


async def add_items(work: Work, items: Sequence[ItemFacts], *, active_from: date = PRICED_FROM) -> None:
    """Add services with their first prices; refuses `item.taken`, `item.invalid` and `price.negative`."""
    if not items:
        return
    if any(entry.minutes < 1 or not 0 <= entry.window_from < entry.window_to <= 1440 for entry in items):
        raise ItemInvalid
    codes = [entry.code for entry in items]
    taken = (await work.session.execute(select(Item.code).where(Item.code.in_(codes)).limit(1))).scalar()
    if taken is not None:
        raise ItemTaken(item=taken)
    if any(entry.fen < 0 for entry in items):
        raise PriceNegative
    names = [name for name in ItemFacts.__slots__ if name != "fen"]
    await work.session.execute(
        insert(Item),
        [{name: getattr(entry, name) for name in names} | {"active_from": active_from} for entry in items],
        execution_options={"render_nulls": True},
    )
    prices = [Price(**_price(work, entry.code, entry.fen, active_from, None)) for entry in items]
    work.session.add_all(prices)
    await work.session.flush()
    for price in prices:
        _emit(work, price)


def _price(work: Work, code: str, fen: int, valid_from: date, valid_to: date | None) -> dict[str, object]:
    return {
        "id": new_id(),
        "item_code": code,
        "fen": fen,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "recorded_at": work.now,
        "recorded_by": work.actor.label,
    }


def _emit(work: Work, price: Price) -> None:
    work.emit(
        PriceRecorded(
            price_id=price.id,
            item_code=price.item_code,
            price_fen=price.fen,
            valid_from=price.valid_from,
            valid_to=price.valid_to,
        )
    )


async def add_item(work: Work, *, facts: ItemFacts, active_from: date) -> Item:
    """Add one service with its first price; refuses what `add_items` refuses."""
    await add_items(work, [facts], active_from=active_from)
    return await work.session.get_one(Item, facts.code)


async def retire_item(work: Work, *, code: str, active_to: date) -> Item:
    """Take a service off the catalogue from a day on; what was asked for before that day is still done and paid.

    Refuses `item.unknown`, `item.retired_before_it_began`.
    """
    item = await work.session.get(Item, code, with_for_update=True)
    if item is None:
        raise ItemUnknown(item=code)
    if active_to <= item.active_from:
        raise ItemRetiredBeforeItBegan(item=code)
    item.active_to = active_to
    return item


async def set_price(work: Work, *, item_code: str, fen: int, valid_from: date, valid_to: date | None = None) -> Price:
    """Record the price of one unit from a day on, past days included; refuses `item.unknown`, `price.negative`.

    Without `valid_to` it holds until the next change that is already known, so that a late paper about March does not
    undo what is in force from June.
    """
    if fen < 0:
        raise PriceNegative
    if await work.session.get(Item, item_code) is None:
        raise ItemUnknown(item=item_code)
    if valid_to is None:
        valid_to = await _next_change(work, item_code, valid_from)
    row = Price(**_price(work, item_code, fen, valid_from, valid_to))
    work.session.add(row)
    await work.session.flush()
    _emit(work, row)
    return row


async def propose_price(work: Work, *, item_code: str, fen: int, valid_from: date) -> PendingChange:
    """Propose a price, for a second person to confirm; the same one twice waits once.

    Refuses `item.unknown`, `price.negative`.
    """
    if fen < 0:
        raise PriceNegative
    if await work.session.get(Item, item_code) is None:
        raise ItemUnknown(item=item_code)
    content = {"fen": fen, "valid_from": valid_from.isoformat()}
    same = pending.waiting().where(PendingChange.subject == item_code, PendingChange.content == content)
    if (waiting := (await work.session.execute(same.limit(1))).scalar_one_or_none()) is not None:
        return waiting
    return await pending.propose(
        work.session, kind=ChangeKind.PRICE, subject=item_code, content=content, by=work.actor.label, now=work.now
    )


async def confirm_price(work: Work, change: PendingChange) -> Price:
    """Put a proposed price in force; refuses what `set_price` refuses."""
    valid_from = date.fromisoformat(change.content["valid_from"])
    return await set_price(work, item_code=change.subject, fen=change.content["fen"], valid_from=valid_from)


async def _next_change(work: Work, item_code: str, after: date) -> date | None:
    query = select(Price.valid_from, Price.valid_to, Price.id).where(Price.item_code == item_code)
    rows = (await work.session.execute(query.order_by(Price.recorded_at.desc(), Price.id.desc()))).all()

    def in_force(day: date) -> object:
        return next((row.id for row in rows if row.valid_from <= day and (row.valid_to or date.max) > day), None)

    before = in_force(after)
    days = sorted({day for row in rows for day in (row.valid_from, row.valid_to) if day is not None and day > after})
    return next((day for day in days if in_force(day) != before), None)


def shipped_items() -> list[ItemFacts]:
    """Read the 25 services and the urgent help that the product ships."""
    with CATALOGUE_FILE.open(encoding="utf-8", newline="") as file:
        return [
            ItemFacts(
                code=row["code"],
                category=ItemCategory(row["category"]),
                name=row["name"],
                unit=row["unit"],
                minutes=int(row["minutes"]),
                skill=Skill(row["skill"]),
                fen=money.yuan(row["yuan"]),
                two_person_from_level=int(row["two_person_from_level"]) if row["two_person_from_level"] else None,
                window_from=_minute(row["window_from"]),
                window_to=_minute(row["window_to"]),
                medical=row["medical"] == "yes",
                counted=row["counted"] == "yes",
            )
            for row in csv.DictReader(file)
        ]


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


async def ship_catalogue(work: Work) -> list[str]:
    """Add those shipped services whose codes are still free; return their codes."""
    taken = set((await work.session.execute(select(Item.code))).scalars())
    missing = [entry for entry in shipped_items() if entry.code not in taken]
    await add_items(work, missing)
    return [entry.code for entry in missing]
