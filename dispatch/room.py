"""The declaration of this room: the import lists of people with their enrolment, and of care requests."""

from pathlib import Path

from dispatch import imports
from kit.room import ImportKind, Room

ROOM = Room(
    name="dispatch",
    refusals=Path(__file__).with_name("refusals.toml"),
    imports=(
        ImportKind(name="people", take_in=imports.people),
        ImportKind(name="requests", take_in=imports.care_requests),
    ),
)
