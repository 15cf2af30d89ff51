"""The figures of the minimum living guarantee: families and people in town and country, elders, standard, money."""

from datetime import date
from typing import Any, Final

from sqlalchemy import Select, exists, func, select

from civil.blocks.benefits import figures as benefits
from civil.blocks.benefits.model import Covered, Grant
from civil.blocks.figures.figure import (
    Contradiction,
    Cutoff,
    Figure,
    FigureSpan,
    FigureSubject,
    FigureUnit,
    Fold,
    Rows,
    pair,
    row,
)
from civil.dibao.rules import DibaoStandard
from registry.model import Area, Division, Person

NAME: Final = "dibao"
_ELDER: Final = 60


def _drawing(at: Cutoff, area: Area, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select the living covered in the month of the day, with grant and division, where the division is of an area."""
    return (
        select(*columns)
        .select_from(Covered)
        .join(Person, Person.id == Covered.person_id)
        .join(Grant, Grant.id == Covered.grant_id)
        .join(Division, Division.code == Grant.division_code)
        .where(
            Covered.programme == NAME,
            benefits.in_force(Covered, at.month),
            benefits.alive(at.as_of),
            Division.area_class == area,
            _of_day(at),
        )
    )


def _of_day(at: Cutoff) -> Any:
    return (Division.valid_from <= at.as_of) & (func.coalesce(Division.valid_to > at.as_of, True))


def _households(area: Area) -> Rows:
    columns = row(Grant.id, person_id=Grant.person_id, division_code=Grant.division_code)
    return lambda at: _drawing(at, area, *columns).group_by(Grant.id)


def _people(area: Area) -> Rows:
    columns = row(Covered.person_id, person_id=Covered.person_id, division_code=func.min(Grant.division_code))
    return lambda at: _drawing(at, area, *columns).group_by(Covered.person_id)


def _elders(at: Cutoff) -> Select[*tuple[Any, ...]]:
    day = at.as_of
    leap = (day.month, day.day) == (2, 29) and (day.year - _ELDER) % 4
    return benefits.drawing(NAME, at).where(
        Person.born_on <= (date(day.year - _ELDER, 2, 28) if leap else day.replace(year=day.year - _ELDER))
    )


def _nowhere(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return select(*pair(Grant.id, Grant.division_code)).where(
        Grant.programme == NAME,
        benefits.in_force(Grant, at.month),
        ~exists().where(Division.code == Grant.division_code, _of_day(at)),
    )


_BY_AREA: Final = {
    Area.URBAN: ("U", "城镇", "towns"),
    Area.RURAL: ("R", "农村", "the country"),
}


def _by_area(area: Area) -> tuple[Figure, Figure]:
    letter, zh, en = _BY_AREA[area]
    return (
        Figure(
            code=f"DB.{letter}.HH",
            zh=f"{zh}低保户数：当日在享低保、至少一名保障对象在世的家庭，按家庭所在区划的城乡分类",
            en=f"families in {en} that draw the guarantee on the day, by the class of their division",
            unit=FigureUnit.HOUSEHOLDS,
            span=FigureSpan.ON_DAY,
            subject=FigureSubject.GRANT,
            room=benefits.ROOM_NAME,
            rows=_households(area),
        ),
        Figure(
            code=f"DB.{letter}.PER",
            zh=f"{zh}低保人数：上述家庭中当日在世的保障对象",
            en=f"living members of those families in {en}",
            unit=FigureUnit.PEOPLE,
            span=FigureSpan.ON_DAY,
            subject=FigureSubject.PERSON,
            room=benefits.ROOM_NAME,
            rows=_people(area),
        ),
    )


CODES: Final = ("DB.U.HH", "DB.U.PER", "DB.R.HH", "DB.R.PER", "DB.ELDER")
FIGURES: Final = (
    *_by_area(Area.URBAN),
    *_by_area(Area.RURAL),
    Figure(
        code="DB.ELDER",
        zh="纳入低保的老年人：当日在享低保、年满60周岁的保障对象",
        en="people of 60 and more whom the guarantee covers on the day",
        unit=FigureUnit.PEOPLE,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.PERSON,
        room=benefits.ROOM_NAME,
        rows=_elders,
    ),
    Figure(
        code="DB.STD",
        zh="农村低保每人每月标准",
        en="the guarantee a person and month in the country",
        unit=FigureUnit.FEN,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.RULE,
        room="civil.dibao",
        said=lambda at: at.rule(DibaoStandard).rural_fen,
        rules=(DibaoStandard,),
    ),
    Figure(
        code="DB.EQ",
        zh="城乡标准不一致（0为一致）",
        en="standards of town and country that differ; 0: they are the same",
        unit=FigureUnit.EXCEPTIONS,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.RULE,
        room="civil.dibao",
        said=lambda at: int(at.rule(DibaoStandard).rural_fen != at.rule(DibaoStandard).urban_fen),
        rules=(DibaoStandard,),
    ),
    Figure(
        code="SA.PAID",
        zh="全年发放的低保金和特困供养金，不含银行退回",
        en="guarantee and destitute support paid in the year, without what the bank returned",
        unit=FigureUnit.FEN,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.PAYMENT,
        room=benefits.ROOM_NAME,
        rows=benefits.paid_in_year(NAME, "tekun"),
        fold=Fold.SUM,
    ),
)
CONTRADICTIONS: Final = (
    *benefits.contradictions(NAME, *CODES),
    Contradiction(
        name="dibao_in_no_division",
        zh="在享低保的家庭不属于当日的任何区划，城乡都不会计入",
        en="a family that draws the guarantee lies in no division of the day: neither town nor country counts it",
        figures=CODES[:4],
        left=FigureSubject.GRANT,
        right=FigureSubject.DIVISION,
        pairs=_nowhere,
    ),
)
