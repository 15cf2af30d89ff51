"""The event handlers of visits: open the address to the company, verify, update the request's state.

A company's people may write only their company's rows, so that everything else that follows from their doings is done
here, by the platform. Offers and visits travel on different topics and may overtake one another: the request follows
what the visit has become, not what a single event says.
"""

from uuid import UUID

from sqlalchemy import Row, select

from dispatch.requests import operations as requests
from dispatch.requests.model import VISIT_VOID, CareRequest, RequestState
from dispatch.visits import lifecycle, operations, verification
from dispatch.visits.flags import Flag
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.contracts.care_requests import CareRequestCancelled
from events.contracts.divisions import DivisionChanged
from events.contracts.enrolments import EnrolmentEnded, EnrolmentSuspended
from events.contracts.offers import OfferAccepted
from events.contracts.people import PersonDeceased, PersonPlaced
from events.contracts.settlement import LineReviewed
from events.contracts.visits import (
    NobodyHome,
    VisitAborted,
    VisitFinished,
    VisitHeld,
    VisitVoided,
    WorkerArrived,
    WorkerDeparted,
)
from events.delivery.bus import on
from events.work import Work
from registry import operations as registry

_LINE = (
    RequestState.WAITING,
    RequestState.OFFERED,
    RequestState.ACCEPTED,
    RequestState.UNDER_WAY,
    RequestState.FINISHED,
)
_IMPLIES = {
    VisitState.ACCEPTED: RequestState.ACCEPTED,
    VisitState.DEPARTED: RequestState.UNDER_WAY,
    VisitState.ARRIVED: RequestState.UNDER_WAY,
    VisitState.FINISHED: RequestState.FINISHED,
    VisitState.NOBODY_HOME: RequestState.FINISHED,
    VisitState.VERIFIED: RequestState.FINISHED,
    VisitState.HELD: RequestState.FINISHED,
}


async def follow(work: Work, visit_id: UUID) -> Visit:
    """Bring a request forward to where its visit is, step by step; never back, and never for a visit done again."""
    query = select(Visit, CareRequest).join(CareRequest, CareRequest.id == Visit.request_id).where(Visit.id == visit_id)
    row: Row[Visit, CareRequest] = (await work.session.execute(query.with_for_update(of=CareRequest))).one()
    visit, request = row[0], row[1]
    target = _IMPLIES.get(visit.state)
    if visit.state is VisitState.ABORTED and visit.arrived_at is not None:
        target = RequestState.FINISHED
    if target is None or visit.rework_of is not None or request.state not in _LINE:
        return visit
    for step in _LINE[_LINE.index(request.state) + 1 : _LINE.index(target) + 1]:
        requests.mark(work, request, step, provider_id=visit.provider_id)
    return visit


@on(OfferAccepted, group="visits")
async def when_accepted(work: Work, event: OfferAccepted) -> None:
    """Let the company see where it is going; the worker is promised."""
    visit = await follow(work, event.visit_id)
    if not visit.disclosed:
        visit.disclosed = True
        await registry.disclose(work, person_id=visit.person_id, provider_id=visit.provider_id, purpose="visit")


@on(WorkerDeparted, group="visits")
async def when_departed(work: Work, event: WorkerDeparted) -> None:
    """Mark the request under way."""
    await follow(work, event.visit_id)


@on(WorkerArrived, group="visits")
async def when_arrived(work: Work, event: WorkerArrived) -> None:
    """Mark the request under way."""
    await follow(work, event.visit_id)


@on(VisitFinished, group="visits")
async def when_finished(work: Work, event: VisitFinished) -> None:
    """Finish the request and weigh the evidence."""
    await follow(work, event.visit_id)
    await operations.verify(work, visit_id=event.visit_id)


@on(NobodyHome, group="visits")
async def when_nobody_home(work: Work, event: NobodyHome) -> None:
    """Finish the request and weigh the evidence of the way that was made."""
    await follow(work, event.visit_id)
    await operations.verify(work, visit_id=event.visit_id)


@on(VisitAborted, group="visits")
async def when_aborted(work: Work, event: VisitAborted) -> None:
    """Hold a visit aborted at the door for a person's decision; match one aborted on the way again."""
    visit = await follow(work, event.visit_id)
    if visit.arrived_at is not None:
        await operations.verify(work, visit_id=event.visit_id)


@on(VisitHeld, group="visits")
async def when_held(work: Work, event: VisitHeld) -> None:
    """Finish the request: that the visit took place is not in question, only what it is worth."""
    await follow(work, event.visit_id)


@on(LineReviewed, group="visits")
async def when_reviewed(work: Work, event: LineReviewed) -> None:
    """Hold a visit again whose line did not pass the review before its payment: a manager decides anew."""
    visit = await work.session.get(Visit, event.visit_id, with_for_update=True)
    if not event.stands and visit is not None and visit.state is VisitState.VERIFIED:
        await lifecycle.hold(work, visit, Flag.NOT_PASSED)


@on(VisitVoided, group="visits")
async def when_voided(work: Work, event: VisitVoided) -> None:
    """Give the elder's quota back: the visit does not count."""
    visit = await work.session.get_one(Visit, event.visit_id)
    request = await work.session.get_one(CareRequest, event.request_id)
    if visit.rework_of is None and request.state is RequestState.FINISHED:
        await requests.mark_unserved(work, request_id=event.request_id, reason=VISIT_VOID)


@on(DivisionChanged, group="visits")
async def when_divisions_changed(work: Work, event: DivisionChanged) -> None:
    """Let visits to come follow their divisions' codes."""
    await operations.follow_divisions(work, successors=event.successors)


@on(PersonPlaced, group="visits")
async def when_placed(work: Work, event: PersonPlaced) -> None:
    """Move the future visits of a person from a split division to the division of the address."""
    successors = {event.old_code: [event.division_code]}
    await operations.follow_divisions(work, successors=successors, person_id=event.person_id)


@on(CareRequestCancelled, group="visits")
async def when_cancelled(work: Work, event: CareRequestCancelled) -> None:
    """Call the visit off; where it was too late to be free, tell what the worker's way is worth."""
    for visit in await operations.cancel_for(work, request_id=event.request_id, chargeable=event.chargeable):
        await verification.emit_verified(work, visit)


@on(PersonDeceased, group="visits")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """Call the second visits to the elder off."""
    await operations.withdraw_rework(work, person_id=event.person_id)


@on(EnrolmentEnded, group="visits")
async def when_ended(work: Work, event: EnrolmentEnded) -> None:
    """Call the second visits to the elder off."""
    await operations.withdraw_rework(work, person_id=event.person_id)


@on(EnrolmentSuspended, group="visits")
async def when_suspended(work: Work, event: EnrolmentSuspended) -> None:
    """Call the second visits to the elder off."""
    await operations.withdraw_rework(work, person_id=event.person_id)
