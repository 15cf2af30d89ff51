"""The room of the registry: people, households, divisions and addresses."""

from datetime import timedelta
from pathlib import Path

from kit.room import Chore, ImportKind, Room
from registry import imports
from registry.households.imports import HOUSEHOLD_COLUMNS, households
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
from registry.people import search
from registry.policy import POLICY
from registry.reorganisation.imports import CHANGE_COLUMNS, division_changes

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
        ImportKind(
            name="divisions",
            take_in=imports.divisions,
            columns=imports.DIVISION_COLUMNS,
            action="divisions.import",
            zh="行政区划",
            en="divisions",
            key=("code",),
            refuses=("table.duplicate", "division.taken", "division.parent", "division.outside_parent"),
        ),
        ImportKind(
            name="division_changes",
            take_in=division_changes,
            columns=CHANGE_COLUMNS,
            action="division_changes.import",
            zh="区划调整（新旧代码对照）",
            en="an act on divisions: old codes to new ones",
            key=("document", "valid_from"),
            refuses=(
                "division.unknown",
                "division.taken",
                "division.parent",
                "division.outside_parent",
                "division.change_too_early",
                "division.change_not_yet",
                "division.change_contradicts",
                "division.children_left",
            ),
        ),
        ImportKind(
            name="households",
            take_in=households,
            columns=HOUSEHOLD_COLUMNS,
            action="households.import",
            zh="户及成员",
            en="households and their members",
            key=("household", "id_no"),
            refuses=(
                "table.duplicate",
                "person.taken",
                "person.dead",
                "person.name_contradicts",
                "household.no_head",
                "household.list_contradicts",
                "household.twice",
                "division.unknown",
                "division.ambiguous",
            ),
        ),
    ),
    chores=(Chore(name="search index", every=timedelta(minutes=1), act=search.index_waiting),),
    policy=POLICY,
)
