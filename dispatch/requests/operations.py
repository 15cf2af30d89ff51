"""The verbs of care requests: place, cancel, and what becomes of them."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from dispatch.enrolment import queries as enrolment
from dispatch.enrolment import wallet
from dispatch.enrolment.model import EnrolmentState
from dispatch.requests.model import MOVES, OPEN, CancelledBy, CareRequest, Channel, RequestState
from events.care_requests import CareRequestCancelled, CareRequested, CareRequestUnserved
from events.work import Work
from kit import clock, rules
from kit.identifiers import Sex
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from providers.catalogue import queries as catalogue
from providers.catalogue.model import Item
from registry import queries as registry


class ItemUnknown(Refusal):
    """No such item on that day."""

    code = "request.item_unknown"


class WindowWrong(Refusal):
    """The window is empty."""

    code = "request.window_wrong"


class Past(Refusal):
    """Nobody can arrive in the past."""

    code = "request.past"


class OutsideWindow(Refusal):
    """The item is served at other hours."""

    code = "request.outside_window"


class NotEnrolled(Refusal):
    """The elder is not in the programme."""

    code = "request.not_enrolled"
    kind = Kind.CONFLICT


class Suspended(Refusal):
    """The elder is away from home."""

    code = "request.suspended"
    kind = Kind.CONFLICT


class PersonDeceased(Refusal):
    """The elder has died."""

    code = "request.deceased"
    kind = Kind.CONFLICT


class Duplicate(Refusal):
    """The same item at about the same time is on record; it may be overridden knowingly."""

    code = "request.duplicate"
    kind = Kind.CONFLICT


class PriceMissing(Refusal):
    """The item has no price on that day."""

    code = "request.price_missing"
    kind = Kind.CONFLICT


class RequestMissing(Refusal):
    """No such request."""

    code = "request.missing"
    kind = Kind.MISSING


class CannotMove(Refusal):
    """The request is not in a state that allows it."""

    code = "request.cannot_move"
    kind = Kind.CONFLICT


async def place(
    work: Work,
    *,
    person_id: UUID,
    item_code: str,
    earliest: datetime,
    latest: datetime,
    quantity: int = 1,
    urgent: bool = False,
    asked_at: datetime | None = None,
    channel: Channel = Channel.PHONE,
    source_key: str | None = None,
    override_duplicate: bool = False,
    accept_own_cost: bool = False,
    sex_wanted: Sex | None = None,
) -> CareRequest:
    """Put a request on record, hold its quota, and tell CareRequested; the same `source_key` gives the same request.

    `earliest` and `latest` bound the worker's arrival. Urgent requests are taken at any hour and never fail for quota:
    what it does not cover is the elder's own. Refuses `request.item_unknown`, `.window_wrong`, `.past`,
    `.outside_window`, `.not_enrolled`, `.suspended`, `.deceased`, `.duplicate`, `.price_missing`, `.over_quota`.
    """
    if source_key is not None:
        there = select(CareRequest).where(CareRequest.source_key == source_key)
        found = (await work.session.execute(there)).scalar_one_or_none()
        if found is not None:
            return found
    item = await catalogue.item(work, item_code, earliest)
    if item is None:
        raise ItemUnknown(item=item_code)
    if not earliest < latest:
        raise WindowWrong
    if latest <= work.now:
        raise Past
    if not urgent:
        _inside(item, earliest, latest)
    standing = await enrolment.standing(work, person_id, earliest, lock=True)
    if (await registry.vital(work, person_id)).died_on is not None:
        raise PersonDeceased
    if standing is None or standing.terms is None or standing.state not in enrolment.SERVED:
        raise NotEnrolled
    if standing.state is EnrolmentState.SUSPENDED:
        raise Suspended(reason=standing.suspend_reason)
    if not override_duplicate:
        await _not_there_yet(work, person_id, item_code, earliest)
    fen = await catalogue.price(work, item_code, earliest)
    if fen is None:
        raise PriceMissing(item=item_code)
    place_ = await registry.place_of(work, person_id)
    terms, request_id = standing.terms, new_id()
    holding = await wallet.hold(
        work, terms=terms, person_id=person_id, request_id=request_id, fen=fen * quantity,
        beyond=accept_own_cost or urgent,
    )  # fmt: skip
    two = item.two_person_from_level is not None and terms.level >= item.two_person_from_level
    request = CareRequest(
        id=request_id, person_id=person_id, district=place_.district, division_code=place_.division_code,
        latitude=place_.latitude, longitude=place_.longitude, item_code=item_code, quantity=quantity,
        minutes=item.minutes * quantity, skill=item.skill.value, persons=2 if two else 1, sex_wanted=sex_wanted,
        earliest=earliest, latest=latest, urgent=urgent, asked_at=asked_at or work.now, entered_at=work.now,
        channel=channel, source_key=source_key, category=holding.category, level=holding.level,
        copay_percent=holding.copay_percent, price_fen=fen * quantity, quota_held_fen=holding.held_fen,
        over_quota=holding.missing_fen > 0, state=RequestState.WAITING, state_since=work.now,
    )  # fmt: skip
    work.session.add(request)
    await work.session.flush()
    work.tell(
        CareRequested(
            request_id=request_id, district=request.district, person_id=person_id, division_code=request.division_code,
            item_code=item_code, earliest=earliest, latest=latest, urgent=urgent,
        )
    )  # fmt: skip
    return request


async def cancel(work: Work, *, request_id: UUID, by: CancelledBy, reason: str) -> CareRequest:
    """Withdraw a request; free until two hours before a promised visit, else chargeable. Tells CareRequestCancelled.

    Refuses `request.missing`, `request.cannot_move` (the worker is there, or it is over).
    """
    request = await _locked(work, request_id)
    promised = request.state is RequestState.ACCEPTED
    _move(work, request, RequestState.CANCELLED)
    free = timedelta(minutes=await rules.value(work.session, "request.free_cancel_minutes", at=work.now))
    request.chargeable = promised and request.earliest - work.now < free and by is not CancelledBy.SYSTEM
    request.cancelled_by, request.reason = by, reason[:80]
    if not request.chargeable:
        await wallet.release(work, request_id=request_id)
    work.tell(
        CareRequestCancelled(
            request_id=request_id, district=request.district, by=by.value, chargeable=request.chargeable
        )
    )
    return request


async def mark(
    work: Work, *, request_id: UUID, state: RequestState, reason: str | None = None, provider_id: UUID | None = None
) -> CareRequest:
    """Move a request as its visit goes; one that is there already stays. Refuses `request.missing`, `.cannot_move`."""
    request = await _locked(work, request_id)
    if request.state is not state or state is RequestState.OFFERED:
        _move(work, request, state)
    request.provider_id = None if state is RequestState.WAITING else provider_id or request.provider_id
    request.reason = reason
    return request


async def mark_unserved(work: Work, *, request_id: UUID, reason: str) -> CareRequest:
    """Give a request up: nobody served it and nobody will. Its quota is released; tells CareRequestUnserved."""
    request = await _locked(work, request_id)
    _move(work, request, RequestState.UNSERVED)
    request.reason = reason[:80]
    await wallet.release(work, request_id=request_id)
    work.tell(CareRequestUnserved(request_id=request_id, district=request.district, reason=request.reason))
    return request


async def cancel_all(work: Work, *, person_id: UUID, reason: str) -> int:
    """Withdraw every open request of a person in whose place nobody can be served any more; return how many."""
    open_ = select(CareRequest.id).where(CareRequest.person_id == person_id, CareRequest.state.in_(OPEN))
    wanted = (await work.session.execute(open_.order_by(CareRequest.number))).scalars().all()
    done = 0
    for request_id in wanted:
        request = await _locked(work, request_id)
        if RequestState.CANCELLED in MOVES[request.state]:
            await cancel(work, request_id=request_id, by=CancelledBy.SYSTEM, reason=reason)
            done += 1
    return done


def _inside(item: Item, earliest: datetime, latest: datetime) -> None:
    begins, ends = clock.local(earliest), clock.local(latest)
    minute = begins.hour * 60 + begins.minute
    until = minute + int((ends - begins).total_seconds() // 60)
    if minute < item.window_from or until > item.window_to:
        raise OutsideWindow(item=item.code, opens=_wall(item.window_from), closes=_wall(item.window_to))


def _wall(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


async def _not_there_yet(work: Work, person_id: UUID, item_code: str, earliest: datetime) -> None:
    near = timedelta(minutes=await rules.value(work.session, "request.duplicate_minutes", at=work.now))
    query = select(CareRequest.number).where(
        CareRequest.person_id == person_id,
        CareRequest.item_code == item_code,
        CareRequest.earliest > earliest - near,
        CareRequest.earliest < earliest + near,
        CareRequest.state.in_(OPEN | {RequestState.FINISHED}),
    )
    number = (await work.session.execute(query.limit(1))).scalar()
    if number is not None:
        raise Duplicate(case_no=CareRequest(number=number).case_no)


async def _locked(work: Work, request_id: UUID) -> CareRequest:
    found = await work.session.get(CareRequest, request_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise RequestMissing
    return found


def _move(work: Work, request: CareRequest, state: RequestState) -> None:
    if state not in MOVES[request.state]:
        raise CannotMove(state=request.state.value, wanted=state.value)
    request.state, request.state_since = state, work.now
