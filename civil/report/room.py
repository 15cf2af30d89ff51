"""The declaration of this room: the bureau's reports."""

from pathlib import Path

from civil.report.policy import POLICY
from civil.report.rules import RULES
from kit.room import Room

ROOM = Room(name="civil.report", rules=RULES, refusals=Path(__file__).with_name("refusals.toml"), policy=POLICY)
