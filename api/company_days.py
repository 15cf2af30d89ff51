"""A company's day in one answer: who works when, who is where, and which visits are promised."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import select

from api.acting import Route, doing
from api.errors import responses
from api.forms import Day
from dispatch.visits.model import Visit
from dispatch.visits.transitions import RELEASED, VisitState
from events.work import Work
from kit import clock
from providers.roster import queries as roster
from providers.roster import spoken
from providers.roster.model import WorkerState
from registry.model import Person
from registry.queries import mask_name

router = APIRouter(tags=["companies"], route_class=Route)


class WorkingHours(BaseModel):
    """A window in which a worker works; breaks and absences are cut out."""

    from_at: datetime
    until_at: datetime


class VisitInDay(BaseModel):
    """One visit of a company's day; names as lists may show them."""

    id: UUID
    request_id: UUID
    worker_id: UUID
    second_worker_id: UUID | None
    person_name: str | None = Field(
        description="the elder's name, masked but for its first character; null where the record is not open",
        examples=["张**"],
    )
    item_code: str
    division_code: str
    planned_start: datetime
    planned_end: datetime
    latest: datetime = Field(description="the latest arrival that was agreed with the elder")
    urgent: bool
    state: VisitState
    departed_at: datetime | None
    arrived_at: datetime | None
    left_at: datetime | None


class WorkerInDay(BaseModel):
    """One worker of a company's day; without hours the worker is not on shift."""

    worker_id: UUID
    number: int
    worker_called: str = Field(description="the worker as people say it, surname and 师傅", examples=["李师傅"])
    hours: list[WorkingHours] = Field(description="when the worker works that day, earliest first")


class CompanyDay(BaseModel):
    """A company's workers and visits of one day; `at` is the platform's clock."""

    at: datetime
    day: date
    workers: list[WorkerInDay] = Field(description="the active workers, by number")
    visits: list[VisitInDay] = Field(description="the visits that are offered, promised or done, earliest first")


@router.get("/companies/{provider_id}/day", summary="Who of the company is where?", responses=responses(404))
async def get_company_day(
    provider_id: UUID, work: Annotated[Work, doing("workers.read")], day: Day | None = None
) -> CompanyDay:
    """Return a company's workers with their hours and the visits of today or another day."""
    await roster.company(work, provider_id)
    day = day or clock.day_of(work.now)
    from_at, until_at = clock.at_local(day, 0), clock.at_local(day, 1440)
    windows = defaultdict(list)
    for row in await roster.roster(work, from_at=from_at, until_at=until_at):
        windows[row.worker_id] = [WorkingHours(from_at=begin, until_at=end) for begin, end in row.windows]
    return CompanyDay(
        at=work.now,
        day=day,
        workers=[
            WorkerInDay(
                worker_id=worker.id,
                number=worker.number,
                worker_called=spoken.worker_called(worker.name),
                hours=windows[worker.id],
            )
            for worker in await roster.workers(work, provider_id=provider_id, state=WorkerState.ACTIVE)
        ],
        visits=[_visit(visit, name) for visit, name in await _visits(work, provider_id, from_at, until_at)],
    )


async def _visits(
    work: Work, provider_id: UUID, from_at: datetime, until_at: datetime
) -> Sequence[tuple[Visit, str | None]]:
    query = (
        select(Visit, Person.name)
        .outerjoin(Person, Person.id == Visit.person_id)
        .where(
            Visit.provider_id == provider_id,
            Visit.planned_start >= from_at,
            Visit.planned_start < until_at,
            Visit.state.not_in(RELEASED - {VisitState.MISSED}),
        )
        .order_by(Visit.planned_start, Visit.worker_number)
    )
    return [(visit, name) for visit, name in (await work.session.execute(query)).all()]


def _visit(visit: Visit, name: str | None) -> VisitInDay:
    return VisitInDay(
        id=visit.id,
        request_id=visit.request_id,
        worker_id=visit.worker_id,
        second_worker_id=visit.second_worker_id,
        person_name=None if name is None or visit.accepted_at is None else mask_name(name),
        item_code=visit.item_code,
        division_code=visit.division_code,
        planned_start=visit.planned_start,
        planned_end=visit.planned_end,
        latest=visit.window_to,
        urgent=visit.urgent,
        state=visit.state,
        departed_at=visit.departed_at,
        arrived_at=visit.arrived_at,
        left_at=visit.left_at,
    )
