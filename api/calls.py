"""Telephone calls over HTTP: reported by the exchange, taken by operators; and callers who are not registered yet."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Page
from api.shapes import calls as shapes
from api.shapes.people import RegisteredPerson
from dispatch.calls import newcomers, operations, queries
from dispatch.calls.model import Newcomer, PhoneCall
from dispatch.requests import queries as requests
from events.work import Work
from registry import queries as registry

router = APIRouter(tags=["calls"], route_class=Route)

Reading = Annotated[Work, doing("calls.read")]
Waiting = Annotated[Work, doing("newcomers.read")]


@router.post("/calls", response_model=shapes.ReportedCall, summary="Report a call", responses=responses(409, 422))
async def report_call(form: shapes.CallReport, work: Annotated[Work, doing("calls.report")]) -> PhoneCall:
    """Take what the telephone exchange says of one of its calls; sent again, or late, it changes nothing.

    The answer says how far the call has come, and nothing of who may be calling.
    """
    return await operations.report_call(work, **form.model_dump())


@router.get("/calls", summary="Which calls ring or are spoken?")
async def list_calls(work: Reading) -> Listing[shapes.LiveCall]:
    """Return the calls of this moment, who has waited longest first, with masked names of those who may be calling."""
    calls = await queries.live_calls(work)
    return Listing(items=[shapes.LiveCall.of(live, work.actor.account_id) for live in calls])


@router.get("/calls/today", response_model=shapes.CallsToday, summary="My calls of today")
async def get_calls_today(work: Reading) -> requests.CallsToday:
    """Return how many calls the account has taken today, and how long it took from the ring to the saved request."""
    return await requests.calls_today(work)


@router.post("/calls/{call_id}/taking", summary="Take a call", responses=responses(404, 409))
async def take_call(call_id: UUID, work: Annotated[Work, doing("calls.take")]) -> shapes.TakenCall:
    """Answer a call, and return everybody whose number it is, names in full; the reading is recorded."""
    call = await operations.take_call(work, call_id=call_id)
    number = queries.number_of(work, call)
    callers = [] if number is None else await registry.people_by_phone(work, number)
    waiting = await newcomers.newcomers_at(work, call.number_blind)
    return shapes.TakenCall.of(call, number, callers, [newcomers.masked(work, newcomer) for newcomer in waiting])


@router.post(
    "/newcomers",
    response_model=shapes.NotedNewcomer,
    status_code=201,
    summary="Note a caller who is not registered",
    responses=responses(404, 422),
)
async def enter_newcomer(form: shapes.NewNewcomer, work: Annotated[Work, doing("newcomers.enter")]) -> Newcomer:
    """Keep name, telephone and address as they are said, sealed; the rest of a registration comes later."""
    return await newcomers.enter_newcomer(work, **form.model_dump())


@router.get("/newcomers", summary="Who waits to be registered?")
async def list_newcomers(work: Waiting, page: Page) -> Listing[shapes.NewcomerLine]:
    """Return callers who are not registered yet, in the order in which they called; names and numbers are masked."""
    rows = await newcomers.newcomers(work, after=page.after, limit=page.limit)
    lines = [shapes.NewcomerLine.model_validate(newcomers.masked(work, row), from_attributes=True) for row in rows]
    return Listing(items=lines, next=page.next(work, newcomers.NEWCOMERS, rows))


@router.get(
    "/newcomers/{newcomer_id}",
    response_model=shapes.NewcomerCard,
    summary="Read what a caller has said",
    responses=responses(404, 409),
)
async def get_newcomer(newcomer_id: UUID, work: Waiting) -> newcomers.NewcomerCard:
    """Return name, telephone and address in full; the reading is recorded."""
    return await newcomers.newcomer_card(work, newcomer_id, purpose="registration")


@router.post(
    "/newcomers/{newcomer_id}/registration",
    status_code=201,
    summary="Register a caller",
    responses=responses(404, 409, 422),
)
async def register_newcomer(
    newcomer_id: UUID, form: shapes.NewcomerRegistration, work: Annotated[Work, doing("newcomers.register")]
) -> RegisteredPerson:
    """Enter the caller as a person with what was said and what was still missing; what was noted is destroyed."""
    person = await newcomers.register_newcomer(work, newcomer_id=newcomer_id, **form.model_dump())
    return RegisteredPerson(person_id=person.id, number=person.number)


@router.post(
    "/newcomers/{newcomer_id}/dismissal",
    status_code=204,
    summary="Dismiss a caller",
    responses=responses(404, 409, 422),
)
async def dismiss_newcomer(
    newcomer_id: UUID, form: shapes.NewcomerDismissal, work: Annotated[Work, doing("newcomers.register")]
) -> None:
    """Say why a caller is not registered: a wrong number, somebody known; what was noted is destroyed."""
    await newcomers.dismiss_newcomer(work, newcomer_id=newcomer_id, reason=form.reason)
