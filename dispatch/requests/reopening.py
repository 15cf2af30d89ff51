"""Let a request that found nobody wait again, so that somebody can be looked for once more."""

from datetime import datetime
from uuid import UUID

from dispatch.enrolment import queries as enrolment
from dispatch.requests import changes, checks, consent
from dispatch.requests.model import VISIT_VOID, CareRequest, RequestState
from events.work import Work


async def reopen(
    work: Work,
    *,
    request_id: UUID,
    earliest: datetime | None = None,
    latest: datetime | None = None,
    quantity: int | None = None,
    accept_own_cost: bool = False,
) -> CareRequest:
    """Return a request for which nobody was found, locked and waiting, in another window or quantity if one is given.

    An unserved request has its quota held again. Refuses `request.not_found`, `.not_allowed` for a request that is
    neither waiting nor unserved or whose visit took place, `.past`, what `checks.check_elder` refuses, `.duplicate`
    where the elder has asked anew meanwhile, `.over_quota` where the elder would pay more than was told and has not
    accepted it (urgent help is never refused for quota), and for another window or quantity what `consent.agree`
    refuses.
    """
    request = await changes.locked(work, request_id)
    unserved = request.state is RequestState.UNSERVED
    if request.reason == VISIT_VOID or not (unserved or request.state is RequestState.WAITING):
        raise changes.RequestNotAllowed(state=request.state, wanted=RequestState.WAITING)
    window = earliest or request.earliest, latest or request.latest
    accepted = accept_own_cost or request.urgent
    units = quantity or request.quantity
    await checks.check_window(work, *window, units, None)
    if unserved:
        standing = await enrolment.standing(work, request.person_id, window[0], lock=True)
        await checks.check_elder(work, request.person_id, standing)
        await checks.check_duplicate(work, request.person_id, request.item_code, window[0], but=request.id)
        await checks.check_caps(work, request.person_id, request.item_code, window[0], but=request.id)
        changes.mark(work, request, RequestState.WAITING)
        request.reason = None
        fewer = units < request.quantity
        await consent.hold_anew(work, request, earliest=window[0], accept_own_cost=accepted or fewer)
    if (*window, units) != (request.earliest, request.latest, request.quantity):
        await consent.agree(
            work,
            request_id=request.id,
            earliest=window[0],
            latest=window[1],
            quantity=units,
            accept_own_cost=accepted,
        )
    return request
