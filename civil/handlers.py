"""What every benefit, case, record and fund does as the registry learns of deaths, moves and other divisions."""

from civil.blocks.benefits import grants
from civil.blocks.cases import operations as cases
from civil.blocks.fund import operations as funds
from civil.blocks.register import operations as records
from civil.modules import PROGRAMMES
from events.contracts.divisions import DivisionChanged
from events.contracts.people import PersonDeathCorrected, PersonDeceased, PersonMoved
from events.delivery.bus import on
from events.work import Work
from kit import clock

_DEATH_MONTH_PAID = {name: programme.death_month_paid for name, programme in PROGRAMMES.items()}


@on(PersonDeceased, group="civil")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
    """End what covers the dead; what was entered for later months is clawed back by the next run."""
    await grants.end_for_dead(
        work, person_id=event.person_id, died_on=event.died_on, death_month_paid=_DEATH_MONTH_PAID
    )


@on(PersonDeathCorrected, group="civil")
async def when_death_corrected(work: Work, event: PersonDeathCorrected) -> None:
    """Pay up to another month, or go on where nobody has died."""
    await grants.correct_death(
        work, person_id=event.person_id, died_on=event.died_on, death_month_paid=_DEATH_MONTH_PAID
    )


@on(PersonMoved, group="civil")
async def when_moved(work: Work, event: PersonMoved) -> None:
    """Let benefits follow within the district, and end them where somebody has left it."""
    await grants.end_for_moved(
        work, person_id=event.person_id, division_code=event.division_code, month=clock.month_of(work.now)
    )


@on(DivisionChanged, group="civil")
async def when_divisions_changed(work: Work, event: DivisionChanged) -> None:
    """Let what is open follow its division to another code (撤乡设镇); after a split it keeps the old code."""
    renamed = {old: codes[0] for old, codes in event.successors.items() if len(codes) == 1 and codes[0] != old}
    await cases.follow_divisions(work, renamed=renamed)
    await grants.follow_divisions(work, renamed=renamed)
    await records.follow_divisions(work, renamed=renamed)
    await funds.follow_divisions(work, renamed=renamed)
