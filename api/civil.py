"""The companion modules over HTTP: cases, grants and monthly runs of whatever module, by the same routes."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.acting import Route, doing
from api.errors import responses
from api.named import colleagues, named, shown
from api.paging import Listing, Page, Rows
from api.shapes import civil as shapes
from civil import modules
from civil.blocks.benefits import operations as runs
from civil.blocks.benefits import queries as benefits
from civil.blocks.benefits.model import PayRun
from civil.blocks.cases import operations as cases
from civil.blocks.cases import queries as civil_cases
from civil.blocks.cases.model import CivilCase
from events.work import Work

router = APIRouter(tags=["civil"], route_class=Route)

Reading = Annotated[Work, doing("civil.cases.read")]
ReadingRuns = Annotated[Work, doing("civil.pay_runs.read")]
Kind = Annotated[str | None, Query(max_length=40, description="a kind of case of GET /civil/modules")]
Benefit = Annotated[str | None, Query(max_length=40, description="a benefit of GET /civil/modules")]
About = Annotated[UUID | None, Query(description="about this person")]


async def _shown(work: Work, case: CivilCase) -> shapes.CivilCase:
    (row,) = await shown(work, shapes.CivilCase, [case])
    return row


@router.get("/civil/modules", summary="What companion modules are there?")
async def list_civil_modules(work: Reading) -> Listing[shapes.CivilModule]:  # noqa: ARG001 - the actor must be allowed
    """Return every module with its kinds of cases, their fields, states and moves, and its benefits."""
    return Listing(items=[shapes.CivilModule.of(module) for module in modules.MODULES])


@router.post(
    "/civil/cases",
    status_code=201,
    summary="Open a case of a module",
    responses=responses(403, 404, 409, 422),
)
async def open_civil_case(
    form: shapes.NewCivilCase, work: Annotated[Work, doing("civil.cases.open")]
) -> shapes.CivilCase:
    """Open a case about a person, where the person lives."""
    module, kind = modules.case_kind(form.kind)
    facts = cases.read_facts(kind, form.facts)
    case = await cases.open_case(work, kind, section=module.section, person_id=form.person_id, facts=facts)
    return await _shown(work, case)


@router.get("/civil/cases", summary="List cases", responses=responses(422))
async def list_civil_cases(
    work: Reading,
    page: Page,
    *,
    civil_module: Annotated[str | None, Query(max_length=40, description="a module of GET /civil/modules")] = None,
    civil_kind: Kind = None,
    civil_state: Annotated[str | None, Query(max_length=32, description="a state of the kind")] = None,
    closed: Annotated[bool | None, Query(description="true: only those at their end; false: only open ones")] = None,
    person_id: About = None,
    overdue: Annotated[bool | None, Query(description="true: only open cases whose time is over")] = None,
) -> Listing[shapes.CivilCase]:
    """Return the cases of the own division and sections by number."""
    rows = await civil_cases.cases(
        work,
        kind=civil_kind,
        kinds=None if civil_module is None else modules.kinds_of(civil_module),
        state=civil_state,
        closed=closed,
        person_id=person_id,
        due_before=work.now if overdue else None,
        after=page.after,
        limit=page.limit,
    )
    return Listing(items=await shown(work, shapes.CivilCase, rows), next=page.next(work, civil_cases.CASES, rows))


@router.get("/civil/cases/{civil_case_id}", summary="Read a case", responses=responses(404))
async def get_civil_case(civil_case_id: UUID, work: Reading) -> shapes.CivilCase:
    """Return a case."""
    return await _shown(work, await civil_cases.case(work, civil_case_id))


@router.get("/civil/cases/{civil_case_id}/steps", summary="List the moves of a case", responses=responses(404, 422))
async def list_civil_case_steps(
    civil_case_id: UUID, work: Reading, page: Page, request: Request
) -> Listing[shapes.CivilCaseStep]:
    """Return what was done with a case, oldest first; who reads the reasons is written down."""
    rows = await civil_cases.steps(work, civil_case_id, after=page.after, limit=page.limit)
    names = await colleagues(request, {step.by for step, _ in rows})
    items = [shapes.CivilCaseStep.of(step, note, names.get(step.by)) for step, note in rows]
    return Listing(items=items, next=page.next(work, civil_cases.STEPS, [step for step, _ in rows]))


@router.post(
    "/civil/cases/{civil_case_id}/moves",
    summary="Move a case",
    responses=responses(403, 404, 409, 422),
)
async def move_civil_case(
    civil_case_id: UUID, form: shapes.CivilCaseMove, work: Annotated[Work, doing("civil.cases.move")]
) -> shapes.CivilCase:
    """Bring a case into another state, with new facts where something was learnt, and the reason."""
    case = await civil_cases.case(work, civil_case_id)
    _, kind = modules.case_kind(case.kind)
    facts = None if form.facts is None else cases.read_facts(kind, form.facts)
    case = await cases.move(work, kind, case_id=civil_case_id, to=form.to, facts=facts, note=form.reason)
    return await _shown(work, case)


@router.get("/civil/grants", summary="List grants", responses=responses(422))
async def list_grants(
    work: Annotated[Work, doing("civil.grants.read")], page: Page, programme: Benefit = None, person_id: About = None
) -> Listing[shapes.Grant]:
    """Return the grants of the own division and sections by number."""
    rows = await benefits.grants(work, programme=programme, person_id=person_id, after=page.after, limit=page.limit)
    return Listing(items=await shown(work, shapes.Grant, rows), next=page.next(work, benefits.GRANTS, rows))


@router.post(
    "/civil/pay-runs",
    status_code=201,
    response_model=shapes.PayRun,
    summary="Compute a month's run",
    responses=responses(404, 409, 422),
)
async def compute_pay_run(form: shapes.NewPayRun, work: Annotated[Work, doing("civil.pay_runs.compute")]) -> PayRun:
    """Freeze a month's claims and standards and enter what is due, with arrears and clawback of earlier months."""
    return await runs.compute(work, modules.programme(form.programme), month=form.month)


@router.get("/civil/pay-runs", response_model=Listing[shapes.PayRun], summary="List runs", responses=responses(422))
async def list_pay_runs(work: ReadingRuns, page: Page, programme: Benefit = None) -> Rows[PayRun]:
    """Return the runs, the newest first."""
    rows = await benefits.pay_runs(work, programme=programme, after=page.after, limit=page.limit)
    return page.rows(work, benefits.RUNS, rows)


@router.get("/civil/pay-runs/{run_id}", response_model=shapes.PayRun, summary="Read a run", responses=responses(404))
async def get_pay_run(run_id: UUID, work: ReadingRuns) -> PayRun:
    """Return a run."""
    return await benefits.pay_run(work, run_id)


@router.get(
    "/civil/pay-runs/{run_id}/lines",
    summary="List the lines of a run",
    responses=responses(404, 422),
)
async def list_pay_lines(run_id: UUID, work: ReadingRuns, page: Page) -> Listing[shapes.PayLine]:
    """Return what was entered for each grant, month and component."""
    rows = await benefits.pay_lines(work, run_id, after=page.after, limit=page.limit)
    payees = await benefits.payees(work, {row.grant_id for row in rows})
    lines = [shapes.PayLine.of(row, payees[row.grant_id]) for row in rows]
    return Listing(items=await named(work, lines), next=page.next(work, benefits.LINES, rows))


@router.get(
    "/civil/pay-runs/{run_id}/payments",
    summary="List the payments of a run",
    responses=responses(404, 422),
)
async def list_benefit_payments(run_id: UUID, work: ReadingRuns, page: Page) -> Listing[shapes.BenefitPayment]:
    """Return what was sent to whom, names masked, without accounts."""
    rows = await benefits.payments(work, run_id, after=page.after, limit=page.limit)
    return Listing(items=await shown(work, shapes.BenefitPayment, rows), next=page.next(work, benefits.PAYMENTS, rows))


@router.get("/civil/pay-runs/{run_id}/check", summary="Compute a run again", responses=responses(404))
async def explain_pay_run(run_id: UUID, work: ReadingRuns) -> shapes.PayRunCheck:
    """Compute every line again from the frozen claims and standards, and compare."""
    wrong = await runs.recompute(work, tuple(modules.PROGRAMMES.values()), run_id=run_id)
    return shapes.PayRunCheck(differences=wrong)


@router.delete(
    "/civil/pay-runs/{run_id}", response_model=shapes.PayRun, summary="Cancel a run", responses=responses(404, 409)
)
async def cancel_pay_run(run_id: UUID, work: Annotated[Work, doing("civil.pay_runs.compute")]) -> PayRun:
    """Throw away a run that nobody has approved."""
    return await runs.cancel(work, run_id=run_id)


@router.post(
    "/civil/pay-runs/{run_id}/approval",
    response_model=shapes.PayRun,
    summary="Approve a run",
    responses=responses(404, 409),
)
async def approve_pay_run(run_id: UUID, work: Annotated[Work, doing("civil.pay_runs.approve")]) -> PayRun:
    """Approve a run as a second person, which makes its payments."""
    return await runs.approve(work, run_id=run_id)


@router.post(
    "/civil/pay-runs/{run_id}/bank-file",
    summary="Make the bank file",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **responses(404, 409)},
)
async def make_bank_file(run_id: UUID, work: Annotated[Work, doing("civil.pay_runs.send")]) -> Response:
    """Return the payments of an approved run as CSV: payment, name, account, yuan; who reads it is written down."""
    lines = await runs.send_to_bank(work, run_id=run_id)
    run = await benefits.pay_run(work, run_id)
    called = quote(f"代发文件-{modules.programme(run.programme).title.zh}-{run.month}.csv", safe="")
    disposition = f"attachment; filename=\"bank-{run.month}.csv\"; filename*=UTF-8''{called}"
    return Response(_csv(lines), media_type="text/csv", headers={"Content-Disposition": disposition})


@router.post(
    "/civil/pay-runs/{run_id}/returns",
    response_model=shapes.PayRun,
    summary="Close a run with the bank's returns",
    responses=responses(404, 409, 422),
)
async def take_bank_returns(
    run_id: UUID, form: shapes.BankReturns, work: Annotated[Work, doing("civil.pay_runs.send")]
) -> PayRun:
    """Close a run with what the bank could not pay; that is owed again and goes with the next run."""
    returned = {row.payment_id: row.reason for row in form.returned}
    return await runs.take_returns(work, run_id=run_id, returned=returned)


def _csv(lines: Sequence[benefits.BankLine]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["payment", "name", "account", "yuan"])
    for line in lines:
        writer.writerow([line.payment_id, line.name, line.account, f"{line.fen // 100}.{line.fen % 100:02}"])
    return "\ufeff" + file.getvalue()
