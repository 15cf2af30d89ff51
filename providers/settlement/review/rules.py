"""The rules of the review: which part of a statement's visits a person looks at before the money leaves."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from kit.rules.typed import About, DatedRule, ValueRule


class ReviewSamplePercent(ValueRule[int]):
    """Which part of a statement's visits is drawn for review, rounded up, so that no statement goes without one."""

    about: ClassVar[About] = About(
        name="review.sample_percent",
        proposed=5,
        unit="percent",
        zh="每张结算单随机抽取百分之几的上门服务，复核前由人查看（至少一次）",
        en="Share of each statement's visits that is drawn for a person's look before the approval, at least one",
        source="付款前随机抽查百分之五（openIMIS 医保审核通行做法，试行建议值）",
        second_person=True,
    )
    root: Annotated[int, Field(ge=1, le=100)]


REVIEW: Final[Mapping[str, type[ValueRule[Any]]]] = {"sample_percent": ReviewSamplePercent}
"""The rules that decide what is reviewed, by the names that the fold of the log has for them."""
RULES: tuple[type[DatedRule], ...] = (ReviewSamplePercent,)
