"""What probes and people ask the running program itself, outside `/api/v1`: `/health` and `/metrics`."""

import asyncio
from functools import partial
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.acting import Route, actor_of, rules_in, works_of
from events.delivery import dead_letters
from events.work import Works
from kit.access.actor import SYSTEM
from kit.metrics import State
from kit.rules import queries
from kit.rules.typed import DatedRule

router = APIRouter(route_class=Route)
"""Included at the root, outside /api/v1, where monitoring systems and orchestrators expect these paths."""

PATIENCE_SECONDS = 3.0
Status = Literal["ok", "starting", "broken"]
_COMING = {"starting", "compiling"}
ATTENTION = "attention:"
"""How a part says that it works and that a person should look; the whole stays `ok`."""


class Health(BaseModel):
    """Every part by name, and whether it works; as a whole `ok`, `starting` or `broken`."""

    status: Status
    parts: dict[str, str]


@router.get(
    "/health",
    tags=["platform"],
    summary="Does every part work?",
    responses={503: {"model": Health, "description": "Some part does not work"}},
)
async def get_health(request: Request, response: Response) -> Health:
    """Answer 200 when every part works or is on its way, 503 when one does not; a part says `ok`, or what is wrong.

    `attention: …` is a part that works while a person should look: dead letters wait, by their cause.

    While a part is `starting` (or, after an installation, `compiling`) requests are taken and handled soon after.
    """
    asked: dict[str, State] = {
        "database": partial(_database, works_of(request)),
        "rules": partial(_rules, works_of(request), rules_in(request)),
        "dead_letters": partial(_dead_letters, works_of(request)),
        **request.app.state.parts,
    }
    states = await asyncio.gather(*(_asked(part) for part in asked.values()))
    parts = {"http": "ok", **dict(zip(asked, states, strict=True))}
    amiss = {state for state in parts.values() if state != "ok" and not state.startswith(ATTENTION)}
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


async def _rules(works: Works, rules: tuple[type[DatedRule], ...]) -> str:
    async with works(SYSTEM("health")) as work:
        misfits = await queries.misfits(work.session, rules, at=work.now)
    return f"no longer fit: {', '.join(misfits)}" if misfits else "ok"


async def _dead_letters(works: Works) -> str:
    async with works(SYSTEM("health")) as work:
        counts = await dead_letters.counts(work)
    waiting = ", ".join(f"{cause.value} {count}" for cause, count in counts.items())
    return f"{ATTENTION} {waiting}" if waiting else "ok"


@router.get("/metrics", include_in_schema=False)
async def get_metrics(request: Request) -> Response:
    """Give the counters in Prometheus' text form, on the machine itself or to a desk: they count what all do.

    A process without an API answers anybody who reaches its port, which nothing publishes.
    """
    inside = bool(getattr(request.app.state, "inside", False))
    local = inside or (request.client is not None and request.client.host in {"127.0.0.1", "::1"})
    if not local or ("x-forwarded-for" in request.headers and not inside):
        await actor_of(request, action="metrics.read")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
