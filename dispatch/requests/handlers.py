"""How requests react: whoever is not served any more waits for nothing any more.

Offers and visits move a request by `operations.mark`: only they know which of several attempts still counts.
"""

from dispatch.requests import operations
from events.contracts.enrolments import EnrolmentEnded, EnrolmentSuspended
from events.contracts.people import PersonDeceased
from events.delivery.bus import on
from events.work import Work


@on(PersonDeceased, group="requests")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """Withdraw all that is open, and make no more of it."""
    await operations.end_all(work, person_id=event.person_id, reason="deceased")
    await operations.cancel_all(work, person_id=event.person_id, reason="deceased")


@on(EnrolmentEnded, group="requests")
async def when_ended(work: Work, event: EnrolmentEnded) -> None:
    """Withdraw all that is open, and make no more of it."""
    await operations.end_all(work, person_id=event.person_id, reason="enrolment_ended")
    await operations.cancel_all(work, person_id=event.person_id, reason="enrolment_ended")


@on(EnrolmentSuspended, group="requests")
async def when_suspended(work: Work, event: EnrolmentSuspended) -> None:
    """Withdraw all that is open; standing orders wait, for `place` refuses as long as the elder is away."""
    await operations.cancel_all(work, person_id=event.person_id, reason=f"suspended_{event.reason}")
