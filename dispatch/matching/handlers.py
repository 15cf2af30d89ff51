"""Reactions of matching to events: decide on a request, withdraw visits, replan a company's day."""

from collections.abc import Sequence
from uuid import UUID

from dispatch.matching import operations
from dispatch.matching.decide import asking
from dispatch.matching.operations import Cause
from dispatch.matching.plan import overruns, replanning
from dispatch.matching.plan.replanning import ReplanCause
from dispatch.visits import amending, bars
from dispatch.visits.model import Visit
from events.contracts.care_requests import CareRequestAmended, CareRequested, CareRequestRelaxed, CareRequestReopened
from events.contracts.enrolments import EnrolmentResumed, StayReported
from events.contracts.event import Envelope
from events.contracts.offers import OfferLapsed, OfferRefused, OfferWithdrawn
from events.contracts.people import PersonDeathReported, PersonDeathReportWithdrawn
from events.contracts.roster import CompanyExited, ShiftEnded, WorkerUnavailable
from events.contracts.visits import VisitAborted, VisitMissed
from events.delivery.bus import on, on_several
from events.work import Work
from kit import clock

TOGETHER = 10
"""The most requests decided in one transaction, which locks them all and holds back the sealer until it ends."""
_CAUSES = {
    "worker_unavailable": Cause.UNAVAILABLE,
    "shift_ended": Cause.UNAVAILABLE,
    bars.BARRED: Cause.UNAVAILABLE,
    overruns.REASON: Cause.OVERRUN,
}


@on_several(CareRequested, group="matching", most=TOGETHER)
async def when_requested(work: Work, envelopes: Sequence[Envelope]) -> None:
    """Offer each request to the cheapest worker; leave standing orders' requests to overnight planning."""
    events = {UUID(envelope.data["request_id"]): envelope for envelope in envelopes}
    await operations.decide_together(work, events, cause=Cause.REQUESTED)


@on(CareRequestReopened, group="matching")
async def when_reopened(work: Work, event: CareRequestReopened) -> None:
    """Offer a request that found nobody once more."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.REOPENED)


@on(CareRequestRelaxed, group="matching")
async def when_relaxed(work: Work, event: CareRequestRelaxed) -> None:
    """Offer a request that found nobody, with the change that would help."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.RELAXED)


@on(CareRequestAmended, group="matching")
async def when_amended(work: Work, event: CareRequestAmended) -> None:
    """Look for somebody anew where no company goes on with an amended request; a note alone changes nothing."""
    if event.visit_id is None and event.changed != ["note"]:
        await operations.decide(work, request_id=event.request_id, cause=Cause.AMENDED)


@on(OfferRefused, group="matching")
async def when_refused(work: Work, event: OfferRefused) -> None:
    """Offer a refused request to the next best worker of another company."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.REFUSED)


@on(OfferLapsed, group="matching")
async def when_lapsed(work: Work, event: OfferLapsed) -> None:
    """Offer a request whose offer was not answered in time to the next best worker of another company."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.LAPSED)


@on(OfferWithdrawn, group="matching")
async def when_withdrawn(work: Work, event: OfferWithdrawn) -> None:
    """Offer a request whose offer was withdrawn to another worker; an amendment has an event of its own."""
    if event.reason == amending.AMENDED:
        return
    cause = _CAUSES.get(event.reason, Cause.WITHDRAWN)
    await operations.decide(work, request_id=event.request_id, cause=cause)


@on(VisitMissed, group="matching")
async def when_missed(work: Work, event: VisitMissed) -> None:
    """Offer the request of a no-show to another worker; it is unserved if its latest arrival has passed."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.MISSED)


@on(VisitAborted, group="matching")
async def when_aborted(work: Work, event: VisitAborted) -> None:
    """Offer the request to another worker if the visit was aborted before arrival."""
    visit = await work.session.get_one(Visit, event.visit_id)
    if visit.arrived_at is None:
        await operations.decide(work, request_id=event.request_id, cause=Cause.ABORTED)


@on(WorkerUnavailable, group="matching")
async def when_worker_unavailable(work: Work, event: WorkerUnavailable) -> None:
    """Withdraw the visits in the hours in which the worker is unavailable."""
    await operations.withdraw_worker(
        work, worker_id=event.worker_id, from_at=event.from_at, until_at=event.until_at, reason="worker_unavailable"
    )


@on(ShiftEnded, group="matching")
async def when_shift_ended(work: Work, event: ShiftEnded) -> None:
    """Withdraw the visits in the hours that the ended shift covered."""
    await operations.withdraw_lost_hours(
        work, worker_id=event.worker_id, shift_id=event.shift_id, from_at=clock.at_local(event.ends_on, 0)
    )


@on(CompanyExited, group="matching")
async def when_company_exited(work: Work, event: CompanyExited) -> None:
    """Withdraw the company's visits that have not begun, so that other companies are asked."""
    await operations.withdraw_company(work, provider_id=event.provider_id, reason="company_exited")


@on(PersonDeathReported, group="matching")
async def when_death_reported(work: Work, event: PersonDeathReported) -> None:
    """Withdraw the open offers for the elder until the report is confirmed or withdrawn."""
    await operations.hold_person(work, person_id=event.person_id, reason=asking.DEATH_REPORTED)


@on(PersonDeathReportWithdrawn, group="matching")
async def when_death_report_withdrawn(work: Work, event: PersonDeathReportWithdrawn) -> None:
    """Decide on the elder's waiting requests."""
    await operations.resume_person(work, person_id=event.person_id)


@on(StayReported, group="matching")
async def when_stay_reported(work: Work, event: StayReported) -> None:
    """Withdraw the open offers for an elder who has moved into an institution."""
    await operations.hold_person(work, person_id=event.person_id, reason=asking.STAY_REPORTED)


@on(EnrolmentResumed, group="matching")
async def when_resumed(work: Work, event: EnrolmentResumed) -> None:
    """Decide on the requests of an elder that waited for the return home."""
    await operations.resume_person(work, person_id=event.person_id)


@on(OfferRefused, group="replanning")
async def when_refused_plan_again(work: Work, event: OfferRefused) -> None:
    """Replan the company's day, since the refused visit's hours are free."""
    await replanning.replan_for(work, visit_id=event.visit_id, cause=ReplanCause.REFUSED)


@on(OfferWithdrawn, group="replanning")
async def when_withdrawn_plan_again(work: Work, event: OfferWithdrawn) -> None:
    """Replan the company's day without the withdrawn visit."""
    await replanning.replan_for(work, visit_id=event.visit_id, cause=ReplanCause.WITHDRAWN)


@on(VisitMissed, group="replanning")
async def when_missed_plan_again(work: Work, event: VisitMissed) -> None:
    """Replan the company's day without the missed visit."""
    await replanning.replan_for(work, visit_id=event.visit_id, cause=ReplanCause.MISSED)
