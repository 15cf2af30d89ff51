"""Long lists, one page at a time: the next page begins after the last row of this one, whatever is added or removed.

The place of a row is signed with this installation's key, so that only a place that this list gave out is accepted.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import KeyedColumnElement

from kit.refusal import Refusal
from kit.vault import Vault

Row = TypeVarTuple("Row")
_READ: dict[type[Any], Callable[[Any], Any]] = {
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    UUID: UUID,
}


class PageInvalid(Refusal):
    """The place was not given out by this list."""

    code = "page.invalid"


class SortOrder:
    """The order of a list: columns that together identify one row and are never null."""

    def __init__(
        self, name: str, *columns: InstrumentedAttribute[Any] | KeyedColumnElement[Any], falling: int = 0
    ) -> None:
        """Order by columns of tables or of one subquery; the first `falling` descend, the others ascend."""
        self._name = name
        self._columns = [(column, place < falling) for place, column in enumerate(columns)]

    def page(self, query: Select[*Row], vault: Vault, *, after: str | None, limit: int | None) -> Select[*Row]:
        """Return the query for one page; refuse `page.invalid`."""
        ordered = query.order_by(None).order_by(
            *(column.desc() if falls else column for column, falls in self._columns)
        )
        return (ordered if after is None else ordered.where(self._beyond(self._read(vault, after)))).limit(limit)

    def place(self, vault: Vault, *row: object) -> str:
        """Return the place of a row, given as the objects that the columns belong to.

        A row of a subquery is one object that has its columns by name.
        """
        rows = {type(part): part for part in row}
        values = [
            getattr(rows[column.parent.class_] if isinstance(column, InstrumentedAttribute) else row[0], column.key)
            for column, _ in self._columns
        ]
        text = json.dumps(
            values, default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value)
        )
        return base64.urlsafe_b64encode(f"{self._mark(vault, text)}{text}".encode()).decode().rstrip("=")

    def _mark(self, vault: Vault, text: str) -> str:
        return vault.token("page", self._name, text)

    def _read(self, vault: Vault, after: str) -> list[Any]:
        try:
            sealed = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
        except (binascii.Error, ValueError) as error:
            raise PageInvalid from error
        mark, text = sealed[:22], sealed[22:]
        if not hmac.compare_digest(mark.encode(), self._mark(vault, text).encode()):
            raise PageInvalid
        return [
            _READ.get(column.type.python_type, lambda given: given)(value)
            for (column, _), value in zip(self._columns, json.loads(text), strict=True)
        ]

    def _beyond(self, values: list[Any]) -> ColumnElement[bool]:
        literals = [literal(value, column.type) for (column, _), value in zip(self._columns, values, strict=True)]
        steps = []
        for place, (column, falls) in enumerate(self._columns):
            same = [self._columns[before][0] == literals[before] for before in range(place)]
            steps.append(and_(*same, column < literals[place] if falls else column > literals[place]))
        return or_(*steps)
