"""The rules of the minimum living guarantee."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, TableRule, ValueRule

_LOCAL = "最低生活保障标准由省定；未见本区文件（试行建议值，不用于实际发放）"
_PROCEDURE = "民发〔2021〕57号"
Days = Annotated[int, Field(ge=1, le=90)]
Percent = Annotated[int, Field(ge=0, le=100)]
MonthlyFen = Annotated[int, Field(ge=0, le=1_000_000)]


class DibaoStandard(TableRule):
    """What one person is guaranteed a month, in town and country."""

    about: ClassVar[About] = About(
        name="dibao.standard",
        proposed={"urban_fen": 70_000, "rural_fen": 70_000},
        unit="fen",
        zh="城乡最低生活保障每人每月标准",
        en="Minimum living guarantee a person and month",
        source=_LOCAL,
        second_person=True,
    )
    urban_fen: MonthlyFen
    rural_fen: MonthlyFen


class DibaoTopUp(TableRule):
    """What members in hardship are paid on top, in percent of the standard; the highest one of each member."""

    about: ClassVar[About] = About(
        name="dibao.top_up",
        proposed={"severely_disabled": 20, "seriously_ill": 20, "old": 10, "minor": 10},
        unit="percent",
        zh="重残、重病、老年人、未成年人增发标准的百分比",
        en="Additional support in percent of the standard",
        source="社会救助法第二十条；比例为试行建议值，不用于实际发放",
        second_person=True,
    )
    severely_disabled: Percent
    seriously_ill: Percent
    old: Percent
    minor: Percent


class DibaoFloor(ValueRule[int]):
    """The least that a family with a gap is paid a month."""

    about: ClassVar[About] = About(
        name="dibao.floor_fen",
        proposed=1_000,
        unit="fen",
        zh="有差额的家庭每月最低发放额",
        en="The least that a family with a gap is paid a month",
        source="试行建议值，不用于实际发放",
        second_person=True,
    )
    root: MonthlyFen


class DibaoDeathMonthPaid(ValueRule[bool]):
    """Whether a member counts for the month of the death."""

    about: ClassVar[About] = About(
        name="dibao.death_month_paid",
        proposed=True,
        unit="yes or no",
        zh="去世当月是否计发最低生活保障",
        en="Whether the guarantee is paid for the month of a death",
        source="次月起停发（试行建议值）",
        second_person=True,
    )


class DibaoGraceMonths(ValueRule[int]):
    """The months for which a family that is no longer entitled is still paid."""

    about: ClassVar[About] = About(
        name="dibao.grace_months",
        proposed=6,
        unit="months",
        zh="不再符合条件后的渐退期月数",
        en="Months of grace after the entitlement has ended",
        source="民发〔2021〕57号第三十三条“一定时间”；六个月为试行建议值",
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=24)]


class DibaoStartDays(DaysRule):
    """The working days in which the town begins to check an application."""

    about: ClassVar[About] = About(
        name="dibao.start_days",
        proposed=3,
        unit="working days",
        zh="乡镇（街道）受理后启动核对的工作日数",
        en="Working days in which the town begins to check",
        source=f"{_PROCEDURE}第十五条",
    )
    root: Days


class DibaoCheckDays(DaysRule):
    """The working days in which income and assets are checked."""

    about: ClassVar[About] = About(
        name="dibao.check_days",
        proposed=3,
        unit="working days",
        zh="区级完成经济状况核对的工作日数",
        en="Working days in which the county checks income and assets",
        source=f"{_PROCEDURE}第十七条",
    )
    root: Days


class DibaoPublicityDays(DaysRule):
    """The calendar days for which the town publicises its opinion before the county decides."""

    about: ClassVar[About] = About(
        name="dibao.publicity_days",
        proposed=7,
        unit="days",
        zh="乡镇（街道）公示天数",
        en="Days of publicity in the town",
        source=f"{_PROCEDURE}第二十条",
    )
    root: Days


class DibaoDecideDays(DaysRule):
    """The working days in which the county decides, counted from the day on which publicity begins."""

    about: ClassVar[About] = About(
        name="dibao.decide_days",
        proposed=15,
        unit="working days",
        zh="自公示起至区民政局确认的工作日数（公示七日后十个工作日）",
        en="Working days from the beginning of publicity to the decision",
        source=f"{_PROCEDURE}第二十条：公示七日，其后十个工作日",
    )
    root: Days


RULES: tuple[type[DatedRule], ...] = (
    DibaoStandard,
    DibaoTopUp,
    DibaoFloor,
    DibaoDeathMonthPaid,
    DibaoGraceMonths,
    DibaoStartDays,
    DibaoCheckDays,
    DibaoPublicityDays,
    DibaoDecideDays,
)
