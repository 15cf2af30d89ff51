"""How far a year's budget is charged: whole percent, the shares reached, and the ids of what is reported; pure."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID, uuid5

_NAMES: Final = UUID("2f6c1e0b-6a54-5a0e-9d1b-6d2f5e8a7c31")


def percent_of(spent_fen: int, cap_fen: int) -> int:
    """Return how many whole per cent of a budget are charged, never more than are; 0 where more was taken back."""
    return max(0, spent_fen) * 100 // cap_fen


def reached(spent_fen: int, cap_fen: int, percents: Sequence[int], *, reported: Collection[int] = ()) -> list[int]:
    """Return the shares that are charged and not reported yet, rising; each is reached to the fen."""
    return [percent for percent in percents if spent_fen * 100 >= cap_fen * percent and percent not in reported]


def year_of(month: str) -> int:
    """Return the year of a district month written `2026-03`."""
    return int(month[:4])


def month_id(month: str) -> UUID:
    """Return the id under which what is wrong with the closing of a month is named."""
    return uuid5(_NAMES, month)


def year_id(year: int) -> UUID:
    """Return the id under which what is wrong with the budget of a year is named."""
    return uuid5(_NAMES, str(year))


def report_id(year: int, percent: int) -> UUID:
    """Return the id of the case about one share of a year's budget."""
    return uuid5(year_id(year), str(percent))
