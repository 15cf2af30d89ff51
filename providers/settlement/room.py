"""The room of settlement: charges, statements, disputes and payments."""

from datetime import timedelta
from pathlib import Path

from kit.room import Chore, Room
from providers.settlement import confirmation, handlers
from providers.settlement.model import (
    Charge,
    ChargeStandards,
    Deceased,
    Dispute,
    Finding,
    LedgerEntry,
    Payment,
    PaymentReturn,
    Statement,
    StatementLine,
)
from providers.settlement.policy import POLICY
from providers.settlement.rules import RULES

ROOM = Room(
    name="providers.settlement",
    models=(
        Charge,
        ChargeStandards,
        Finding,
        Deceased,
        LedgerEntry,
        Statement,
        StatementLine,
        Dispute,
        Payment,
        PaymentReturn,
    ),
    handlers=(
        handlers.when_verified,
        handlers.when_held,
        handlers.when_voided,
        handlers.when_complaint_decided,
        handlers.when_deceased,
        handlers.when_death_corrected,
    ),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="silence", every=timedelta(minutes=10), act=confirmation.turn_silence),),
    policy=POLICY,
)
