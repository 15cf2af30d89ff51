"""The rules of home care's figures: what was counted before the platform began, and who counts as resident."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, TableRule

Count = Annotated[int, Field(ge=0, le=100_000_000)]


class HomecareOpening(TableRule):
    """What the programme had reached before the platform began; added to the figures that speak of all time."""

    about: ClassVar[About] = About(
        name="homecare.opening",
        proposed={"people": 0, "orders": 0, "companies": 0, "paid_fen": 0},
        unit="opening balances",
        zh="平台启用前的累计数：入网老人、派单、入网企业、财政投入",
        en="What was counted before the platform began: elders, orders, companies, public money",
        source="由民政局按启用前台账录入（试行建议值）",
        second_person=True,
    )
    people: Count
    orders: Count
    companies: Count
    paid_fen: Annotated[int, Field(ge=0, le=1_000_000_000_000)]


class HomecareResidentDays(DaysRule):
    """Within how many days a company must have been owed for a visit to count as resident."""

    about: ClassVar[About] = About(
        name="homecare.resident_days",
        proposed=90,
        unit="days",
        zh="服务企业计入常驻的最近结算天数",
        en="Days within which a resident company was last owed for a visit",
        source="试行建议值",
    )
    root: Annotated[int, Field(ge=1, le=366)]


RULES: tuple[type[DatedRule], ...] = (HomecareOpening, HomecareResidentDays)
