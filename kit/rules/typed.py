"""The form of a rule: a pydantic model with bounds, and beside it the name, unit, title, source and proposed value.

A rule's stored JSON is exactly what its model dumps: a table for a `TableRule`, a bare number, text or list for the
others. Nothing here reaches a database.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from kit.rules.faults import RuleInvalid, invalid

T = TypeVar("T")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a proposed value is valid; its row counts as recorded at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a rule is called and what is proposed for it until people decide otherwise.

    `name` is its name in the database; `proposed` is a JSON value that fits the model; `source` says where the
    proposal comes from; `zh` and `en` are the title that a form shows. `second_person`: the rule decides about
    money or proof, so that a second person confirms each new value after a waiting time.
    """

    name: str
    proposed: Any
    unit: str
    zh: str
    en: str
    source: str
    second_person: bool = False


class DatedRule(BaseModel):
    """The value of one rule that people decide; a subclass bounds every number, so that no accepted value can harm."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)
    about: ClassVar[About]

    @classmethod
    def of(cls, content: Any) -> Self:
        """Return the model of a JSON value; refuse `rule.invalid`, which names every field at fault."""
        try:
            return cls.model_validate_json(json.dumps(content))
        except ValidationError as error:
            raise invalid(cls.about.name, error) from error

    @classmethod
    def fits(cls, content: Any) -> bool:
        """Tell whether a JSON value is one of this rule's."""
        try:
            cls.of(content)
        except RuleInvalid:
            return False
        return True

    @classmethod
    def proposed(cls) -> Self:
        """Return the model of the proposed value."""
        return cls.of(cls.about.proposed)

    @cached_property
    def content(self) -> Any:
        """Return the JSON value, as it is stored."""
        return self.model_dump(mode="json")


class TableRule(DatedRule):
    """A rule whose value is a table; keys that it does not name are refused."""

    model_config = ConfigDict(extra="forbid")


class Part(BaseModel):
    """A table inside the value of a rule."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, extra="forbid")


class ValueRule(DatedRule, RootModel[T], Generic[T]):
    """A rule whose value is one number, text, truth or list."""

    @property
    def value(self) -> T:
        """Return the value itself."""
        return self.root


class MinutesRule(ValueRule[int]):
    """A rule that counts minutes."""

    @property
    def span(self) -> timedelta:
        """Return the value as a length of time."""
        return timedelta(minutes=self.root)


class HoursRule(ValueRule[int]):
    """A rule that counts hours."""

    @property
    def span(self) -> timedelta:
        """Return the value as a length of time."""
        return timedelta(hours=self.root)


class DaysRule(ValueRule[int]):
    """A rule that counts days."""

    @property
    def span(self) -> timedelta:
        """Return the value as a length of time."""
        return timedelta(days=self.root)
