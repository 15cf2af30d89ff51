"""The rules of the operation subsidy: rates by level, multipliers by stars."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, TableRule

_LOCAL = "运营补贴标准由市、区定；未见本区文件（试行建议值，不用于实际发放）"
MonthlyFen = Annotated[int, Field(ge=0, le=1_000_000)]
Percent = Annotated[int, Field(ge=0, le=300)]


class BedRates(TableRule):
    """What a bed that is occupied for a month is subsidised with, by the resident's assessed level."""

    about: ClassVar[About] = About(
        name="bedsubsidy.rate_fen",
        proposed={"level_0": 5_000, "level_1": 10_000, "level_2": 15_000, "level_3": 20_000, "level_4": 30_000},
        unit="fen",
        zh="养老机构运营补贴每床每月标准，按入住老人能力等级",
        en="Operation subsidy of an occupied bed a month, by the resident's level",
        source=_LOCAL,
        second_person=True,
    )
    level_0: MonthlyFen
    level_1: MonthlyFen
    level_2: MonthlyFen
    level_3: MonthlyFen
    level_4: MonthlyFen


class StarPercents(TableRule):
    """By how much the subsidy is multiplied for an institution's stars."""

    about: ClassVar[About] = About(
        name="bedsubsidy.star_percent",
        proposed={"star_0": 100, "star_1": 100, "star_2": 110, "star_3": 120, "star_4": 120, "star_5": 120},
        unit="percent",
        zh="运营补贴的星级系数（百分之几）",
        en="Multiplier of the operation subsidy by stars",
        source=_LOCAL,
        second_person=True,
    )
    star_0: Percent
    star_1: Percent
    star_2: Percent
    star_3: Percent
    star_4: Percent
    star_5: Percent


RULES: tuple[type[DatedRule], ...] = (BedRates, StarPercents)
