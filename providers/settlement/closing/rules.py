"""The rules of the year's budget: how much it is, and which shares of it are reported."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, Field

from kit.rules.faults import FieldRepeated, FieldUnsorted
from kit.rules.typed import About, DatedRule, ValueRule


def _rising(percents: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(percents)) < len(percents):
        raise FieldRepeated().error()
    if list(percents) != sorted(percents):
        raise FieldUnsorted().error()
    return percents


class BudgetYearFen(ValueRule[int]):
    """What the public purse may spend on home care in a year, by the visits of the year."""

    about: ClassVar[About] = About(
        name="budget.year_fen",
        proposed=500_000_000,
        unit="fen",
        zh="居家养老服务年度财政预算（分），按服务发生的年度计算",
        en="The year's public budget for home care, in fen, by the year of the visits",
        source="县区居家养老年度预算规模（试行建议值五百万元，按批复数修改）",
        second_person=True,
    )
    root: Annotated[int, Field(ge=100_000, le=1_000_000_000_000)]


class BudgetReportPercents(ValueRule[tuple[int, ...]]):
    """At which shares of the year's budget a person is told, rising and each once."""

    about: ClassVar[About] = About(
        name="budget.report_percents",
        proposed=[80, 95, 100],
        unit="percent",
        zh="年度预算用到百分之几时报告",
        en="Shares of the year's budget at which a person is told",
        source="预算执行预警通行做法：八成、九成五、用完各报告一次",
        second_person=True,
    )
    root: Annotated[
        tuple[Annotated[int, Field(ge=1, le=200)], ...], Field(min_length=1, max_length=10), AfterValidator(_rising)
    ]


BUDGET: Final[Mapping[str, type[ValueRule[Any]]]] = {"cap_fen": BudgetYearFen, "percents": BudgetReportPercents}
"""The rules of the budget, by the names that the fold of the log has for them."""
RULES: tuple[type[DatedRule], ...] = tuple(BUDGET.values())
