"""The rules of satisfaction: ratings, call-backs, the deadlines of complaints, and the calendar of working days."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from kit.rules.faults import FieldRepeated, FieldUnsorted, FieldWrongWeekday
from kit.rules.typed import About, DatedRule, HoursRule, ValueRule

_SATURDAY = 5


class FeedbackSilenceHours(HoursRule):
    """After how many hours without a rating a visit is confirmed; that is no rating."""

    about: ClassVar[About] = About(
        name="feedback.silence_hours",
        proposed=72,
        unit="hours",
        zh="服务结束后多少小时无人评价即自动确认（自动确认不算评价）",
        en="Hours without a rating after which a visit is confirmed by silence, which is no rating",
        source="上门服务考核通行做法（试行建议值）",
    )
    root: Annotated[int, Field(ge=1, le=720)]


class FeedbackCodeTries(ValueRule[int]):
    """How many wrong codes one visit may have before its code is worth nothing."""

    about: ClassVar[About] = About(
        name="feedback.code_tries",
        proposed=5,
        unit="tries",
        zh="同一次服务的评价码可以输错几次",
        en="Wrong rating codes of one visit after which its code is worth nothing",
        source="六位随机码的防猜限次",
    )
    root: Annotated[int, Field(ge=1, le=20)]


class BadScore(ValueRule[int]):
    """Up to which score a rating is bad, and the elder is called back."""

    about: ClassVar[About] = About(
        name="feedback.bad_score",
        proposed=2,
        unit="score of 1 to 5",
        zh="评分不高于此值即为差评",
        en="Score up to which a rating is bad",
        source="回访规则：差评百分之百回访",
    )
    root: Annotated[int, Field(ge=1, le=4)]


class LeastRatings(ValueRule[int]):
    """How many valid ratings a rate needs before it is shown."""

    about: ClassVar[About] = About(
        name="feedback.minimum_n",
        proposed=30,
        unit="ratings",
        zh="出具满意率所需的最少有效评价数",
        en="Valid ratings without which no rate is shown",
        source="满意率统计口径：当月有效评价少于此数不出百分比",
    )
    root: Annotated[int, Field(ge=1, le=10_000)]


class CallBackSamplePercent(ValueRule[int]):
    """Which part of a day's visits is drawn for a call-back, by the seed committed before."""

    about: ClassVar[About] = About(
        name="callback.sample_percent",
        proposed=10,
        unit="percent",
        zh="每日按公开承诺的种子抽取百分之几的服务回访",
        en="Share of each day's visits that is drawn for a call-back",
        source="回访规则：随机抽取一成",
    )
    root: Annotated[int, Field(ge=0, le=100)]


class CallBackWithinHours(HoursRule):
    """Within how many hours of a visit or a bad rating the elder is called."""

    about: ClassVar[About] = About(
        name="callback.within_hours",
        proposed=48,
        unit="hours",
        zh="服务结束（或差评）后多少小时内完成回访",
        en="Hours after a visit or a bad rating within which the elder is called",
        source="回访规则：四十八小时内",
    )
    root: Annotated[int, Field(ge=1, le=720)]


class CallBackTries(ValueRule[int]):
    """After how many calls without an answer an elder counts as not reached."""

    about: ClassVar[About] = About(
        name="callback.tries",
        proposed=3,
        unit="calls",
        zh="拨打几次未接通记为未达",
        en="Calls without an answer after which an elder counts as not reached",
        source="回访规则：换时段三次未接通记为未达，仍计入应访数",
    )
    root: Annotated[int, Field(ge=1, le=20)]


class CallBackHoursApart(HoursRule):
    """How many hours lie at least between two calls."""

    about: ClassVar[About] = About(
        name="callback.hours_apart",
        proposed=3,
        unit="hours",
        zh="两次拨打至少相隔多少小时",
        en="Hours that lie at least between two calls",
        source="回访规则：换时段再拨",
    )
    root: Annotated[int, Field(ge=0, le=72)]


class AcknowledgeHours(HoursRule):
    """Within how many hours a complaint is acknowledged."""

    about: ClassVar[About] = About(
        name="complaint.acknowledge_hours",
        proposed=2,
        unit="hours",
        zh="受理投诉后多少小时内答复已收到",
        en="Hours within which a complaint is acknowledged",
        source="投诉处理时限（试行建议值）",
    )
    root: Annotated[int, Field(ge=1, le=168)]


class InvestigateDays(ValueRule[int]):
    """Within how many working days the facts of a complaint are found out."""

    about: ClassVar[About] = About(
        name="complaint.investigate_working_days",
        proposed=3,
        unit="working days",
        zh="多少个工作日内查清",
        en="Working days within which the facts are found out",
        source="投诉处理时限（试行建议值）",
    )
    root: Annotated[int, Field(ge=1, le=60)]


class DecideDays(ValueRule[int]):
    """Within how many working days of its receipt a complaint is decided."""

    about: ClassVar[About] = About(
        name="complaint.decide_working_days",
        proposed=5,
        unit="working days",
        zh="受理后多少个工作日内作出决定",
        en="Working days within which a complaint is decided",
        source="投诉处理时限（试行建议值）",
    )
    root: Annotated[int, Field(ge=1, le=60)]


class RemedyDays(ValueRule[int]):
    """Within how many working days an upheld complaint is remedied."""

    about: ClassVar[About] = About(
        name="complaint.remedy_working_days",
        proposed=1,
        unit="working days",
        zh="决定属实后多少个工作日内补救",
        en="Working days within which an upheld complaint is remedied",
        source="差评整改：二十四小时内返工或致歉，按下一个工作日计",
    )
    root: Annotated[int, Field(ge=1, le=60)]


class AppealDays(ValueRule[int]):
    """For how many working days after its closing a complaint may be appealed."""

    about: ClassVar[About] = About(
        name="complaint.appeal_working_days",
        proposed=10,
        unit="working days",
        zh="办结后多少个工作日内可以申诉",
        en="Working days after its closing within which a complaint may be appealed",
        source="投诉处理时限（试行建议值）",
    )
    root: Annotated[int, Field(ge=1, le=120)]


class LeastDeductionPercent(ValueRule[int]):
    """What an upheld complaint costs at least, in percent of what would be paid."""

    about: ClassVar[About] = About(
        name="complaint.least_deduction_percent",
        proposed=50,
        unit="percent",
        zh="投诉属实至少扣除应付额的百分之几",
        en="Least share deducted for an upheld complaint",
        source="投诉属实扣款百分之五十至一百",
        second_person=True,
    )
    root: Annotated[int, Field(ge=1, le=100)]


def _sorted_days(*, weekend: bool) -> Callable[[tuple[date, ...]], tuple[date, ...]]:
    def check(days: tuple[date, ...]) -> tuple[date, ...]:
        if len(set(days)) < len(days):
            raise FieldRepeated().error()
        if list(days) != sorted(days):
            raise FieldUnsorted().error()
        for day in days:
            if (day.weekday() >= _SATURDAY) is not weekend:
                raise FieldWrongWeekday(day=day.isoformat()).error()
        return days

    return check


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]


class DaysOff(ValueRule[tuple[date, ...]]):
    """The weekdays, Monday to Friday, on which offices are closed; each once, in order."""

    about: ClassVar[About] = About(
        name="calendar.days_off",
        proposed=[
            "2026-01-01",
            "2026-01-02",
            "2026-02-16",
            "2026-02-17",
            "2026-02-18",
            "2026-02-19",
            "2026-02-20",
            "2026-02-23",
            "2026-04-06",
            "2026-05-01",
            "2026-05-04",
            "2026-05-05",
            "2026-06-19",
            "2026-09-25",
            "2026-10-01",
            "2026-10-02",
            "2026-10-05",
            "2026-10-06",
            "2026-10-07",
        ],
        unit="days",
        zh="逢周一至周五而放假的日子（每年通知公布后添加）",
        en="Weekdays on which offices are closed; added each year when the notice is published",
        source="国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）",
    )
    root: Annotated[tuple[Day, ...], Field(max_length=1_000), AfterValidator(_sorted_days(weekend=False))]


class DaysWorked(ValueRule[tuple[date, ...]]):
    """The Saturdays and Sundays on which offices work; each once, in order."""

    about: ClassVar[About] = About(
        name="calendar.days_worked",
        proposed=["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
        unit="days",
        zh="逢周六、周日而上班的日子（每年通知公布后添加）",
        en="Saturdays and Sundays on which offices work; added each year when the notice is published",
        source="国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）",
    )
    root: Annotated[tuple[Day, ...], Field(max_length=1_000), AfterValidator(_sorted_days(weekend=True))]


RULES: tuple[type[DatedRule], ...] = (
    FeedbackSilenceHours,
    FeedbackCodeTries,
    BadScore,
    LeastRatings,
    CallBackSamplePercent,
    CallBackWithinHours,
    CallBackTries,
    CallBackHoursApart,
    AcknowledgeHours,
    InvestigateDays,
    DecideDays,
    RemedyDays,
    AppealDays,
    LeastDeductionPercent,
    DaysOff,
    DaysWorked,
)
