"""Questions to the registry, under one name; each is written beside its noun."""

from registry.divisions.queries import current_code, division, divisions
from registry.people.directory import (
    Caller,
    PersonLine,
    PersonNotFound,
    Place,
    Vital,
    data_key,
    dead_among,
    ids_by_id_no,
    people,
    people_by_phone,
    person_by_id_no,
    place_of,
    places_of,
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
    "READINGS",
    "VISIBLE",
    "Caller",
    "ContactCard",
    "NotForThisDesk",
    "PersonCard",
    "PersonLine",
    "PersonNotFound",
    "Place",
    "Vital",
    "audit_of",
    "card",
    "current_code",
    "data_key",
    "dead_among",
    "disclosures_of",
    "division",
    "divisions",
    "ids_by_id_no",
    "mask_name",
    "people",
    "people_by_phone",
    "person_by_id_no",
    "place_of",
    "places_of",
    "record_reading",
    "reveal",
    "vital",
]
