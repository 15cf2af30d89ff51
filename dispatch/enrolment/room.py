"""The declaration of this room: enrolments, assessments and quota wallets."""

from datetime import timedelta
from pathlib import Path

from dispatch.enrolment import handlers, wallet
from dispatch.enrolment.model import Assessment, Enrolment, Term, Wallet, WalletEntry
from dispatch.enrolment.policy import POLICY
from dispatch.enrolment.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="dispatch.enrolment",
    models=(Enrolment, Term, Assessment, Wallet, WalletEntry),
    handlers=(
        handlers.when_charged,
        handlers.when_deceased,
        handlers.when_death_corrected,
        handlers.when_divisions_changed,
        handlers.when_placed,
        handlers.when_moved,
    ),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="months", every=timedelta(minutes=10), act=wallet.turn_months),),
    policy=POLICY,
)
