"""The rules of offers and visits: time to answer, evidence of a sign-in, when a visit is missed."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from dispatch.visits.flags import Flag
from kit.rules.faults import FieldRepeated
from kit.rules.typed import About, DatedRule, DaysRule, MinutesRule, TableRule


def _once(flags: tuple[Flag, ...]) -> tuple[Flag, ...]:
    if len(set(flags)) < len(flags):
        raise FieldRepeated().error()
    return flags


class OfferDeadline(MinutesRule):
    """The minutes that a company has to answer an offer that is not urgent."""

    about: ClassVar[About] = About(
        name="offer.deadline_minutes",
        proposed=30,
        unit="minutes",
        zh="企业答复普通派单的时限",
        en="Minutes that a company has to answer an offer that is not urgent",
        source="proposed: home-care work orders are answered within half an hour",
    )
    root: Annotated[int, Field(ge=1, le=1_440)]


class UrgentOfferDeadline(MinutesRule):
    """The minutes that a company has to answer an urgent offer."""

    about: ClassVar[About] = About(
        name="offer.deadline_urgent_minutes",
        proposed=5,
        unit="minutes",
        zh="企业答复紧急派单的时限",
        en="Minutes that a company has to answer an urgent offer",
        source="proposed: urgent help should be at the door in thirty minutes",
    )
    root: Annotated[int, Field(ge=1, le=120)]


class EvidenceRules(TableRule):
    """The evidence that a sign-in needs, and the flags that hold the payment until a person has decided."""

    about: ClassVar[About] = About(
        name="visit.evidence",
        proposed={
            "radius_metres": 200,
            "accuracy_limit_metres": 100,
            "fix_age_limit_seconds": 120,
            "code_tries": 5,
            "skew_minutes": 5,
            "upload_hours": 24,
            "speed_km_per_hour": 150,
            "wait_minutes": 15,
            "short_percent": 80,
            "holds": [
                "weak_evidence",
                "mock_position",
                "code_tries",
                "late_upload",
                "clock_skew",
                "unanchored",
                "impossible_speed",
                "no_position_at_leave",
                "before_acceptance",
                "backwards",
                "two_phones",
                "clash",
                "missing_act",
                "after_missed",
                "overlap",
                "short_wait",
                "backfilled",
                "aborted",
            ],
        },
        unit="metres, seconds, minutes, hours, percent",
        zh="签到凭证的要求，以及哪些疑点暂停付款待人工裁定",
        en="What a sign-in must prove, and which flags hold the payment until a person has decided",
        source="proposed after GB/T 43153-2023 and the frauds published in Shanghai 2020-2023",
        second_person=True,
    )
    radius_metres: Annotated[int, Field(ge=10, le=5_000)]
    accuracy_limit_metres: Annotated[int, Field(ge=1, le=2_000)]
    fix_age_limit_seconds: Annotated[int, Field(ge=1, le=3_600)]
    code_tries: Annotated[int, Field(ge=1, le=20)]
    skew_minutes: Annotated[int, Field(ge=1, le=120)]
    upload_hours: Annotated[int, Field(ge=1, le=720)]
    speed_km_per_hour: Annotated[int, Field(ge=10, le=500)]
    wait_minutes: Annotated[int, Field(ge=1, le=120)]
    short_percent: Annotated[int, Field(ge=0, le=100)]
    holds: Annotated[tuple[Flag, ...], Field(min_length=1, max_length=len(Flag)), AfterValidator(_once)]

    @property
    def skew(self) -> timedelta:
        """Return how far a phone's clock may be from the server's."""
        return timedelta(minutes=self.skew_minutes)

    @property
    def upload(self) -> timedelta:
        """Return how long after an act without a signal its upload is in time."""
        return timedelta(hours=self.upload_hours)

    @property
    def speed_metres_per_second(self) -> float:
        """Return the highest plausible speed of travel from one home to the next."""
        return self.speed_km_per_hour / 3.6

    @property
    def wait(self) -> timedelta:
        """Return how long a worker waits at a closed door."""
        return timedelta(minutes=self.wait_minutes)


class EarlyMinutes(MinutesRule):
    """How long before the agreed window a sign-in is early, which is shown and not held."""

    about: ClassVar[About] = About(
        name="visit.early_minutes",
        proposed=15,
        unit="minutes",
        zh="早于约定时段多少分钟签到视为提前",
        en="Minutes before the agreed window at which a sign-in counts as early",
        source="proposed: a worker who finds the last elder away comes a quarter of an hour early",
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=1_440)]


class FarEarlyMinutes(MinutesRule):
    """How long before the agreed window a sign-in holds the visit for a person."""

    about: ClassVar[About] = About(
        name="visit.far_early_minutes",
        proposed=60,
        unit="minutes",
        zh="早于约定时段多少分钟签到须待人工核定",
        en="Minutes before the agreed window at which a sign-in holds the visit for a person",
        source="proposed: an elder who agreed on ten does not expect anybody before nine",
        second_person=True,
    )
    root: Annotated[int, Field(ge=0, le=1_440)]


class MissedAfterMinutes(MinutesRule):
    """The time after the latest agreed arrival when a visit without any act counts as missed."""

    about: ClassVar[About] = About(
        name="visit.missed_after_minutes",
        proposed=120,
        unit="minutes",
        zh="约定最晚到达后多少分钟无任何记录即视为爽约",
        en="Minutes after the latest agreed arrival at which a visit without any act counts as missed",
        source="proposed",
    )
    root: Annotated[int, Field(ge=1, le=1_440)]


class DisclosureDays(DaysRule):
    """The time after its last visit for which a company may still read an elder's name, address and telephone."""

    about: ClassVar[About] = About(
        name="visit.disclosure_days",
        proposed=7,
        unit="days",
        zh="最后一次服务后企业可查看老人姓名、地址、电话的天数",
        en="Days after its last visit for which a company may read an elder's name, address and telephone",
        source="proposed: complaints and lost keys come within a week",
    )
    root: Annotated[int, Field(ge=0, le=366)]


class FamilyLinkDays(DaysRule):
    """The time after a visit for which the family's link still shows and rates it."""

    about: ClassVar[About] = About(
        name="visit.family_link_days",
        proposed=3,
        unit="days",
        zh="服务结束后家属链接还能查看和评价的天数",
        en="Days after a visit for which the family's link still shows it and takes a rating",
        source="proposed: as long as silence takes to confirm a visit (72 hours)",
    )
    root: Annotated[int, Field(ge=1, le=31)]


RULES: tuple[type[DatedRule], ...] = (
    OfferDeadline,
    UrgentOfferDeadline,
    EvidenceRules,
    EarlyMinutes,
    FarEarlyMinutes,
    MissedAfterMinutes,
    DisclosureDays,
    FamilyLinkDays,
)
