"""The event handlers of escalation: they open a case for a person, or close one."""

from sqlalchemy import func, select

from dispatch.escalation import operations
from dispatch.escalation.model import CaseKind
from dispatch.escalation.rules import AbsencesInARow
from dispatch.requests.model import DECEASED, CareRequest, RequestState
from dispatch.visits.model import Visit
from dispatch.visits.transitions import PROMISED, Outcome, VisitState
from events.contracts.offers import NobodyFound
from events.contracts.people import (
    PersonDeathCorrected,
    PersonDeathReported,
    PersonDeathReportWithdrawn,
    PersonDeceased,
)
from events.contracts.settlement import ChargeUnfunded
from events.contracts.visits import NobodyHome, VisitHeld
from events.delivery.bus import on
from events.work import Work
from kit.rules import queries as rules

GROUP = "escalation"


@on(NobodyFound, group=GROUP)
async def when_nobody_found(work: Work, event: NobodyFound) -> None:
    """Open a case at the call centre: nobody can come; it names the smallest change that would help."""
    facts = {"relaxation": event.relaxation, "parameters": event.parameters, "urgent": event.urgent}
    await operations.raise_case(
        work, kind=CaseKind.NOBODY_FOUND, subject_id=event.request_id, since=work.now, facts=facts
    )


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


@on(PersonDeathReported, group=GROUP)
async def when_death_reported(work: Work, event: PersonDeathReported) -> None:
    """Ask the manager to confirm or withdraw the report; `promised` counts the visits to come."""
    query = select(func.count()).where(Visit.person_id == event.person_id, Visit.state.in_(PROMISED))
    facts = {"promised": (await work.session.execute(query)).scalar_one()}
    await operations.raise_case(
        work, kind=CaseKind.DEATH_REPORTED, subject_id=event.person_id, since=work.now, facts=facts
    )


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
