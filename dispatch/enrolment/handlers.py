"""How enrolment reacts: charges spend quota, deaths and moves end enrolments, divisions change their district."""

from dispatch.enrolment import operations, queries, registry_changes, wallet
from dispatch.enrolment.model import EndReason
from events.contracts.divisions import DivisionChanged
from events.contracts.people import PersonDeathCorrected, PersonDeceased, PersonMoved, PersonPlaced
from events.contracts.settlement import ChargeMade
from events.delivery.bus import on
from events.work import Work
from kit import clock


@on(ChargeMade, group="enrolment")
async def when_charged(work: Work, event: ChargeMade) -> None:
    """Spend the subsidised part of a charge out of the quota and set free what else was held for its request."""
    await wallet.capture(
        work,
        person_id=event.person_id,
        month=event.month,
        request_id=event.request_id,
        charge_id=event.charge_id,
        fen=event.subsidised_fen,
    )


@on(PersonDeceased, group="enrolment")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """End the enrolment with the day of death."""
    if await queries.open_enrolment(work, event.person_id) is not None:
        await operations.end(work, person_id=event.person_id, reason=EndReason.DEATH, ended_on=event.died_on)


@on(PersonDeathCorrected, group="enrolment")
async def when_death_corrected(work: Work, event: PersonDeathCorrected) -> None:
    """Correct the enrolment's last day, or reactivate it if the person is alive."""
    await registry_changes.correct_death(work, person_id=event.person_id, died_on=event.died_on)


@on(DivisionChanged, group="enrolment")
async def when_divisions_changed(work: Work, event: DivisionChanged) -> None:
    """Let enrolments follow their elders' divisions into another district."""
    await registry_changes.follow_divisions(work, successors=event.successors)


@on(PersonPlaced, group="enrolment")
async def when_placed(work: Work, event: PersonPlaced) -> None:
    """Move an enrolment to another district when its person's address in a split division is placed there."""
    await registry_changes.follow_divisions(work, successors={event.old_code: [event.division_code]})


@on(PersonMoved, group="enrolment")
async def when_moved(work: Work, event: PersonMoved) -> None:
    """End the enrolment of a person who has left the district."""
    enrolment = await queries.open_enrolment(work, event.person_id)
    if enrolment is not None and not event.division_code.startswith(enrolment.district):
        await operations.end(work, person_id=event.person_id, reason=EndReason.MOVED, ended_on=clock.day_of(work.now))
