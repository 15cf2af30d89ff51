"""The declaration of this room: the cases of all companion modules."""

from datetime import timedelta
from pathlib import Path

from civil.blocks.cases import operations
from civil.blocks.cases.model import CaseStep, CivilCase
from civil.blocks.cases.policy import POLICY
from civil.blocks.cases.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="civil.blocks.cases",
    models=(CivilCase, CaseStep),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="overdue civil cases", every=timedelta(seconds=30), act=operations.note_overdue),),
    policy=POLICY,
)
