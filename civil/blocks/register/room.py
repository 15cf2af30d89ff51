"""The declaration of this room: the registers of all companion modules."""

from datetime import timedelta
from pathlib import Path

from civil.blocks.register import operations
from civil.blocks.register.model import CivilRecord, Inspection, RecordVersion
from civil.blocks.register.policy import POLICY
from kit.room import Chore, Room

ROOM = Room(
    name="civil.blocks.register",
    models=(CivilRecord, RecordVersion, Inspection),
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="overdue records", every=timedelta(minutes=5), act=operations.note_overdue),),
    policy=POLICY,
)
