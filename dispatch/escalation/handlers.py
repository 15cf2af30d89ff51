"""What escalation does when others tell it something: it tells a person."""

from sqlalchemy import select

from dispatch.escalation import operations
from dispatch.escalation.model import CaseKind
from dispatch.visits.model import Visit
from dispatch.visits.transitions import Outcome, State
from events.contracts.offers import NobodyFound
from events.contracts.visits import NobodyHome, VisitHeld
from events.delivery.bus import on
from events.work import Work
from kit import rules

GROUP = "escalation"


@on(NobodyFound, group=GROUP)
async def when_nobody_found(work: Work, event: NobodyFound) -> None:
    """Tell the call centre that nobody can come, and the smallest change that would help."""
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


@on(NobodyHome, group=GROUP)
async def when_nobody_home(work: Work, event: NobodyHome) -> None:
    """Ask somebody to look after an elder who did not open several times in a row."""
    times = await rules.value(work.session, "escalation.absences", at=work.now)
    over = [State.FINISHED, State.VERIFIED, State.NOBODY_HOME, State.HELD]
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
