"""How enrolment reacts: charges spend quota, deaths and moves end enrolments."""

from dispatch.enrolment import operations, queries, wallet
from dispatch.enrolment.model import EndReason
from events.contracts.people import PersonDeceased, PersonMoved
from events.contracts.settlement import ChargeMade
from events.delivery.bus import on
from events.work import Work
from kit import clock


@on(ChargeMade, group="enrolment")
async def when_charged(work: Work, event: ChargeMade) -> None:
    """Spend the subsidised part of a charge out of the quota and set free what else was held for its request."""
    await wallet.capture(work, request_id=event.request_id, charge_id=event.charge_id, fen=event.subsidised_fen)


@on(PersonDeceased, group="enrolment")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """End the enrolment with the day of death."""
    if await queries.open_enrolment(work, event.person_id) is not None:
        await operations.end(work, person_id=event.person_id, reason=EndReason.DEATH, ended_on=event.died_on)


@on(PersonMoved, group="enrolment")
async def when_moved(work: Work, event: PersonMoved) -> None:
    """End the enrolment of somebody who has left the district."""
    enrolment = await queries.open_enrolment(work, event.person_id)
    if enrolment is not None and not event.division_code.startswith(enrolment.district):
        await operations.end(work, person_id=event.person_id, reason=EndReason.MOVED, ended_on=clock.day_of(work.now))
