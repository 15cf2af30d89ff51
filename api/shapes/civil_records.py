"""What the registers of the companion modules look like over HTTP."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Day, Form, Json
from api.shapes.about import AboutPerson
from civil.blocks.register.model import CivilRecord as Stored
from civil.blocks.register.model import Inspection, RecordVersion
from kit.access.scope import Section

_NAME = "what the account is called; null: it was the platform"
_FACTS: dict[str, Any] = {
    "name": "康宁养老院",
    "uscc": "52130999MJ00000181",
    "legal_form": "private",
    "beds": 60,
    "nursing_beds": 20,
}


class NewCivilRecord(Form):
    """A record; its facts are those that the register declares."""

    kind: str = Field(
        min_length=1,
        max_length=40,
        description="a register of GET /civil/modules",
        examples=["institutions.institution"],
    )
    facts: dict[str, Json] = Field(
        default={},
        max_length=60,
        description="the fields of the register",
        examples=[_FACTS],
    )
    division_code: str | None = Field(
        default=None,
        pattern="^[0-9]{12}$",
        description="the division it belongs to, 12 digits; null where it belongs to another record",
        examples=["130999001000"],
    )
    person_id: UUID | None = Field(default=None, description="the person, where the register's records are about one")
    within_id: UUID | None = Field(default=None, description="the record that it belongs to; null: to a division")
    opened_on: Day | None = Field(default=None, description="from which day it holds; null: today")


class CivilRecord(AboutPerson):
    """One thing of a register, as it is or was on a day."""

    record_id: UUID = Field(description="the record")
    number: int = Field(description="the number that people speak")
    kind: str = Field(description="its register")
    person_id: UUID | None = Field(description="whom it is about; null: nobody")
    within_id: UUID | None = Field(description="the record that it belongs to; null: none")
    division_code: str = Field(description="the division it belongs to, 12 digits")
    section: Section = Field(description="the section it belongs to")
    state: str = Field(description="its state; the register says what a screen calls it")
    facts: dict[str, Any] = Field(description="the fields of the register")
    valid_from: date = Field(
        description="since when it is in that state; of a day asked about, since when it had those facts"
    )
    opened_on: date = Field(description="from which day it holds")
    closed_on: date | None = Field(description="on which day it came to its end; null: it goes on")
    due_on: date | None = Field(description="the last day on which it may be in its state; null: no time is set")
    inspect_due_on: date | None = Field(description="the last day for its next inspection; null: it is not inspected")

    @classmethod
    def of(cls, record: Stored, version: RecordVersion | None = None) -> Self:
        """Show a record as it is, or as its version of a day says."""
        shown = record if version is None else version
        return cls(
            record_id=record.id,
            number=record.number,
            kind=record.kind,
            person_id=record.person_id,
            within_id=record.within_id,
            division_code=record.division_code,
            section=record.section,
            state=shown.state,
            facts=shown.facts,
            valid_from=record.since if version is None else version.valid_from,
            opened_on=record.opened_on,
            closed_on=record.closed_on,
            due_on=record.due_on,
            inspect_due_on=record.inspect_due_on,
        )


class CivilRecordVersion(BaseModel):
    """What a record is from a day on, until its next version."""

    valid_from: date = Field(description="from which day on")
    state: str = Field(description="its state")
    facts: dict[str, Any] = Field(description="the fields of the register")
    recorded_at: datetime = Field(description="when it was recorded; of two for one day the later holds")
    recorded_by: str = Field(description="the account, or the part of the platform")
    recorded_by_name: str | None = Field(description=_NAME)

    @classmethod
    def of(cls, version: RecordVersion, name: str | None) -> Self:
        """Show a version with who recorded it."""
        return cls(
            valid_from=version.valid_from,
            state=version.state,
            facts=version.facts,
            recorded_at=version.recorded_at,
            recorded_by=version.recorded_by,
            recorded_by_name=name,
        )


class CivilRecordFacts(Form):
    """All fields of a record anew, from a day on."""

    facts: dict[str, Json] = Field(
        max_length=60,
        description="the fields of the register",
        examples=[_FACTS | {"beds": 80}],
    )
    valid_from: Day | None = Field(default=None, description="from which day on; null: today")


class CivilRecordMove(Form):
    """Where a record goes, from which day, and what was learnt."""

    to: str = Field(min_length=1, max_length=32, description="the state to come into", examples=["filed"])
    on: Day | None = Field(default=None, description="from which day on; null: today")
    facts: dict[str, Json] | None = Field(
        default=None, max_length=60, description="all fields anew; null: as they were"
    )


class NewCivilInspection(Form):
    """One inspection."""

    passed: bool = Field(description="whether the thing was found in order", examples=[True])
    facts: dict[str, Json] = Field(
        default={}, max_length=60, description="what was looked at", examples=[{"fire_safety": True}]
    )
    inspected_on: Day | None = Field(default=None, description="on which day; null: today")


class CivilInspection(BaseModel):
    """What one inspection came to."""

    inspected_on: date = Field(description="on which day")
    passed: bool = Field(description="whether the thing was found in order")
    facts: dict[str, Any] = Field(description="what was looked at")
    recorded_at: datetime = Field(description="when it was recorded")
    recorded_by: str = Field(description="the account, or the part of the platform")
    recorded_by_name: str | None = Field(description=_NAME)

    @classmethod
    def of(cls, inspection: Inspection, name: str | None = None) -> Self:
        """Show an inspection with who recorded it."""
        return cls(
            inspected_on=inspection.inspected_on,
            passed=inspection.passed,
            facts=inspection.facts,
            recorded_at=inspection.recorded_at,
            recorded_by=inspection.recorded_by,
            recorded_by_name=name,
        )
