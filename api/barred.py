"""Elders kept apart from workers or whole companies: matching offers neither the other."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Rows
from api.shapes import barred as shapes
from dispatch.visits import bars
from dispatch.visits.model import Barred
from events.work import Work

router = APIRouter(tags=["requests"], route_class=Route)

Reading = Annotated[Work, doing("barred.read")]
Changing = Annotated[Work, doing("barred.change")]


@router.get(
    "/people/{person_id}/barred-workers",
    response_model=Listing[shapes.BarredWorker],
    summary="Who is not sent to this elder?",
)
async def list_barred_workers(person_id: UUID, work: Reading) -> Rows[Barred]:
    """Return the workers whom an elder is kept apart from now, the longest first."""
    return Rows(await bars.workers_barred(work, person_id))


@router.post(
    "/people/{person_id}/barred-workers",
    status_code=204,
    summary="Do not send a worker to an elder",
    responses=responses(404, 422),
)
async def bar_worker(person_id: UUID, form: shapes.NewBarredWorker, work: Changing) -> None:
    """Keep them apart from now on; a visit of theirs that is still to come goes to somebody else."""
    await bars.bar_worker(work, person_id=person_id, worker_id=form.worker_id, reason=form.reason)


@router.delete(
    "/people/{person_id}/barred-workers/{worker_id}", status_code=204, summary="Send a worker to an elder again"
)
async def unbar_worker(person_id: UUID, worker_id: UUID, work: Changing) -> None:
    """Let them meet again; nothing happens where they were not kept apart."""
    await bars.lift_worker(work, person_id=person_id, worker_id=worker_id)


@router.get(
    "/people/{person_id}/barred-companies",
    response_model=Listing[shapes.BarredCompany],
    summary="Which companies are not sent to this elder?",
)
async def list_barred_companies(person_id: UUID, work: Reading) -> Rows[Barred]:
    """Return the companies that an elder is kept apart from now, the longest first."""
    return Rows(await bars.companies_barred(work, person_id))


@router.post(
    "/people/{person_id}/barred-companies",
    status_code=204,
    summary="Do not send a company to an elder",
    responses=responses(404, 422),
)
async def bar_company(person_id: UUID, form: shapes.NewBarredCompany, work: Changing) -> None:
    """Send none of its workers from now on; its visits to the elder that are still to come go to other companies."""
    await bars.bar_company(work, person_id=person_id, provider_id=form.provider_id, reason=form.reason)


@router.delete(
    "/people/{person_id}/barred-companies/{provider_id}", status_code=204, summary="Send a company to an elder again"
)
async def unbar_company(person_id: UUID, provider_id: UUID, work: Changing) -> None:
    """Let the company come again; workers of it who are barred themselves stay so."""
    await bars.lift_company(work, person_id=person_id, provider_id=provider_id)
