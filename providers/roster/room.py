"""The room of the roster: companies, contracts, workers, shifts and absences."""

from pathlib import Path

from kit.room import Room
from providers.roster import handlers
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

ROOM = Room(
    name="providers.roster",
    models=(Company, Contract, ContractItem, DivisionStep, Worker, Certificate, Shift, Absence, RosterRevision),
    handlers=(handlers.when_divisions_changed,),
    refusals=Path(__file__).with_name("refusals.toml"),
    policy=POLICY,
)
