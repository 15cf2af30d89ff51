"""The declaration of this room: telephone calls, and callers who are not registered yet."""

from datetime import timedelta
from pathlib import Path

from dispatch.calls import operations
from dispatch.calls.model import Newcomer, PhoneCall
from dispatch.calls.policy import POLICY
from dispatch.calls.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="dispatch.calls",
    models=(PhoneCall, Newcomer),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="numbers of calls", every=timedelta(hours=1), act=operations.forget_numbers),),
    policy=POLICY,
)
