"""React to events: let contracts follow divisions to their new codes."""

from events.contracts.divisions import DivisionChanged
from events.delivery.bus import on
from events.work import Work
from providers.roster import operations


@on(DivisionChanged, group="roster")
async def when_divisions_changed(work: Work, event: DivisionChanged) -> None:
    """Let every contract cover the new codes of what it covered."""
    await operations.follow_divisions(work, change_id=event.change_id, successors=event.successors)
