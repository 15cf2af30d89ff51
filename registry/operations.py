"""The verbs about people, under one name; each is written beside its noun."""

from registry.divisions.queries import DivisionUnknown
from registry.people.addresses import PersonDead, move_person
from registry.people.deaths import (
    DeathImpossible,
    DeathNeedsSecondPerson,
    DeathNotConfirmed,
    DeathNotReported,
    confirm_death,
    correct_death,
    report_death,
    withdraw_death_report,
)
from registry.people.disclosures import close_disclosure, disclose
from registry.people.registration import (
    ContactFacts,
    NewPerson,
    PersonNotBorn,
    PersonTaken,
    erase_person,
    note_health,
    register_people,
    register_person,
    set_bank_account,
    set_contacts,
)

__all__ = [
    "ContactFacts",
    "DeathImpossible",
    "DeathNeedsSecondPerson",
    "DeathNotConfirmed",
    "DeathNotReported",
    "DivisionUnknown",
    "NewPerson",
    "PersonDead",
    "PersonNotBorn",
    "PersonTaken",
    "close_disclosure",
    "confirm_death",
    "correct_death",
    "disclose",
    "erase_person",
    "move_person",
    "note_health",
    "register_people",
    "register_person",
    "report_death",
    "set_bank_account",
    "set_contacts",
    "withdraw_death_report",
]
