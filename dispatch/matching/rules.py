"""The dated rules of matching: weights of the choice between workers, travel speeds, deadlines of planning."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from kit.rules.faults import FieldAbove
from kit.rules.typed import About, DatedRule, MinutesRule, Part, TableRule, ValueRule
from providers.roster.model import Transport

Points = Annotated[int, Field(ge=0, le=10_000_000)]
Rounds = Annotated[int, Field(ge=1, le=200_000)]
MinuteOfDay = Annotated[int, Field(ge=0, le=1_439)]


class Weights(TableRule):
    """The weights of the choice between workers who can all come, in points; 100 points are one second of travel."""

    about: ClassVar[About] = About(
        name="matching.weights",
        proposed={
            "travel_points_per_second": 100,
            "wait_points_per_second": 10,
            "continuity_points": 60000,
            "share_points_per_visit": 600,
            "share_cap_points": 30000,
        },
        unit="points",
        zh="派单评分的权重（价格不参与）",
        en="Weights of the choice between workers who may all come; price is neutral",
        source="proposed: 100 points are a second of travel; continuity is worth ten minutes, a contract at most five",
    )
    travel_points_per_second: Annotated[int, Field(ge=1, le=10_000)]
    wait_points_per_second: Annotated[int, Field(ge=0, le=10_000)]
    continuity_points: Points
    share_points_per_visit: Points
    share_cap_points: Points

    @model_validator(mode="after")
    def _one_visit_is_within_the_cap(self) -> Self:
        if self.share_points_per_visit > self.share_cap_points:
            raise FieldAbove(field="share_points_per_visit", bound="share_cap_points").error()
        return self


class TravelMode(Part):
    """The speed of one transport (metres a second), its detour factor over the straight line, and its start seconds."""

    speed: Annotated[float, Field(ge=0.3, le=40.0)]
    detour: Annotated[float, Field(ge=1.0, le=10.0)]
    start_seconds: Annotated[int, Field(ge=0, le=3_600)]


class Travel(TableRule):
    """The travel mode of each transport; `start_seconds` is the time for lock, lift and door."""

    about: ClassVar[About] = About(
        name="matching.travel",
        proposed={
            "car": {"speed": 6.0, "detour": 1.35, "start_seconds": 180},
            "ebike": {"speed": 4.2, "detour": 1.3, "start_seconds": 120},
            "walk": {"speed": 1.2, "detour": 1.25, "start_seconds": 60},
        },
        unit="metres a second, times the straight line, seconds",
        zh="各种出行方式的速度（米/秒）、绕行系数和起步秒数",
        en="Speed, detour and starting seconds of each way of travelling",
        source="proposed: metres a second, detour over the straight line, seconds for lock, lift and door",
    )
    car: TravelMode
    ebike: TravelMode
    walk: TravelMode

    def mode_of(self, transport: Transport) -> TravelMode:
        """Return the travel mode of a transport."""
        return {Transport.CAR: self.car, Transport.EBIKE: self.ebike, Transport.WALK: self.walk}[transport]


class MostAttempts(ValueRule[int]):
    """The number of offers of one request, after which it is closed or handed to an operator."""

    about: ClassVar[About] = About(
        name="matching.most_attempts",
        proposed=6,
        unit="offers",
        zh="一项需求最多向几家企业派单，之后转人工或作罢",
        en="Offers that are made of one request before it is given up or given to a person",
        source="proposed",
    )
    root: Annotated[int, Field(ge=1, le=50)]


class FamiliarVisits(ValueRule[int]):
    """The number of last visits whose workers count as familiar to the elder; 0: no worker does."""

    about: ClassVar[About] = About(
        name="matching.familiar_visits",
        proposed=4,
        unit="visits",
        zh="最近几次服务的人员视为老人熟悉的人员",
        en="Last visits whose workers count as familiar to the elder",
        source="proposed: continuity is measured over the last four visits",
    )
    root: Annotated[int, Field(ge=0, le=50)]


class NobodyWaits(TableRule):
    """Whether a request that nobody can serve stays open for later decisions (true) or becomes unserved (false)."""

    about: ClassVar[About] = About(
        name="matching.nobody_waits",
        proposed={"urgent": True, "ordinary": False},
        unit="yes or no",
        zh="无人可派的需求是否继续等待（紧急、普通）",
        en="Whether a request that nobody can serve stays open (urgent, ordinary)",
        source="proposed: an urgent call is never closed by the machine while its hour has not passed",
    )
    urgent: bool
    ordinary: bool


class Replan(TableRule):
    """Replanning: minutes before a start in which a visit stays, least travel saved (seconds), rounds of search."""

    about: ClassVar[About] = About(
        name="matching.replan",
        proposed={"promise_minutes": 60, "least_saving_seconds": 600, "rounds": 4000},
        unit="minutes, seconds, rounds of search",
        zh="当日重排：开始前多少分钟内不变、至少节省多少秒、搜索轮数",
        en="Planning a day again: minutes before a start that stay, least saving, rounds of search",
        source="proposed: a promise stands for its last hour; an elder's plan is not changed for less",
    )
    promise_minutes: Annotated[int, Field(ge=0, le=1_440)]
    least_saving_seconds: Annotated[int, Field(ge=1, le=86_400)]
    rounds: Rounds


class Overnight(TableRule):
    """Overnight planning: minute of the day at which it begins, minutes to answer an offer, rounds of search."""

    about: ClassVar[About] = About(
        name="matching.overnight",
        proposed={"from_minute": 1080, "answer_minutes": 120, "rounds": 20000},
        unit="minute of the day, minutes, rounds of search",
        zh="次日长期服务：从当日第几分钟起统一派单、企业答复时限（分钟）、搜索轮数",
        en="Planning tomorrow's standing orders: from which minute, minutes to answer, rounds of search",
        source="proposed: dispatchers work until eight, and workers know the next day the evening before",
    )
    from_minute: MinuteOfDay
    answer_minutes: Annotated[int, Field(ge=1, le=720)]
    rounds: Rounds


class OverrunMinutes(MinutesRule):
    """The minutes by which a visit is extended that has not ended at its planned end."""

    about: ClassVar[About] = About(
        name="matching.overrun_minutes",
        proposed=10,
        unit="minutes",
        zh="超时未结束的服务每次预计再延长多少分钟",
        en="Minutes by which a visit that goes on after its planned end is taken to last longer",
        source="proposed: a visit that is not over is taken to need ten minutes more, again and again",
    )
    root: Annotated[int, Field(ge=1, le=240)]


RULES: tuple[type[DatedRule], ...] = (
    Weights,
    Travel,
    MostAttempts,
    FamiliarVisits,
    NobodyWaits,
    Replan,
    Overnight,
    OverrunMinutes,
)
