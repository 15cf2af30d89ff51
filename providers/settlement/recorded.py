"""Prices and rule values as the log records them: which event put what in force for which day or instant; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from typing import Any, Final

from events.contracts.rules import PriceRecorded, RuleRecorded
from kit.rules.faults import RuleInvalid
from kit.rules.typed import BEGINNING, ValueRule
from providers.settlement.arithmetic import Standards
from providers.settlement.closing.rules import BUDGET
from providers.settlement.review.rules import REVIEW
from providers.settlement.rules import STANDARDS

FOLDED: Final[Mapping[str, type[ValueRule[Any]]]] = {**STANDARDS, **REVIEW, **BUDGET}
"""The rules that money follows from, by the names that the fold has for them."""


@dataclass(slots=True)
class RecordedValues:
    """What the events up to now have put in force, each with the number of its event, in the order of the chain."""

    prices: dict[str, list[tuple[int, PriceRecorded]]] = field(default_factory=dict)
    rules: dict[str, list[tuple[int, datetime, Any]]] = field(default_factory=dict)
    _versions: dict[tuple[tuple[Any, ...], ...], dict[str, Standards]] = field(default_factory=dict)

    def record(self, number: int, event: PriceRecorded | RuleRecorded) -> None:
        """Take the next record of a price or of a rule's value; what does not fit a rule's form never counted."""
        if isinstance(event, PriceRecorded):
            self.prices.setdefault(event.item_code, []).append((number, event))
            return
        for rule in FOLDED.values():
            if rule.about.name == event.name:
                try:
                    value = rule.of(event.value).value
                except RuleInvalid:
                    return
                self.rules.setdefault(event.name, []).append((number, event.valid_from, value))

    def price_events(self, item_code: str, day: date) -> list[tuple[int, PriceRecorded]]:
        """Return the numbered records of a price that cover a day, oldest first."""
        return [
            (number, price)
            for number, price in self.prices.get(item_code, ())
            if price.valid_from <= day and (price.valid_to is None or day < price.valid_to)
        ]

    def rule_values(self, name: str, at: datetime) -> list[tuple[int, Any]]:
        """Return each value of a rule that was in force for an instant by what was recorded then, oldest first.

        A rule whose proposal the log does not hold has the proposed value, under the number 0.
        """
        rule = FOLDED[name]
        recorded = self.rules.get(rule.about.name, ())
        values: list[tuple[int, Any]] = [(0, rule.proposed().value)]
        if any(valid_from == BEGINNING for _, valid_from, _ in recorded):
            values.clear()
        since: datetime | None = None
        for number, valid_from, value in recorded:
            if valid_from <= at and (since is None or since <= valid_from):
                since = valid_from
                values.append((number, value))
        return values

    def ever(self, name: str) -> list[Any]:
        """Return every value that a rule was ever given, for whatever instant, and the proposed one."""
        rule = FOLDED[name]
        return [rule.proposed().value, *(value for _, _, value in self.rules.get(rule.about.name, ()))]

    def standards(self, version: str, at: datetime) -> Standards | None:
        """Return the standards of that name, if the log has ever put just these values in force for that instant."""
        values = tuple(tuple(value for _, value in self.rule_values(name, at)) for name in STANDARDS)
        if values not in self._versions:
            sets = [Standards(**dict(zip(STANDARDS, row, strict=True))) for row in product(*map(dict.fromkeys, values))]
            self._versions[values] = {standards.version: standards for standards in sets}
        return self._versions[values].get(version)
