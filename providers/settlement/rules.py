"""The rules of settlement: what part of a price is paid, which evidence pays, and who needs a second person."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, HoursRule, ValueRule

_CUSTOM = "上门服务考核通行做法（试行建议值）"
_SEPARATION = "不相容岗位分离"

Percent = Annotated[int, Field(ge=0, le=100)]


class FullFromPercent(ValueRule[int]):
    """From which part of the planned time on a visit is paid in full; below it is paid pro rata."""

    about: ClassVar[About] = About(
        name="charge.full_from_percent",
        proposed=80,
        unit="percent",
        zh="实际服务时长达到标准时长的百分之几即足额计费，不足者按比例",
        en="Share of the planned time from which a visit is paid in full; below it, pro rata",
        source=_CUSTOM,
        second_person=True,
    )
    root: Percent


class LateAfterMinutes(ValueRule[int]):
    """How many minutes late an arrival may be before something is deducted."""

    about: ClassVar[About] = About(
        name="charge.late_after_minutes",
        proposed=30,
        unit="minutes",
        zh="迟到超过多少分钟开始扣款",
        en="Minutes late after which something is deducted",
        source=_CUSTOM,
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=1_440)]


class LatePercent(ValueRule[int]):
    """What a late arrival costs, in percent of what would be paid."""

    about: ClassVar[About] = About(
        name="charge.late_percent",
        proposed=10,
        unit="percent",
        zh="迟到扣除应付额的百分之几",
        en="Share deducted for a late arrival",
        source=_CUSTOM,
        second_person=True,
    )
    root: Percent


class NobodyHomePercent(ValueRule[int]):
    """What is paid of the price for a visit to a closed door."""

    about: ClassVar[About] = About(
        name="charge.nobody_home_percent",
        proposed=30,
        unit="percent",
        zh="上门未遇（等候满时限）按价格的百分之几付空跑费",
        en="Share of the price that is paid for a visit to a closed door",
        source=_CUSTOM,
        second_person=True,
    )
    root: Percent


class CancelledLatePercent(ValueRule[int]):
    """What is paid of the price for a visit that was cancelled too late."""

    about: ClassVar[About] = About(
        name="charge.cancelled_late_percent",
        proposed=30,
        unit="percent",
        zh="不足免费取消时限的取消按价格的百分之几付费",
        en="Share of the price that is paid for a visit cancelled too late",
        source=_CUSTOM,
        second_person=True,
    )
    root: Percent


class ProvenGrades(ValueRule[str]):
    """Which grades of evidence are paid, in the order of the alphabet; of the others nothing is paid.

    The grade P (a second person found the visit good) is always paid: who does not want to pay voids the visit.
    """

    about: ClassVar[About] = About(
        name="charge.proven_grades",
        proposed="ABC",
        unit="grades A to D",
        zh="哪些凭证等级可以付款，其余等级应付为零",
        en="Grades of evidence that are paid; of the others nothing is",
        source="凭证分级：无凭证不付款",
        second_person=True,
    )
    root: Annotated[str, Field(pattern="^A?B?C?D?$", min_length=1, max_length=4)]


class DeciderMayApprove(ValueRule[bool]):
    """Whether a person who decided a dispute may approve the same statement."""

    about: ClassVar[About] = About(
        name="statement.decider_may_approve",
        proposed=False,
        unit="yes or no",
        zh="裁定过争议的人可否审定同一张结算单",
        en="Whether a person who decided a dispute may approve the same statement",
        source=_SEPARATION,
        second_person=True,
    )
    root: bool


class DrawerMayPay(ValueRule[bool]):
    """Whether a person who drew up a statement may pay it."""

    about: ClassVar[About] = About(
        name="statement.drawer_may_pay",
        proposed=False,
        unit="yes or no",
        zh="出具结算单的人可否办理同一张结算单的付款",
        en="Whether a person who drew up a statement may pay it",
        source=_SEPARATION,
        second_person=True,
    )
    root: bool


class ConfirmDays(DaysRule):
    """For how many days a company may be silent about a statement before it is reminded."""

    about: ClassVar[About] = About(
        name="statement.confirm_days",
        proposed=7,
        unit="days",
        zh="企业收到结算单后多少天没有答复即催告",
        en="Days without an answer to a statement after which its company is reminded",
        source="服务合同通行约定：限期核对结算单（试行建议值）",
        second_person=True,
    )
    root: Annotated[int, Field(ge=1, le=60)]


class RemindDays(DaysRule):
    """How many days after the reminder a company's silence confirms its statement."""

    about: ClassVar[About] = About(
        name="statement.remind_days",
        proposed=3,
        unit="days",
        zh="催告后多少天仍没有答复，结算单视为确认",
        en="Days after the reminder at which a company's silence confirms its statement",
        source="服务合同通行约定：催告后逾期不答复视为确认（试行建议值）",
        second_person=True,
    )
    root: Annotated[int, Field(ge=1, le=30)]


class ChangeWaitHours(HoursRule):
    """How long a change about money or proof waits before a second person may confirm it."""

    about: ClassVar[About] = About(
        name="change.wait_hours",
        proposed=48,
        unit="hours",
        zh="涉及资金或凭证的变更须等待多少小时后由第二人确认",
        en="Hours that a change about money or proof waits before a second person may confirm it",
        source=_SEPARATION,
        second_person=True,
    )
    root: Annotated[int, Field(ge=1, le=720)]


STANDARDS: Final[Mapping[str, type[ValueRule[Any]]]] = {
    "full_from_percent": FullFromPercent,
    "late_after_minutes": LateAfterMinutes,
    "late_percent": LatePercent,
    "nobody_home_percent": NobodyHomePercent,
    "cancelled_late_percent": CancelledLatePercent,
    "proven_grades": ProvenGrades,
}
"""The rule behind each field of `arithmetic.Standards`."""
RULES: tuple[type[DatedRule], ...] = (
    *STANDARDS.values(),
    DeciderMayApprove,
    DrawerMayPay,
    ConfirmDays,
    RemindDays,
    ChangeWaitHours,
)
