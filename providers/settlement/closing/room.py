"""The room of what ends with time: closed months and the year's budget."""

from datetime import timedelta
from pathlib import Path

from kit.room import Chore, Room
from providers.settlement.closing import operations
from providers.settlement.closing.model import BudgetReport, ClosedMonth
from providers.settlement.closing.policy import POLICY
from providers.settlement.closing.rules import RULES

ROOM = Room(
    name="providers.settlement.closing",
    models=(ClosedMonth, BudgetReport),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="budget", every=timedelta(minutes=10), act=operations.report_budget),),
    policy=POLICY,
)
