"""Lists over HTTP: every list answers `{items, next}`, and a long one is read a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from events.work import Work
from kit.pages import SortOrder

Row = TypeVar("Row")
Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """What a route returns for a list: the rows, and where the next page begins (None: this was the last)."""

    items: Sequence[Row]
    next: str | None = None


class Listing(BaseModel, Generic[Shape]):
    """A list; `next` goes into the parameter `after` for the rows that follow, and is null at the end."""

    items: list[Shape]
    next: str | None = None


class _Page:
    """Which page was asked for."""

    def __init__(
        self,
        after: Annotated[str | None, Query(max_length=400)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> None:
        self.after, self.limit = after, limit

    def rows(self, work: Work, order: SortOrder, rows: Sequence[Row]) -> Rows[Row]:
        """Return the page, with the place of the next one where this one is full.

        A row of several objects is a tuple of them.
        """
        return Rows(rows, self.next(work, order, rows))

    def next(self, work: Work, order: SortOrder, rows: Sequence[Any]) -> str | None:
        """Return where the next page begins, for a route that answers with rows of its own making."""
        if len(rows) < self.limit:
            return None
        last = rows[-1]
        return order.place(work.vault, *(last if isinstance(last, tuple) else (last,)))


Page = Annotated[_Page, Depends()]
