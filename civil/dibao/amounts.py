"""What minimum living guarantee a family is worth a month: the gap to the standard, and more for those in hardship."""

from collections.abc import Iterable, Mapping
from datetime import date

from civil.blocks.benefits.arithmetic import age_in

OLD, MINOR = 70, 18


def percent_of(born_on: date, month: str, hardship: str | None, percents: Mapping[str, int]) -> int:
    """Return the one percentage of the standard that a member is paid on top: the highest that applies."""
    age = age_in(born_on, month)
    applying = [percents[hardship]] if hardship is not None else []
    applying += [percents["old"]] if age >= OLD else []
    applying += [percents["minor"]] if age < MINOR else []
    return max(applying, default=0)


def monthly(standard_fen: int, incomes: Iterable[int], percents: Iterable[int], floor_fen: int) -> dict[str, int]:
    """Return gap and top-up in fen, half up; nothing where the income reaches the standard.

    社会救助法 art. 18 and 20: the gap to the standard, and additional support; a positive gap is never below the floor.
    """
    counted = list(incomes)
    gap = standard_fen * len(counted) - sum(counted)
    if gap <= 0:
        return {}
    top_up = sum((standard_fen * percent + 50) // 100 for percent in percents)
    return {"gap": max(gap, floor_fen)} | ({"top_up": top_up} if top_up else {})
