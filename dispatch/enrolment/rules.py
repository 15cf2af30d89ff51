"""The rules of enrolment: who may apply, how long names are published, and what the public purse grants."""

from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from kit.rules.faults import FieldUnsorted
from kit.rules.typed import About, DatedRule, DaysRule, TableRule, ValueRule

LEVELS = 5
"""Ability levels: 0 (able) to 4 (total loss of ability), GB/T 42195-2022."""

_MOST_FEN = 1_000_000
"""Ten thousand yuan a month: no district grants more to one elder."""

Percent = Annotated[int, Field(ge=0, le=100)]


def _rising(amounts: tuple[int, ...]) -> tuple[int, ...]:
    if any(more < less for less, more in pairwise(amounts)):
        raise FieldUnsorted().error()
    return amounts


Amounts = Annotated[
    tuple[Annotated[int, Field(ge=0, le=_MOST_FEN)], ...],
    Field(min_length=LEVELS, max_length=LEVELS),
    AfterValidator(_rising),
]
"""Fen a month by ability level; a higher level never gets a smaller grant."""


class LeastAge(ValueRule[int]):
    """The youngest age in whole years at which one may apply."""

    about: ClassVar[About] = About(
        name="enrolment.age",
        proposed=60,
        unit="years",
        zh="可以申请入网的最低周岁年龄",
        en="Youngest age in whole years at which one may apply",
        source="proposed; 老年人权益保障法 art. 2 names 60 as the age of an older person",
    )
    root: Annotated[int, Field(ge=50, le=100)]


class PublicityDays(DaysRule):
    """The days for which the names of subsidised elders are published before they may be served."""

    about: ClassVar[About] = About(
        name="enrolment.publicity_days",
        proposed=5,
        unit="days",
        zh="享受补贴老人名单公示的天数",
        en="Days for which the names of subsidised elders are published before they may be served",
        source="proposed default; to be replaced by the district's own paper",
    )
    root: Annotated[int, Field(ge=1, le=60)]


class ReassessMonths(ValueRule[int]):
    """After how many months the ability is assessed again; a discharge from hospital makes it due at once."""

    about: ClassVar[About] = About(
        name="enrolment.reassess_months",
        proposed=12,
        unit="months",
        zh="能力评估有效的月数，到期复评",
        en="Months after which the ability is assessed again",
        source="proposed default; GB/T 42195-2022 leaves the interval to the purchaser",
    )
    root: Annotated[int, Field(ge=1, le=60)]


class MonthlyQuota(TableRule):
    """The monthly quota in fen by category, then by ability level 0 (able) to 4 (total)."""

    about: ClassVar[About] = About(
        name="quota.monthly_fen",
        proposed={
            "T": [15000, 20000, 30000, 50000, 70000],
            "D": [10000, 15000, 25000, 40000, 60000],
            "B": [6000, 10000, 20000, 30000, 45000],
            "K": [4500, 6000, 12000, 20000, 30000],
            "Z": [0, 0, 0, 0, 0],
        },
        unit="fen a month",
        zh="各类老人按能力等级（0至4级）的每月额度",
        en="Monthly quota by category and ability level (0 to 4)",
        source="proposed default, not for real payment before the district's own paper replaces it",
        second_person=True,
    )
    T: Amounts
    D: Amounts
    B: Amounts
    K: Amounts
    Z: Amounts

    def fen(self, category: str, level: int) -> int:
        """Return the monthly quota of a category and level."""
        amounts: tuple[int, ...] = getattr(self, category)
        return amounts[level]


class CopayPercent(TableRule):
    """The percentage of every price that an elder of each category pays; the quota pays the rest."""

    about: ClassVar[About] = About(
        name="quota.copay_percent",
        proposed={"T": 0, "D": 0, "B": 10, "K": 30, "Z": 100},
        unit="percent",
        zh="各类老人自付价格的百分比",
        en="Share of every price that an elder of each category pays",
        source="proposed default, not for real payment before the district's own paper replaces it",
        second_person=True,
    )
    T: Percent
    D: Percent
    B: Percent
    K: Percent
    Z: Percent

    def percent(self, category: str) -> int:
        """Return the share that a category pays."""
        share: int = getattr(self, category)
        return share


class CarryPercent(ValueRule[int]):
    """The percentage of a month's grant that is carried into the next month, once; December carries nothing."""

    about: ClassVar[About] = About(
        name="quota.carry_percent",
        proposed=50,
        unit="percent",
        zh="当月额度可结转到下月的百分比（只结转一次，12月不结转）",
        en="Share of a month's own grant that may be carried into the next month, once; December carries nothing",
        source="proposed default; to be replaced by the district's own paper",
        second_person=True,
    )
    root: Percent


RULES: tuple[type[DatedRule], ...] = (
    LeastAge,
    PublicityDays,
    ReassessMonths,
    MonthlyQuota,
    CopayPercent,
    CarryPercent,
)
