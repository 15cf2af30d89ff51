"""Statements as files: .xlsx to calculate with, .pdf to sign and to file, a page that proves itself."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from api.acting import Route, actor_of, doing, works_of
from api.errors import responses
from api.files import Pdf, Workbook, attached
from api.forms import MONTH
from events.work import Work
from providers.settlement import queries
from providers.settlement.audit.package import package
from providers.settlement.files import content, pdf, workbook
from providers.settlement.model import Statement

router = APIRouter(tags=["settlement"], route_class=Route)

Reading = Annotated[Work, doing("statements.read")]
Month = Annotated[str, Query(pattern=MONTH)]


async def visible(request: Request, statement_id: UUID) -> Statement:
    """Return the statement as the asker's own scope shows it; the log behind it is for no company's database role."""
    actor = await actor_of(request, action="statements.read")
    async with works_of(request)(actor) as work:
        return await queries.statement(work, statement_id)


@router.get(
    "/statements/{statement_id}.xlsx",
    response_class=Workbook,
    summary="A statement as a workbook",
    responses=responses(404),
)
async def get_statement_workbook(statement_id: UUID, work: Reading) -> Workbook:
    """Return a statement's sums, lines and objections; another company's id answers like a missing one."""
    paper = await content.of(work, statement_id)
    made = await asyncio.to_thread(workbook.statements, [paper], made_at=paper.statement.drawn_at)
    return attached(Workbook, made, plain=f"statement-{paper.statement.month}", name=_called(paper))


@router.get(
    "/statements/{statement_id}.pdf",
    response_class=Pdf,
    summary="A statement to print",
    responses=responses(404),
)
async def get_statement_pdf(
    statement: Annotated[Statement, Depends(visible)], work: Annotated[Work, doing("statements.read", own=True)]
) -> Pdf:
    """Return a statement as pages, with the head of the log as a QR code; another company's id answers like none."""
    paper = await content.to_print(work, statement.id)
    made = await asyncio.to_thread(pdf.statement, paper)
    return attached(Pdf, made, plain=f"statement-{statement.month}", name=_called(paper))


@router.get(
    "/statements/{statement_id}/audit-package",
    response_class=HTMLResponse,
    summary="A statement that proves itself offline",
    responses=responses(404, 409, 503),
)
async def get_audit_package(
    statement: Annotated[Statement, Depends(visible)],
    work: Annotated[Work, doing("statements.audit_package", own=True)],
) -> HTMLResponse:
    """Return one HTML file that checks its events, rules and sums against the head of the log, without a server."""
    name = f"statement-{statement.month}-{statement.id}.html"
    return HTMLResponse(
        await package(work, statement), headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get(
    "/statements.xlsx", response_class=Workbook, summary="A month's statements as a workbook", responses=responses(404)
)
async def get_month_workbook(work: Reading, month: Month) -> Workbook:
    """Return the sums, lines and objections of all the month's statements; a company's people take their own."""
    papers = await content.of_month(work, month, lines=True)
    made = await asyncio.to_thread(workbook.statements, papers, made_at=work.now)
    return attached(Workbook, made, plain=f"statements-{month}", name=f"结算单-{month}")


@router.get(
    "/statements.pdf", response_class=Pdf, summary="The sums of a month's statements to print", responses=responses(404)
)
async def get_month_pdf(work: Reading, month: Month) -> Pdf:
    """Return one row a company, with the sums in figures and in words; a company's people take their own."""
    papers = await content.of_month(work, month, lines=False)
    made = await asyncio.to_thread(pdf.month, papers)
    return attached(Pdf, made, plain=f"statements-{month}", name=f"结算汇总表-{month}")


@router.get("/payment-file.xlsx", response_class=Workbook, summary="What to hand to the bank, as a workbook")
async def get_payment_workbook(work: Annotated[Work, doing("statements.payment_file")], month: Month) -> Workbook:
    """Return a month's approved and unpaid statements and accounts; a second sheet says who is not paid."""
    rows = await queries.payment_file(work, month=month)
    left_out = await queries.left_out(work, month=month)
    made = await asyncio.to_thread(workbook.payments, month, rows, left_out, made_at=work.now)
    return attached(Workbook, made, plain=f"payments-{month}", name=f"付款文件-{month}")


def _called(paper: content.StatementContent) -> str:
    return f"结算单-{paper.company.name}-{paper.statement.month}"
