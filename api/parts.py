"""What the platform says of itself: health by part, metrics, dead letters, the log's head."""

import asyncio
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api import policy
from api.acting import Route, actor_of, doing, works_of
from api.errors import responses
from api.forms import Form
from api.paging import Page
from events import log
from events.delivery import dead_letters
from events.work import Work, Works
from kit.access.actor import SYSTEM
from kit.metrics import State

router = APIRouter(route_class=Route)

PATIENCE_SECONDS = 3.0
Status = Literal["ok", "starting", "broken"]
_COMING = {"starting", "compiling"}


class Health(BaseModel):
    """Every part by name, and whether it works; as a whole `ok`, `starting` or `broken`."""

    status: Status
    parts: dict[str, str]


class DeadLetterRow(BaseModel):
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


@router.get(
    "/health",
    tags=["platform"],
    operation_id="health",
    summary="Does every part work?",
    responses={503: {"model": Health, "description": "Some part does not work"}},
)
async def health(request: Request, response: Response) -> Health:
    """Answer 200 when every part works or is on its way, 503 when one does not; a part says `ok`, or what is wrong.

    While a part is `starting` (or, after an installation, `compiling`) requests are taken and handled soon after.
    """
    asked: dict[str, State] = {"database": partial(_database, works_of(request)), **request.app.state.parts}
    states = await asyncio.gather(*(_asked(part) for part in asked.values()))
    parts = {"http": "ok", **dict(zip(asked, states, strict=True))}
    amiss = {state for state in parts.values() if state != "ok"}
    status: Status = "ok" if not amiss else "starting" if amiss <= _COMING else "broken"
    response.status_code = 503 if status == "broken" else 200
    response.headers["Cache-Control"] = "no-store"
    return Health(status=status, parts=parts)


async def _asked(part: State) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await part()
    except (DBAPIError, OSError, TimeoutError):
        return "away"


async def _database(works: Works) -> str:
    async with works(SYSTEM("health")) as work:
        (await work.session.execute(text("select 1"))).scalar_one()
    return "ok"


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Give the counters in Prometheus' text form, on the machine itself or to a desk: they count what all do."""
    local = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
    if not local or "x-forwarded-for" in request.headers:
        policy.demand(await actor_of(request), "metrics.read")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get(
    "/dead-letters", tags=["platform"], operation_id="dead_letters", summary="Which messages wait for a person?"
)
async def waiting(work: Annotated[Work, doing("dead_letters.read")], page: Page) -> list[DeadLetterRow]:
    """Return the dead letters, oldest first."""
    found = await dead_letters.waiting(work, after=page.after, limit=page.limit)
    page.told(work, dead_letters.ORDER, found)
    return [DeadLetterRow.model_validate(row, from_attributes=True) for row in found]


@router.post(
    "/dead-letters/{dead_letter_id}/replay",
    status_code=204,
    tags=["platform"],
    operation_id="replay_dead_letter",
    summary="Deliver a dead letter again",
    responses=responses(404),
)
async def replay(dead_letter_id: UUID, work: Annotated[Work, doing("dead_letters.change")]) -> None:
    """Deliver it to its group again."""
    await dead_letters.replay(work, dead_letter_id=dead_letter_id)


@router.post(
    "/dead-letters/{dead_letter_id}/drop",
    status_code=204,
    tags=["platform"],
    operation_id="drop_dead_letter",
    summary="Give a dead letter up",
    responses=responses(404, 422),
)
async def drop(dead_letter_id: UUID, form: Drop, work: Annotated[Work, doing("dead_letters.change")]) -> None:
    """Give it up, for a reason that stays on record."""
    await dead_letters.drop(work, dead_letter_id=dead_letter_id, reason=form.reason)


@router.post("/log/verification", tags=["platform"], operation_id="verify_log", summary="Was history changed?")
async def verify(work: Annotated[Work, doing("log.verify")]) -> Verification:
    """Walk the whole chain again."""
    found = await log.verify(work)
    return Verification(head=str(found.head), unsealed=found.unsealed, first_bad=found.first_bad, why=found.why)
