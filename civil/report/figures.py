"""Every figure that a report may print: those of the modules, of home care, and the report's own year and names."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, func, select

from civil.blocks.declared import Module, Title
from civil.blocks.figures.figure import (
    Contradiction,
    Cutoff,
    Figure,
    FigureSpan,
    FigureSubject,
    FigureUnit,
    Fold,
    row,
)
from civil.homecare.room import MODULE as HOMECARE
from civil.modules import MODULES
from civil.report.rules import ReportPlace
from kit.access.scope import Section
from kit.refusal import Kind, Refusal
from registry.model import Division, Level


class FigureNotFound(Refusal):
    """No module declares a figure of that code."""

    code = "figure.not_found"
    kind = Kind.NOT_FOUND


def _district(at: Cutoff) -> Select[*tuple[Any, ...]]:
    return select(*row(Division.code, label=func.regexp_replace(Division.name, "区$", ""))).where(
        Division.level == Level.DISTRICT,
        Division.valid_from <= at.as_of,
        func.coalesce(Division.valid_to > at.as_of, True),
    )


OWN: Final = Module(
    name="report",
    title=Title("年度工作报告", "annual report"),
    section=Section.DIVISIONS,
    figures=(
        Figure(
            code="RPT.YEAR",
            zh="报告年度",
            en="the year of the report",
            unit=FigureUnit.YEARS,
            span=FigureSpan.IN_YEAR,
            subject=FigureSubject.RULE,
            room="civil.report",
            said=lambda at: at.year,
        ),
        Figure(
            code="RPT.NEXTYEAR",
            zh="下一年度",
            en="the year after",
            unit=FigureUnit.YEARS,
            span=FigureSpan.IN_YEAR,
            subject=FigureSubject.RULE,
            room="civil.report",
            said=lambda at: at.year + 1,
        ),
        Figure(
            code="RPT.DISTRICT",
            zh="本区名称（不带“区”字）",
            en="the district's name, without 区",
            unit=FigureUnit.NAME,
            span=FigureSpan.ON_DAY,
            subject=FigureSubject.DIVISION,
            room="registry",
            rows=_district,
            fold=Fold.NAME,
        ),
        Figure(
            code="RPT.CITY",
            zh="所在市名称（不带“市”字）",
            en="the city's name, without 市",
            unit=FigureUnit.NAME,
            span=FigureSpan.ON_DAY,
            subject=FigureSubject.RULE,
            room="civil.report",
            said=lambda at: at.rule(ReportPlace).city or None,
            rules=(ReportPlace,),
        ),
        Figure(
            code="RPT.PROV",
            zh="所在省名称（不带“省”字）",
            en="the province's name, without 省",
            unit=FigureUnit.NAME,
            span=FigureSpan.ON_DAY,
            subject=FigureSubject.RULE,
            room="civil.report",
            said=lambda at: at.rule(ReportPlace).province or None,
            rules=(ReportPlace,),
        ),
    ),
)
SOURCES: Final = (OWN, HOMECARE, *MODULES)
FIGURES: Final[Mapping[str, tuple[Module, Figure]]] = {
    figure.code: (module, figure) for module in SOURCES for figure in module.figures
}
CONTRADICTIONS: Final[tuple[Contradiction, ...]] = tuple(
    contradiction for module in SOURCES for contradiction in module.contradictions
)


def figure(code: str) -> tuple[Module, Figure]:
    """Return a figure and the module it belongs to; refuses `figure.not_found`."""
    if code not in FIGURES:
        raise FigureNotFound(figure=code)
    return FIGURES[code]
