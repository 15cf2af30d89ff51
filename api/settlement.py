"""What is owed and paid: charges, statements, disputes, payments, and the same statement computed again."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import MONTH, Form, MonthName
from api.paging import Page
from events.work import Work
from providers.roster import queries as roster
from providers.settlement import operations, queries
from providers.settlement.arithmetic import Reason
from providers.settlement.model import ChargeKind, DisputeState, StatementState

router = APIRouter(tags=["settlement"], route_class=Route)

Reading = Annotated[Work, doing("statements.read")]


class Charge(BaseModel):
    """One line of money for one visit, with everything it was computed from; amounts in fen."""

    id: UUID
    visit_id: UUID
    revision: int
    kind: ChargeKind
    provider_id: UUID
    item_code: str
    division_code: str
    month: str
    visited_on: date
    facts: dict[str, Any]
    price_fen: int
    rule_version: str
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    deductions: dict[str, Any]


class Statement(BaseModel):
    """One company's month on paper; amounts in fen."""

    id: UUID
    provider_id: UUID
    month: str
    state: StatementState
    lines: int
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    rule_versions: list[str]
    input_hash: str
    content_hash: str
    drawn_at: datetime
    confirmed_at: datetime | None
    approved_at: datetime | None
    paid_at: datetime | None


class Running(BaseModel):
    """What a company's month comes to so far: no paper, and nobody can confirm or pay it; amounts in fen."""

    provider_id: UUID
    month: str
    lines: int
    claimed_fen: int
    deducted_fen: int
    payable_fen: int
    subsidised_fen: int
    own_fen: int


class Line(BaseModel):
    """One line of a statement."""

    id: UUID
    position: int
    charge: Charge


class Month(Form):
    """A district month that is over."""

    month: MonthName


class Objection(Form):
    """Why the company disagrees with a line."""

    reason: str = Field(min_length=1, max_length=400, examples=["the lift was out of order"])


class Decision(Form):
    """How a dispute is decided, and which deductions are given back."""

    upheld: bool = Field(examples=[True])
    forgiven: list[Reason] = Field(default=[], max_length=2, examples=[["late"]])
    note: str = Field(default="", max_length=400)


class Dispute(BaseModel):
    """One objection to one line."""

    id: UUID
    statement_id: UUID
    line_id: UUID
    state: DisputeState
    reason: str
    raised_at: datetime
    forgiven: list[Reason]
    note: str | None
    decided_at: datetime | None


class PaymentOrder(Form):
    """The bank's reference of the payment."""

    reference: str = Field(min_length=1, max_length=80, examples=["ICBC-2026-1107-0031"])


class Payment(BaseModel):
    """What was paid: the public share, in fen."""

    id: UUID
    statement_id: UUID
    provider_id: UUID
    month: str
    fen: int
    reference: str
    paid_at: datetime


class Recomputed(BaseModel):
    """The same statement computed again from its facts."""

    content_hash: str
    equal: bool


@router.get("/visits/{visit_id}/charges", operation_id="charges", summary="What one visit costs, and why")
async def charges(visit_id: UUID, work: Annotated[Work, doing("charges.read")]) -> list[Charge]:
    """Return the visit's lines: its charge and every correction."""
    return [
        Charge.model_validate(one, from_attributes=True) for one in await queries.charges_of(work, visit_id=visit_id)
    ]


@router.post(
    "/statements",
    status_code=201,
    operation_id="draw_up",
    summary="Draw up a month's statements",
    responses=responses(409, 422),
)
async def draw_up(form: Month, work: Annotated[Work, doing("statements.draw_up")]) -> list[Statement]:
    """Freeze every company's month; doing it again draws up nothing twice."""
    return [
        Statement.model_validate(one, from_attributes=True) for one in await operations.draw_up(work, month=form.month)
    ]


@router.get("/statements", operation_id="statements", summary="List statements")
async def statements(
    work: Reading, page: Page, month: Annotated[str | None, Query(pattern=MONTH)] = None
) -> list[Statement]:
    """Return statements, newest month first; a company's people see their own."""
    found = await queries.statements(work, month=month, after=page.after, limit=page.limit)
    page.told(work, queries.STATEMENTS, found)
    return [Statement.model_validate(one, from_attributes=True) for one in found]


@router.get(
    "/statements/running",
    operation_id="running_statement",
    summary="What a month comes to so far",
    responses=responses(404),
)
async def running_statement(
    work: Reading,
    month: Annotated[str, Query(pattern=MONTH)],
    provider_id: UUID | None = None,
) -> Running:
    """Sum up what a company's next statement would hold if it were drawn up now; nothing is frozen by asking."""
    company_id = work.actor.company.id if work.actor.company else provider_id
    if company_id is None:
        raise roster.CompanyNotFound
    company = await roster.company(work, company_id)
    found = await queries.running(work, month=month, provider_id=company.id)
    return Running(provider_id=company.id, month=month, **found)


@router.get(
    "/statements/{statement_id}", operation_id="statement", summary="Read one statement", responses=responses(404)
)
async def statement(statement_id: UUID, work: Reading) -> Statement:
    """Return one statement; another company's id answers like a missing one."""
    return Statement.model_validate(await queries.statement(work, statement_id), from_attributes=True)


@router.get(
    "/statements/{statement_id}/lines",
    operation_id="statement_lines",
    summary="A statement's lines",
    responses=responses(404),
)
async def statement_lines(statement_id: UUID, work: Reading, page: Page) -> list[Line]:
    """Return the lines with their charges, in order."""
    await queries.statement(work, statement_id)
    found = await queries.lines(work, statement_id, after=page.after, limit=page.limit)
    page.told(work, queries.LINES, found)
    return [
        Line(id=line.id, position=line.position, charge=Charge.model_validate(row, from_attributes=True))
        for line, row in found
    ]


@router.get(
    "/statements/{statement_id}/disputes",
    operation_id="disputes",
    summary="Objections to lines",
    responses=responses(404),
)
async def disputes(statement_id: UUID, work: Reading) -> list[Dispute]:
    """Return the objections, oldest first."""
    await queries.statement(work, statement_id)
    return [Dispute.model_validate(one, from_attributes=True) for one in await queries.disputes(work, statement_id)]


@router.post(
    "/statements/{statement_id}/confirmation",
    operation_id="confirm_statement",
    summary="Agree to a paper",
    responses=responses(404, 409),
)
async def confirm_statement(statement_id: UUID, work: Annotated[Work, doing("statements.confirm")]) -> Statement:
    """Agree, for the company; open disputes must be decided first."""
    return Statement.model_validate(await operations.confirm(work, statement_id=statement_id), from_attributes=True)


@router.post(
    "/statement-lines/{line_id}/dispute",
    status_code=201,
    operation_id="dispute_line",
    summary="Disagree with a line",
    responses=responses(404, 409, 422),
)
async def dispute_line(line_id: UUID, form: Objection, work: Annotated[Work, doing("statements.dispute")]) -> Dispute:
    """Object to one line, with a reason."""
    found = await operations.dispute(work, line_id=line_id, reason=form.reason)
    return Dispute.model_validate(found, from_attributes=True)


@router.post(
    "/disputes/{dispute_id}/decision",
    operation_id="decide_dispute",
    summary="Decide a dispute",
    responses=responses(403, 404, 409, 422),
)
async def decide_dispute(
    dispute_id: UUID, form: Decision, work: Annotated[Work, doing("statements.decide")]
) -> Dispute:
    """Decide; what is given back becomes a correcting line in the next statement."""
    found = await operations.decide_dispute(
        work, dispute_id=dispute_id, upheld=form.upheld, forgiven=form.forgiven, note=form.note
    )
    return Dispute.model_validate(found, from_attributes=True)


@router.post(
    "/statements/{statement_id}/approval",
    operation_id="approve_statement",
    summary="Approve a statement",
    responses=responses(403, 404, 409),
)
async def approve_statement(statement_id: UUID, work: Annotated[Work, doing("statements.approve")]) -> Statement:
    """Approve as the second person."""
    return Statement.model_validate(await operations.approve(work, statement_id=statement_id), from_attributes=True)


@router.post(
    "/statements/{statement_id}/payment",
    status_code=201,
    operation_id="pay_statement",
    summary="Pay a statement",
    responses=responses(403, 404, 409, 422),
)
async def pay_statement(
    statement_id: UUID, form: PaymentOrder, work: Annotated[Work, doing("statements.pay")]
) -> Payment:
    """Pay the public share, once."""
    found = await operations.pay(work, statement_id=statement_id, reference=form.reference)
    return Payment.model_validate(found, from_attributes=True)


@router.post(
    "/statements/{statement_id}/recomputation",
    operation_id="recompute_statement",
    summary="Compute a statement again",
    responses=responses(404),
)
async def recompute_statement(statement_id: UUID, work: Annotated[Work, doing("statements.recompute")]) -> Recomputed:
    """Compute the statement again from the facts, prices and rules of its lines, and compare with what was frozen."""
    again = await queries.recompute(work, await queries.statement(work, statement_id))
    return Recomputed(content_hash=again.content_hash, equal=again.equal)


@router.get("/payment-file", operation_id="payment_file", summary="What to hand to the bank")
async def payment_file(
    work: Annotated[Work, doing("statements.payment_file")], month: Annotated[str, Query(pattern=MONTH)]
) -> list[queries.PaymentRow]:
    """Return a month's approved and paid statements with the companies' accounts; a negative amount is reclaimed."""
    return await queries.payment_file(work, month=month)
