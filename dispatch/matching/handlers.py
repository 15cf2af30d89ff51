"""What matching does when something happens: decide, or decide again with somebody else."""

from dispatch.matching import operations
from dispatch.matching.operations import Cause
from dispatch.matching.plan import overruns, replanning
from dispatch.matching.plan.replanning import Why
from dispatch.visits.model import Visit
from events.contracts.care_requests import CareRequested
from events.contracts.offers import OfferLapsed, OfferRefused, OfferWithdrawn
from events.contracts.people import PersonDeathReported, PersonDeathReportWithdrawn
from events.contracts.roster import CompanyExited, ShiftEnded, WorkerUnavailable
from events.contracts.visits import VisitAborted, VisitMissed
from events.delivery.bus import on
from events.work import Work
from kit import clock

_CAUSES = {
    "worker_unavailable": Cause.UNAVAILABLE,
    "shift_ended": Cause.UNAVAILABLE,
    operations.BARRED: Cause.UNAVAILABLE,
    overruns.REASON: Cause.OVERRUN,
}


@on(CareRequested, group="matching")
async def when_requested(work: Work, event: CareRequested) -> None:
    """Offer the request to whoever comes at the lowest price; one of a standing order waits for its day's plan."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.REQUESTED)


@on(OfferRefused, group="matching")
async def when_refused(work: Work, event: OfferRefused) -> None:
    """Ask the next best."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.REFUSED)


@on(OfferLapsed, group="matching")
async def when_lapsed(work: Work, event: OfferLapsed) -> None:
    """Ask the next best."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.LAPSED)


@on(OfferWithdrawn, group="matching")
async def when_withdrawn(work: Work, event: OfferWithdrawn) -> None:
    """Ask somebody else."""
    cause = _CAUSES.get(event.reason, Cause.WITHDRAWN)
    await operations.decide(work, request_id=event.request_id, cause=cause)


@on(VisitMissed, group="matching")
async def when_missed(work: Work, event: VisitMissed) -> None:
    """Ask somebody else while there is time; without time the request is unserved."""
    await operations.decide(work, request_id=event.request_id, cause=Cause.MISSED)


@on(VisitAborted, group="matching")
async def when_aborted(work: Work, event: VisitAborted) -> None:
    """Ask somebody else where the visit was broken off on the way."""
    visit = await work.session.get_one(Visit, event.visit_id)
    if visit.arrived_at is None:
        await operations.decide(work, request_id=event.request_id, cause=Cause.ABORTED)


@on(WorkerUnavailable, group="matching")
async def when_worker_unavailable(work: Work, event: WorkerUnavailable) -> None:
    """Take back what the worker cannot do; each visit taken back is then offered to somebody else."""
    await operations.withdraw_worker(
        work, worker_id=event.worker_id, from_at=event.from_at, until_at=event.until_at, reason="worker_unavailable"
    )


@on(ShiftEnded, group="matching")
async def when_shift_ended(work: Work, event: ShiftEnded) -> None:
    """Take back what was promised in the hours that the worker no longer has."""
    await operations.withdraw_lost_hours(
        work, worker_id=event.worker_id, shift_id=event.shift_id, from_at=clock.at_local(event.ends_on, 0)
    )


@on(CompanyExited, group="matching")
async def when_company_exited(work: Work, event: CompanyExited) -> None:
    """Hand the company's open visits to others."""
    await operations.withdraw_company(work, provider_id=event.provider_id, reason="company_exited")


@on(PersonDeathReported, group="matching")
async def when_death_reported(work: Work, event: PersonDeathReported) -> None:
    """Offer nothing more to anybody for this elder until the report is confirmed or withdrawn."""
    await operations.hold_person(work, person_id=event.person_id)


@on(PersonDeathReportWithdrawn, group="matching")
async def when_death_report_withdrawn(work: Work, event: PersonDeathReportWithdrawn) -> None:
    """Look for somebody for all that the elder waits for."""
    await operations.resume_person(work, person_id=event.person_id)


@on(OfferRefused, group="replanning")
async def when_refused_plan_again(work: Work, event: OfferRefused) -> None:
    """Use the hours that a refusal gives back."""
    await replanning.replan_for(work, visit_id=event.visit_id, why=Why.REFUSED)


@on(OfferWithdrawn, group="replanning")
async def when_withdrawn_plan_again(work: Work, event: OfferWithdrawn) -> None:
    """Plan the company's day again without whoever is ill or kept at another door."""
    await replanning.replan_for(work, visit_id=event.visit_id, why=Why.WITHDRAWN)


@on(VisitMissed, group="replanning")
async def when_missed_plan_again(work: Work, event: VisitMissed) -> None:
    """Plan the company's day again without the visit that nobody came to."""
    await replanning.replan_for(work, visit_id=event.visit_id, why=Why.MISSED)
