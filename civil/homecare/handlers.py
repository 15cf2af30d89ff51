"""How home care reacts as stays in institutions begin and end."""

from civil.homecare import stays
from events.contracts.civil import RecordChanged
from events.delivery.bus import on
from events.work import Work


@on(RecordChanged, group="homecare")
async def when_record_changed(work: Work, event: RecordChanged) -> None:
    """Send nobody new to somebody who has moved into an institution; serve again who has moved out."""
    if event.kind == stays.REGISTER and event.person_id is not None:
        await stays.follow(work, person_id=event.person_id)
