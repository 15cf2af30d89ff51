"""What a request must meet: its window, its elder, its item, and what the elder has asked for already."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import String, and_, bindparam, or_, select

from dispatch.enrolment import queries as enrolment
from dispatch.enrolment.model import EnrolmentState
from dispatch.requests import intake
from dispatch.requests.model import CareRequest, RequestState
from dispatch.requests.rules import DuplicateHours, HorizonDays, ItemCaps, MostQuantity
from events.work import Work
from kit import clock
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.catalogue import queries as catalogue
from providers.catalogue.model import Item
from registry import queries as registry


class NotEnrolled(Refusal):
    """Only who is in the programme may ask for its services."""

    code = "request.not_enrolled"
    kind = Kind.CONFLICT


class ElderSuspended(Refusal):
    """The elder is not at home for a while."""

    code = "request.suspended"
    kind = Kind.CONFLICT


class ElderDeceased(Refusal):
    """The registry knows the elder as deceased."""

    code = "request.deceased"
    kind = Kind.CONFLICT


class ElderDeathReported(Refusal):
    """The elder's death has been reported; the report is not confirmed or withdrawn yet."""

    code = "request.death_reported"
    kind = Kind.CONFLICT


class ItemUnknown(Refusal):
    """The catalogue does not offer the item on that day, or has no price for it."""

    code = "request.item_unknown"


class WindowPast(Refusal):
    """The latest arrival is not in the future."""

    code = "request.past"


class TooFar(Refusal):
    """The terms of that day are not known today."""

    code = "request.too_far"


class WindowInvalid(Refusal):
    """The latest arrival is not after the earliest."""

    code = "request.window_invalid"


class QuantityInvalid(Refusal):
    """Less than one unit of the item, or more than the rule allows."""

    code = "request.quantity_invalid"


class CallInFuture(Refusal):
    """The hour of the call is still to come."""

    code = "request.call_in_future"


class OutsideWindow(Refusal):
    """The item is not brought at that hour."""

    code = "request.outside_window"


class Duplicate(Refusal):
    """The same elder has asked for the same item about the same hour."""

    code = "request.duplicate"
    kind = Kind.CONFLICT


class ItemCap(Refusal):
    """The elder has asked for the item as often as the rule allows in a day."""

    code = "request.item_cap"
    kind = Kind.CONFLICT


class ItemMonthCap(Refusal):
    """The elder has asked for the item as often as the rule allows in a month."""

    code = "request.item_month_cap"
    kind = Kind.CONFLICT


class SourceKeyTaken(Refusal):
    """The key names another elder's request."""

    code = "request.source_key_taken"
    kind = Kind.CONFLICT


class SourceKeyDiffers(Refusal):
    """The key names a request that says something else."""

    code = "request.source_key_differs"
    kind = Kind.CONFLICT


_MARGIN: Final = timedelta(days=1)
_C: Final = CareRequest.__table__.c
_EARLIER: Final = (
    select(_C.id, _C.number, _C.person_id, _C.earliest, _C.source_key)
    .where(
        or_(
            and_(
                _C.person_id == bindparam("person_id"),
                _C.item_code == bindparam("item_code"),
                _C.earliest.between(bindparam("begin"), bindparam("end")),
                _C.state.not_in((RequestState.CANCELLED, RequestState.UNSERVED)),
            ),
            _C.source_key == bindparam("source_key", type_=String),
        )
    )
    .order_by(_C.number)
)


async def check_elder(
    work: Work, person_id: UUID, standing: enrolment.Standing | None
) -> tuple[enrolment.Terms, registry.Place | None]:
    """Return the terms on which an elder is served, and the place where the elder lives now.

    Refuses `request.deceased`, `request.death_reported`, `request.suspended`, `request.not_enrolled`.
    """
    vital, place_of = await registry.vital_and_place(work, person_id)
    if vital.died_on is not None:
        raise ElderDeceased
    if vital.death_reported_on is not None:
        raise ElderDeathReported
    if standing is not None and standing.state is EnrolmentState.SUSPENDED:
        raise ElderSuspended(reason=standing.suspend_reason)
    if standing is None or standing.state is not EnrolmentState.ACTIVE or standing.terms is None:
        raise NotEnrolled(state=standing.state if standing else "none")
    return standing.terms, place_of


async def check_window(
    work: Work, earliest: datetime, latest: datetime, quantity: int, asked_at: datetime | None
) -> None:
    """Refuse `request.` window_invalid, quantity_invalid, call_in_future, past and too_far."""
    most = (await rules.read(work.session, MostQuantity, at=work.now)).value
    if earliest >= latest:
        raise WindowInvalid
    if not 1 <= quantity <= most:
        raise QuantityInvalid(most=most)
    if asked_at is not None and asked_at > work.now:
        raise CallInFuture
    if latest <= work.now:
        raise WindowPast(latest=clock.local(latest).isoformat(timespec="minutes"))
    days = (await rules.read(work.session, HorizonDays, at=work.now)).value
    if latest > work.now + timedelta(days=days):
        raise TooFar(days=days)


async def earlier_requests(
    work: Work, person_id: UUID, item_code: str, earliest: datetime, source_key: str | None
) -> tuple[CareRequest | None, list[intake.Earlier]]:
    """Return the request of a source key, and what the elder has of this item about this month, in one statement."""
    begin, end = clock.month_bounds(clock.month_of(earliest))
    asked = {
        "person_id": person_id,
        "item_code": item_code,
        "begin": begin - _MARGIN,
        "end": end + _MARGIN,
        "source_key": source_key,
    }
    rows = (await work.session.execute(_EARLIER, asked)).all()
    existing = next((row for row in rows if source_key is not None and row.source_key == source_key), None)
    if existing is None:
        return None, [intake.Earlier(row.id, row.number, row.earliest) for row in rows]
    if existing.person_id != person_id:
        raise SourceKeyTaken
    return await work.session.get_one(CareRequest, existing.id), []


async def check_caps(work: Work, person_id: UUID, item_code: str, earliest: datetime, *, but: UUID) -> None:
    """Refuse `request.item_cap` and `.item_month_cap` for a request, `but`, that moves to another day."""
    _, earlier = await earlier_requests(work, person_id, item_code, earliest, None)
    others = [request for request in earlier if request.request_id != but]
    await check_excess(work, others, earliest, item_code)


async def check_duplicate(work: Work, person_id: UUID, item_code: str, earliest: datetime, *, but: UUID) -> None:
    """Refuse `request.duplicate` where the elder has another request than `but` for the item about that hour."""
    _, earlier = await earlier_requests(work, person_id, item_code, earliest, None)
    await check_same(work, [request for request in earlier if request.request_id != but], earliest)


async def check_same(work: Work, earlier: list[intake.Earlier], earliest: datetime) -> None:
    """Refuse `request.duplicate` where one of the earlier requests begins about that hour."""
    hours = (await rules.read(work.session, DuplicateHours, at=work.now)).value
    case_no = intake.same(earlier, earliest, hours)
    if case_no is not None:
        raise Duplicate(hours=hours, case_no=case_no)


async def check_excess(work: Work, earlier: list[intake.Earlier], earliest: datetime, item_code: str) -> None:
    """Refuse `request.item_cap` and `.item_month_cap` for one more request after the earlier ones."""
    caps = await rules.read(work.session, ItemCaps, at=earliest)
    excess = intake.excess(earlier, earliest, item_code, caps)
    if excess is not None:
        kind = ItemCap if excess.period == "day" else ItemMonthCap
        raise kind(item_code=item_code, most=excess.most, placed=excess.placed)


async def offered(work: Work, item_code: str, earliest: datetime) -> tuple[Item, int]:
    """Return an item that is on offer on a day, and its price; refuse `request.item_unknown`."""
    item_and_price = await catalogue.item_and_price(work, item_code, earliest)
    if item_and_price is None:
        raise ItemUnknown(item_code=item_code)
    return item_and_price


def check_item_hours(item: Item, earliest: datetime, latest: datetime) -> None:
    """Refuse `request.outside_window` for a window of arrival outside the item's hours."""
    if not intake.within_hours(earliest, latest, item.window_from, item.window_to):
        raise OutsideWindow(
            item_code=item.code, opens=intake.as_hour(item.window_from), closes=intake.as_hour(item.window_to)
        )
