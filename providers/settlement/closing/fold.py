"""What the log says of closed months and of a year's budget; a part of `replay`, pure."""

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from events.contracts.event import Event
from events.contracts.settlement import BudgetReached, MonthClosed
from providers.settlement.closing import budget
from providers.settlement.papers import Paper

READ: Final[tuple[type[Event], ...]] = (MonthClosed, BudgetReached)
"""The events of months and years."""
Pairs = Mapping[str, tuple[Any, Any]]
"""What an event says and what is computed, by field."""


@dataclass(slots=True)
class Spending:
    """The public share of a year's charges, summed up event by event; numbers and sums in the order of the chain."""

    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    sums: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, number: int, fen: int) -> None:
        """Take the next charge or reversal."""
        self.numbers.append(number)
        self.sums.append((self.sums[-1] if self.sums else 0) + fen)

    def at(self, number: int) -> int:
        """Return what was charged up to an event."""
        place = bisect_right(self.numbers, number)
        return self.sums[place - 1] if place else 0


@dataclass(slots=True)
class ClosingBooks:
    """What the events up to now say of months and years."""

    closed: dict[str, MonthClosed] = field(default_factory=dict)
    years: dict[int, Spending] = field(default_factory=dict)

    def charge(self, number: int, month: str, fen: int) -> None:
        """Take the public share of a charge or reversal of a month's visit."""
        self.years.setdefault(budget.year_of(month), Spending()).add(number, fen)

    def is_closed(self, month: str) -> bool:
        """Tell whether a month, or one after it, is closed."""
        return any(month <= each for each in self.closed)

    def close(self, event: MonthClosed, papers: Iterable[Paper]) -> Pairs:
        """Close a month; `papers` are all that were drawn up so far."""
        papers = list(papers)
        sums = [paper.totals() for paper in papers if paper.month == event.month]
        before = self.is_closed(event.month)
        self.closed[event.month] = event
        unpaid = sum(paper.month <= event.month and not paper.progress.is_paid for paper in papers)
        return {
            "closed": (event.month, "closed before" if before else event.month),
            "statements": (event.statements, len(sums)),
            "payable_fen": (event.payable_fen, sum(each["payable_fen"] for each in sums)),
            "subsidised_fen": (event.subsidised_fen, sum(each["subsidised_fen"] for each in sums)),
            "unpaid": (0, unpaid),
        }

    def reach(self, event: BudgetReached, caps: Collection[int]) -> Pairs:
        """Compare what is reported with what was charged; `caps` are all budgets that were ever recorded."""
        spent = self.years[event.year].at(event.reaches) if event.year in self.years else 0
        share = event.reached_percent
        enough = bool(budget.reached(event.spent_fen, event.cap_fen, [share]))
        return {
            "cap_fen": (event.cap_fen, event.cap_fen if event.cap_fen in caps else None),
            "spent_fen": (event.spent_fen, spent),
            "reached_percent": (share, share if enough else budget.percent_of(event.spent_fen, event.cap_fen)),
        }
