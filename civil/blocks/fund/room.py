"""The declaration of this room: the funds of all companion modules."""

from pathlib import Path

from civil.blocks.fund.model import Fund, FundConsent, FundEntry, FundPlan
from civil.blocks.fund.policy import POLICY
from kit.room import Room

ROOM = Room(
    name="civil.blocks.fund",
    models=(Fund, FundPlan, FundConsent, FundEntry),
    refusals=Path(__file__).with_name("refusals.toml"),
    policy=POLICY,
)
