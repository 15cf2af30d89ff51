"""The room of the registry: people, households, divisions and addresses."""

from pathlib import Path

from kit.room import ImportKind, Room
from registry import imports
from registry.households.imports import households
from registry.model import (
    Address,
    BankAccount,
    Contact,
    Disclosure,
    Division,
    DivisionChange,
    HealthNote,
    Household,
    HouseholdDivision,
    HouseholdMember,
    Person,
    PersonFact,
    ReadAudit,
    UndecidedAddress,
)
from registry.policy import POLICY
from registry.reorganisation.imports import division_changes

ROOM = Room(
    name="registry",
    models=(
        Division,
        DivisionChange,
        Person,
        Contact,
        PersonFact,
        Household,
        HouseholdDivision,
        HouseholdMember,
        Address,
        UndecidedAddress,
        HealthNote,
        BankAccount,
        ReadAudit,
        Disclosure,
    ),
    refusals=Path(__file__).with_name("refusals.toml"),
    imports=(
        ImportKind(name="divisions", take_in=imports.divisions),
        ImportKind(name="division_changes", take_in=division_changes),
        ImportKind(name="households", take_in=households),
    ),
    policy=POLICY,
)
