"""Elders and workers who are kept apart: matching offers none of them the other."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Rows
from api.shapes import requests as shapes
from dispatch.matching import operations, queries
from dispatch.matching.model import Barred
from events.work import Work

router = APIRouter(tags=["requests"], route_class=Route)

Changing = Annotated[Work, doing("barred.change")]


@router.get(
    "/people/{person_id}/barred-workers",
    response_model=Listing[shapes.Barred],
    summary="Who is not sent to this elder?",
)
async def list_barred_workers(person_id: UUID, work: Annotated[Work, doing("barred.read")]) -> Rows[Barred]:
    """Return the workers whom an elder is kept apart from now, the longest first."""
    return Rows(await queries.barred_for(work, person_id))


@router.post(
    "/people/{person_id}/barred-workers",
    status_code=204,
    summary="Do not send a worker to an elder",
    responses=responses(404, 422),
)
async def bar_worker(person_id: UUID, form: shapes.NewBarred, work: Changing) -> None:
    """Keep them apart from now on; a visit of theirs that is still to come goes to somebody else."""
    await operations.bar(work, person_id=person_id, worker_id=form.worker_id, reason=form.reason)


@router.delete(
    "/people/{person_id}/barred-workers/{worker_id}", status_code=204, summary="Send a worker to an elder again"
)
async def unbar_worker(person_id: UUID, worker_id: UUID, work: Changing) -> None:
    """Let them meet again; nothing happens where they were not kept apart."""
    await operations.unbar(work, person_id=person_id, worker_id=worker_id)
