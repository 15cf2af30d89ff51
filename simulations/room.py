"""The declaration of this room: what simulations have laid out and refused."""

from pathlib import Path

from kit.room import Room
from simulations.model import RefusedCall, SimulatedPart, Simulation

ROOM = Room(
    name="simulations",
    models=(Simulation, SimulatedPart, RefusedCall),
    refusals=Path(__file__).with_name("refusals.toml"),
)
