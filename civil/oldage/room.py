"""The declaration of this room: the old-age and the longevity allowance."""

from datetime import timedelta
from pathlib import Path

from civil.oldage import definition
from civil.oldage.rules import RULES
from kit.room import Chore, Room

MODULE = definition.MODULE
ROOM = Room(
    name="civil.oldage",
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(
        Chore(name="list old-age allowances", every=timedelta(hours=6), act=definition.list_oldage),
        Chore(name="list longevity allowances", every=timedelta(hours=6), act=definition.list_longevity),
    ),
)
