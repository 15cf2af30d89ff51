"""Workers whom an elder asks for, and workers or whole companies kept apart: matching offers neither the other."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.acting import Route, doing
from api.errors import responses
from api.paging import Listing, Rows
from api.shapes import barred as shapes
from dispatch.visits import bars
from dispatch.visits.model import Barred, WantedWorker
from events.work import Work
from providers.roster import spoken
from providers.roster.spoken import Called

router = APIRouter(tags=["requests"], route_class=Route)

Reading = Annotated[Work, doing("barred.read")]
Changing = Annotated[Work, doing("barred.change")]


@router.get(
    "/people/{person_id}/wanted-workers",
    summary="Whom does this elder ask for?",
)
async def list_wanted_workers(person_id: UUID, work: Reading) -> Listing[shapes.WantedWorker]:
    """Return the workers whom an elder asks for now, the longest first."""
    wishes = await bars.workers_wanted(work, person_id)
    return Listing(items=[shapes.WantedWorker.of(*row) for row in await _called(work, wishes)])


@router.post(
    "/people/{person_id}/wanted-workers",
    status_code=204,
    summary="Prefer a worker for an elder",
    responses=responses(404, 409, 422),
)
async def want_worker(person_id: UUID, form: shapes.NewWantedWorker, work: Changing) -> None:
    """Have decisions prefer the worker from now on; visits that are promised stay as they are."""
    await bars.want_worker(work, person_id=person_id, **form.model_dump())


@router.delete("/people/{person_id}/wanted-workers/{worker_id}", status_code=204, summary="Prefer a worker no longer")
async def unwant_worker(person_id: UUID, worker_id: UUID, work: Changing) -> None:
    """Lift the wish; nothing happens where there is none."""
    await bars.lift_wanted(work, person_id=person_id, worker_id=worker_id)


@router.get(
    "/people/{person_id}/barred-workers",
    summary="Who is not sent to this elder?",
)
async def list_barred_workers(person_id: UUID, work: Reading) -> Listing[shapes.BarredWorker]:
    """Return the workers whom an elder is kept apart from now, the longest first."""
    wishes = await bars.workers_barred(work, person_id)
    return Listing(items=[shapes.BarredWorker.of(*row) for row in await _called(work, wishes)])


@router.post(
    "/people/{person_id}/barred-workers",
    status_code=204,
    summary="Do not send a worker to an elder",
    responses=responses(404, 422),
)
async def bar_worker(person_id: UUID, form: shapes.NewBarredWorker, work: Changing) -> None:
    """Keep them apart from now on; a visit of theirs that is still to come goes to somebody else."""
    await bars.bar_worker(work, person_id=person_id, **form.model_dump())


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
    await bars.bar_company(work, person_id=person_id, **form.model_dump())


@router.delete(
    "/people/{person_id}/barred-companies/{provider_id}", status_code=204, summary="Send a company to an elder again"
)
async def unbar_company(person_id: UUID, provider_id: UUID, work: Changing) -> None:
    """Let the company come again; workers of it who are barred themselves stay so."""
    await bars.lift_company(work, person_id=person_id, provider_id=provider_id)


async def _called(
    work: Work, wishes: Sequence[Barred | WantedWorker]
) -> list[tuple[Barred | WantedWorker, UUID, Called]]:
    """Return wishes about workers with how the workers are called."""
    about = [(wish, wish.worker_id) for wish in wishes if wish.worker_id is not None]
    called = await spoken.called(work, {worker_id for _, worker_id in about})
    return [(wish, worker_id, called[worker_id]) for wish, worker_id in about]
