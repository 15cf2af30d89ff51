"""The rules of requests: how far ahead, how often and how much an elder may ask for."""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from kit.rules.faults import FieldAbove, FieldLacksKey
from kit.rules.typed import About, DatedRule, DaysRule, HoursRule, TableRule, ValueRule

ANY_ITEM = "*"
"""The key that stands for every item not named."""


def _with_any_item(caps: dict[str, int]) -> dict[str, int]:
    if ANY_ITEM not in caps:
        raise FieldLacksKey(key=ANY_ITEM).error()
    return caps


Caps = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^(\*|[A-Z][0-9]{2})$")],
        Annotated[int, Field(ge=1, le=1_000)],
    ],
    Field(min_length=1, max_length=500),
    AfterValidator(_with_any_item),
]
"""How many requests by item code; `*` must be among the keys."""


class DuplicateHours(HoursRule):
    """The hours within which two requests of one elder for one item count as duplicates; 0: never."""

    about: ClassVar[About] = About(
        name="request.duplicate_hours",
        proposed=2,
        unit="hours",
        zh="同一老人对同一项目的两次需求相隔不到多少小时视为重复",
        en="Hours within which two requests of one elder for one item count as the same",
        source="proposed: an elder who calls twice means one visit",
    )
    root: Annotated[int, Field(ge=0, le=72)]


class FreeCancelHours(HoursRule):
    """Until how many hours before the earliest arrival a promised visit is cancelled without cost."""

    about: ClassVar[About] = About(
        name="request.free_cancel_hours",
        proposed=2,
        unit="hours",
        zh="最早到达前多少小时以外取消不收费",
        en="Hours before the earliest arrival until which a promised visit is cancelled without cost",
        source="proposed; to be replaced by the district's own paper",
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=168)]


class HorizonDays(DaysRule):
    """The number of days ahead for which a request may be placed."""

    about: ClassVar[About] = About(
        name="request.horizon_days",
        proposed=92,
        unit="days",
        zh="最多可提前多少天提出需求",
        en="Days ahead for which a request may be placed",
        source="proposed: prices and quotas further ahead are not known",
    )
    root: Annotated[int, Field(ge=1, le=366)]


class MostQuantity(ValueRule[int]):
    """The largest quantity of one request."""

    about: ClassVar[About] = About(
        name="request.most_quantity",
        proposed=8,
        unit="units of the item",
        zh="一次需求的最大数量",
        en="Largest quantity of one request",
        source="proposed: eight hours are a worker's whole day",
    )
    root: Annotated[int, Field(ge=1, le=24)]


class ItemCaps(TableRule):
    """The most requests of one elder for one item in a day and in a month; `*` is every item not named."""

    about: ClassVar[About] = About(
        name="request.item_caps",
        proposed={"day": {"*": 3, "U01": 6}, "month": {"*": 93, "B04": 4, "C03": 31}},
        unit="requests",
        zh="同一老人对同一项目每日、每月的次数上限（* 为未列明的项目）",
        en="Requests for one item that one elder may have in a day and in a month (* is every item not named)",
        source="proposed: caps stop abuse; to be replaced by the district's own paper",
    )
    day: Caps
    month: Caps

    @model_validator(mode="after")
    def _no_day_has_more_than_its_month(self) -> Self:
        for item_code in sorted({*self.day} | {*self.month}):
            if self.of_day(item_code) > self.of_month(item_code):
                raise FieldAbove(field=f"day.{item_code}", bound=f"month.{item_code}").error()
        return self

    def of_day(self, item_code: str) -> int:
        """Return the cap of an item in a day."""
        return self.day.get(item_code, self.day[ANY_ITEM])

    def of_month(self, item_code: str) -> int:
        """Return the cap of an item in a month."""
        return self.month.get(item_code, self.month[ANY_ITEM])


class StandingFromMinute(ValueRule[int]):
    """From which minute of the day requests are made of tomorrow's standing orders; until then one can be changed."""

    about: ClassVar[About] = About(
        name="request.standing_from_minute",
        proposed=1070,
        unit="minute of the day",
        zh="从当日第几分钟起生成次日的长期服务需求",
        en="Minute of the day from which requests are made of tomorrow's standing orders",
        source="proposed: ten minutes before the night is planned (matching.overnight)",
    )
    root: Annotated[int, Field(ge=0, le=1_439)]


class Backlog(TableRule):
    """How many requests may wait to be decided before bulk work waits, and before ordinary requests are refused."""

    about: ClassVar[About] = About(
        name="request.backlog",
        proposed={"bulk": 300, "ordinary": 2000, "retry_seconds": 30},
        unit="requests, requests, seconds",
        zh="待派积压达多少项时批量导入和长期需求先等、普通需求稍后再提，多少秒后再试（紧急不限）",
        en="Requests waiting for a decision at which bulk work waits and ordinary ones are refused; seconds to wait",
        source="proposed: at a hundred decisions a second an ordinary request waits twenty seconds at most",
    )
    bulk: Annotated[int, Field(ge=10, le=100_000)]
    ordinary: Annotated[int, Field(ge=10, le=100_000)]
    retry_seconds: Annotated[int, Field(ge=1, le=3_600)]

    @model_validator(mode="after")
    def _bulk_waits_first(self) -> Self:
        if self.bulk > self.ordinary:
            raise FieldAbove(field="bulk", bound="ordinary").error()
        return self


RULES: tuple[type[DatedRule], ...] = (
    Backlog,
    DuplicateHours,
    FreeCancelHours,
    HorizonDays,
    MostQuantity,
    ItemCaps,
    StandingFromMinute,
)
