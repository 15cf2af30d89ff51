"""The rules of the two subsidies for disabled people."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, TableRule, ValueRule

_LOCAL = "国发〔2015〕52号；标准由省、市定，未见本区文件（试行建议值，不用于实际发放）"
Days = Annotated[int, Field(ge=1, le=90)]
MonthlyFen = Annotated[int, Field(ge=0, le=1_000_000)]


class DisabilityLiving(ValueRule[int]):
    """The living subsidy a month."""

    about: ClassVar[About] = About(
        name="disability.living_fen",
        proposed=8_000,
        unit="fen",
        zh="困难残疾人生活补贴每月标准",
        en="Living subsidy a month",
        source=_LOCAL,
        second_person=True,
    )
    root: MonthlyFen


class DisabilityNursing(TableRule):
    """The nursing subsidy a month, by the grade of the certificate."""

    about: ClassVar[About] = About(
        name="disability.nursing_fen",
        proposed={"grade_1": 8_000, "grade_2": 8_000},
        unit="fen",
        zh="重度残疾人护理补贴每月标准，按残疾等级",
        en="Nursing subsidy a month, by grade",
        source=_LOCAL,
        second_person=True,
    )
    grade_1: MonthlyFen
    grade_2: MonthlyFen


class DisabilityDeathMonthPaid(ValueRule[bool]):
    """Whether the month of a death is still paid."""

    about: ClassVar[About] = About(
        name="disability.death_month_paid",
        proposed=True,
        unit="yes or no",
        zh="去世当月是否发放残疾人两项补贴",
        en="Whether the subsidies are paid for the month of a death",
        source="次月起停发（试行建议值）",
        second_person=True,
    )


class DisabilityCheckDays(DaysRule):
    """The working days in which the federation of disabled people checks the certificate."""

    about: ClassVar[About] = About(
        name="disability.check_days",
        proposed=5,
        unit="working days",
        zh="残联审核残疾人证的工作日数",
        en="Working days in which the certificate is checked",
        source="民发〔2021〕70号；天数为试行建议值",
    )
    root: Days


class DisabilityConfirmDays(DaysRule):
    """The working days in which the bureau confirms."""

    about: ClassVar[About] = About(
        name="disability.confirm_days",
        proposed=5,
        unit="working days",
        zh="区民政局审定残疾人两项补贴的工作日数",
        en="Working days in which the bureau confirms the subsidies",
        source="民发〔2021〕70号；天数为试行建议值",
    )
    root: Days


RULES: tuple[type[DatedRule], ...] = (
    DisabilityLiving,
    DisabilityNursing,
    DisabilityDeathMonthPaid,
    DisabilityCheckDays,
    DisabilityConfirmDays,
)
