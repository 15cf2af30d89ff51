"""The board: every request that is still to be served, in one answer that is counted once for all who look."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Annotated, Final, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, or_, select

from api.acting import Route, doing
from dispatch.matching import arrivals
from dispatch.requests.model import OPEN, CareRequest, RequestState
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.work import Work, Works
from kit import clock, ids
from kit.access.actor import SYSTEM
from providers.roster import spoken
from providers.roster.model import Company, Worker
from registry.model import Person
from registry.queries import mask_name

router = APIRouter(tags=["requests"], route_class=Route)

MOST: Final = 20_000
"""Rows of one answer; the most pressing come first, so that what is left out is what can wait."""
_SHARE = 10  # reading may take a tenth of the time, however many requests are open
_LEAST_SECONDS = 0.5
AGAIN: Final = "X-Read-Again"
_AGAIN = {
    "description": "after how many seconds the board is read again; missing where it was read for this answer",
    "schema": {"type": "number", "exclusiveMinimum": 0},
}


class BoardState(StrEnum):
    """How far a request that is still to be served has come: its own state and its visit's in one word."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ON_THE_WAY = "on_the_way"
    THERE = "there"
    UNSERVED = "unserved"


_BY_VISIT: Final = {
    VisitState.OFFERED: BoardState.OFFERED,
    VisitState.ACCEPTED: BoardState.ACCEPTED,
    VisitState.DEPARTED: BoardState.ON_THE_WAY,
    VisitState.ARRIVED: BoardState.THERE,
}
_ALIVE = tuple(_BY_VISIT)


class BoardRow(BaseModel):
    """One request of the board; names as lists may show them."""

    request_id: UUID
    case_no: str
    person_name: str = Field(description="the elder's name, masked but for its first character", examples=["张**"])
    item_code: str
    division_code: str
    latitude: float = Field(description="where it is, in WGS-84 degrees rounded to about a hundred metres")
    longitude: float = Field(description="where it is, in WGS-84 degrees rounded to about a hundred metres")
    earliest: datetime
    latest: datetime
    urgent: bool
    state: BoardState
    since: datetime = Field(description="since when the request has been in its state")
    entered_at: datetime
    company_called: str | None = Field(
        description="the company that is asked or has accepted, without its legal form; null where none is",
        examples=["康宁护理"],
    )
    worker_called: str | None = Field(
        description="the worker as people say it, surname and 师傅; null before a company has accepted",
        examples=["李师傅"],
    )
    company_phone: str | None = Field(
        description="the telephone of the company that is asked or has accepted; null where none is known"
    )
    arrives_at: datetime | None = Field(
        description="when the worker is expected: as planned, once on the way by the way that is left, once there when"
        " it was; null before a company has accepted"
    )


class OpenRequests(BaseModel):
    """What is still to be served, the earliest deadline first; `at` is the platform's clock."""

    at: datetime
    rows: list[BoardRow] = Field(description="the requests, the earliest deadline first")


class BoardChange(BaseModel):
    """What has become of some requests: their rows as they are now, and the ids of those that left the board."""

    at: datetime = Field(description="the platform's clock when the rows were read")
    rows: list[BoardRow] = Field(description="the requests that have changed and are still to be served")
    gone: list[UUID] = Field(description="the requests that have changed and are not on the board any more")


class BoardReader:
    """The board as JSON, read at most once in half a second, or in ten times as long as reading takes."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._reading = asyncio.Lock()
        self._content = b""
        self._fresh_until = 0.0

    async def look(self) -> tuple[bytes, float]:
        """Return the board for an actor whose scope is everything, and after how many seconds it will be read again.

        Zero seconds where it was read for this look: it then holds whatever was committed before.
        """
        async with self._reading:
            left = self._fresh_until - monotonic()
            if left > 0:
                return self._content, left
            begun = monotonic()
            async with self._works(SYSTEM("board")) as work:
                self._content = (await open_requests(work)).model_dump_json().encode()
            self._fresh_until = monotonic() + max(_LEAST_SECONDS, _SHARE * (monotonic() - begun))
            return self._content, 0.0

    async def change(self, subjects: Collection[UUID]) -> bytes:
        """Return as JSON what has become of the requests among some ids, and of those whose visits are among them."""
        async with self._works(SYSTEM("board")) as work:
            return (await changed(work, subjects)).model_dump_json().encode()


def still_to_serve(work: Work) -> Select[CareRequest, str, VisitState, datetime, str, str]:
    """Return the query of every open request, and of those of today and later for which nobody was found."""
    today = clock.at_local(clock.day_of(work.now), 0)
    return (
        select(
            CareRequest,
            Person.name,
            Visit.state,
            Visit.window_to,
            Company.name,
            Worker.name,
        )
        .join(Person, Person.id == CareRequest.person_id)
        .outerjoin(Visit, (Visit.request_id == CareRequest.id) & Visit.state.in_(_ALIVE))
        .outerjoin(Company, Company.id == Visit.provider_id)
        .outerjoin(Worker, Worker.id == Visit.worker_id)
        .where(
            or_(
                CareRequest.state.in_(OPEN),
                (CareRequest.state == RequestState.UNSERVED) & (CareRequest.latest >= today),
            )
        )
    )


async def open_requests(work: Work) -> OpenRequests:
    """Read what is still to be served, the earliest deadline first."""
    return OpenRequests(at=work.now, rows=await _rows(work))


async def changed(work: Work, subjects: Collection[UUID]) -> BoardChange:
    """Read the requests among some ids, and those whose visits are among them."""
    visited = select(Visit.request_id).where(Visit.id.in_(subjects))
    about = or_(CareRequest.id.in_(subjects), CareRequest.id.in_(visited))
    asked = set((await work.session.execute(select(CareRequest.id).where(about))).scalars())
    rows = await _rows(work, CareRequest.id.in_(asked)) if asked else []
    return BoardChange(at=work.now, rows=rows, gone=sorted(asked - {row.request_id for row in rows}))


async def _rows(work: Work, *only: ColumnElement[bool]) -> list[BoardRow]:
    query = (
        still_to_serve(work)
        .add_columns(Visit.id, Visit.planned_start, Visit.departed_at, Visit.arrived_at, Company.phone)
        .where(*only)
    )
    rows = (await work.session.execute(query.order_by(CareRequest.latest, CareRequest.number).limit(MOST))).all()
    ways = await arrivals.ways(work, [row[6] for row in rows if row[2] is VisitState.DEPARTED])
    return [
        _row(
            request,
            person,
            visit,
            window_to=window_to,
            company=company,
            worker=worker,
            phone=phone,
            arrives_at=arrivals.arrival(work.now, ways.get(visit_id), *instants),
        )
        for request, person, visit, window_to, company, worker, visit_id, *instants, phone in rows
    ]


def _row(
    request: CareRequest,
    person: str,
    visit: VisitState | None,
    *,
    window_to: datetime | None,
    company: str | None,
    worker: str | None,
    phone: str | None,
    arrives_at: datetime | None,
) -> BoardRow:
    promised = visit is not None and visit is not VisitState.OFFERED
    return BoardRow(
        request_id=request.id,
        case_no=ids.case_number(request.number),
        person_name=mask_name(person),
        item_code=request.item_code,
        division_code=request.division_code,
        latitude=round(request.latitude, 3),
        longitude=round(request.longitude, 3),
        earliest=request.earliest,
        latest=window_to if promised and window_to else request.latest,
        urgent=request.urgent,
        state=state_of(request.state, visit),
        since=request.state_since,
        entered_at=request.entered_at,
        company_called=spoken.company_called(company) if company else None,
        worker_called=spoken.worker_called(worker) if promised and worker else None,
        company_phone=phone,
        arrives_at=arrives_at if promised else None,
    )


def state_of(request: RequestState, visit: VisitState | None) -> BoardState:
    """Return how far a request has come: what its visit has become is in the visit's state first."""
    if visit is not None:
        return _BY_VISIT[visit]
    return BoardState.UNSERVED if request is RequestState.UNSERVED else BoardState.WAITING


@router.get(
    "/board",
    response_model=OpenRequests,
    summary="What is still to be served?",
    responses={200: {"headers": {AGAIN: _AGAIN}}},
)
async def get_board(request: Request, _work: Annotated[Work, doing("board.read")]) -> Response:
    """Return every open request with masked names, at most 20,000, the earliest deadline first.

    It is counted once for all who look. What was read for somebody before is answered with `X-Read-Again`: whoever asks
    once more after so many seconds has all that was committed before the first time.
    """
    content, again = await cast("BoardReader", request.app.state.open_requests).look()
    return Response(content, media_type="application/json", headers={AGAIN: f"{again:.3f}"} if again else None)
