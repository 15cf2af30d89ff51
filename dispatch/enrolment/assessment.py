"""Ability assessment of an older adult: from the 26 scores of GB/T 42195-2022 to one of five levels.

A high score is a good one: 90 is able in everything. Item maxima, bands and the two ways past the bands (coma; one
level worse for a diagnosis or repeated care-risk events) are the standard's; they are not configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from kit.refusal import Refusal


class Level(IntEnum):
    """The elder's ability level as the standard grades it; a higher level needs more help."""

    ABLE = 0  # 能力完好
    MILD = 1  # 轻度失能
    MODERATE = 2  # 中度失能
    SEVERE = 3  # 重度失能
    TOTAL = 4  # 完全失能


class Dimension(StrEnum):
    """The standard's four first-level indicators."""

    SELF_CARE = "self_care"  # 自理能力
    MOVEMENT = "movement"  # 基础运动能力
    MIND = "mind"  # 精神状态
    SENSES = "senses"  # 感知觉与社会参与


@dataclass(frozen=True, slots=True)
class Item:
    """One of the 26 second-level indicators and the best score it can have."""

    name: str
    chinese: str
    dimension: Dimension
    most: int


ITEMS: Final[Mapping[str, Item]] = {
    item.name: item
    for item in (
        Item("eating", "进食", Dimension.SELF_CARE, 4),
        Item("grooming", "修饰", Dimension.SELF_CARE, 4),
        Item("bathing", "洗澡", Dimension.SELF_CARE, 4),
        Item("dressing_upper", "穿脱上衣", Dimension.SELF_CARE, 4),
        Item("dressing_lower", "穿脱裤子和鞋袜", Dimension.SELF_CARE, 4),
        Item("bladder", "小便控制", Dimension.SELF_CARE, 4),
        Item("bowel", "大便控制", Dimension.SELF_CARE, 4),
        Item("toileting", "如厕", Dimension.SELF_CARE, 4),
        Item("moving_in_bed", "床上体位转移", Dimension.MOVEMENT, 4),
        Item("bed_to_chair", "床椅转移", Dimension.MOVEMENT, 4),
        Item("walking", "平地行走", Dimension.MOVEMENT, 4),
        Item("stairs", "上下楼梯", Dimension.MOVEMENT, 3),
        Item("time_orientation", "时间定向", Dimension.MIND, 4),
        Item("space_orientation", "空间定向", Dimension.MIND, 4),
        Item("person_orientation", "人物定向", Dimension.MIND, 4),
        Item("memory", "记忆", Dimension.MIND, 4),
        Item("understanding", "理解能力", Dimension.MIND, 4),
        Item("expression", "表达能力", Dimension.MIND, 4),
        Item("aggression", "攻击行为", Dimension.MIND, 1),
        Item("depression", "抑郁症状", Dimension.MIND, 1),
        Item("consciousness", "意识水平", Dimension.MIND, 2),
        Item("sight", "视力", Dimension.SENSES, 2),
        Item("hearing", "听力", Dimension.SENSES, 2),
        Item("daily_affairs", "执行日常事务", Dimension.SENSES, 4),
        Item("going_out", "使用交通工具外出", Dimension.SENSES, 3),
        Item("social_contact", "社会交往能力", Dimension.SENSES, 4),
    )
}
MOST: Final = sum(item.most for item in ITEMS.values())

_LOWEST_TOTAL: Final = ((90, Level.ABLE), (66, Level.MILD), (46, Level.MODERATE), (30, Level.SEVERE))
_RISK_EVENTS_THAT_WORSEN: Final = 2


class ScoreMissing(Refusal):
    """An item was not scored: an assessment is whole or it is none."""

    code = "assessment.score_missing"


class ScoreUnknown(Refusal):
    """A score was given for something that the standard does not ask."""

    code = "assessment.score_unknown"


class ScoreOutOfRange(Refusal):
    """A score lies outside what its item allows."""

    code = "assessment.score_out_of_range"


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of two assessors on site: 26 scores and the other facts that the standard counts.

    `risk_events` counts falls, choking, suicide attempts, self-harm and getting lost in the last 30 days.
    """

    scores: Mapping[str, int]
    coma: bool = False
    dementia: bool = False  # diagnosed, ICD-10 F00-F03
    mental_disorder: bool = False  # diagnosed by a psychiatrist, ICD-10 F04-F99
    risk_events: int = 0

    def __post_init__(self) -> None:
        """Refuse an assessment that is incomplete by the standard."""
        for name in self.scores:
            if name not in ITEMS:
                raise ScoreUnknown(item=name)
        for name, item in ITEMS.items():
            if name not in self.scores:
                raise ScoreMissing(item=name, title=item.chinese)
            if not 0 <= self.scores[name] <= item.most:
                raise ScoreOutOfRange(item=name, title=item.chinese, given=self.scores[name], most=item.most)
        if self.risk_events < 0:
            raise ScoreOutOfRange(item="risk_events", title="照护风险事件", given=self.risk_events, most=999)


def total(findings: Findings) -> int:
    """Add up the 26 scores (0..90)."""
    return sum(findings.scores.values())


def by_dimension(findings: Findings) -> dict[Dimension, int]:
    """Add up the scores of each first-level indicator."""
    sums = dict.fromkeys(Dimension, 0)
    for name, score in findings.scores.items():
        sums[ITEMS[name].dimension] += score
    return sums


def band(points: int) -> Level:
    """Return the level of a total by the standard's bands alone: 90, 66-89, 46-65, 30-45, 0-29."""
    return next((level for lowest, level in _LOWEST_TOTAL if points >= lowest), Level.TOTAL)


def level(findings: Findings) -> Level:
    """Grade the findings: coma is the worst level at once; a diagnosis or two risk events make it one level worse."""
    if findings.coma:
        return Level.TOTAL
    graded = band(total(findings))
    worse = findings.dementia or findings.mental_disorder or findings.risk_events >= _RISK_EVENTS_THAT_WORSEN
    return Level(min(graded + 1, Level.TOTAL)) if worse else graded
