"""The rules of escalation: how long anything may wait before a person must look after it."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, MinutesRule, ValueRule

WithinADay = Annotated[int, Field(ge=1, le=1_440)]


class UrgentWaitMinutes(MinutesRule):
    """The minutes that an urgent request waits for an offer before a case is opened."""

    about: ClassVar[About] = About(
        name="escalation.urgent_minutes",
        proposed=5,
        unit="minutes",
        zh="紧急需求等待派单超过多少分钟即转人工",
        en="Minutes after which an urgent request without an offer goes to a person",
        source="紧急需求五分钟内无人应即转人工（试行建议值）",
    )
    root: WithinADay


class WaitMinutes(MinutesRule):
    """The minutes that an ordinary request waits for an offer before a case is opened."""

    about: ClassVar[About] = About(
        name="escalation.waiting_minutes",
        proposed=30,
        unit="minutes",
        zh="普通需求等待派单超过多少分钟即转人工",
        en="Minutes after which an ordinary request without an offer goes to a person",
        source="普通需求三十分钟内未派出即转人工（试行建议值）",
    )
    root: WithinADay


class LateMinutes(MinutesRule):
    """The minutes after the latest agreed arrival until an accepted visit without a sign-in becomes a case."""

    about: ClassVar[About] = About(
        name="escalation.late_minutes",
        proposed=15,
        unit="minutes",
        zh="已接单的服务在约定最晚到达后多少分钟未签到即转人工",
        en="Minutes after the latest agreed arrival at which a visit without a sign-in goes to a person",
        source="约定最晚到达时间后十五分钟未签到即转人工（试行建议值）",
    )
    root: WithinADay


class AnswerMinutes(MinutesRule):
    """Within how many minutes a case must be taken up by a person."""

    about: ClassVar[About] = About(
        name="escalation.answer_minutes",
        proposed=30,
        unit="minutes",
        zh="转人工事项须在多少分钟内处理",
        en="Minutes within which a person must take up a case",
        source="转人工事项三十分钟内须有人处理（试行建议值）",
    )
    root: WithinADay


class AbsencesInARow(ValueRule[int]):
    """The number of visits in a row to a closed door after which a case is opened for the elder."""

    about: ClassVar[About] = About(
        name="escalation.absences",
        proposed=2,
        unit="visits",
        zh="同一老人连续多少次上门未遇即要求探访",
        en="Visits in a row to a closed door after which somebody must look after the elder",
        source="连续两次上门未遇即开展探访（关爱探访做法）",
    )
    root: Annotated[int, Field(ge=1, le=20)]


RULES: tuple[type[DatedRule], ...] = (UrgentWaitMinutes, WaitMinutes, LateMinutes, AnswerMinutes, AbsencesInARow)
