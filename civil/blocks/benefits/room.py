"""The declaration of this room: the benefits of all companion modules and their monthly runs."""

from pathlib import Path

from civil.blocks.benefits.model import BenefitPayment, Covered, Grant, GrantTerm, PayLine, PayRun
from civil.blocks.benefits.policy import POLICY
from civil.blocks.benefits.rules import RULES
from kit.room import Room

ROOM = Room(
    name="civil.blocks.benefits",
    models=(Grant, GrantTerm, Covered, PayRun, PayLine, BenefitPayment),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    policy=POLICY,
)
