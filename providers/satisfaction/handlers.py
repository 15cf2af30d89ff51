"""React to events about visits: make finished ones rateable."""

from events.contracts.visits import VisitFinished
from events.delivery.bus import on
from events.work import Work
from providers.satisfaction import operations

GROUP = "satisfaction"


@on(VisitFinished, group=GROUP)
async def when_finished(work: Work, event: VisitFinished) -> None:
    """Make the visit rateable."""
    await operations.open_for_rating(work, visit=event)
