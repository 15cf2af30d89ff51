"""The declaration of this room: offers, visits and their evidence."""

from datetime import timedelta
from pathlib import Path

from dispatch.visits import handlers, operations
from dispatch.visits.model import Act, Barred, Booking, Offer, Visit, WantedWorker
from dispatch.visits.policy import POLICY
from dispatch.visits.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="dispatch.visits",
    models=(Visit, Offer, Booking, Act, Barred, WantedWorker),
    handlers=(
        handlers.when_accepted,
        handlers.when_departed,
        handlers.when_arrived,
        handlers.when_finished,
        handlers.when_nobody_home,
        handlers.when_aborted,
        handlers.when_held,
        handlers.when_reviewed,
        handlers.when_voided,
        handlers.when_divisions_changed,
        handlers.when_placed,
        handlers.when_cancelled,
        handlers.when_deceased,
        handlers.when_ended,
        handlers.when_suspended,
    ),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(
        Chore(name="lapse", every=timedelta(seconds=1), act=operations.lapse_due),
        Chore(name="missed", every=timedelta(seconds=15), act=operations.miss_due),
        Chore(name="disclosures", every=timedelta(minutes=10), act=operations.close_disclosures_due),
    ),
    policy=POLICY,
)
