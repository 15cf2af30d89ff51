"""Each number of the overview: what it means, and the rows that it was counted from."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Select, Uuid, case, cast, func, select

from api import board
from api.acting import Route, doing
from api.board import BoardState
from api.forms import MONTH
from api.paging import Listing, Page, Rows
from dispatch.matching.fleet.candidates import RuledOutReason
from dispatch.matching.model import DecisionRecord
from dispatch.requests.model import CareRequest, RequestState
from dispatch.visits.model import Visit
from dispatch.visits.transitions import VisitState
from events.model import LoggedEvent
from events.work import Work
from kit import clock
from kit.pages import SortOrder
from providers.roster import spoken
from providers.roster.model import Company
from providers.satisfaction import queries as satisfaction
from providers.satisfaction.model import Rateable
from providers.satisfaction.rates import SATISFIED_FROM
from registry.model import Person
from registry.queries import mask_name

router = APIRouter(tags=["platform"], route_class=Route)


class NumberName(StrEnum):
    """The numbers of the overview that can be opened."""

    REQUESTED = "requested"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    FINISHED = "finished"
    VERIFIED = "verified"
    SATISFACTION = "satisfaction"
    LATE = "late"
    UNSERVED = "unserved"


EVENTS: Final = {
    NumberName.REQUESTED: "care-requests.care_requested.v1",
    NumberName.OFFERED: "offers.visit_offered.v1",
    NumberName.ACCEPTED: "offers.offer_accepted.v1",
    NumberName.ARRIVED: "visits.worker_arrived.v1",
    NumberName.FINISHED: "visits.visit_finished.v1",
    NumberName.VERIFIED: "visits.visit_verified.v1",
}
"""The event that a step of the funnel counts."""
_MEANINGS: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("numbers.toml").read_text(encoding="utf-8")
)
_LOGGED = SortOrder("logged events of a number", LoggedEvent.position)
_WAITING = SortOrder("requests of a number", CareRequest.latest, CareRequest.id)
_MINUTE = timedelta(minutes=1)
_RATED = SortOrder("ratings of a number", Rateable.finished_at, Rateable.visit_id)
_REQUEST = cast(LoggedEvent.data["request_id"].astext, Uuid)
_OPEN: Final = {NumberName.LATE, NumberName.UNSERVED}
_AGREED = case((Visit.state != VisitState.OFFERED, Visit.window_to), else_=CareRequest.latest)
"""Until when somebody is to be at the door: what a company has accepted, else what was asked for."""
_KEPT_OUT = (
    select(DecisionRecord.ruled_out)
    .where(DecisionRecord.request_id == CareRequest.id)
    .order_by(DecisionRecord.attempt.desc(), DecisionRecord.decided_at.desc(), DecisionRecord.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""What the latest decision about a request says of the workers that each rule kept out."""


class Wording(BaseModel):
    """A sentence in both languages."""

    zh: str = Field(description="in Chinese")
    en: str = Field(description="in English")


class NumberDefinition(BaseModel):
    """What a number counts, and what it is now."""

    name: NumberName = Field(description="the number")
    month: str | None = Field(
        description="the month it speaks of; null: the district's day today", examples=["2026-10"]
    )
    numerator: Wording = Field(description="what is counted")
    denominator: Wording | None = Field(default=None, description="of what it is a share; null where it is a count")
    excluded: Wording = Field(description="what is not counted")
    part: int = Field(description="the numerator now")
    whole: int | None = Field(description="the denominator now, which is n; null where it is a count")
    at: datetime = Field(description="when it was counted, by the platform's clock")


class NumberRow(BaseModel):
    """One row of a number, with names as lists may show them."""

    request_id: UUID = Field(description="the request it belongs to")
    visit_id: UUID | None = Field(description="the visit; null before there was one")
    case_no: str
    person_name: str = Field(description="the elder's name, masked but for its first character", examples=["张**"])
    item_code: str
    company_called: str | None = Field(
        description="the company of the visit, without its legal form; null before there was one",
        examples=["康宁护理"],
    )
    at: datetime = Field(description="when it happened; of what is late, until when it was agreed")
    counted: bool = Field(description="whether it is in the numerator; false: in the denominator alone")
    score: int | None = Field(description="the rating, 5 very satisfied to 1 very dissatisfied; null where none counts")
    state: BoardState | None = Field(
        default=None, description="of what is late or unserved, how far it has come; null elsewhere"
    )
    kept_out_by: RuledOutReason | None = Field(
        default=None, description="of what is unserved, the rule that kept out most workers; null elsewhere"
    )


Reading = Annotated[Work, doing("numbers.read")]
Month = Annotated[
    str | None, Query(pattern=MONTH, description="of the satisfaction rate: a month; this one without it")
]


@router.get("/numbers/{number}", summary="What does a number of the overview mean?")
async def get_number(number: NumberName, work: Reading, month: Month = None) -> NumberDefinition:
    """Return numerator, denominator and exclusions in words, and what is counted at this moment."""
    meaning = _MEANINGS[number]
    if number is NumberName.SATISFACTION:
        month = month or clock.day_of(work.now).strftime("%Y-%m")
        rate = await satisfaction.rate(work, month=month)
        part, whole = rate.numerator, rate.denominator
    elif number in _OPEN:
        month, whole = None, None
        waiting = _open(work, number).with_only_columns(func.count(), maintain_column_froms=True)
        part = (await work.session.execute(waiting)).scalar_one()
    else:
        month, whole = None, None
        count = select(func.count()).select_from(LoggedEvent).where(*_today(work, number))
        part = (await work.session.execute(count)).scalar_one()
    return NumberDefinition(name=number, month=month, part=part, whole=whole, at=work.now, **meaning)


@router.get("/numbers/{number}/rows", response_model=Listing[NumberRow], summary="What was a number counted from?")
async def list_number_rows(number: NumberName, work: Reading, page: Page, month: Month = None) -> Rows[NumberRow]:
    """Return as many rows as the number says, its denominator where it is a share; the earliest first."""
    if number in _OPEN:
        return await _requests(work, page, number)
    rated = number is NumberName.SATISFACTION
    rows = await (_ratings(work, page, month) if rated else _events(work, page, number))
    return Rows([_row(*row) for row in rows], page.next(work, _RATED if rated else _LOGGED, rows))


def _today(work: Work, number: NumberName) -> list[Any]:
    midnight = clock.at_local(clock.day_of(work.now), 0)
    return [LoggedEvent.type == EVENTS[number], LoggedEvent.occurred_at >= midnight]


def _open(work: Work, number: NumberName) -> Select[Any]:
    """Return the query of the board's requests that are late by a minute, or for which nobody was found."""
    query = board.still_to_serve(work).add_columns(Visit.id, _AGREED, _KEPT_OUT)
    if number is NumberName.UNSERVED:
        return query.where(CareRequest.state == RequestState.UNSERVED)
    there = (CareRequest.state == RequestState.UNDER_WAY) & Visit.state.is_not_distinct_from(VisitState.ARRIVED)
    return query.where(CareRequest.state != RequestState.UNSERVED, ~there, work.now - _MINUTE >= _AGREED)


async def _requests(work: Work, page: Page, number: NumberName) -> Rows[NumberRow]:
    query = _WAITING.page(_open(work, number), work.vault, after=page.after, limit=page.limit)
    rows = [tuple(row) for row in await work.session.execute(query)]
    return Rows(
        [
            NumberRow(
                request_id=request.id,
                visit_id=visit_id,
                case_no=request.case_no,
                person_name=mask_name(person),
                item_code=request.item_code,
                company_called=spoken.company_called(company) if company else None,
                at=agreed if number is NumberName.LATE else request.state_since,
                counted=True,
                score=None,
                state=board.state_of(request.state, visit),
                kept_out_by=_most(ruled_out) if number is NumberName.UNSERVED else None,
            )
            for request, person, visit, _, company, _, visit_id, agreed, ruled_out in rows
        ],
        page.next(work, _WAITING, [(row[0],) for row in rows]),
    )


def _most(ruled_out: Mapping[str, list[int]] | None) -> RuledOutReason | None:
    """Return the rule that kept out most workers, of several the one that is checked first; None where none did."""
    if not ruled_out:
        return None
    return max((RuledOutReason(rule) for rule in ruled_out), key=lambda rule: len(ruled_out[rule]))


async def _events(work: Work, page: Page, number: NumberName) -> list[Any]:
    visit_id = cast(LoggedEvent.data["visit_id"].astext, Uuid)
    query = (
        select(LoggedEvent, CareRequest, Person.name, visit_id, Company.name)
        .join(CareRequest, CareRequest.id == _REQUEST)
        .join(Person, Person.id == CareRequest.person_id)
        .outerjoin(Visit, Visit.id == visit_id)
        .outerjoin(Company, Company.id == Visit.provider_id)
        .where(*_today(work, number))
    )
    rows = await work.session.execute(_LOGGED.page(query, work.vault, after=page.after, limit=page.limit))
    return [tuple(row) for row in rows]


async def _ratings(work: Work, page: Page, month: str | None) -> list[Any]:
    query = (
        select(Rateable, CareRequest, Person.name, Rateable.visit_id, Company.name)
        .join(Visit, Visit.id == Rateable.visit_id)
        .join(CareRequest, CareRequest.id == Visit.request_id)
        .join(Person, Person.id == Rateable.person_id)
        .join(Company, Company.id == Rateable.provider_id)
        .where(Rateable.valid, Rateable.month == (month or clock.day_of(work.now).strftime("%Y-%m")))
    )
    rows = await work.session.execute(_RATED.page(query, work.vault, after=page.after, limit=page.limit))
    return [tuple(row) for row in rows]


def _row(
    counted: LoggedEvent | Rateable, request: CareRequest, person: str, visit_id: UUID | None, company: str | None
) -> NumberRow:
    score = counted.score if isinstance(counted, Rateable) else None
    return NumberRow(
        request_id=request.id,
        visit_id=visit_id,
        case_no=request.case_no,
        person_name=mask_name(person),
        item_code=request.item_code,
        company_called=spoken.company_called(company) if company else None,
        at=counted.finished_at if isinstance(counted, Rateable) else counted.occurred_at,
        counted=score is None or score >= SATISFIED_FROM,
        score=score,
    )
