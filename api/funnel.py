"""The live funnel: how far the requests of today, and all, have come; totals only, so that anybody may see it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from time import monotonic
from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import text

from api import errors, policy
from api.acting import Route, actor_if_any
from api.live import Hub
from events.work import Works
from kit import clock
from kit.access.actor import SYSTEM
from kit.clock import RehearsalClock

router = APIRouter(tags=["platform"], route_class=Route)

_FRAMES = """
Each frame has only `data:`, a `Funnel` as JSON on one line: the first at once, the next whenever it has changed. Each
is whole, so that nothing is missed by who was away and `Last-Event-ID` is not read. A comment `: ping` every 15 seconds
keeps the connection; `retry: 3000` tells browsers to come again after three seconds.
"""
WATCHERS = 500
"""How many may watch at once without having signed in."""
PING_SECONDS = 15.0
_STEP_FEN = 100_000
_LEAST_SECONDS = 0.2
_SHARE = 10  # counting may take a tenth of the time, however long the log has grown

_STEPS = {
    "care-requests.care_requested.v1": "requested",
    "offers.visit_offered.v1": "offered",
    "offers.offer_accepted.v1": "accepted",
    "visits.worker_arrived.v1": "arrived",
    "visits.visit_finished.v1": "finished",
    "visits.visit_verified.v1": "verified",
}
_CHARGE = "settlement.charge_made.v1"
_COUNT = text(
    """
    select type, count(*) as total, count(*) filter (where occurred_at >= :midnight) as today
    from event_log where type = any(:types) group by type
    """
)
_CHARGED = text(
    """
    select coalesce(sum((data->>'payable_fen')::bigint), 0) as total,
      coalesce(sum((data->>'payable_fen')::bigint) filter (where occurred_at >= :midnight), 0) as today
    from event_log where type = :type
    """
)


_RATED = text(
    """
    select count(*) as total, count(*) filter (where first >= :midnight) as today
    from (select min(given_at) as first from rating where score is not null group by visit_id) as rated
    """
)
"""The visits that have a valid rating: the n of the satisfaction rate, of all companies and months."""


class Steps(BaseModel):
    """Told events by step, the visits with a valid rating, and what was charged in fen."""

    requested: int = 0
    offered: int = 0
    accepted: int = 0
    arrived: int = 0
    finished: int = 0
    verified: int = 0
    rated: int = 0
    charged_fen: int = 0


class Funnel(Steps):
    """All there ever was, and of it what the district's calendar calls today; `at` is the platform's clock."""

    today: Steps
    at: datetime
    rehearsal: bool


def for_anybody(funnel: Funnel) -> Funnel:
    """Round the money down: a sum to the fen, watched, would tell each company's every charge."""
    today = funnel.today.model_copy(update={"charged_fen": _rough(funnel.today.charged_fen)})
    return funnel.model_copy(update={"charged_fen": _rough(funnel.charged_fen), "today": today})


def _rough(fen: int) -> int:
    return fen // _STEP_FEN * _STEP_FEN


class Board:
    """The funnel, counted once for all who look."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._counting = asyncio.Lock()
        self._found: Funnel | None = None
        self._fresh_until = 0.0
        self.watchers = 0

    async def look(self) -> Funnel:
        """Return the funnel, at most some tenths of a second old, or ten times as old as counting takes."""
        async with self._counting:
            if self._found is None or monotonic() >= self._fresh_until:
                begun = monotonic()
                self._found = await self._count()
                self._fresh_until = monotonic() + max(_LEAST_SECONDS, _SHARE * (monotonic() - begun))
            return self._found

    async def _count(self) -> Funnel:
        async with self._works(SYSTEM("funnel")) as work:
            midnight = clock.at_local(clock.day_of(work.now), 0)
            asked = {"types": list(_STEPS), "midnight": midnight}
            rows = (await work.session.execute(_COUNT, asked)).all()
            fen = (await work.session.execute(_CHARGED, {"type": _CHARGE, "midnight": midnight})).one()
            rated = (await work.session.execute(_RATED, {"midnight": midnight})).one()
            at = work.now
        return Funnel(
            **{_STEPS[row.type]: row.total for row in rows},
            rated=rated.total,
            charged_fen=fen.total,
            today=Steps(**{_STEPS[row.type]: row.today for row in rows}, rated=rated.today, charged_fen=fen.today),
            at=at,
            rehearsal=isinstance(self._works.clock, RehearsalClock),
        )

    async def watch(self, hub: Hub) -> AsyncIterator[bytes]:
        """Yield the funnel as server-sent events: at once, and whenever it has changed."""
        self.watchers += 1
        shown: Funnel | None = None
        try:
            yield b"retry: 3000\n\n"
            while True:
                news = hub.news
                funnel = for_anybody(await self.look())
                changed = shown is None or funnel.model_copy(update={"at": shown.at}) != shown
                shown = funnel
                yield b"data: " + funnel.model_dump_json().encode() + b"\n\n" if changed else b": ping\n\n"
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await news.wait()
                except TimeoutError:
                    continue
                await asyncio.sleep(max(0.0, self._fresh_until - monotonic()))
        finally:
            self.watchers -= 1


def _board(request: Request) -> Board:
    return cast("Board", request.app.state.board)


@router.get("/funnel", summary="How far have the requests come?")
async def get_funnel(request: Request) -> Funnel:
    """Count the emitted events of each step, of today and of all time; the money to the fen for the desks alone.

    Nobody needs to be signed in, so that the start page may show it.
    """
    counts = await _board(request).look()
    actor, table = await actor_if_any(request), request.app.state.policy
    return counts if actor is not None and policy.allows(table, actor, "funnel.read") else for_anybody(counts)


@router.get(
    "/funnel/live",
    summary="Watch the funnel (text/event-stream)",
    response_class=StreamingResponse,
    responses=errors.responses(503) | errors.streamed("Funnel", _FRAMES),
)
async def watch_funnel(request: Request) -> Response:
    """Stream what `/funnel` answers anybody, at once and whenever it has changed."""
    board = _board(request)
    if board.watchers >= WATCHERS:
        return errors.problem(request, 503, "platform.busy", {"seconds": 30})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(board.watch(request.app.state.hub), media_type="text/event-stream", headers=headers)
