"""The rules of benefits: which of them exclude or replace one another."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, Part, ValueRule


class ExclusionMode(StrEnum):
    """What happens where one person would have both."""

    EXCLUSIVE = "exclusive"  # neither is granted while the person has the other
    REPLACES = "replaces"  # the first ends the second


Name = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class Exclusion(Part):
    """Two benefits that one person does not draw in one month."""

    first: Name
    second: Name
    mode: Annotated[ExclusionMode, Field(strict=False)]


class Exclusions(ValueRule[list[Exclusion]]):
    """Which benefits exclude one another."""

    about: ClassVar[About] = About(
        name="benefit.exclusions",
        proposed=[
            {"first": "tekun", "second": "dibao", "mode": "exclusive"},
            {"first": "tekun", "second": "disability_living", "mode": "exclusive"},
            {"first": "tekun", "second": "disability_nursing", "mode": "exclusive"},
            {"first": "longevity", "second": "oldage", "mode": "replaces"},
        ],
        unit="benefits",
        zh="同一人不得同时享受的待遇",
        en="Benefits that one person does not draw together",
        source="民发〔2021〕43号；国发〔2015〕52号；高龄津贴与百岁津贴不重复享受（试行建议值）",
        second_person=True,
    )
    root: Annotated[list[Exclusion], Field(max_length=100)]


RULES: tuple[type[DatedRule], ...] = (Exclusions,)
