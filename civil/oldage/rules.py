"""The rules of the old-age and the longevity allowance."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, Part, ValueRule

_LOCAL = "高龄津贴由地方规定；未见本区文件（试行建议值，不用于实际发放）"
Days = Annotated[int, Field(ge=1, le=60)]
MonthlyFen = Annotated[int, Field(ge=0, le=1_000_000)]


class AgeBand(Part):
    """From which age on how much is paid a month."""

    age: Annotated[int, Field(ge=60, le=120)]
    fen: MonthlyFen


class OldageMonthly(ValueRule[list[AgeBand]]):
    """What the old-age allowance is worth a month, by age."""

    about: ClassVar[About] = About(
        name="oldage.monthly",
        proposed=[{"age": 80, "fen": 5_000}, {"age": 90, "fen": 10_000}],
        unit="fen",
        zh="高龄津贴每月标准，按年龄段",
        en="Old-age allowance a month, by age",
        source=_LOCAL,
        second_person=True,
    )
    root: Annotated[list[AgeBand], Field(min_length=1, max_length=20)]


class LongevityMonthly(ValueRule[list[AgeBand]]):
    """What the longevity allowance is worth a month, by age."""

    about: ClassVar[About] = About(
        name="longevity.monthly",
        proposed=[{"age": 100, "fen": 50_000}],
        unit="fen",
        zh="百岁老人长寿补贴每月标准",
        en="Longevity allowance a month, by age",
        source=_LOCAL,
        second_person=True,
    )
    root: Annotated[list[AgeBand], Field(min_length=1, max_length=20)]


class OldageDeathMonthPaid(ValueRule[bool]):
    """Whether the month of a death is still paid."""

    about: ClassVar[About] = About(
        name="oldage.death_month_paid",
        proposed=True,
        unit="yes or no",
        zh="去世当月是否发放高龄津贴、长寿补贴",
        en="Whether the allowance is paid for the month of a death",
        source="去世次月起停发（试行建议值）",
        second_person=True,
    )


class OldageVerifyDays(DaysRule):
    """The working days in which the village or community has seen the person."""

    about: ClassVar[About] = About(
        name="oldage.verify_days",
        proposed=5,
        unit="working days",
        zh="村（社区）核实高龄津贴对象的工作日数",
        en="Working days in which the village or community verifies an old-age case",
        source="试行建议值",
    )
    root: Days


class OldageConfirmDays(DaysRule):
    """The working days in which the bureau confirms."""

    about: ClassVar[About] = About(
        name="oldage.confirm_days",
        proposed=10,
        unit="working days",
        zh="区民政局确认高龄津贴的工作日数",
        en="Working days in which the bureau confirms an old-age case",
        source="试行建议值",
    )
    root: Days


RULES: tuple[type[DatedRule], ...] = (
    OldageMonthly,
    LongevityMonthly,
    OldageDeathMonthPaid,
    OldageVerifyDays,
    OldageConfirmDays,
)
