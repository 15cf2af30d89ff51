"""The declaration of this room: the two subsidies for disabled people."""

from pathlib import Path

from civil.disability import definition, handlers
from civil.disability.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(
    name="civil.disability",
    handlers=(handlers.when_grant_ended,),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
)
