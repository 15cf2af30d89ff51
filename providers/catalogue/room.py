"""The room of the catalogue: service items and their prices."""

from pathlib import Path

from kit.room import Room
from providers.catalogue.model import Item, Price
from providers.catalogue.policy import POLICY

ROOM = Room(
    name="providers.catalogue",
    models=(Item, Price),
    refusals=Path(__file__).with_name("refusals.toml"),
    policy=POLICY,
)
