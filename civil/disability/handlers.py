"""How the living subsidy reacts to the end of the guarantee beside it."""

from civil.disability import definition, figures
from events.contracts.civil import GrantEnded
from events.delivery.bus import on
from events.work import Work


@on(GrantEnded, group="civil-disability")
async def when_grant_ended(work: Work, event: GrantEnded) -> None:
    """End the living subsidy of everybody whom an ended guarantee covered, with the same month."""
    if event.programme == figures.GUARANTEE:
        await definition.end_with_guarantee(work, person_ids=event.person_ids, last_month=event.last_month)
