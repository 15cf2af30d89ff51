"""The figures of the minimum living guarantee: families and people in town and country, elders, standard, money."""

from collections.abc import Callable
from typing import Final

from civil.blocks.benefits import figures as benefits
from civil.blocks.figures.figure import Cutoff, Figure, FigureSpan, FigureSubject, FigureUnit
from civil.dibao.rules import DibaoStandard
from registry.model import Area

NAME: Final = "dibao"
_ELDER: Final = 60


def _households(code: str, area: Area, zh: str, en: str) -> Figure:
    return Figure(
        code=code,
        zh=f"{zh}低保户数：当日在享低保、至少一名保障对象在世的家庭，按家庭所在区划的城乡分类",
        en=f"families in {en} that draw the guarantee on the day, by the class of their division",
        unit=FigureUnit.HOUSEHOLDS,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.GRANT,
        room=benefits.ROOM_NAME,
        rows=benefits.households_in(NAME, area),
    )


def _people(code: str, area: Area, zh: str, en: str) -> Figure:
    zh, en = f"{zh}低保人数：上述家庭中当日在世的保障对象", f"living members of those families in {en}"
    return benefits.people(code, zh, en, benefits.people_in(NAME, area))


def _standard(code: str, zh: str, en: str, unit: FigureUnit, said: Callable[[Cutoff], int]) -> Figure:
    return Figure(
        code=code,
        zh=zh,
        en=en,
        unit=unit,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.RULE,
        room="civil.dibao",
        said=said,
        rules=(DibaoStandard,),
    )


def _rural(at: Cutoff) -> int:
    return at.rule(DibaoStandard).rural_fen


def _differs(at: Cutoff) -> int:
    return int(at.rule(DibaoStandard).rural_fen != at.rule(DibaoStandard).urban_fen)


FIGURES: Final = (
    _households("DB.U.HH", Area.URBAN, "城镇", "towns"),
    _people("DB.U.PER", Area.URBAN, "城镇", "towns"),
    _households("DB.R.HH", Area.RURAL, "农村", "the country"),
    _people("DB.R.PER", Area.RURAL, "农村", "the country"),
    benefits.people(
        "DB.ELDER",
        "纳入低保的老年人：当日在享低保、年满60周岁的保障对象",
        "people of 60 and more whom the guarantee covers on the day",
        benefits.elders_of(NAME, _ELDER),
    ),
    _standard("DB.STD", "农村低保每人每月标准", "the guarantee a month in the country", FigureUnit.FEN, _rural),
    _standard("DB.EQ", "城乡标准不一致（0为一致）", "town and country differ; 0: not", FigureUnit.EXCEPTIONS, _differs),
    benefits.money(
        "SA.PAID",
        "全年发放的低保金和特困供养金，不含银行退回",
        "guarantee and destitute support paid in the year, without what the bank returned",
        NAME,
        "tekun",
    ),
)
BY_AREA: Final = ("DB.U.HH", "DB.U.PER", "DB.R.HH", "DB.R.PER")
CONTRADICTIONS: Final = (
    *benefits.contradictions(NAME, *BY_AREA, "DB.ELDER"),
    benefits.in_no_division(NAME, *BY_AREA),
)
