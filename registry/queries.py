"""Questions to the registry, under one name; each is written beside its noun."""

from registry.divisions.queries import DivisionUnknown, current_code, current_codes, division, divisions
from registry.people.addresses import addresses_of
from registry.people.directory import (
    PEOPLE,
    Caller,
    PersonNotFound,
    Place,
    Vital,
    data_key,
    dead_among,
    ids_by_id_no,
    names_of,
    people,
    people_by_phone,
    person_by_id_no,
    place_of,
    places_of,
    reported_dead,
    vital,
)
from registry.people.disclosures import disclosures_of
from registry.people.readings import READINGS, audit_of, mask_name, record_reading
from registry.people.records import (
    VISIBLE,
    ContactCard,
    NotForThisDesk,
    PersonCard,
    card,
    reveal,
)

__all__ = [
    "PEOPLE",
    "READINGS",
    "VISIBLE",
    "Caller",
    "ContactCard",
    "DivisionUnknown",
    "NotForThisDesk",
    "PersonCard",
    "PersonNotFound",
    "Place",
    "Vital",
    "addresses_of",
    "audit_of",
    "card",
    "current_code",
    "current_codes",
    "data_key",
    "dead_among",
    "disclosures_of",
    "division",
    "divisions",
    "ids_by_id_no",
    "mask_name",
    "names_of",
    "people",
    "people_by_phone",
    "person_by_id_no",
    "place_of",
    "places_of",
    "record_reading",
    "reported_dead",
    "reveal",
    "vital",
]
