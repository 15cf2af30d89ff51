"""What the platform says of itself: health by part, metrics, the live funnel, parked messages, the log's head."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api import policy
from api.acting import Route, actor_if_any, actor_of, doing, works_of
from api.errors import responses
from api.forms import Form
from api.paging import Page
from events import log, parked
from events.work import Work
from kit.actor import SYSTEM

router = APIRouter(route_class=Route)


class Health(BaseModel):
    """Every part by name, and whether it works."""

    status: str
    parts: dict[str, str]


class Funnel(BaseModel):
    """How far today's and all requests have come: told events by type."""

    requested: int
    offered: int
    accepted: int
    arrived: int
    finished: int
    verified: int
    rated: int
    charged_fen: int


class ParkedRow(BaseModel):
    """One message that waits for a person; its content is not shown, for it may be anything."""

    id: UUID
    group: str
    type: str
    error: str
    tries: int


class Drop(Form):
    """Why a message is given up."""

    reason: str = Field(min_length=1, max_length=500, examples=["told before the rule it names"])


class Verification(BaseModel):
    """What walking the chain again found."""

    head: str
    unsealed: int
    first_bad: int | None
    why: str


@router.get("/health", tags=["platform"], operation_id="health", summary="Does every part work?",
            responses={503: {"model": Health, "description": "Some part does not work"}})  # fmt: skip
async def health(request: Request, response: Response) -> Health:
    """Answer 200 when every part works, 503 and the broken part's name when one does not."""
    parts = {"http": "ok"}
    try:
        async with works_of(request)(SYSTEM("health")) as work:
            (await work.session.execute(text("select 1"))).scalar_one()
        parts["database"] = "ok"
    except (DBAPIError, OSError):
        parts["database"] = "away"
    parts.update({name: "ok" if alive() else "stopped" for name, alive in request.app.state.parts.items()})
    well = all(state == "ok" for state in parts.values())
    response.status_code = 200 if well else 503
    response.headers["Cache-Control"] = "no-store"
    return Health(status="ok" if well else "broken", parts=parts)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Give the counters in Prometheus' text form, on the machine itself or to a desk: they count what all do."""
    local = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
    if not local or "x-forwarded-for" in request.headers:
        policy.demand(await actor_of(request), "metrics.read")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


_FUNNEL = text("select type, count(*) as told from event_log where type = any(:types) group by type")
_STEPS = {
    "requested": "care-requests.care_requested.v1",
    "offered": "offers.visit_offered.v1",
    "accepted": "offers.offer_accepted.v1",
    "arrived": "visits.worker_arrived.v1",
    "finished": "visits.visit_finished.v1",
    "verified": "visits.visit_verified.v1",
    "rated": "feedback.feedback_given.v1",
}
_CHARGED = text("select coalesce(sum((data->>'payable_fen')::bigint), 0) from event_log where type = :type")


_counting = asyncio.Semaphore(2)  # open to anybody, so that a crowd of readers must not hold every connection
_STEP_FEN = 100_000
"""What the public sum is rounded down to: a sum to the fen, watched, would tell each company's every charge."""


@router.get("/funnel", tags=["platform"], operation_id="funnel", summary="How far have the requests come?")
async def funnel(request: Request) -> Funnel:
    """Count the told events of each step; totals only, the money to the fen for the desks and in thousands for others.

    Nobody needs to be signed in, so that the start page may show it.
    """
    actor = await actor_if_any(request)
    exact = actor is not None and policy.allows(actor, "funnel.read")
    async with _counting, works_of(request)(SYSTEM("funnel")) as work:
        rows = (await work.session.execute(_FUNNEL, {"types": list(_STEPS.values())})).all()
        charged = (await work.session.execute(_CHARGED, {"type": "settlement.charge_made.v1"})).scalar_one()
    told = {row.type: row.told for row in rows}
    return Funnel(
        charged_fen=charged if exact else charged // _STEP_FEN * _STEP_FEN,
        **{step: told.get(kind, 0) for step, kind in _STEPS.items()},
    )


@router.get("/parked", tags=["platform"], operation_id="parked", summary="Which messages wait for a person?")
async def waiting(work: Annotated[Work, doing("parked.read")], page: Page) -> list[ParkedRow]:
    """Return the parked messages, oldest first."""
    found = await parked.waiting(work, after=page.after, limit=page.limit)
    page.told(work, parked.PARKED, found)
    return [ParkedRow.model_validate(row, from_attributes=True) for row in found]


@router.post("/parked/{parked_id}/replay", status_code=204, tags=["platform"], operation_id="replay_parked",
             summary="Deliver a parked message again", responses=responses(404))  # fmt: skip
async def replay(parked_id: UUID, work: Annotated[Work, doing("parked.change")]) -> None:
    """Deliver it to its group again."""
    await parked.replay(work, parked_id=parked_id)


@router.post("/parked/{parked_id}/drop", status_code=204, tags=["platform"], operation_id="drop_parked",
             summary="Give a parked message up", responses=responses(404, 422))  # fmt: skip
async def drop(parked_id: UUID, form: Drop, work: Annotated[Work, doing("parked.change")]) -> None:
    """Give it up, for a reason that stays on record."""
    await parked.drop(work, parked_id=parked_id, reason=form.reason)


@router.post("/log/verification", tags=["platform"], operation_id="verify_log", summary="Was history changed?")
async def verify(work: Annotated[Work, doing("log.verify")]) -> Verification:
    """Walk the whole chain again."""
    found = await log.verify(work)
    return Verification(head=str(found.head), unsealed=found.unsealed, first_bad=found.first_bad, why=found.why)
