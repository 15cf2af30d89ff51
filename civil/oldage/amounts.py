"""What an allowance by age is worth: a monthly amount by band, the age counted on the last day of the month."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from civil.blocks.benefits.arithmetic import age_in


def monthly(born_on: date, month: str, bands: Sequence[Mapping[str, Any]]) -> int:
    """Return the fen of the highest band reached in a month; 0 under the lowest."""
    age = age_in(born_on, month)
    reached = [band for band in bands if age >= band["age"]]
    return int(max(reached, key=lambda band: int(band["age"]))["fen"]) if reached else 0
