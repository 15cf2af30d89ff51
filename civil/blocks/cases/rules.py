"""The rules of cases: which days are working days."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, Part, ValueRule


class CalendarDay(Part):
    """One day that is not what its weekday says."""

    day: Annotated[str, Field(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    works: bool


class CalendarDays(ValueRule[list[CalendarDay]]):
    """Days on which the offices are open or closed against the statutory calendar, as the State Council publishes."""

    about: ClassVar[About] = About(
        name="calendar.days",
        proposed=[],
        unit="days",
        zh="与法定节假日历不同的工作日和休息日（调休）",
        en="Working days and days off that differ from the statutory calendar",
        source="国务院办公厅节假日安排通知，逐年录入",
    )
    root: Annotated[list[CalendarDay], Field(max_length=400)]

    def works(self) -> dict[date, bool]:
        """Return whether the offices are open on each day named; a day that no calendar has is passed over."""
        days = {}
        for entry in self.root:
            try:
                days[date.fromisoformat(entry.day)] = entry.works
            except ValueError:
                continue
        return days


RULES: tuple[type[DatedRule], ...] = (CalendarDays,)
