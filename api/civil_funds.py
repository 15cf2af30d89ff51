"""The funds of the companion modules over HTTP: plans, money in, reversals, and consents to more than is left."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.errors import responses
from api.named import shown
from api.paging import Listing, Page, Rows
from api.shapes import civil_funds as shapes
from civil import modules
from civil.blocks.declared import FundKind
from civil.blocks.fund import operations, queries
from civil.blocks.fund.model import Fund, FundConsent, FundEntry, FundPlan
from events.work import Work

router = APIRouter(tags=["civil"], route_class=Route)

Reading = Annotated[Work, doing("civil.funds.read")]
Planning = Annotated[Work, doing("civil.funds.plan")]
Entering = Annotated[Work, doing("civil.funds.enter")]


async def _kind_of(work: Work, fund_id: UUID) -> FundKind:
    fund = await queries.fund(work, fund_id)
    _, kind = modules.fund(fund.kind)
    return kind


async def _shown(work: Work, rows: list[Fund]) -> list[shapes.Fund]:
    kinds = {row.kind: modules.fund(row.kind)[1] for row in rows}
    low = {name: await queries.low_below(work, kind) for name, kind in kinds.items()}
    return [shapes.Fund.of(standing, low[standing.fund.kind]) for standing in await queries.standings(work, rows)]


@router.post("/civil/funds", status_code=201, summary="Open a fund", responses=responses(404, 409, 422))
async def open_fund(form: shapes.NewFund, work: Planning) -> shapes.Fund:
    """Open the fund of a kind that a division holds."""
    module, kind = modules.fund(form.kind)
    fund = await operations.open_fund(work, kind, section=module.section, division_code=form.division_code)
    (shown,) = await _shown(work, [fund])
    return shown


@router.get("/civil/funds", summary="List funds", responses=responses(422))
async def list_funds(
    work: Reading,
    page: Page,
    fund: Annotated[str | None, Query(max_length=40, description="a fund of GET /civil/modules")] = None,
) -> Listing[shapes.Fund]:
    """Return the funds of the own division and sections by number, each with where it stands in this year."""
    rows = list(await queries.funds(work, kind=fund, after=page.after, limit=page.limit))
    return Listing(items=await _shown(work, rows), next=page.next(work, queries.FUNDS, rows))


@router.get("/civil/funds/{fund_id}", summary="Read a fund", responses=responses(404))
async def get_fund(fund_id: UUID, work: Reading) -> shapes.Fund:
    """Return a fund with where it stands in this year."""
    (shown,) = await _shown(work, [await queries.fund(work, fund_id)])
    return shown


@router.get(
    "/civil/funds/{fund_id}/plans",
    response_model=Listing[shapes.FundPlan],
    summary="List the plans of a fund",
    responses=responses(404, 422),
)
async def list_fund_plans(fund_id: UUID, work: Reading, page: Page) -> Rows[FundPlan]:
    """Return what a fund may spend in which year, as it was recorded."""
    return page.rows(work, queries.PLANS, await queries.plans(work, fund_id, after=page.after, limit=page.limit))


@router.post(
    "/civil/funds/{fund_id}/plans",
    status_code=201,
    response_model=shapes.FundPlan,
    summary="Plan a fund's year",
    responses=responses(404, 422),
)
async def plan_fund(fund_id: UUID, form: shapes.NewFundPlan, work: Planning) -> FundPlan:
    """Record what a fund may spend in this year or the next; not less than the rule asks for each place."""
    kind = await _kind_of(work, fund_id)
    return await operations.plan_year(work, kind, fund_id=fund_id, year=form.year, fen=form.fen, source=form.source)


@router.get("/civil/funds/{fund_id}/entries", summary="List the entries of a fund", responses=responses(404, 422))
async def list_fund_entries(fund_id: UUID, work: Reading, page: Page) -> Listing[shapes.FundEntry]:
    """Return what came in and went out, as it was entered; the balance is their sum."""
    rows = await queries.entries(work, fund_id, after=page.after, limit=page.limit)
    return Listing(items=await shown(work, shapes.FundEntry, rows), next=page.next(work, queries.ENTRIES, rows))


@router.post(
    "/civil/funds/{fund_id}/entries",
    status_code=201,
    response_model=shapes.FundEntry,
    summary="Let money into a fund",
    responses=responses(404, 422),
)
async def put_into_fund(fund_id: UUID, form: shapes.NewFundMoney, work: Entering) -> FundEntry:
    """Enter money that has come in, by a paper; payments are entered by the case or record that they are for."""
    kind = await _kind_of(work, fund_id)
    return await operations.put_in(
        work, kind, fund_id=fund_id, replenishes=form.replenishes, fen=form.fen, reference=form.reference
    )


@router.post(
    "/civil/fund-entries/{fund_entry_id}/reversal",
    status_code=201,
    response_model=shapes.FundEntry,
    summary="Undo an entry by another",
    responses=responses(404, 409, 422),
)
async def reverse_fund_entry(fund_entry_id: UUID, form: shapes.FundReversal, work: Entering) -> FundEntry:
    """Enter the opposite of an entry, which itself stays as it is."""
    entry = await queries.entry(work, fund_entry_id)
    kind = await _kind_of(work, entry.fund_id)
    return await operations.reverse(work, kind, entry=entry, reason=form.reason)


@router.get(
    "/civil/funds/{fund_id}/consents",
    response_model=Listing[shapes.FundConsent],
    summary="List what was asked beyond what was left",
    responses=responses(404, 422),
)
async def list_fund_consents(fund_id: UUID, work: Reading, page: Page) -> Rows[FundConsent]:
    """Return every question for a consent and what a second person said to it."""
    return page.rows(work, queries.CONSENTS, await queries.consents(work, fund_id, after=page.after, limit=page.limit))


@router.post(
    "/civil/funds/{fund_id}/consents",
    status_code=201,
    response_model=shapes.FundConsent,
    summary="Ask for more than is left",
    responses=responses(404, 422),
)
async def ask_fund_consent(
    fund_id: UUID, form: shapes.NewFundConsent, work: Annotated[Work, doing("civil.funds.ask")]
) -> FundConsent:
    """Ask that one case or record be paid for beyond what is left."""
    return await operations.ask_consent(work, fund_id=fund_id, subject_id=form.subject_id, fen=form.fen)


@router.post(
    "/civil/fund-consents/{consent_id}/decision",
    response_model=shapes.FundConsent,
    summary="Consent to more than is left, or not",
    responses=responses(404, 409, 422),
)
async def decide_fund_consent(
    consent_id: UUID, form: shapes.FundConsentDecision, work: Annotated[Work, doing("civil.funds.consent")]
) -> FundConsent:
    """Say, as a second person, whether the matter may be paid for."""
    return await operations.decide_consent(work, consent_id=consent_id, agreed=form.agreed)
