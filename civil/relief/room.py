"""The declaration of this room: temporary relief and the towns' reserve funds."""

from pathlib import Path

from civil.relief import definition
from civil.relief.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(name="civil.relief", rules=RULES, refusals=Path(__file__).with_name("refusals.toml"))
