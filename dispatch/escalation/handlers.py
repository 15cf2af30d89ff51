"""The event handlers of escalation: they open a case for a person, or close one."""

from uuid import UUID

from sqlalchemy import func, select

from dispatch.escalation import operations
from dispatch.escalation.model import CaseKind
from dispatch.escalation.rules import AbsencesInARow
from dispatch.requests.model import DECEASED, CareRequest, RequestState
from dispatch.visits.changes import ELDER_GONE
from dispatch.visits.model import Visit
from dispatch.visits.transitions import PROMISED, Outcome, VisitState
from events.contracts.care_requests import (
    CareRequestAmended,
    CareRequestAssigned,
    CareRequestRelaxed,
    CareRequestReopened,
)
from events.contracts.enrolments import EnrolmentEnded, EnrolmentResumed, StayReported
from events.contracts.offers import NobodyFound, OfferLapsed, OfferRefused, OfferWithdrawn
from events.contracts.people import (
    PersonDeathCorrected,
    PersonDeathReported,
    PersonDeathReportWithdrawn,
    PersonDeceased,
)
from events.contracts.roster import CertificateExpiring
from events.contracts.settlement import BudgetReached, ChargeUnfunded
from events.contracts.visits import NobodyHome, VisitAborted, VisitHeld, VisitMissed
from events.delivery.bus import on
from events.work import Work
from kit.rules import queries as rules
from providers.roster import queries as roster
from providers.settlement.closing.budget import report_id

GROUP = "escalation"


@on(NobodyFound, group=GROUP)
async def when_nobody_found(work: Work, event: NobodyFound) -> None:
    """Open a case at the call centre: nobody can come; it names the smallest change that would help."""
    facts = {"relaxation": event.relaxation, "parameters": event.parameters, "urgent": event.urgent}
    await operations.raise_case(
        work, kind=CaseKind.NOBODY_FOUND, subject_id=event.request_id, since=work.now, facts=facts
    )


@on(CareRequestReopened, group=GROUP)
async def when_reopened(work: Work, event: CareRequestReopened) -> None:
    """Close the case that nobody was found: somebody is looked for again."""
    await _looked_for(work, event.request_id, "dispatched_again")


@on(CareRequestRelaxed, group=GROUP)
async def when_relaxed(work: Work, event: CareRequestRelaxed) -> None:
    """Close the case that nobody was found: the change that would help was made."""
    await _looked_for(work, event.request_id, "relaxed")


@on(CareRequestAmended, group=GROUP)
async def when_amended(work: Work, event: CareRequestAmended) -> None:
    """Close the case that nobody was found: the request is another one now."""
    if event.changed != ["note"]:
        await _looked_for(work, event.request_id, "amended")


@on(CareRequestAssigned, group=GROUP)
async def when_assigned(work: Work, event: CareRequestAssigned) -> None:
    """Close the case that nobody was found: a person chose whom to ask."""
    await _looked_for(work, event.request_id, "assigned_by_hand")


async def _looked_for(work: Work, request_id: UUID, reason: str) -> None:
    """Close the case unless the new search, whose event may have come first, has found nobody either."""
    request = await work.session.get_one(CareRequest, request_id)
    if request.state is not RequestState.UNSERVED:
        await operations.settle(work, kind=CaseKind.NOBODY_FOUND, subject_id=request_id, reason=reason)


@on(VisitHeld, group=GROUP)
async def when_held(work: Work, event: VisitHeld) -> None:
    """Tell the manager that a visit's evidence does not stand by itself."""
    await operations.raise_case(
        work, kind=CaseKind.VISIT_HELD, subject_id=event.visit_id, since=work.now, facts={"reasons": event.reasons}
    )


@on(ChargeUnfunded, group=GROUP)
async def when_unfunded(work: Work, event: ChargeUnfunded) -> None:
    """Ask the manager whether the public purse bears a price that was recorded after the elder's consent."""
    facts = {"fen": event.unfunded_fen}
    await operations.raise_case(
        work, kind=CaseKind.CHARGE_UNFUNDED, subject_id=event.visit_id, since=work.now, facts=facts
    )


@on(BudgetReached, group=GROUP)
async def when_budget_reached(work: Work, event: BudgetReached) -> None:
    """Tell the manager that a share of the year's budget is charged."""
    facts = {"year": event.year, "percent": event.reached_percent, "fen": event.spent_fen, "cap_fen": event.cap_fen}
    subject_id = report_id(event.year, event.reached_percent)
    await operations.raise_case(work, kind=CaseKind.BUDGET_REACHED, subject_id=subject_id, since=work.now, facts=facts)


@on(NobodyHome, group=GROUP)
async def when_nobody_home(work: Work, event: NobodyHome) -> None:
    """Open a case for an elder who did not open the door several times in a row."""
    times = (await rules.read(work.session, AbsencesInARow, at=work.now)).value
    over = [VisitState.FINISHED, VisitState.VERIFIED, VisitState.NOBODY_HOME, VisitState.HELD]
    query = (
        select(Visit.outcome)
        .where(Visit.person_id == event.person_id, Visit.state.in_(over), Visit.id != event.visit_id)
        .order_by(Visit.planned_start.desc())
        .limit(times - 1)
    )
    before = (await work.session.execute(query)).scalars().all()
    if len(before) == times - 1 and all(outcome is Outcome.NOBODY_HOME for outcome in before):
        await operations.raise_case(
            work, kind=CaseKind.WELFARE_CHECK, subject_id=event.person_id, since=event.at, facts={"absences": times}
        )


@on(OfferRefused, group=GROUP)
async def when_refused(work: Work, event: OfferRefused) -> None:
    """Tell the manager that a company refuses a second visit: nobody else is asked for one."""
    await _rework_unserved(work, event.visit_id)


@on(OfferLapsed, group=GROUP)
async def when_lapsed(work: Work, event: OfferLapsed) -> None:
    """Tell the manager that a company has not answered for a second visit."""
    await _rework_unserved(work, event.visit_id)


@on(OfferWithdrawn, group=GROUP)
async def when_withdrawn(work: Work, event: OfferWithdrawn) -> None:
    """Tell the manager that a second visit was taken back from its worker; not where no elder is left to visit."""
    if event.reason != ELDER_GONE:
        await _rework_unserved(work, event.visit_id)


@on(VisitMissed, group=GROUP)
async def when_missed(work: Work, event: VisitMissed) -> None:
    """Tell the manager that nobody came to a second visit."""
    await _rework_unserved(work, event.visit_id)


@on(VisitAborted, group=GROUP)
async def when_aborted(work: Work, event: VisitAborted) -> None:
    """Tell the manager that a second visit was broken off on the way; one at the door is held anyway."""
    await _rework_unserved(work, event.visit_id)


async def _rework_unserved(work: Work, visit_id: UUID) -> None:
    visit = await work.session.get_one(Visit, visit_id)
    if visit.rework_of is not None and visit.arrived_at is None:
        facts = {"outcome": visit.state}
        await operations.raise_case(
            work, kind=CaseKind.REWORK_UNSERVED, subject_id=visit.rework_of, since=work.now, facts=facts
        )


@on(PersonDeathReported, group=GROUP)
async def when_death_reported(work: Work, event: PersonDeathReported) -> None:
    """Ask the manager to confirm or withdraw the report; `promised` counts the visits to come."""
    facts = {"promised": await _promised(work, event.person_id)}
    await operations.raise_case(
        work, kind=CaseKind.DEATH_REPORTED, subject_id=event.person_id, since=work.now, facts=facts
    )


async def _promised(work: Work, person_id: UUID) -> int:
    query = select(func.count()).where(Visit.person_id == person_id, Visit.state.in_(PROMISED))
    return (await work.session.execute(query)).scalar_one()


@on(StayReported, group=GROUP)
async def when_stay_reported(work: Work, event: StayReported) -> None:
    """Ask the call centre what becomes of the visits promised to an elder who has moved into an institution."""
    facts = {"promised": await _promised(work, event.person_id)}
    await operations.raise_case(
        work, kind=CaseKind.STAY_REPORTED, subject_id=event.person_id, since=work.now, facts=facts
    )


@on(EnrolmentResumed, group=GROUP)
async def when_resumed(work: Work, event: EnrolmentResumed) -> None:
    """Close the case: the elder is at home again."""
    await operations.settle(work, kind=CaseKind.STAY_REPORTED, subject_id=event.person_id, reason="resumed")


@on(EnrolmentEnded, group=GROUP)
async def when_enrolment_ended(work: Work, event: EnrolmentEnded) -> None:
    """Close the case: everything open was withdrawn with the enrolment."""
    await operations.settle(work, kind=CaseKind.STAY_REPORTED, subject_id=event.person_id, reason="enrolment_ended")


@on(PersonDeathReportWithdrawn, group=GROUP)
async def when_death_report_withdrawn(work: Work, event: PersonDeathReportWithdrawn) -> None:
    """Close the case: the report was wrong."""
    await operations.settle(work, kind=CaseKind.DEATH_REPORTED, subject_id=event.person_id, reason="withdrawn")


@on(PersonDeceased, group=GROUP)
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """Close the case: the report is confirmed."""
    await operations.settle(work, kind=CaseKind.DEATH_REPORTED, subject_id=event.person_id, reason="confirmed")


@on(PersonDeathCorrected, group=GROUP)
async def when_death_corrected(work: Work, event: PersonDeathCorrected) -> None:
    """Open a case for the manager to review what a wrong death ended: requests, quota and lines of visits."""
    query = select(func.count()).where(
        CareRequest.person_id == event.person_id,
        CareRequest.state == RequestState.CANCELLED,
        CareRequest.reason == DECEASED,
    )
    facts = {"alive": event.died_on is None, "withdrawn_requests": (await work.session.execute(query)).scalar_one()}
    await operations.raise_case(
        work, kind=CaseKind.DEATH_CORRECTED, subject_id=event.person_id, since=work.now, facts=facts
    )


@on(CertificateExpiring, group=GROUP)
async def when_certificate_expiring(work: Work, event: CertificateExpiring) -> None:
    """Tell the manager, ahead of the day on which the worker may no longer be sent for the skill."""
    worker = await roster.worker(work, event.worker_id)
    facts = {"worker_number": worker.number, "skill": event.skill, "expires_on": event.expires_on.isoformat()}
    await operations.raise_case(
        work, kind=CaseKind.CERTIFICATE_EXPIRING, subject_id=event.certificate_id, since=work.now, facts=facts
    )
