"""Figures of the bureau's reports over HTTP, each with the rows behind it, and the draft of the annual report."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse

from api.acting import Route, doing
from api.errors import responses
from api.named import shown
from api.paging import Listing, Page
from api.shapes import figures as shapes
from civil.blocks.declared import Module
from civil.blocks.figures import queries
from civil.blocks.figures.figure import Figure
from civil.report import drafting, figures
from civil.report import page as report_page
from events.work import Work
from kit import clock

router = APIRouter(tags=["civil"], route_class=Route)

Reading = Annotated[Work, doing("civil.figures.read")]
Day = Annotated[
    date | None,
    Query(ge=date(2000, 1, 1), le=date(2199, 12, 31), description="the day, at whose end is counted; today without it"),
]
Code = Annotated[str, Path(max_length=40, description="the code of a figure")]


def _readable(work: Work, code: str) -> tuple[Module, Figure]:
    module, figure = figures.figure(code)
    if not queries.may_read(work.actor, module.section, figure):
        raise queries.FigureNotInScope(figure=code)
    return module, figure


@router.get("/civil/figures", summary="List the figures of a day", responses=responses(422))
async def list_civil_figures(work: Reading, as_of: Day = None) -> Listing[shapes.CivilFigure]:
    """Return what every figure says of a day that the own section may read; a clerk's are those of the own division."""
    day = as_of or clock.day_of(work.now)
    readable = {
        figure: module
        for module, figure in figures.FIGURES.values()
        if queries.may_read(work.actor, module.section, figure)
    }
    readings = await queries.read(work, list(readable), day)
    return Listing(items=[shapes.CivilFigure.of(readable[reading.figure], reading, day) for reading in readings])


@router.get("/civil/figures/{figure_code}", summary="Read a figure of a day", responses=responses(403, 404, 422))
async def get_civil_figure(figure_code: Code, work: Reading, as_of: Day = None) -> shapes.CivilFigure:
    """Return what one figure says of a day."""
    module, figure = _readable(work, figure_code)
    day = as_of or clock.day_of(work.now)
    (reading,) = await queries.read(work, [figure], day)
    return shapes.CivilFigure.of(module, reading, day)


@router.get(
    "/civil/figures/{figure_code}/rows", summary="List the rows behind a figure", responses=responses(403, 404, 422)
)
async def list_civil_figure_rows(
    figure_code: Code, work: Reading, page: Page, as_of: Day = None
) -> Listing[shapes.CivilFigureRow]:
    """Return the rows that fold into the number, by key; names masked, of what the reader may see."""
    _, figure = _readable(work, figure_code)
    day = as_of or clock.day_of(work.now)
    order, rows = await queries.rows(work, figure, day, after=page.after, limit=page.limit)
    items = await shown(work, shapes.CivilFigureRow, rows)
    return Listing(items=items, next=None if order is None else page.next(work, order, rows))


@router.get(
    "/civil/reports/annual",
    summary="Read the draft of the annual report",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **responses(409, 422)},
)
async def get_annual_report(work: Annotated[Work, doing("civil.report.read")], as_of: Day = None) -> HTMLResponse:
    """Return the report of a day as a page; what no figure fills is marked, contradictions refuse it."""
    day = as_of or clock.day_of(work.now)
    return HTMLResponse(report_page.html_of(await drafting.draw_up(work, day, draft=True)))
