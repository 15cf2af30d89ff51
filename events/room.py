"""The declaration of this room: the event log and its delivery."""

from datetime import timedelta
from pathlib import Path

from events import log
from events.model import DeadLetter, Delivery, GroupProgress, Handled, Lease, LoggedEvent, Outgoing, Rehearsal, Seal
from events.policy import POLICY
from kit.room import Chore, Room

ROOM = Room(
    name="events",
    models=(LoggedEvent, Seal, Delivery, Outgoing, Rehearsal, Handled, DeadLetter, GroupProgress, Lease),
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(
        Chore(name="seal", every=timedelta(seconds=1), act=log.seal),
        Chore(name="sign", every=timedelta(minutes=1), act=log.sign),
    ),
    policy=POLICY,
)
