"""The figures that any fund can have: what was paid in the year, net of what came back; and what cannot be."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, cast, exists, func, select
from sqlalchemy.orm import aliased

from civil.blocks.cases.model import CivilCase
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
from civil.blocks.fund.model import Fund, FundEntry, FundEntryKind

ROOM_NAME = "civil.blocks.fund"


def of_year(at: Cutoff) -> ColumnElement[bool]:
    """Tell whether an entry was made in the year, up to the day."""
    return FundEntry.entered_on.between(date(at.year, 1, 1), at.as_of)


def _entries(kind: str, at: Cutoff, *columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(FundEntry)
        .join(Fund, Fund.id == FundEntry.fund_id)
        .where(Fund.kind == kind, FundEntry.kind == FundEntryKind.PAYMENT, of_year(at))
    )


def paid_in_year(kind: str) -> RowsQuery:
    """Return the year's payments of a kind of fund in fen; what came back has a negative value."""
    columns = row(FundEntry.id, value=-FundEntry.fen, person_id=FundEntry.person_id, division_code=Fund.division_code)
    return lambda at: _entries(kind, at, *columns)


def standing_payments(kind: str, at: Cutoff, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select the year's payments of a kind of fund that nothing has reversed up to the day."""
    back = aliased(FundEntry)
    returned = exists().where(back.reverses_id == FundEntry.id, back.entered_on <= at.as_of)
    return _entries(kind, at, *columns).where(FundEntry.reverses_id.is_(None), ~returned)


def money(code: str, zh: str, en: str, kind: str) -> Figure:
    """Return the figure that sums what a kind of fund paid in the year, net of what came back."""
    return Figure(
        code=code,
        zh=zh,
        en=en,
        unit=FigureUnit.FEN,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.FUND_ENTRY,
        room=ROOM_NAME,
        rows=paid_in_year(kind),
        fold=Fold.SUM,
    )


def helped(code: str, zh: str, en: str, kind: str, persons: str) -> Figure:
    """Return the figure that sums whom the year's payments for cases helped, by a number of the cases' facts."""
    columns = row(
        FundEntry.id,
        value=cast(CivilCase.facts[persons].astext, Integer),
        person_id=FundEntry.person_id,
        division_code=Fund.division_code,
    )
    return Figure(
        code=code,
        zh=zh,
        en=en,
        unit=FigureUnit.PERSON_TIMES,
        span=FigureSpan.IN_YEAR,
        subject=FigureSubject.FUND_ENTRY,
        room=ROOM_NAME,
        rows=lambda at: for_cases(kind, at, *columns),
        fold=Fold.SUM,
    )


def for_cases(kind: str, at: Cutoff, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select the year's payments for cases that nothing has reversed, with the cases."""
    return standing_payments(kind, at, *columns).join(CivilCase, CivilCase.id == FundEntry.subject_id)


def paid_otherwise(kind: str, amount: str, *figures: str) -> Contradiction:
    """Return that a case was paid for with another amount than its facts say."""
    said = cast(CivilCase.facts[amount].astext, Integer)
    return Contradiction(
        name=f"{kind.replace('.', '_')}_paid_otherwise",
        zh="支付的金额与办件审定的不一致",
        en="a case was paid for with another amount than it says",
        figures=figures,
        left=FigureSubject.CASE,
        right=FigureSubject.FUND_ENTRY,
        pairs=lambda at: for_cases(kind, at, *pair(CivilCase.id, FundEntry.id)).where(FundEntry.fen != -said),
    )


def overdrawn(kind: str, *figures: str) -> Contradiction:
    """Return that a fund has paid more than came into it although nobody has consented to that."""

    def pairs(at: Cutoff) -> Select[*tuple[Any, ...]]:
        consented = func.coalesce(func.sum(-FundEntry.fen).filter(FundEntry.consent_id.is_not(None)), 0)
        return (
            select(*pair(Fund.id, func.max(cast(FundEntry.id, String)).filter(FundEntry.fen < 0)))
            .join(FundEntry, and_(FundEntry.fund_id == Fund.id, FundEntry.entered_on <= at.as_of))
            .where(Fund.kind == kind)
            .group_by(Fund.id)
            .having(func.sum(FundEntry.fen) + consented < 0)
        )

    return Contradiction(
        name=f"{kind.replace('.', '_')}_overdrawn",
        zh="资金支出超过拨付，且未经另一人同意",
        en="a fund has paid more than came into it, and nobody has consented",
        figures=figures,
        left=FigureSubject.FUND,
        right=FigureSubject.FUND_ENTRY,
        pairs=pairs,
    )
