"""The arithmetic of pay-runs: months, differences, balances. Pure; money is integer fen."""

import calendar
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from kit.china.identifiers import age_on


def age_in(born_on: date, month: str) -> int:
    """Return the age reached by the last day of a month (2026-03)."""
    year, number = int(month[:4]), int(month[5:])
    return age_on(born_on, date(year, number, calendar.monthrange(year, number)[1]))


def following(month: str) -> str:
    """Return the month after a month: 2026-12 → 2027-01."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"


def preceding(month: str) -> str:
    """Return the month before a month."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02}"


def months(first: str, last: str) -> Iterator[str]:
    """Yield every month from the first to the last, both included."""
    while first <= last:
        yield first
        first = following(first)


def last_paid_month(died_on: date, *, death_month_paid: bool) -> str:
    """Return the last month that is paid after a death."""
    month = f"{died_on:%Y-%m}"
    return month if death_month_paid else preceding(month)


def differences(due: Mapping[str, int], entered: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return by component what is due and what was entered, where they differ."""
    names = sorted(due.keys() | entered.keys())
    pairs = {name: (due.get(name, 0), entered.get(name, 0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def payable(lines_fen: int, sent_fen: int) -> int:
    """Return what is sent now: what the lines come to less what was sent, never less than nothing."""
    return max(lines_fen - sent_fen, 0)


def content_hash(standards: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of a run: its standards, and every line with the claim behind it."""
    names = ("grant_id", "month", "component", "due_fen", "before_fen", "claim")
    content = sorted(json.dumps([line[name] for name in names], sort_keys=True, default=str) for line in lines)
    text = json.dumps([standards, content], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
