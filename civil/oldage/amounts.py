"""What an allowance by age is worth: a monthly amount by band, the age counted on the last day of the month."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kit.china.identifiers import age_on


def age_in(born_on: date, month: str) -> int:
    """Return the age reached by the last day of a month (2026-03)."""
    year, number = int(month[:4]), int(month[5:])
    return age_on(born_on, date(year, number, calendar.monthrange(year, number)[1]))


def monthly(born_on: date, month: str, bands: Sequence[Mapping[str, Any]]) -> int:
    """Return the fen of the highest band reached in a month; 0 under the lowest."""
    age = age_in(born_on, month)
    reached = [band for band in bands if age >= band["age"]]
    return int(max(reached, key=lambda band: int(band["age"]))["fen"]) if reached else 0
