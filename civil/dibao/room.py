"""The declaration of this room: the minimum living guarantee."""

from pathlib import Path

from civil.dibao import definition
from civil.dibao.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(name="civil.dibao", rules=RULES, refusals=Path(__file__).with_name("refusals.toml"))
