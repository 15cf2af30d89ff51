"""Standing orders: a service wanted again and again, and the requests that are made of it the day before."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from dispatch.enrolment import queries as enrolment
from dispatch.enrolment.model import EnrolmentState
from dispatch.requests import backlog, checks, placing
from dispatch.requests.model import Channel, StandingDay, StandingOrder, StandingState
from dispatch.requests.rules import MostQuantity, StandingFromMinute
from events.work import Work
from kit import clock
from kit.china.identifiers import Sex
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.catalogue import queries as catalogue
from registry import queries as registry

_DAY_MINUTES = 1440
_PATTERN = ("weekdays", "from_minute", "to_minute", "quantity", "ends_on", "accept_own_cost", "sex_wanted")


class StandingOrderNotFound(Refusal):
    """No such standing order."""

    code = "standing_order.not_found"
    kind = Kind.NOT_FOUND


class StandingOrderEnded(Refusal):
    """The order is over."""

    code = "standing_order.ended"
    kind = Kind.CONFLICT


class StandingOrderInvalid(Refusal):
    """No weekday, or a window that does not end after it begins."""

    code = "standing_order.invalid"


class StartsTooSoon(Refusal):
    """A standing order begins tomorrow at the earliest."""

    code = "standing_order.starts_too_soon"


class DaysInvalid(Refusal):
    """The span of days is empty."""

    code = "standing_order.days_invalid"


class StandingOrderDuplicate(Refusal):
    """The elder has an order for the same item on the same days and hours."""

    code = "standing_order.duplicate"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The pattern of a standing order; `weekdays` is a bit mask (Monday = 1), minutes are of the district's day.

    `ends_on` is the first day without it.
    """

    item_code: str
    weekdays: int
    from_minute: int
    to_minute: int
    starts_on: date
    ends_on: date | None = None
    quantity: int = 1
    accept_own_cost: bool = False
    sex_wanted: Sex | None = None


async def place_standing_order(
    work: Work, *, person_id: UUID, wanted: Wanted, override_duplicate: bool = False
) -> StandingOrder:
    """Put a standing order on record; refuse what `place` refuses of elder and item.

    Refuses also `standing_order.invalid`, `.starts_too_soon`, `.days_invalid`, and `.duplicate` unless it is
    overridden.
    """
    if wanted.starts_on <= clock.day_of(work.now):
        raise StartsTooSoon
    await _check(work, person_id, wanted, override_duplicate=override_duplicate)
    order = _order(work, person_id, wanted)
    work.session.add(order)
    await work.session.flush()
    return order


def _order(work: Work, person_id: UUID, wanted: Wanted) -> StandingOrder:
    return StandingOrder(
        person_id=person_id,
        item_code=wanted.item_code,
        quantity=wanted.quantity,
        weekdays=wanted.weekdays,
        from_minute=wanted.from_minute,
        to_minute=wanted.to_minute,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        accept_own_cost=wanted.accept_own_cost,
        sex_wanted=wanted.sex_wanted,
        placed_at=work.now,
        placed_by=work.actor.label,
        state=StandingState.ACTIVE,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmendment:
    """What of a standing order is to be another; null stays as it is."""

    weekdays: int | None = None
    from_minute: int | None = None
    to_minute: int | None = None
    quantity: int | None = None
    ends_on: date | None = None
    accept_own_cost: bool | None = None
    sex_wanted: Sex | None = None


async def amend_standing_order(
    work: Work,
    *,
    standing_order_id: UUID,
    change: OrderAmendment,
    from_day: date | None = None,
    override_duplicate: bool = False,
) -> StandingOrder:
    """Change a standing order for the days of which no request has been made; those already made stay as they are.

    With a `from_day` after tomorrow the order ends on it, and another that begins on it has the new pattern and is
    returned. Refuses `standing_order.not_found`, `.ended`, and what `place_standing_order` refuses of the new pattern.
    """
    order = await _active(work, standing_order_id)
    tomorrow = clock.day_of(work.now) + timedelta(days=1)
    if from_day is not None and from_day < tomorrow:
        raise StartsTooSoon
    facts = {name: getattr(order, name) for name in _PATTERN} | {
        name: fact for name in _PATTERN if (fact := getattr(change, name)) is not None
    }
    earliest = max(order.starts_on, tomorrow)
    wanted = Wanted(item_code=order.item_code, starts_on=max(earliest, from_day or earliest), **facts)
    await _check(work, order.person_id, wanted, override_duplicate=override_duplicate, but=order.number)
    if wanted.starts_on > earliest:
        return await _cut(work, order, wanted)
    for name, fact in facts.items():
        setattr(order, name, fact)
    return order


async def _cut(work: Work, order: StandingOrder, wanted: Wanted) -> StandingOrder:
    """End an order on the day on which another goes on in its place, with the days left out that lie after it."""
    if order.ends_on is not None and order.ends_on <= wanted.starts_on:
        raise DaysInvalid
    following = _order(work, order.person_id, wanted)
    following.paused_from, following.paused_until = order.paused_from, order.paused_until
    order.ends_on = wanted.starts_on
    work.session.add(following)
    await work.session.flush()
    return following


async def _check(
    work: Work, person_id: UUID, wanted: Wanted, *, override_duplicate: bool, but: int | None = None
) -> None:
    most = (await rules.read(work.session, MostQuantity, at=work.now)).value
    if not (1 <= wanted.weekdays <= 127 and 0 <= wanted.from_minute < wanted.to_minute <= _DAY_MINUTES):
        raise StandingOrderInvalid
    if wanted.ends_on is not None and wanted.ends_on <= wanted.starts_on:
        raise DaysInvalid
    if not 1 <= wanted.quantity <= most:
        raise checks.QuantityInvalid(most=most)
    if (await registry.vital(work, person_id)).death_reported_on is not None:
        raise checks.ElderDeathReported
    # The enrolment is locked, so that of two identical orders at once the second sees the first.
    standing = await enrolment.standing(work, person_id, work.now, lock=True)
    if standing is None or standing.state is not EnrolmentState.ACTIVE:
        raise checks.NotEnrolled(state=standing.state if standing else "none")
    item = await catalogue.item(work, wanted.item_code, wanted.starts_on)
    if item is None:
        raise checks.ItemUnknown(item_code=wanted.item_code)
    checks.check_item_hours(
        item,
        clock.at_local(wanted.starts_on, wanted.from_minute),
        clock.at_local(wanted.starts_on, wanted.to_minute),
    )
    if not override_duplicate:
        await _check_duplicate(work, person_id, wanted, but)


async def _check_duplicate(work: Work, person_id: UUID, wanted: Wanted, but: int | None) -> None:
    ends_on = wanted.ends_on or date.max
    same = select(StandingOrder.number).where(
        StandingOrder.person_id == person_id,
        StandingOrder.item_code == wanted.item_code,
        StandingOrder.state == StandingState.ACTIVE,
        StandingOrder.number.is_distinct_from(but),
        StandingOrder.weekdays.op("&")(wanted.weekdays) != 0,
        StandingOrder.from_minute < wanted.to_minute,
        StandingOrder.to_minute > wanted.from_minute,
        StandingOrder.starts_on < ends_on,
        or_(StandingOrder.ends_on.is_(None), StandingOrder.ends_on > wanted.starts_on),
    )
    number = (await work.session.execute(same.order_by(StandingOrder.number).limit(1))).scalar()
    if number is not None:
        raise StandingOrderDuplicate(number=number)


async def pause(work: Work, *, standing_order_id: UUID, from_day: date, until_day: date) -> StandingOrder:
    """Leave out a half-open span of days; a later pause replaces it. Requests already made stay as they are."""
    if from_day >= until_day:
        raise DaysInvalid
    order = await _active(work, standing_order_id)
    order.paused_from, order.paused_until = from_day, until_day
    return order


async def end(work: Work, *, standing_order_id: UUID, reason: str) -> StandingOrder:
    """Make no more requests of an order; those already made stay as they are."""
    order = await _active(work, standing_order_id)
    order.state, order.reason = StandingState.ENDED, reason[:80]
    return order


async def end_all(work: Work, *, person_id: UUID, reason: str) -> int:
    """End every standing order of an elder; return how many."""
    query = select(StandingOrder).where(
        StandingOrder.person_id == person_id, StandingOrder.state == StandingState.ACTIVE
    )
    orders = (await work.session.execute(query.with_for_update())).scalars().all()
    for order in orders:
        order.state, order.reason = StandingState.ENDED, reason[:80]
    return len(orders)


async def restore_all(work: Work, *, person_id: UUID, reason: str) -> int:
    """Let every standing order of an elder go on that was ended for a reason that turned out wrong; return how many."""
    query = select(StandingOrder).where(
        StandingOrder.person_id == person_id,
        StandingOrder.state == StandingState.ENDED,
        StandingOrder.reason == reason,
    )
    orders = (await work.session.execute(query.with_for_update())).scalars().all()
    for order in orders:
        order.state, order.reason = StandingState.ACTIVE, None
    return len(orders)


async def make_due(work: Work, *, limit: int = 500) -> int:
    """Make today's requests that were not made yesterday, and in the evening tomorrow's; return how many orders.

    For the ticker. None are made while many requests wait to be decided (rule `request.backlog`). Until the evening an
    order for tomorrow may still be changed (rule `request.standing_from_minute`).
    """
    today = clock.day_of(work.now)
    if await backlog.bulk_waits(work):
        return 0
    made = await materialise(work, on=today, limit=limit)
    from_minute = (await rules.read(work.session, StandingFromMinute, at=work.now)).value
    if work.now >= clock.at_local(today, from_minute):
        made += await materialise(work, on=today + timedelta(days=1), limit=limit)
    return made


async def orders_left(work: Work, *, on: date) -> bool:
    """Tell whether a day has standing orders that nothing has been made of yet."""
    due = await work.session.scalar(select(exists().where(*_due(on))))
    return bool(due)


def _due(on: date) -> list[ColumnElement[bool]]:
    """Return the conditions under which an order still needs its request of a day; a reported death makes it wait."""
    return [
        StandingOrder.state == StandingState.ACTIVE,
        StandingOrder.person_id.not_in(registry.reported_dead()),
        StandingOrder.starts_on <= on,
        or_(StandingOrder.ends_on.is_(None), StandingOrder.ends_on > on),
        or_(
            StandingOrder.paused_from.is_(None),
            StandingOrder.paused_from > on,
            StandingOrder.paused_until <= on,
        ),
        StandingOrder.weekdays.op("&")(1 << on.weekday()) != 0,
        ~exists().where(StandingDay.standing_order_id == StandingOrder.id, StandingDay.day == on),
    ]


async def materialise(work: Work, *, on: date, limit: int = 500) -> int:
    """Make the requests of a day out of up to `limit` standing orders; return how many orders were dealt with.

    Each order runs once a day: a refusal is stored as the day's outcome, and the next order follows.
    Several callers share the work.
    """
    query = (
        select(StandingOrder)
        .where(*_due(on))
        .order_by(StandingOrder.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    orders = (await work.session.execute(query)).scalars().all()
    for order in orders:
        work.session.add(await _make(work, order, on))
        await work.session.flush()
    return len(orders)


async def _make(work: Work, order: StandingOrder, on: date) -> StandingDay:
    try:
        async with work.session.begin_nested():
            request = await placing.place(
                work,
                wanted=placing.NewRequest(
                    person_id=order.person_id,
                    item_code=order.item_code,
                    earliest=clock.at_local(on, order.from_minute),
                    latest=clock.at_local(on, order.to_minute),
                    quantity=order.quantity,
                    channel=Channel.STANDING,
                    source_key=f"standing:{order.id}:{on.isoformat()}",
                    accept_own_cost=order.accept_own_cost,
                    sex_wanted=order.sex_wanted,
                    standing_order_id=order.id,
                ),
            )
    except Refusal as refused:
        return StandingDay(standing_order_id=order.id, day=on, skipped=refused.code)
    return StandingDay(standing_order_id=order.id, day=on, request_id=request.id)


async def _active(work: Work, standing_order_id: UUID) -> StandingOrder:
    order = await work.session.get(StandingOrder, standing_order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise StandingOrderNotFound
    if order.state is not StandingState.ACTIVE:
        raise StandingOrderEnded
    return order
