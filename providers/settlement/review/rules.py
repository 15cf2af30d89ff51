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


class ReviewGrades(ValueRule[str]):
    """The grades of evidence whose visits are all reviewed; P is the visit that one manager alone found good."""

    about: ClassVar[About] = About(
        name="review.grades",
        proposed="CP",
        unit="grades A to D, P",
        zh="哪些凭证等级的上门服务复核前都要由人查看（P：经人工裁定有效）",
        en="Grades of evidence whose visits a person always looks at before the approval (P: found good by a manager)",
        source="不相容岗位分离：弱凭证和经一人裁定有效的服务由另一人查看（试行建议值）",
        second_person=True,
    )
    root: Annotated[str, Field(pattern="^A?B?C?D?P?$", max_length=5)]


class ReviewAmountFen(ValueRule[int]):
    """From which price on a visit is always reviewed."""

    about: ClassVar[About] = About(
        name="review.amount_fen",
        proposed=50_000,
        unit="fen",
        zh="单次服务申报金额达到多少分，复核前都要由人查看",
        en="Price of a visit, in fen, from which a person always looks at it before the approval",
        source="大额单笔逐笔复核通行做法（试行建议值五百元）",
        second_person=True,
    )
    root: Annotated[int, Field(ge=100, le=10_000_000)]


REVIEW: Final[Mapping[str, type[ValueRule[Any]]]] = {
    "percent": ReviewSamplePercent,
    "grades": ReviewGrades,
    "amount_fen": ReviewAmountFen,
}
"""The rule behind each field of `drawing.Criteria`."""
RULES: tuple[type[DatedRule], ...] = tuple(REVIEW.values())
