"""What satisfaction does when others tell it something."""

from events.contracts.visits import VisitFinished
from events.delivery.bus import on
from events.work import Work
from providers.satisfaction import operations

GROUP = "satisfaction"


@on(VisitFinished, group=GROUP)
async def when_finished(work: Work, event: VisitFinished) -> None:
    """Make the visit rateable."""
    await operations.open_for_rating(work, visit=event)
