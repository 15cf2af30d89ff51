"""Deaths: one person reports, another confirms; a report may be withdrawn and a confirmed death corrected."""

from datetime import date
from uuid import UUID

from events.contracts.people import PersonDeathReported, PersonDeceased
from events.work import Work
from kit import clock
from kit.refusal import Kind, Refusal
from registry.model import Person
from registry.people.registration import living


class DeathImpossible(Refusal):
    """A death before birth or after today."""

    code = "death.impossible"


class DeathNotReported(Refusal):
    """Nobody has reported this death, so there is nothing to confirm or take back."""

    code = "death.not_reported"
    kind = Kind.CONFLICT


class DeathNeedsSecondPerson(Refusal):
    """Whoever reported a death does not confirm it."""

    code = "death.needs_second_person"
    kind = Kind.FORBIDDEN


async def report_death(work: Work, *, person_id: UUID, died_on: date, source: str) -> Person:
    """Record that one source says a person has died (first key): payments wait, nothing ends.

    Refuses `person.not_found`, `person.dead` and `death.impossible`; a second report replaces an unconfirmed one.
    """
    person, _ = await living(work, person_id)
    if not person.born_on <= died_on <= clock.day_of(work.now):
        raise DeathImpossible
    person.death_reported_on, person.death_source = died_on, source
    person.death_reported_at, person.death_reported_by = work.now, work.actor.label
    work.emit(PersonDeathReported(person_id=person_id, died_on=died_on))
    return person


async def confirm_death(work: Work, *, person_id: UUID) -> Person:
    """Confirm a reported death (second key): enrolment, visits and benefits end by the event.

    Refuses `person.not_found`, `person.dead`, `death.not_reported` and `death.needs_second_person`.
    """
    person, _ = await living(work, person_id)
    if person.death_reported_on is None:
        raise DeathNotReported
    if person.death_reported_by == work.actor.label:
        raise DeathNeedsSecondPerson
    person.died_on = person.death_reported_on
    person.death_confirmed_at, person.death_confirmed_by = work.now, work.actor.label
    work.emit(PersonDeceased(person_id=person_id, died_on=person.died_on))
    return person


async def withdraw_death_report(work: Work, *, person_id: UUID) -> Person:
    """Take back a report that turned out wrong; refuses `person.not_found`, `person.dead`, `death.not_reported`."""
    person, _ = await living(work, person_id)
    if person.death_reported_on is None:
        raise DeathNotReported
    person.death_reported_on = person.death_source = None
    person.death_reported_at = person.death_reported_by = None
    return person
