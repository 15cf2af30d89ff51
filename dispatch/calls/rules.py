"""The rules of calls: how long one is shown whose end nobody reports, and how long its number is kept."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, MinutesRule


class ShownMinutes(MinutesRule):
    """How long after it rang a call is shown to the operators whose end the exchange does not report."""

    about: ClassVar[About] = About(
        name="calls.shown_minutes",
        proposed=60,
        unit="minutes",
        zh="交换机没有报告挂断的来电，响铃后多少分钟不再显示",
        en="Minutes after it rang until a call whose end the exchange does not report is shown no longer",
        source="proposed: longer than any call; an exchange that breaks down must not leave calls ringing",
    )
    root: Annotated[int, Field(ge=1, le=1_440)]


class NumberDays(DaysRule):
    """How long the number of a call is kept; its instants stay."""

    about: ClassVar[About] = About(
        name="calls.number_days",
        proposed=90,
        unit="days",
        zh="来电号码保留的天数",
        en="Days for which the number of a call is kept",
        source="proposed after the Personal Information Protection Law (art. 19): no longer than a complaint about it",
    )
    root: Annotated[int, Field(ge=1, le=3_650)]


RULES: tuple[type[DatedRule], ...] = (ShownMinutes, NumberDays)
