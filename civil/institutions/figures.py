"""The figures of institutions: how many there are, of which tiers and stars, with how many beds; retrofits accepted."""

from datetime import date
from typing import Any, Final

from sqlalchemy import Date, Integer, Select, String, cast, column, func, literal, select, values

from civil.blocks.figures.figure import Cutoff, FigureSpan, FigureSubject, FigureUnit, row
from civil.blocks.register import figures as records
from civil.blocks.register.model import CivilRecord

INSTITUTION: Final = "institutions.institution"
STAY: Final = "institutions.stay"
RETROFIT: Final = "institutions.retrofit"
_THERE: Final = ("registered", "filed", "suspended")
_TIERS: Final = ("high", "middle", "low")
_BEDS: Final = FigureUnit.BEDS
_SAID: Final = 3
"""How many institutions the report's text speaks of: 三家."""
NAMED: Final = (("甲地老年公寓", 1), ("乙地老年公寓", 2), ("丙地养老院", 3))
"""The institutions that the report's text names with their stars."""


def _there(at: Cutoff, field: str | None = None) -> Select[*tuple[Any, ...]]:
    return records.in_states(INSTITUTION, _THERE, at, field)


def _other_number(at: Cutoff) -> Select[*tuple[Any, ...]]:
    there = _there(at).subquery()
    columns = row(literal(INSTITUTION), value=func.count())
    return select(*columns).select_from(there).having(func.count() != _SAID)


def _no_tier(at: Cutoff) -> Select[*tuple[Any, ...]]:
    day = records.on_day(INSTITUTION, at)
    tier = values(column("tier", String), name="tiers").data([(name,) for name in _TIERS]).c.tier
    has = select(day.c.record_id).where(day.c.state.in_(_THERE), day.c.facts["tier"].astext == tier)
    return select(*row(tier)).where(~has.exists())


def _other_stars(at: Cutoff) -> Select[*tuple[Any, ...]]:
    day = records.on_day(INSTITUTION, at)
    named = values(column("name", String), column("star", Integer), name="named").data(list(NAMED))
    has = select(day.c.record_id).where(
        day.c.state.in_(_THERE),
        day.c.facts["name"].astext == named.c.name,
        records.number(day, "star") == named.c.star,
        cast(day.c.facts["star_until"].astext, Date) >= at.as_of,
    )
    return select(*row(named.c.name, value=named.c.star)).where(~has.exists())


def _accepted(at: Cutoff) -> Select[*tuple[Any, ...]]:
    accepted = records.in_states(RETROFIT, ("accepted",), at, "beds")
    return accepted.where(CivilRecord.closed_on.between(date(at.year, 1, 1), at.as_of))


FIGURES: Final = (
    records.counted(
        "JG.COUNT",
        "注册的养老机构：当日已登记、未注销的机构",
        "institutions for elders that are registered and not closed on the day",
        _there,
        unit=FigureUnit.INSTITUTIONS,
    ),
    records.counted("JG.REG", "注册的养老机构不是三家（0为三家）", "not three institutions; 0: three", _other_number),
    records.counted(
        "JG.TIER",
        "没有养老机构的档次（0为高中低三档齐全）",
        "tiers without an institution; 0: each has one",
        _no_tier,
        subject=FigureSubject.TIER,
    ),
    records.counted(
        "JG.STAR",
        "报告列名而当日没有相应有效星级的养老机构（0为均有）",
        "institutions that the report names and that do not have those stars on the day; 0: all have",
        _other_stars,
        subject=FigureSubject.STAR,
    ),
    records.counted(
        "JG.BEDS", "养老机构床位合计", "beds of the institutions", lambda at: _there(at, "beds"), unit=_BEDS
    ),
    records.counted(
        "JG.BEDS.N", "养老机构护理型床位", "nursing beds of them", lambda at: _there(at, "nursing_beds"), unit=_BEDS
    ),
    records.counted(
        "JG.RETRO",
        "当年验收的护理型床位改造",
        "nursing beds whose conversion was accepted in the year",
        _accepted,
        unit=_BEDS,
        span=FigureSpan.IN_YEAR,
    ),
)
CONTRADICTIONS: Final = (
    records.contradiction(
        "institutions_more_nursing_beds",
        "护理型床位多于床位总数",
        "an institution has more nursing beds than beds",
        ("JG.BEDS", "JG.BEDS.N"),
        records.exceeding(INSTITUTION, _THERE, "nursing_beds", "beds"),
    ),
    records.contradiction(
        "institutions_more_residents",
        "在住老人多于床位总数",
        "more people live in an institution than it has beds",
        ("JG.BEDS",),
        records.crowded(INSTITUTION, "beds", STAY, "living"),
    ),
)
