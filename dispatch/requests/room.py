"""The declaration of this room: care requests and standing orders."""

from datetime import timedelta
from pathlib import Path

from dispatch.requests import handlers, operations
from dispatch.requests.model import CareRequest, StandingDay, StandingOrder
from dispatch.requests.policy import POLICY
from dispatch.requests.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="dispatch.requests",
    models=(CareRequest, StandingOrder, StandingDay),
    handlers=(
        handlers.when_deceased,
        handlers.when_death_corrected,
        handlers.when_divisions_changed,
        handlers.when_placed,
        handlers.when_ended,
        handlers.when_suspended,
    ),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="standing orders", every=timedelta(minutes=1), act=operations.make_due),),
    policy=POLICY,
)
