"""The rules of destitute support."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, TableRule, ValueRule

_LOCAL = "特困人员供养标准由省、市定；未见本区文件（试行建议值，不用于实际发放）"
_PROCEDURE = "民发〔2021〕43号"
Days = Annotated[int, Field(ge=1, le=90)]
MonthlyFen = Annotated[int, Field(ge=0, le=1_000_000)]


class TekunBase(ValueRule[int]):
    """The basic living standard a month, at least 1.3 times the minimum living guarantee."""

    about: ClassVar[About] = About(
        name="tekun.base_fen",
        proposed=91_000,
        unit="fen",
        zh="特困人员基本生活标准（每月）",
        en="Basic living standard of destitute support a month",
        source=_LOCAL,
        second_person=True,
    )
    root: MonthlyFen


class TekunCare(TableRule):
    """What is added for care a month, by the loss of self-care."""

    about: ClassVar[About] = About(
        name="tekun.care_fen",
        proposed={"full": 10_000, "partial": 30_000, "total": 60_000},
        unit="fen",
        zh="特困人员照料护理标准（每月）：全自理、半护理、全护理",
        en="Care standard of destitute support a month, by self-care",
        source=_LOCAL,
        second_person=True,
    )
    full: MonthlyFen
    partial: MonthlyFen
    total: MonthlyFen


class TekunDeathMonthPaid(ValueRule[bool]):
    """Whether the month of a death is still paid."""

    about: ClassVar[About] = About(
        name="tekun.death_month_paid",
        proposed=True,
        unit="yes or no",
        zh="去世当月是否发放特困供养金",
        en="Whether destitute support is paid for the month of a death",
        source="次月起停发（试行建议值）",
        second_person=True,
    )


class TekunTownDays(DaysRule):
    """The working days in which the town surveys and gives its opinion."""

    about: ClassVar[About] = About(
        name="tekun.town_days",
        proposed=15,
        unit="working days",
        zh="乡镇（街道）调查并提出初审意见的工作日数",
        en="Working days in which the town surveys an applicant",
        source=_PROCEDURE,
    )
    root: Days


class TekunPublicityDays(DaysRule):
    """The calendar days of publicity, before a grant and before its end."""

    about: ClassVar[About] = About(
        name="tekun.publicity_days",
        proposed=7,
        unit="days",
        zh="特困供养公示天数（认定前、终止前）",
        en="Days of publicity before a grant and before its end",
        source=_PROCEDURE,
    )
    root: Days


class TekunCountyDays(DaysRule):
    """The working days from the beginning of publicity to the county's decision."""

    about: ClassVar[About] = About(
        name="tekun.county_days",
        proposed=20,
        unit="working days",
        zh="自公示起至区民政局确认的工作日数（公示七日后十五个工作日）",
        en="Working days from the beginning of publicity to the decision",
        source=f"{_PROCEDURE}：公示七日，其后十五个工作日",
    )
    root: Days


RULES: tuple[type[DatedRule], ...] = (
    TekunBase,
    TekunCare,
    TekunDeathMonthPaid,
    TekunTownDays,
    TekunPublicityDays,
    TekunCountyDays,
)
