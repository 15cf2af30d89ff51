"""What institutions do as the registry learns of deaths: a stay ends with the day, or goes on where nobody has died."""

from civil.blocks.register import operations, queries
from civil.institutions.definition import STAY, LeftFor, StayFacts, StayState
from events.contracts.people import PersonDeathCorrected, PersonDeceased
from events.delivery.bus import on
from events.work import Work
from kit import clock


@on(PersonDeceased, group="civil-institutions")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """End the stay of the dead, not before the last thing that was recorded of it."""
    stay = await queries.open_about(work, STAY.name, event.person_id)
    if stay is None:
        return
    latest = await queries.version_on(work, stay.id, clock.day_of(work.now))
    facts = StayFacts.model_validate(stay.facts | {"left_for": LeftFor.DEATH})
    day = max(event.died_on, latest.valid_from)
    await operations.move(work, STAY, record_id=stay.id, to=StayState.LEFT, on=day, facts=facts)


@on(PersonDeathCorrected, group="civil-institutions")
async def when_death_corrected(work: Work, event: PersonDeathCorrected) -> None:
    """End the stay on another day, or let it go on."""
    stays = await queries.records(work, kind=STAY.name, person_id=event.person_id)
    ended = [stay for stay in stays if stay.closed_on is not None and stay.facts["left_for"] == LeftFor.DEATH]
    for stay in ended[-1:]:
        if event.died_on is None:
            stay.facts = stay.facts | {"left_for": None}
        day = None if event.died_on is None else max(event.died_on, stay.opened_on)
        await operations.correct_end(work, stay, open_state=StayState.LIVING, end_state=StayState.LEFT, closed_on=day)
