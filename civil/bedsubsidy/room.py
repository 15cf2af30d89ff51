"""The declaration of this room: the operation subsidy of institutions."""

from pathlib import Path

from civil.bedsubsidy import definition
from civil.bedsubsidy.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(name="civil.bedsubsidy", rules=RULES, refusals=Path(__file__).with_name("refusals.toml"))
