"""The rules of temporary relief and of the towns' reserve funds."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, TableRule, ValueRule

_LAW = "社会救助法第二十九条、第五十条（2026年7月1日前：社会救助暂行办法第四十七条、第四十八条）"
_LOCAL = f"{_LAW}；标准由地方定，未见本区文件（试行建议值）"
_DAYS = "国发〔2014〕47号、民发〔2018〕23号；未见国家规定的工作日数（试行建议值）"
Days = Annotated[int, Field(ge=1, le=90)]


class ReliefCeiling(TableRule):
    """The most that one grant may be: so many months of a basic amount for each person helped."""

    about: ClassVar[About] = About(
        name="relief.ceiling",
        proposed={"month_fen": 70_000, "months": 6},
        unit="fen, months",
        zh="临时救助每人最高额度：月基数与最多月数",
        en="The most of one relief grant for each person: a month's amount and how many months",
        source=_LOCAL,
        second_person=True,
    )
    month_fen: Annotated[int, Field(ge=0, le=1_000_000)]
    months: Annotated[int, Field(ge=1, le=24)]


class ReliefTownCeiling(ValueRule[int]):
    """The most that a town grants at once out of its reserve fund, before the papers."""

    about: ClassVar[About] = About(
        name="relief.town_ceiling_fen",
        proposed=100_000,
        unit="fen",
        zh="乡镇（街道）从备用金先行救助的最高额度（每次）",
        en="The most that a town grants at once out of its reserve fund",
        source=_LOCAL,
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=5_000_000)]


class ReliefReserveFloor(ValueRule[int]):
    """The least that the reserve fund of each town or street is planned for in a year."""

    about: ClassVar[About] = About(
        name="relief.reserve_floor_fen",
        proposed=2_000_000,
        unit="fen",
        zh="乡镇（街道）临时救助备用金每处每年最低额度",
        en="The least of each town's relief reserve fund a year",
        source="民发〔2018〕23号（建立乡镇临时救助备用金制度）；额度未见本区文件（试行建议值）",
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=1_000_000_000)]


class ReliefLowPercent(ValueRule[int]):
    """Below which share of the yearly least a reserve fund is to be replenished."""

    about: ClassVar[About] = About(
        name="relief.low_percent",
        proposed=30,
        unit="percent",
        zh="备用金余额低于每年最低额度的百分之几即须补充",
        en="Share of the yearly least below which a reserve fund is replenished",
        source="备用金及时调节补充；比例为试行建议值",
    )
    root: Annotated[int, Field(ge=0, le=100)]


class ReliefRepeatDays(DaysRule):
    """Within how many days nobody is helped for the same cause again, unless the bureau finds a reason."""

    about: ClassVar[About] = About(
        name="relief.repeat_days",
        proposed=365,
        unit="days",
        zh="同一事由原则上不重复救助的天数",
        en="Days within which the same cause is not helped again",
        source="国发〔2014〕47号（无正当理由不予重复救助）；天数为试行建议值",
    )
    root: Annotated[int, Field(ge=0, le=3_660)]


class ReliefUrgentDays(DaysRule):
    """The working days in which a town decides on an urgent small grant."""

    about: ClassVar[About] = About(
        name="relief.urgent_days",
        proposed=1,
        unit="working days",
        zh="小额先行救助的办理工作日数",
        en="Working days in which a town decides on an urgent small grant",
        source=_DAYS,
    )
    root: Days


class ReliefPaperDays(DaysRule):
    """The working days after an urgent grant in which the town brings the papers and reports it."""

    about: ClassVar[About] = About(
        name="relief.paper_days",
        proposed=5,
        unit="working days",
        zh="先行救助后补齐手续、上报区民政局的工作日数",
        en="Working days after an urgent grant in which the town reports it",
        source=f"{_LAW}；未见国家规定的工作日数，某地级市为五个工作日（试行建议值）",
    )
    root: Days


class ReliefCheckDays(DaysRule):
    """The working days in which the town looks into an application."""

    about: ClassVar[About] = About(
        name="relief.check_days",
        proposed=10,
        unit="working days",
        zh="乡镇（街道）核查临时救助申请的工作日数",
        en="Working days in which the town looks into an application for relief",
        source=_DAYS,
    )
    root: Days


class ReliefPublicityDays(DaysRule):
    """The calendar days for which a grant because of expenses is publicised before it is decided."""

    about: ClassVar[About] = About(
        name="relief.publicity_days",
        proposed=7,
        unit="days",
        zh="支出型临时救助公示天数",
        en="Days of publicity before relief because of expenses",
        source="国发〔2014〕47号（公示）；天数参照最低生活保障（试行建议值）",
    )
    root: Days


class ReliefDecideDays(DaysRule):
    """The working days in which the bureau decides, or looks over what a town has granted."""

    about: ClassVar[About] = About(
        name="relief.decide_days",
        proposed=10,
        unit="working days",
        zh="区民政局审定临时救助、复核先行救助的工作日数",
        en="Working days in which the bureau decides on relief",
        source=_DAYS,
    )
    root: Days


class ReliefPayDays(DaysRule):
    """The working days in which the finance desk pays what was granted."""

    about: ClassVar[About] = About(
        name="relief.pay_days",
        proposed=5,
        unit="working days",
        zh="审定后支付临时救助金的工作日数",
        en="Working days in which granted relief is paid",
        source="试行建议值",
    )
    root: Days


RULES: tuple[type[DatedRule], ...] = (
    ReliefCeiling,
    ReliefTownCeiling,
    ReliefReserveFloor,
    ReliefLowPercent,
    ReliefRepeatDays,
    ReliefUrgentDays,
    ReliefPaperDays,
    ReliefCheckDays,
    ReliefPublicityDays,
    ReliefDecideDays,
    ReliefPayDays,
)
