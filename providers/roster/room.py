"""The room of the roster: companies, contracts, workers, shifts and absences."""

from datetime import timedelta
from pathlib import Path

from kit.room import Chore, Room
from providers.roster import handlers, hiring
from providers.roster.model import (
    Absence,
    Certificate,
    Company,
    Contract,
    ContractItem,
    DivisionStep,
    RosterRevision,
    Shift,
    Worker,
)
from providers.roster.policy import POLICY
from providers.roster.rules import RULES

ROOM = Room(
    name="providers.roster",
    models=(Company, Contract, ContractItem, DivisionStep, Worker, Certificate, Shift, Absence, RosterRevision),
    handlers=(handlers.when_divisions_changed,),
    rules=RULES,
    chores=(Chore(name="certificates", every=timedelta(hours=1), act=hiring.notice_expiring),),
    refusals=Path(__file__).with_name("refusals.toml"),
    policy=POLICY,
)
