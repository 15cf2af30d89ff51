"""What requests do when others tell them something."""

from dispatch.requests import operations
from events.bus import on
from events.enrolments import EnrolmentEnded, EnrolmentSuspended
from events.work import Work

GROUP = "requests"


@on(EnrolmentEnded, group=GROUP)
async def when_ended(work: Work, event: EnrolmentEnded) -> None:
    """Withdraw what is open for somebody who has left, moved away or died."""
    await operations.cancel_all(work, person_id=event.person_id, reason=event.reason)


@on(EnrolmentSuspended, group=GROUP)
async def when_suspended(work: Work, event: EnrolmentSuspended) -> None:
    """Withdraw what is open for somebody who is not at home."""
    await operations.cancel_all(work, person_id=event.person_id, reason=event.reason)
