"""Care requests and standing orders over HTTP: what the call centre does all day."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day, Form, Id, Instant
from api.paging import Page
from dispatch.matching import queries as matching
from dispatch.requests import operations, queries, standing
from dispatch.requests.model import CancelledBy, Channel, RequestState, StandingState
from events.work import Work
from kit.china.identifiers import Sex

router = APIRouter(tags=["requests"], route_class=Route)

Reading = Annotated[Work, doing("requests.read")]
Ordering = Annotated[Work, doing("standing_orders.change")]


class NewRequest(Form):
    """What an elder asks for; the window bounds the worker's arrival."""

    person_id: Id
    item_code: str = Field(max_length=8, examples=["B01"])
    earliest: Instant = Field(examples=["2026-11-02T09:00:00+08:00"])
    latest: Instant = Field(examples=["2026-11-02T11:00:00+08:00"])
    quantity: int = Field(default=1, ge=1, le=24)
    urgent: bool = False
    asked_at: Instant | None = None
    channel: Channel = Channel.PHONE
    source_key: str | None = Field(default=None, max_length=120)
    override_duplicate: bool = False
    accept_own_cost: bool = False
    sex_wanted: Sex | None = None
    note: str | None = Field(default=None, max_length=500)


class Request(BaseModel):
    """One care request; amounts in fen. `case_no` is what people speak."""

    id: UUID
    case_no: str
    person_id: UUID
    item_code: str
    quantity: int
    minutes: int
    earliest: datetime
    latest: datetime
    urgent: bool
    state: RequestState
    reason: str | None
    price_fen: int
    quota_held_fen: int
    own_fen: int
    entered_at: datetime


class Decision(BaseModel):
    """One decision record (派单凭证): who was chosen, who else could have come, which rule ruled out whom."""

    id: UUID
    attempt: int
    decided_at: datetime
    outcome: str
    provider_id: UUID | None
    worker_number: int | None
    starts_at: datetime | None
    engine: str
    weights: dict[str, Any]
    candidates: list[Any]
    ruled_out: dict[str, Any]
    relaxation: dict[str, Any] | None
    snapshot_hash: str


class Note(BaseModel):
    """What an operator wrote down, if anything."""

    note: str | None


class Cancellation(Form):
    """Who withdraws a request, and why."""

    by: CancelledBy = CancelledBy.ELDER
    reason: str = Field(min_length=1, max_length=80, examples=["her daughter is visiting"])


class NewStandingOrder(Form):
    """A service wanted again and again; weekdays are a mask, Monday = 1 … Sunday = 64; minutes of the day."""

    person_id: Id
    item_code: str = Field(max_length=8, examples=["A01"])
    weekdays: int = Field(ge=1, le=127, examples=[31])
    from_minute: int = Field(ge=0, lt=1440, examples=[630])
    to_minute: int = Field(gt=0, le=1440, examples=[750])
    starts_on: Day
    ends_on: Day | None = None
    quantity: int = Field(default=1, ge=1, le=24)
    accept_own_cost: bool = False
    sex_wanted: Sex | None = None


class StandingOrder(BaseModel):
    """One standing order."""

    id: UUID
    person_id: UUID
    item_code: str
    weekdays: int
    from_minute: int
    to_minute: int
    starts_on: date
    ends_on: date | None
    paused_from: date | None
    paused_until: date | None
    state: StandingState


class Pause(Form):
    """A half-open span of days."""

    from_day: Day = Field(examples=["2026-11-10"])
    until_day: Day = Field(examples=["2026-11-17"])


class Reason(Form):
    """Why."""

    reason: str = Field(min_length=1, max_length=80, examples=["moves to her son"])


@router.post(
    "/requests",
    status_code=201,
    operation_id="place_request",
    summary="Log a care request",
    responses=responses(404, 409, 422),
)
async def place_request(form: NewRequest, work: Annotated[Work, doing("requests.place")]) -> Request:
    """Put a request on record with its quota held; the matching engine offers it at once."""
    return Request.model_validate(await operations.place(work, **form.model_dump()), from_attributes=True)


@router.get("/requests", operation_id="requests", summary="List care requests")
async def requests(
    work: Reading, page: Page, state: RequestState | None = None, person_id: UUID | None = None, day: Day | None = None
) -> list[Request]:
    """Return requests of a state or a person, the most pressing first."""
    found = await queries.requests(work, state=state, person_id=person_id, day=day, after=page.after, limit=page.limit)
    page.told(work, queries.REQUESTS, found)
    return [Request.model_validate(one, from_attributes=True) for one in found]


@router.get("/requests/{request_id}", operation_id="request", summary="Read one request", responses=responses(404))
async def request(request_id: UUID, work: Reading) -> Request:
    """Return one request."""
    return Request.model_validate(await queries.request(work, request_id), from_attributes=True)


@router.get(
    "/requests/by-number/{case_no}",
    operation_id="request_by_number",
    summary="Find a request by its number",
    responses=responses(404),
)
async def request_by_number(case_no: Annotated[str, Path(max_length=24)], work: Reading) -> Request:
    """Return the request whose number a caller says; its check digit catches a slip of the tongue."""
    return Request.model_validate(await queries.by_case_no(work, case_no), from_attributes=True)


@router.get(
    "/requests/{request_id}/note",
    operation_id="request_note",
    summary="What whoever comes must know",
    responses=responses(404),
)
async def request_note(request_id: UUID, work: Reading) -> Note:
    """Return what was written down for whoever comes; the reading is recorded."""
    return Note(note=await queries.note(work, request_id))


@router.post(
    "/requests/{request_id}/cancellation",
    operation_id="cancel_request",
    summary="Withdraw a request",
    responses=responses(404, 409, 422),
)
async def cancel_request(
    request_id: UUID, form: Cancellation, work: Annotated[Work, doing("requests.cancel")]
) -> Request:
    """Withdraw it; free until two hours before a promised visit."""
    found = await operations.cancel(work, request_id=request_id, by=form.by, reason=form.reason)
    return Request.model_validate(found, from_attributes=True)


@router.get(
    "/requests/{request_id}/decisions", operation_id="decisions", summary="Why this company?", responses=responses(404)
)
async def decisions(request_id: UUID, work: Annotated[Work, doing("decisions.read")]) -> list[Decision]:
    """Return the decisions on a request in the order they were made."""
    return [Decision.model_validate(one, from_attributes=True) for one in await matching.decisions_of(work, request_id)]


@router.get(
    "/requests/{request_id}/decisions/{provider_id}",
    operation_id="why_not",
    summary="Why not this company?",
    responses=responses(404),
)
async def why_not(
    request_id: UUID, provider_id: UUID, work: Annotated[Work, doing("decisions.read")]
) -> list[matching.OwnPart]:
    """Return what a company that asks may be told (为什么没派给我们): its own workers' lines and nobody else's."""
    return await matching.why_not(work, request_id=request_id, provider_id=provider_id)


@router.post(
    "/standing-orders",
    status_code=201,
    operation_id="place_standing_order",
    summary="Order again and again",
    responses=responses(404, 409, 422),
)
async def place_standing_order(form: NewStandingOrder, work: Ordering) -> StandingOrder:
    """Order a service for every named weekday from tomorrow on at the earliest."""
    wanted = standing.Wanted(**form.model_dump(exclude={"person_id"}))
    found = await operations.place_standing_order(work, person_id=form.person_id, wanted=wanted)
    return StandingOrder.model_validate(found, from_attributes=True)


@router.get("/standing-orders", operation_id="standing_orders", summary="List standing orders")
async def standing_orders(
    work: Annotated[Work, doing("standing_orders.read")], page: Page, person_id: UUID | None = None
) -> list[StandingOrder]:
    """Return standing orders, all or an elder's, in the order of their numbers."""
    found = await queries.standing_orders(work, person_id=person_id, after=page.after, limit=page.limit)
    page.told(work, queries.ORDERS, found)
    return [StandingOrder.model_validate(one, from_attributes=True) for one in found]


@router.post(
    "/standing-orders/{order_id}/pause",
    operation_id="pause_standing_order",
    summary="Pause it",
    responses=responses(404, 409, 422),
)
async def pause_standing_order(order_id: UUID, form: Pause, work: Ordering) -> StandingOrder:
    """Leave days out."""
    found = await operations.pause(work, standing_order_id=order_id, from_day=form.from_day, until_day=form.until_day)
    return StandingOrder.model_validate(found, from_attributes=True)


@router.post(
    "/standing-orders/{order_id}/end",
    operation_id="end_standing_order",
    summary="End it",
    responses=responses(404, 409, 422),
)
async def end_standing_order(order_id: UUID, form: Reason, work: Ordering) -> StandingOrder:
    """End it, for a reason."""
    found = await operations.end(work, standing_order_id=order_id, reason=form.reason)
    return StandingOrder.model_validate(found, from_attributes=True)
