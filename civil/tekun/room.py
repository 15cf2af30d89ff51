"""The declaration of this room: destitute support."""

from pathlib import Path

from civil.tekun import definition
from civil.tekun.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(name="civil.tekun", rules=RULES, refusals=Path(__file__).with_name("refusals.toml"))
