"""React to events: charge verified visits, correct charges, make visits after a death void."""

from events.contracts.feedback import ComplaintDecided
from events.contracts.people import PersonDeathCorrected, PersonDeceased
from events.contracts.visits import VisitHeld, VisitVerified, VisitVoided
from events.delivery.bus import on
from events.work import Work
from providers.settlement import charges
from providers.settlement.model import FindingKind

GROUP = "settlement"


@on(VisitVerified, group=GROUP)
async def when_verified(work: Work, event: VisitVerified) -> None:
    """Charge the visit, or correct its charge where it was looked at again."""
    await charges.make(work, visit=event)


@on(VisitHeld, group=GROUP)
async def when_held(work: Work, event: VisitHeld) -> None:
    """Let the money wait where the visit has been charged already."""
    await charges.hold(work, visit_id=event.visit_id)


@on(VisitVoided, group=GROUP)
async def when_voided(work: Work, event: VisitVoided) -> None:
    """Take the visit's charge back, now or when it comes."""
    await charges.find(
        work, visit_id=event.visit_id, source_id=event.visit_id, kind=FindingKind.VOID, reason=event.reason[:80]
    )


@on(ComplaintDecided, group=GROUP)
async def when_complaint_decided(work: Work, event: ComplaintDecided) -> None:
    """Take an upheld complaint's part off the charge; a complaint turned down takes nothing."""
    await charges.find(
        work,
        visit_id=event.visit_id,
        source_id=event.complaint_id,
        kind=FindingKind.COMPLAINT,
        percent=event.deduction_percent if event.upheld else 0,
    )


@on(PersonDeceased, group=GROUP)
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """Make visits after the death void."""
    await charges.record_death(work, person_id=event.person_id, died_on=event.died_on)


@on(PersonDeathCorrected, group=GROUP)
async def when_death_corrected(work: Work, event: PersonDeathCorrected) -> None:
    """Let visits stand again that a wrong death made void, and void those after the right day; by new revisions."""
    if event.died_on is None:
        await charges.withdraw_death(work, person_id=event.person_id)
    else:
        await charges.record_death(work, person_id=event.person_id, died_on=event.died_on)
