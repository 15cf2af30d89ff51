"""Deaths: one person reports, another confirms; a report may be withdrawn and a confirmed death corrected."""

from datetime import date
from uuid import UUID

from events.contracts.people import (
    PersonDeathCorrected,
    PersonDeathReported,
    PersonDeathReportWithdrawn,
    PersonDeceased,
)
from events.work import Work
from kit import clock
from kit.refusal import Kind, Refusal
from registry.model import Person
from registry.people.addresses import living
from registry.people.directory import PersonNotFound


class DeathImpossible(Refusal):
    """A death before birth or after today."""

    code = "death.impossible"


class DeathNotReported(Refusal):
    """Nobody has reported this death, so there is nothing to confirm or take back."""

    code = "death.not_reported"
    kind = Kind.CONFLICT


class DeathNotConfirmed(Refusal):
    """No death of this person has been confirmed, so there is nothing to correct."""

    code = "death.not_confirmed"
    kind = Kind.CONFLICT


class DeathNeedsSecondPerson(Refusal):
    """The person who reported a death does not confirm it."""

    code = "death.needs_second_person"
    kind = Kind.FORBIDDEN


async def report_death(work: Work, *, person_id: UUID, died_on: date, source: str) -> Person:
    """Record that one source says a person has died (first of two people): visits and payments wait.

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
    """Confirm a reported death (second of two people): enrolment, visits and benefits end by the event.

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
    work.emit(PersonDeathReportWithdrawn(person_id=person_id))
    return person


async def correct_death(work: Work, *, person_id: UUID, died_on: date | None, source: str) -> Person:
    """Correct a confirmed death: another day, or `None` for a person who is alive; those who reacted act by the event.

    Nothing paid is rewritten. Refuses `person.not_found`, `death.not_confirmed` (also for the day that stands already)
    and `death.impossible`.
    """
    person = await work.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise PersonNotFound
    earlier = person.died_on
    if earlier is None or earlier == died_on:
        raise DeathNotConfirmed
    if died_on is not None and not person.born_on <= died_on <= clock.day_of(work.now):
        raise DeathImpossible
    person.died_on = person.death_reported_on = died_on
    person.death_source = source if died_on else None
    if died_on is None:
        person.death_reported_at = person.death_reported_by = None
        person.death_confirmed_at = person.death_confirmed_by = None
    else:
        person.death_confirmed_at, person.death_confirmed_by = work.now, work.actor.label
    work.emit(PersonDeathCorrected(person_id=person_id, earlier=earlier, died_on=died_on))
    return person
