"""Change a request's state: move it on, withdraw it, or close it as unserved."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from dispatch.enrolment import wallet
from dispatch.requests.model import TRANSITIONS, CancelledBy, CareRequest, RequestState
from dispatch.requests.rules import FreeCancelHours
from events.contracts.care_requests import CareRequestCancelled, CareRequestUnserved
from events.work import Work
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry import queries as registry

_WITHDRAWABLE = (RequestState.WAITING, RequestState.OFFERED, RequestState.ACCEPTED)


class RequestNotFound(Refusal):
    """No such request."""

    code = "request.not_found"
    kind = Kind.NOT_FOUND


class RequestNotAllowed(Refusal):
    """The request is not in a state that allows it."""

    code = "request.not_allowed"
    kind = Kind.CONFLICT


def mark(work: Work, request: CareRequest, state: RequestState, *, provider_id: UUID | None = None) -> None:
    """Move a request, locked by this work, to where its offers and visits are; one already there notes its company.

    A request that waits again has no company. Refuses `request.not_allowed` where TRANSITIONS does not list it.
    """
    if state is not request.state:
        _move(work, request, state)
    if state is RequestState.WAITING:
        request.provider_id = None
    elif provider_id is not None:
        request.provider_id = provider_id


async def mark_unserved(work: Work, *, request_id: UUID, reason: str) -> CareRequest:
    """Close a request as unserved, release its quota and emit CareRequestUnserved; idempotent."""
    request = await locked(work, request_id)
    if request.state is RequestState.UNSERVED:
        return request
    _move(work, request, RequestState.UNSERVED)
    request.reason = reason[:80]
    await wallet.release(work, request_id=request_id)
    work.emit(CareRequestUnserved(request_id=request_id, district=request.district, reason=request.reason))
    return request


async def cancel(work: Work, *, request_id: UUID, by: CancelledBy, reason: str) -> CareRequest:
    """Withdraw a request and tell CareRequestCancelled; one withdrawn already stays as it is.

    An elder or a family that withdraws a promised visit later than the rule `request.free_cancel_hours` before the
    earliest arrival is chargeable: the quota stays held for that charge. Refuses `request.not_allowed` once the worker
    is on the way.
    """
    request = await locked(work, request_id)
    if request.state is RequestState.CANCELLED:
        return request
    free = (await rules.read(work.session, FreeCancelHours, at=work.now)).span
    late = work.now > request.earliest - free
    own = by in {CancelledBy.ELDER, CancelledBy.FAMILY}
    request.chargeable = own and late and request.state is RequestState.ACCEPTED
    _move(work, request, RequestState.CANCELLED)
    request.cancelled_by, request.reason = by, reason[:80]
    if not request.chargeable:
        await wallet.release(work, request_id=request_id)
    work.emit(
        CareRequestCancelled(request_id=request_id, district=request.district, by=by, chargeable=request.chargeable)
    )
    return request


async def cancel_all(work: Work, *, person_id: UUID, reason: str) -> int:
    """Withdraw all open requests of an elder in the platform's name; return how many."""
    query = (
        select(CareRequest.id)
        .where(CareRequest.person_id == person_id, CareRequest.state.in_(_WITHDRAWABLE))
        .order_by(CareRequest.number)
        .with_for_update()
    )
    requests = (await work.session.execute(query)).scalars().all()
    for request_id in requests:
        await cancel(work, request_id=request_id, by=CancelledBy.SYSTEM, reason=reason)
    return len(requests)


async def follow_divisions(
    work: Work, *, successors: Mapping[str, Sequence[str]], person_id: UUID | None = None
) -> None:
    """Let open requests continue under the codes that their divisions became; those that are over keep the old one.

    `successors` maps an old 12-digit code to its new ones. After a split a request follows its elder's address; until
    that is decided it keeps the old code.
    """
    query = select(CareRequest).where(
        CareRequest.state.in_(_WITHDRAWABLE), CareRequest.division_code.in_(list(successors))
    )
    if person_id is not None:
        query = query.where(CareRequest.person_id == person_id)
    open_requests = (await work.session.execute(query.order_by(CareRequest.number).with_for_update())).scalars().all()
    places = await registry.places_of(work, [request.person_id for request in open_requests])
    for request in open_requests:
        place, codes = places.get(request.person_id), successors[request.division_code]
        if place is not None and place.division_code in codes:
            request.division_code, request.district = place.division_code, place.district
        elif len(codes) == 1:
            request.division_code, request.district = codes[0], codes[0][:6]


async def locked(work: Work, request_id: UUID) -> CareRequest:
    """Return a request, locked until the work ends; refuse `request.not_found`."""
    # Refreshing the row would lose changes that are not flushed yet.
    await work.session.flush()
    request = await work.session.get(CareRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None:
        raise RequestNotFound
    return request


def _move(work: Work, request: CareRequest, state: RequestState) -> None:
    if state not in TRANSITIONS[request.state]:
        raise RequestNotAllowed(state=request.state, wanted=state)
    request.state, request.state_since = state, work.now
