"""The declaration of this room: what all companion modules react to together."""

from pathlib import Path

from civil import handlers
from kit.room import Room

ROOM = Room(
    name="civil",
    handlers=(
        handlers.when_deceased,
        handlers.when_death_corrected,
        handlers.when_moved,
        handlers.when_divisions_changed,
    ),
    refusals=Path(__file__).with_name("refusals.toml"),
)
