"""The declaration of this room: institutions for elders."""

from pathlib import Path

from civil.institutions import definition, handlers
from civil.institutions.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(
    name="civil.institutions",
    handlers=(handlers.when_deceased, handlers.when_death_corrected),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
)
