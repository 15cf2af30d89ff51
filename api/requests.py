"""Care requests over HTTP: what the call centre does all day."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from api.accounts import queries as accounts
from api.acting import Route, doing
from api.errors import language, responses
from api.forms import Day
from api.paging import Listing, Page, Rows
from api.shapes import requests as shapes
from api.shapes import visits as visit_shapes
from dispatch.matching import by_hand, decision_replay, quoting
from dispatch.matching import queries as matching
from dispatch.requests import operations, queries
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits import operations as visits
from dispatch.visits.model import Visit
from events.work import Work

router = APIRouter(tags=["requests"], route_class=Route)

Reading = Annotated[Work, doing("requests.read")]


@router.post(
    "/requests",
    response_model=shapes.CareRequest,
    status_code=201,
    summary="Log a care request",
    responses=responses(404, 409, 422),
)
async def place_request(form: shapes.NewCareRequest, work: Annotated[Work, doing("requests.place")]) -> CareRequest:
    """Put a request on record with its quota held; the matching engine offers it at once."""
    return await operations.place(work, wanted=operations.NewRequest(**form.model_dump()))


@router.post("/requests/quote", summary="What would it come to?", responses=responses(404, 422))
async def quote_request(
    request: Request, form: shapes.QuotedRequest, work: Annotated[Work, doing("requests.place", reads=True)]
) -> shapes.RequestQuote:
    """Return what placing the request would come to now, refusals included; nothing is written or held."""
    quote = await quoting.quote(work, wanted=operations.NewRequest(**form.model_dump()))
    return shapes.RequestQuote.of(quote, language(request))


@router.get("/requests", response_model=Listing[shapes.CareRequest], summary="List care requests")
async def list_requests(
    work: Reading, page: Page, state: RequestState | None = None, person_id: UUID | None = None, day: Day | None = None
) -> Rows[CareRequest]:
    """Return requests of a state or a person, the most pressing first."""
    requests = await queries.requests(
        work, state=state, person_id=person_id, day=day, after=page.after, limit=page.limit
    )
    return page.rows(work, queries.REQUESTS, requests)


@router.get(
    "/requests/{request_id}", response_model=shapes.CareRequest, summary="Read one request", responses=responses(404)
)
async def get_request(request_id: UUID, work: Reading) -> CareRequest:
    """Return one request."""
    return await queries.request(work, request_id)


@router.get(
    "/requests/by-number/{case_no}",
    response_model=shapes.CareRequest,
    summary="Find a request by its number",
    responses=responses(404),
)
async def find_request_by_number(case_no: Annotated[str, Path(max_length=24)], work: Reading) -> CareRequest:
    """Return the request whose number a caller says; its check digit catches a slip of the tongue."""
    return await queries.by_case_no(work, case_no)


@router.get(
    "/requests/{request_id}/note",
    summary="The note for the worker who comes",
    responses=responses(404),
)
async def get_request_note(request_id: UUID, work: Reading) -> shapes.RequestNote:
    """Return the note for the worker who comes; the reading is recorded."""
    return shapes.RequestNote(note=await queries.note(work, request_id))


@router.post(
    "/requests/{request_id}/amendment",
    response_model=shapes.CareRequest,
    summary="Amend a request",
    responses=responses(404, 409, 422),
)
async def amend_request(
    request_id: UUID, form: shapes.RequestAmendment, work: Annotated[Work, doing("requests.amend")]
) -> CareRequest:
    """Change window, quantity, address or note; an offer that no longer fits is withdrawn, a promise moves."""
    fields = form.model_dump()
    change = visits.Amendment(**{name: fields.pop(name) for name in shapes.AMENDED})
    return await visits.amend(work, request_id=request_id, change=change, **fields)


@router.post(
    "/requests/{request_id}/cancellation",
    response_model=shapes.CareRequest,
    summary="Withdraw a request",
    responses=responses(404, 409, 422),
)
async def cancel_request(
    request_id: UUID, form: shapes.RequestCancellation, work: Annotated[Work, doing("requests.cancel")]
) -> CareRequest:
    """Withdraw it; free until two hours before a promised visit."""
    return await operations.cancel(work, request_id=request_id, by=form.by, reason=form.reason)


@router.post(
    "/requests/{request_id}/dispatch",
    response_model=shapes.CareRequest,
    summary="Search again",
    responses=responses(404, 409, 422),
)
async def dispatch_again(
    request_id: UUID, form: shapes.RequestDispatch, work: Annotated[Work, doing("requests.dispatch")]
) -> CareRequest:
    """Dispatch a request that found nobody again; an unserved one has its quota held again."""
    return await by_hand.dispatch_again(work, request_id=request_id, **form.model_dump())


@router.post(
    "/requests/{request_id}/relaxation",
    response_model=shapes.CareRequest,
    summary="Apply the change that would help",
    responses=responses(404, 409, 422),
)
async def relax_request(
    request_id: UUID, form: shapes.RequestRelaxation, work: Annotated[Work, doing("requests.dispatch")]
) -> CareRequest:
    """Change the request as the latest decision proposes and dispatch it again: another hour, either sex, ask again."""
    return await by_hand.relax(work, request_id=request_id, **form.model_dump())


@router.post(
    "/requests/{request_id}/assignment",
    response_model=visit_shapes.Visit,
    status_code=201,
    summary="Choose whom to ask",
    responses=responses(404, 409, 422),
)
async def assign_request(
    request_id: UUID, form: shapes.RequestAssignment, work: Annotated[Work, doing("requests.assign")]
) -> Visit:
    """Ask a chosen company, or worker, about a request that found nobody; every hard rule is checked again."""
    return await by_hand.assign(work, request_id=request_id, **form.model_dump())


@router.get("/requests/{request_id}/decisions", summary="Why this company?", responses=responses(404))
async def list_decisions(
    request_id: UUID, work: Annotated[Work, doing("decisions.read")]
) -> Listing[shapes.DecisionRecord]:
    """Return the decisions on a request in the order they were made."""
    records = await matching.decisions_of(work, request_id)
    return Listing(items=[shapes.DecisionRecord.of(record) for record in records])


@router.get(
    "/requests/{request_id}/decision-replays",
    summary="Was the choice the rules' and nobody's favour?",
    responses=responses(404),
)
async def list_decision_replays(
    request_id: UUID, work: Annotated[Work, doing("decisions.replay")]
) -> Listing[shapes.DecisionReplay]:
    """Decide once more from each record on a request, in the order the decisions were made; nothing changes."""
    replays = []
    for record in await matching.decisions_of(work, request_id):
        again = await decision_replay.replay(work, decision_id=record.id)
        replays.append(shapes.DecisionReplay(attempt=record.attempt, **asdict(again)))
    return Listing(items=replays)


@router.get(
    "/requests/{request_id}/decisions/{provider_id}",
    summary="Why not this company?",
    responses=responses(404),
)
async def explain_decisions(
    request_id: UUID, provider_id: UUID, work: Annotated[Work, doing("decisions.read")]
) -> Listing[shapes.CompanyExplanation]:
    """Return what a company that asks may be told (为什么没派给我们): its own workers' lines and nobody else's."""
    parts = await matching.why_not(work, request_id=request_id, provider_id=provider_id)
    return Listing(items=[shapes.CompanyExplanation.of(part) for part in parts])


@router.get("/requests/{request_id}/explanation", summary="Why not us?", responses=responses(404))
async def explain_to_company(
    request_id: UUID, work: Annotated[Work, doing("decisions.own", own=True)]
) -> Listing[shapes.CompanyExplanation]:
    """Return what the decisions on a request that the company was once offered say of its own workers.

    How many were asked before stays with the desk.
    """
    account = await accounts.account(work, work.actor.account_id) if work.actor.account_id else None
    if account is None or account.provider_id is None:
        raise matching.DecisionNotFound
    parts = await matching.why_not_us(work, request_id=request_id, provider_id=account.provider_id)
    return Listing(items=[shapes.CompanyExplanation.of(part, told_to_company=True) for part in parts])
