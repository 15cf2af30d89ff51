"""The event handlers of requests: deaths, ends of enrolment, divisions with another code.

Offers and visits move a request by `operations.mark`: only they know which of several attempts still counts.
"""

from dispatch.requests import operations
from dispatch.requests.model import DECEASED
from events.contracts.divisions import DivisionChanged
from events.contracts.enrolments import EnrolmentEnded, EnrolmentSuspended
from events.contracts.people import PersonDeathCorrected, PersonDeceased, PersonPlaced
from events.delivery.bus import on
from events.work import Work


@on(PersonDeceased, group="requests")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """Withdraw all that is open, and make no more of it."""
    await operations.end_all(work, person_id=event.person_id, reason=DECEASED)
    await operations.cancel_all(work, person_id=event.person_id, reason=DECEASED)


@on(PersonDeathCorrected, group="requests")
async def when_death_corrected(work: Work, event: PersonDeathCorrected) -> None:
    """Resume the standing orders of a person who is alive; withdrawn requests stay withdrawn, a person reviews them."""
    if event.died_on is None:
        await operations.restore_all(work, person_id=event.person_id, reason=DECEASED)


@on(DivisionChanged, group="requests")
async def when_divisions_changed(work: Work, event: DivisionChanged) -> None:
    """Let open requests follow their divisions' codes."""
    await operations.follow_divisions(work, successors=event.successors)


@on(PersonPlaced, group="requests")
async def when_placed(work: Work, event: PersonPlaced) -> None:
    """Move the open requests of a person from a split division to the division of the address."""
    successors = {event.old_code: [event.division_code]}
    await operations.follow_divisions(work, successors=successors, person_id=event.person_id)


@on(EnrolmentEnded, group="requests")
async def when_ended(work: Work, event: EnrolmentEnded) -> None:
    """Withdraw all that is open, and make no more of it."""
    reason = DECEASED if event.reason == "death" else "enrolment_ended"
    await operations.end_all(work, person_id=event.person_id, reason=reason)
    await operations.cancel_all(work, person_id=event.person_id, reason=reason)


@on(EnrolmentSuspended, group="requests")
async def when_suspended(work: Work, event: EnrolmentSuspended) -> None:
    """Withdraw all that is open; standing orders wait, for `place` refuses as long as the elder is away."""
    await operations.cancel_all(work, person_id=event.person_id, reason=f"suspended_{event.reason}")
