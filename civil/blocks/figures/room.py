"""The declaration of this room: figures of all modules; it owns no table, every figure is counted when it is asked."""

from pathlib import Path

from civil.blocks.figures.policy import POLICY
from kit.room import Room

ROOM = Room(name="civil.blocks.figures", refusals=Path(__file__).with_name("refusals.toml"), policy=POLICY)
