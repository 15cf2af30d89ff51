"""What is owed and paid: charges, statements, disputes, payments, and the same statement computed again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.errors import responses
from api.forms import MONTH
from api.paging import Listing, Page, Rows
from api.shapes import settlement as shapes
from dispatch.requests import operations as requests
from events.work import Work
from providers.roster import queries as roster
from providers.settlement import charges, operations, queries
from providers.settlement.explanation import Explanation
from providers.settlement.model import Charge, Dispute, Payment, PaymentReturn, Statement

router = APIRouter(tags=["settlement"], route_class=Route)

Reading = Annotated[Work, doing("statements.read")]


@router.get(
    "/visits/{visit_id}/charges", response_model=Listing[shapes.Charge], summary="What one visit costs, and why"
)
async def list_charges(visit_id: UUID, work: Annotated[Work, doing("charges.read")]) -> Rows[Charge]:
    """Return the visit's lines: its charge and every correction."""
    return Rows(await queries.charges_of(work, visit_id=visit_id))


@router.post(
    "/visits/{visit_id}/funding",
    response_model=shapes.Charge,
    summary="Let the public purse bear an undecided price difference",
    responses=responses(409),
)
async def fund_charge(visit_id: UUID, work: Annotated[Work, doing("charges.fund")]) -> Charge:
    """Bear what the elder was not told and the quota does not cover; the next statement states the correction."""
    return await charges.fund(work, visit_id=visit_id)


@router.post(
    "/statements",
    response_model=Listing[shapes.Statement],
    status_code=201,
    summary="Draw up a month's statements",
    responses=responses(409, 422),
)
async def draw_up_statements(
    form: shapes.StatementMonth, work: Annotated[Work, doing("statements.draw_up")]
) -> Rows[Statement]:
    """Freeze every company's month; doing it again draws up nothing twice."""
    return Rows(await operations.draw_up(work, month=form.month))


@router.post(
    "/adjustments",
    status_code=201,
    summary="Charge a month anew after a late paper",
    responses=responses(404, 409, 422),
)
async def adjust_charges(
    form: shapes.NewAdjustment, work: Annotated[Work, doing("charges.adjust")]
) -> shapes.Adjustment:
    """Charge a month's visits by the prices and rules as they are known now; what was paid stays, the rest follows."""
    lines = await charges.adjust(
        work, month=form.month, cover=requests.cover, item_code=form.item_code, provider_id=form.provider_id
    )
    return shapes.Adjustment(month=form.month, visits=len(lines))


@router.get("/ledger/balances", summary="The sum of each account of the ledger")
async def get_balances(work: Annotated[Work, doing("ledger.read")]) -> shapes.LedgerBalances:
    """Return what was spent, what is owed and what has been paid, over all months and companies."""
    return shapes.LedgerBalances(**await queries.balances(work))


@router.get("/statements", response_model=Listing[shapes.Statement], summary="List statements")
async def list_statements(
    work: Reading, page: Page, month: Annotated[str | None, Query(pattern=MONTH)] = None
) -> Rows[Statement]:
    """Return statements, newest month first; a company's people see their own."""
    statements = await queries.statements(work, month=month, after=page.after, limit=page.limit)
    return page.rows(work, queries.STATEMENTS, statements)


@router.get(
    "/statements/running",
    summary="What a month comes to so far",
    responses=responses(404),
)
async def get_running_statement(
    work: Reading,
    month: Annotated[str, Query(pattern=MONTH)],
    provider_id: UUID | None = None,
) -> shapes.RunningStatement:
    """Sum up what a company's next statement would hold if it were drawn up now; nothing is frozen by asking."""
    company_id = work.actor.company.id if work.actor.company else provider_id
    if company_id is None:
        raise roster.CompanyNotFound
    company = await roster.company(work, company_id)
    totals = await queries.running(work, month=month, provider_id=company.id)
    return shapes.RunningStatement(provider_id=company.id, month=month, **totals)


@router.get(
    "/statements/{statement_id}",
    response_model=shapes.Statement,
    summary="Read one statement",
    responses=responses(404),
)
async def get_statement(statement_id: UUID, work: Reading) -> Statement:
    """Return one statement; another company's id answers like a missing one."""
    return await queries.statement(work, statement_id)


@router.get(
    "/statements/{statement_id}/lines",
    summary="A statement's lines",
    responses=responses(404),
)
async def list_statement_lines(statement_id: UUID, work: Reading, page: Page) -> Listing[shapes.StatementLine]:
    """Return the lines with their charges, in order."""
    await queries.statement(work, statement_id)
    lines = await queries.lines(work, statement_id, after=page.after, limit=page.limit)
    items = [
        shapes.StatementLine(
            id=line.id, position=line.position, charge=shapes.Charge.model_validate(row, from_attributes=True)
        )
        for line, row in lines
    ]
    return Listing(items=items, next=page.next(work, queries.LINES, lines))


@router.get(
    "/statements/{statement_id}/disputes",
    response_model=Listing[shapes.Dispute],
    summary="Objections to lines",
    responses=responses(404),
)
async def list_disputes(statement_id: UUID, work: Reading) -> Rows[Dispute]:
    """Return the objections, oldest first."""
    await queries.statement(work, statement_id)
    return Rows(await queries.disputes(work, statement_id))


@router.post(
    "/statements/{statement_id}/confirmation",
    response_model=shapes.Statement,
    summary="Agree to a paper",
    responses=responses(404, 409),
)
async def confirm_statement(statement_id: UUID, work: Annotated[Work, doing("statements.confirm")]) -> Statement:
    """Agree, for the company; open disputes must be decided first."""
    return await operations.confirm(work, statement_id=statement_id)


@router.get(
    "/statement-lines/{line_id}/explanation",
    summary="Why a line is what it is",
    responses=responses(404),
)
async def explain_line(line_id: UUID, work: Annotated[Work, doing("statements.explain")]) -> Explanation:
    """Return the events that a line rests on, by their numbers in the log's chain, and its arithmetic in steps."""
    return await queries.explain(work, line_id)


@router.post(
    "/statement-lines/{line_id}/dispute",
    response_model=shapes.Dispute,
    status_code=201,
    summary="Disagree with a line",
    responses=responses(404, 409, 422),
)
async def dispute_line(
    line_id: UUID, form: shapes.NewDispute, work: Annotated[Work, doing("statements.dispute")]
) -> Dispute:
    """Object to one line, with a reason."""
    return await operations.dispute(work, line_id=line_id, reason=form.reason)


@router.post(
    "/disputes/{dispute_id}/decision",
    response_model=shapes.Dispute,
    summary="Decide a dispute",
    responses=responses(403, 404, 409, 422),
)
async def decide_dispute(
    dispute_id: UUID, form: shapes.DisputeDecision, work: Annotated[Work, doing("statements.decide")]
) -> Dispute:
    """Decide; what is given back becomes a correcting line in the next statement."""
    return await operations.decide_dispute(
        work, dispute_id=dispute_id, upheld=form.upheld, forgiven=form.forgiven, note=form.note
    )


@router.post(
    "/statements/{statement_id}/approval",
    response_model=shapes.Statement,
    summary="Approve a statement",
    responses=responses(403, 404, 409),
)
async def approve_statement(statement_id: UUID, work: Annotated[Work, doing("statements.approve")]) -> Statement:
    """Approve as the second person, with the account to which it is paid; again where that has changed since."""
    return await operations.approve(work, statement_id=statement_id)


@router.post(
    "/statements/{statement_id}/payment",
    response_model=shapes.Payment,
    status_code=201,
    summary="Pay a statement",
    responses=responses(403, 404, 409, 422),
)
async def pay_statement(
    statement_id: UUID, form: shapes.PaymentOrder, work: Annotated[Work, doing("statements.pay")]
) -> Payment:
    """Pay the public share, once, to the account that was approved."""
    return await operations.pay(work, statement_id=statement_id, reference=form.reference)


@router.get(
    "/statements/{statement_id}/payments",
    summary="What was paid for a statement, and what came back",
    responses=responses(404),
)
async def list_payments(statement_id: UUID, work: Reading) -> Listing[shapes.StatementPayment]:
    """Return the payments in the order of their making; all but the last were returned by the bank."""
    await queries.statement(work, statement_id)
    items = [
        shapes.StatementPayment.model_validate({"payment": payment, "returned": back}, from_attributes=True)
        for payment, back in await queries.payments_of(work, statement_id)
    ]
    return Listing(items=items)


@router.post(
    "/statements/{statement_id}/payment-return",
    response_model=shapes.PaymentReturn,
    status_code=201,
    summary="Record that the bank sent a payment back",
    responses=responses(404, 409, 422),
)
async def record_payment_return(
    statement_id: UUID, form: shapes.NewPaymentReturn, work: Annotated[Work, doing("statements.return")]
) -> PaymentReturn:
    """Post the payment the other way round; the statement is approved, with its account, and paid anew."""
    return await operations.record_return(
        work, statement_id=statement_id, reason=form.reason, reference=form.reference, returned_on=form.returned_on
    )


@router.post(
    "/statements/{statement_id}/recomputation",
    summary="Compute a statement again",
    responses=responses(404),
)
async def recompute_statement(
    statement_id: UUID, work: Annotated[Work, doing("statements.recompute")]
) -> shapes.Recomputation:
    """Compute the statement again from the log alone; name each value that its rows or its events say otherwise."""
    again = await queries.recompute(work, await queries.statement(work, statement_id))
    return shapes.Recomputation.of(again, statement_id)


@router.get("/payment-file", response_model=Listing[queries.PaymentRow], summary="What to hand to the bank")
async def list_payment_rows(
    work: Annotated[Work, doing("statements.payment_file")], month: Annotated[str, Query(pattern=MONTH)]
) -> Rows[queries.PaymentRow]:
    """Return a month's approved and unpaid statements with the accounts approved; a negative amount is reclaimed."""
    return Rows(await queries.payment_file(work, month=month))
