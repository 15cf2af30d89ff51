"""The figures that every benefit can have: who draws it, who began, who ended, what was paid; and what cannot be."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from civil.blocks.benefits.model import BenefitPayment, Covered, Grant, PayLine, PayRun, PayRunState
from civil.blocks.figures.figure import (
    Contradiction,
    Cutoff,
    Figure,
    FigureSpan,
    FigureSubject,
    FigureUnit,
    Fold,
    RowsQuery,
    pair,
    row,
)
from registry.model import Area, Division, Person

ROOM_NAME = "civil.blocks.benefits"
_NEVER = "9999-12"


def people(code: str, zh: str, en: str, rows: RowsQuery) -> Figure:
    """Return the figure that counts people on the day."""
    return Figure(
        code=code,
        zh=zh,
        en=en,
        unit=FigureUnit.PEOPLE,
        span=FigureSpan.ON_DAY,
        subject=FigureSubject.PERSON,
        room=ROOM_NAME,
        rows=rows,
    )


def money(code: str, zh: str, en: str, *programmes: str) -> Figure:
    """Return the figure that sums what was paid in the year."""
    return Figure(
        code=code,
        zh=zh,
        en=en,
        unit=FigureUnit.FEN,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.PAYMENT,
        room=ROOM_NAME,
        rows=paid_in_year(*programmes),
        fold=Fold.SUM,
    )


def in_force(window: type[Grant | Covered], month: str) -> ColumnElement[bool]:
    """Tell whether the months of a grant, or of somebody it covers, hold a month."""
    return and_(window.from_month <= month, func.coalesce(window.last_month, _NEVER) >= month)


def alive(day: date) -> ColumnElement[bool]:
    """Tell whether a person had not died by the end of a day."""
    return func.coalesce(Person.died_on > day, True)


def drawing(programme: str, at: Cutoff) -> Select[*tuple[Any, ...]]:
    """Select the living whom a benefit covers in the month of the day, one row each."""
    return (
        select(*row(Covered.person_id, person_id=Covered.person_id, division_code=func.min(Covered.division_code)))
        .join(Person, Person.id == Covered.person_id)
        .where(Covered.programme == programme, in_force(Covered, at.month), alive(at.as_of))
        .group_by(Covered.person_id)
    )


def drawn_by(programme: str) -> RowsQuery:
    """Return the living whom a benefit covers in the month of the day."""
    return lambda at: drawing(programme, at)


def elders_of(programme: str, age: int) -> RowsQuery:
    """Return the living of an age and more whom a benefit covers in the month of the day."""

    def rows(at: Cutoff) -> Select[*tuple[Any, ...]]:
        leap_day = (at.as_of.month, at.as_of.day) == (2, 29) and (at.year - age) % 4
        born = at.as_of.replace(year=at.year - age, day=28 if leap_day else at.as_of.day)
        return drawing(programme, at).where(Person.born_on <= born)

    return rows


def _of_day(at: Cutoff) -> ColumnElement[bool]:
    return and_(Division.valid_from <= at.as_of, func.coalesce(Division.valid_to > at.as_of, True))


def _in_area(programme: str, area: Area, at: Cutoff, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select the living covered in the month of the day, with grant, where its division of the day is of an area."""
    return (
        select(*columns)
        .select_from(Covered)
        .join(Person, Person.id == Covered.person_id)
        .join(Grant, Grant.id == Covered.grant_id)
        .join(Division, Division.code == Grant.division_code)
        .where(
            Covered.programme == programme,
            in_force(Covered, at.month),
            alive(at.as_of),
            Division.area_class == area,
            _of_day(at),
        )
    )


def households_in(programme: str, area: Area) -> RowsQuery:
    """Return the grants of an area that cover somebody alive in the month of the day."""
    columns = row(Grant.id, person_id=Grant.person_id, division_code=Grant.division_code)
    return lambda at: _in_area(programme, area, at, *columns).group_by(Grant.id)


def people_in(programme: str, area: Area) -> RowsQuery:
    """Return the living of an area whom a benefit covers in the month of the day."""
    columns = row(Covered.person_id, person_id=Covered.person_id, division_code=func.min(Grant.division_code))
    return lambda at: _in_area(programme, area, at, *columns).group_by(Covered.person_id)


def in_no_division(programme: str, *figures: str) -> Contradiction:
    """Return that a grant lies in no division of the day, so that neither town nor country counts it."""
    return Contradiction(
        name=f"{programme}_in_no_division",
        zh="在享待遇不属于当日的任何区划，城乡都不会计入",
        en="a grant lies in no division of the day: neither town nor country counts it",
        figures=figures,
        left=FigureSubject.GRANT,
        right=FigureSubject.DIVISION,
        pairs=lambda at: select(*pair(Grant.id, Grant.division_code)).where(
            Grant.programme == programme,
            in_force(Grant, at.month),
            ~exists().where(Division.code == Grant.division_code, _of_day(at)),
        ),
    )


def _began(at: Cutoff) -> ColumnElement[bool]:
    return and_(
        Grant.from_month.between(at.first_month, at.month),
        func.coalesce(Grant.last_month, _NEVER) >= Grant.from_month,
    )


def _grants(programme: str, label: Any = None) -> Select[*tuple[Any, ...]]:
    columns = row(Grant.id, person_id=Grant.person_id, division_code=Grant.division_code, label=label)
    return select(*columns).join(Person, Person.id == Grant.person_id).where(Grant.programme == programme)


def began_in_year(programme: str) -> RowsQuery:
    """Return the grants whose first month lies in the year, up to that of the day."""
    return lambda at: _grants(programme).where(_began(at))


def ended_in_year(programme: str) -> RowsQuery:
    """Return the grants drawn when the year began or begun in it, and no longer drawn on the day; with the reason."""

    def rows(at: Cutoff) -> Select[*tuple[Any, ...]]:
        before = and_(in_force(Grant, at.month_before), alive(date(at.year - 1, 12, 31)))
        now = and_(in_force(Grant, at.month), alive(at.as_of))
        return _grants(programme, Grant.end_reason).where(or_(before, _began(at)), ~now)

    return rows


def _paid(programmes: tuple[str, ...], at: Cutoff) -> list[ColumnElement[bool]]:
    return [
        PayRun.programme.in_(programmes),
        PayRun.state == PayRunState.PAID,
        PayRun.paid_at < at.ended,
        BenefitPayment.returned_at.is_(None),
    ]


def paid_in_year(*programmes: str) -> RowsQuery:
    """Return the payments of runs that were closed in the year, in fen, without what the bank returned."""
    return lambda at: (
        select(*row(BenefitPayment.id, value=BenefitPayment.fen, person_id=BenefitPayment.person_id))
        .join(PayRun, PayRun.id == BenefitPayment.run_id)
        .where(*_paid(programmes, at), PayRun.paid_at >= at.began)
    )


def paid_last(programme: str) -> RowsQuery:
    """Return the people paid by the last run that was closed up to the day."""

    def rows(at: Cutoff) -> Select[*tuple[Any, ...]]:
        last = select(func.max(PayRun.month)).where(
            PayRun.programme == programme, PayRun.state == PayRunState.PAID, PayRun.paid_at < at.ended
        )
        return (
            select(*row(BenefitPayment.person_id, person_id=BenefitPayment.person_id))
            .join(PayRun, PayRun.id == BenefitPayment.run_id)
            .where(*_paid((programme,), at), PayRun.month == last.scalar_subquery())
            .group_by(BenefitPayment.person_id)
        )

    return rows


def unpaid(programme: str) -> RowsQuery:
    """Return the payments of the year's runs that the bank returned and that no later run has sent again."""
    again, run = aliased(BenefitPayment), aliased(PayRun)
    sent_again = exists().where(
        again.grant_id == BenefitPayment.grant_id,
        again.returned_at.is_(None),
        again.run_id == run.id,
        run.month > PayRun.month,
        run.state == PayRunState.PAID,
    )
    return lambda at: (
        select(*row(BenefitPayment.id, value=BenefitPayment.fen, person_id=BenefitPayment.person_id))
        .join(PayRun, PayRun.id == BenefitPayment.run_id)
        .where(
            PayRun.programme == programme,
            PayRun.paid_at >= at.began,
            PayRun.paid_at < at.ended,
            BenefitPayment.returned_at.is_not(None),
            ~sent_again,
        )
    )


def contradictions(programme: str, *figures: str) -> tuple[Contradiction, ...]:
    """Return what must not be of a benefit while the figures named are printed."""
    return (
        Contradiction(
            name=f"{programme}_of_the_dead",
            zh="已去世的人仍在享待遇",
            en="somebody who has died still draws the benefit",
            figures=figures,
            left=FigureSubject.GRANT,
            right=FigureSubject.PERSON,
            pairs=lambda at: (
                select(*pair(Covered.grant_id, Person.id))
                .join(Person, Person.id == Covered.person_id)
                .where(
                    Covered.programme == programme,
                    Person.died_on <= at.as_of,
                    func.coalesce(Covered.last_month, _NEVER) > func.to_char(Person.died_on, "YYYY-MM"),
                )
            ),
        ),
        Contradiction(
            name=f"{programme}_after_the_last_month",
            zh="待遇终止后的批次仍计发其后月份",
            en="a run made after the end of a grant pays a month beyond it",
            figures=figures,
            left=FigureSubject.PAY_LINE,
            right=FigureSubject.GRANT,
            pairs=lambda at: (
                select(*pair(PayLine.id, Grant.id))
                .join(Grant, Grant.id == PayLine.grant_id)
                .join(PayRun, PayRun.id == PayLine.run_id)
                .where(
                    Grant.programme == programme,
                    PayRun.state != PayRunState.CANCELLED,
                    PayRun.computed_at.between(Grant.ended_at, at.ended),
                    PayLine.month > Grant.last_month,
                    PayLine.due_fen > 0,
                )
            ),
        ),
        Contradiction(
            name=f"{programme}_stock_and_changes",
            zh="在享待遇与其保障对象的起止月份不一致，年初人数加新增减取消不等于现有人数",
            en="a grant ends and somebody it covers goes on: last year's number and the changes do not make this one",
            figures=figures,
            left=FigureSubject.GRANT,
            right=FigureSubject.PERSON,
            pairs=lambda at: (
                select(*pair(Grant.id, Covered.person_id))
                .join(Covered, Covered.grant_id == Grant.id)
                .where(
                    Grant.programme == programme,
                    Grant.from_month <= at.month,
                    or_(
                        func.coalesce(Covered.last_month, _NEVER) > func.coalesce(Grant.last_month, _NEVER),
                        Covered.from_month < Grant.from_month,
                    ),
                )
            ),
        ),
        Contradiction(
            name=f"{programme}_without_anybody",
            zh="在享待遇没有保障对象，户数将多于人数",
            en="a grant is drawn and covers nobody: there would be more households than people",
            figures=figures,
            left=FigureSubject.GRANT,
            right=FigureSubject.PERSON,
            pairs=lambda at: select(*pair(Grant.id, Grant.person_id)).where(
                Grant.programme == programme,
                in_force(Grant, at.month),
                ~exists().where(Covered.grant_id == Grant.id, Covered.from_month <= at.month),
            ),
        ),
        both(programme, programme, *figures),
    )


def both(first: str, second: str, *figures: str) -> Contradiction:
    """Return that one person draws two benefits in one month of the year that exclude one another, or one twice."""
    left, right = aliased(Covered), aliased(Covered)

    def pairs(at: Cutoff) -> Select[*tuple[Any, ...]]:
        ends = [func.coalesce(window.last_month, _NEVER) for window in (left, right)]
        begins = func.greatest(left.from_month, right.from_month, at.first_month)
        return (
            select(*pair(left.grant_id, right.grant_id))
            .join(right, right.person_id == left.person_id)
            .where(
                left.programme == first,
                right.programme == second,
                left.id < right.id if first == second else literal(True),
                begins <= func.least(*ends, at.month),
            )
        )

    return Contradiction(
        name=f"{first}_twice" if first == second else f"{first}_beside_{second}",
        zh="同一人同月重复享受" if first == second else "同一人同月享受互斥的两项待遇",
        en="one person draws one benefit twice" if first == second else "one person draws two that exclude one another",
        figures=figures,
        left=FigureSubject.GRANT,
        right=FigureSubject.GRANT,
        pairs=pairs,
    )
