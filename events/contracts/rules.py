"""Topic `rules`: what people decide about money and deadlines; key is the rule's name or the item's code."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from events.contracts.event import Event
from kit.rules.model import RuleRow


class RuleRecorded(Event):
    """Emitted by the bureau: a rule's value from an instant on; the latest record of an instant wins."""

    topic = "rules"
    key_field = "name"
    subject_field = "name"

    name: str
    value: Any
    valid_from: datetime

    @classmethod
    def of(cls, row: RuleRow) -> Self:
        """Return the event of one recorded value; whoever calls `kit.rules.operations` emits it."""
        return cls(name=row.name, value=row.value, valid_from=row.valid_from)


class PriceRecorded(Event):
    """Emitted by the catalogue: what one unit costs in a window of days; the latest record of a day wins."""

    topic = "rules"
    key_field = "item_code"
    subject_field = "price_id"

    price_id: UUID
    item_code: str
    price_fen: int
    valid_from: date
    valid_to: date | None
