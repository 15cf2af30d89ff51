"""Server-sent events: emitted events show on the boards at once, to each company its own alone."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError

from api import policy
from api.accounts import queries
from api.acting import Route, doing, token_of, works_of
from api.errors import streamed
from events.model import LIVE_CHANNEL
from events.work import Work
from kit import loops
from kit.access.actor import SYSTEM, Actor
from kit.access.scope import EVERYTHING, Company, Scope
from kit.database import DESK_ROLE
from kit.postgres import plain
from kit.refusal import Kind, Refusal

log = logging.getLogger("nowalls.live")
_FRAMES = """
Each frame has `id:` (the event's id), `event:` (its type, one of `LiveEvent.type`) and `data:` (a `LiveEvent` as JSON
on one line). `event: resync` with `data: {}` opens every stream, and comes again after a lost connection and to a
reader who was too slow: fetch your lists again, for frames may be missing. Nothing is kept for a reader who was away,
so `Last-Event-ID` is not read: the `resync` at the opening stands for it. Whoever may read the board also gets
`event: board` with a `BoardChange`, a tenth of a second after requests have changed: their rows, to be put in place of
those of an earlier reading. A comment `: ping` every 15 seconds keeps the
connection; `retry: 2000` tells browsers to come again after two seconds. The stream ends when the session does.
"""
router = APIRouter(tags=["live"], route_class=Route)

QUEUE = 256
PING_SECONDS = 15.0
TRUST_SECONDS = 5.0
"""How long a stream goes on without looking again whether its session still lives."""
STREAMS = 20
"""Open streams of one account."""
BATCH_SECONDS = 0.1
"""How long changes are gathered before the board's rows are read."""
SECOND_LOOK_SECONDS = 1.0
"""After how long they are read once more: what handlers make of an event comes without an event of its own."""
MOST_CHANGES = 200
"""More changes at once than this are read as a whole board."""
_ON_THE_BOARD = {"care-requests", "care-requests-urgent", "offers", "visits"}
RowsOf = Callable[[Collection[UUID]], Awaitable[bytes]]
_RESYNC = b"event: resync\ndata: {}\n\n"


class LiveEvent(BaseModel):
    """One frame of `GET /live`: that something happened, and to what; ask for the noun itself."""

    id: UUID = Field(description="the event's id, the frame's `id:` as well")
    type: str = Field(description="the event's type, the frame's `event:` as well")
    subject: UUID = Field(description="the noun that the event is about; of offers the care request")
    at: datetime = Field(description="when it became true")


class TooManyStreams(Refusal):
    """The account listens in as many places as it may."""

    code = "live.too_many"
    kind = Kind.TOO_MANY


class Hub:
    """One listening connection, many readers; a slow reader must fetch again instead of holding up the rest."""

    def __init__(self, url: str, rows: RowsOf) -> None:
        self._url = plain(url)
        self._rows = rows
        self._readers: dict[asyncio.Queue[bytes], Scope] = {}
        self._at_the_board: set[asyncio.Queue[bytes]] = set()
        self._subjects: set[UUID] = set()
        self._seen: set[UUID] = set()
        self._touched = asyncio.Event()
        self._streams: Counter[UUID | None] = Counter()
        self._listening: asyncio.Event | None = None
        self._attempts = loops.Attempts("live")
        self.news = asyncio.Event()
        """Set when an event arrives and then replaced by a new one; a waiter reads what changed when it is set."""

    async def state(self) -> str:
        """Say whether emitted events are heard: `ok` or `away`."""
        return "ok" if self._listening is not None and not self._listening.is_set() else "away"

    async def run(self) -> None:
        """Listen until cancelled; every reconnection tells the readers to fetch again."""
        await loops.keep(self._attempts, self._session)

    async def show_changes(self) -> None:
        """Send the rows of changed requests to whoever may read the board, until cancelled."""
        await loops.keep(loops.Attempts("board"), self._change)

    async def _change(self) -> None:
        await self._touched.wait()
        await asyncio.sleep(BATCH_SECONDS)
        self._touched.clear()
        subjects, self._subjects = self._subjects, set()
        if first := subjects - self._seen:
            asyncio.get_running_loop().call_later(SECOND_LOOK_SECONDS, self._look_again, first)
        self._seen -= subjects
        if not self._at_the_board:
            return
        frame = _RESYNC
        try:
            if len(subjects) <= MOST_CHANGES:
                frame = b"event: board\ndata: " + await self._rows(subjects) + b"\n\n"
        finally:
            for queue in list(self._at_the_board):
                self._put(queue, frame)

    def _look_again(self, subjects: set[UUID]) -> None:
        self._subjects |= subjects
        self._seen |= subjects
        self._touched.set()

    async def _session(self) -> None:
        settings = {"role": DESK_ROLE, "application_name": "nowalls-live"}
        connection = await asyncpg.connect(dsn=self._url, server_settings=settings)
        gone = asyncio.Event()
        connection.add_termination_listener(partial(_set, gone))
        try:
            await connection.add_listener(LIVE_CHANNEL, self._heard)
            self._listening = gone
            self._attempts.recovered()
            self._to_all(_RESYNC)
            self._spread()
            while not gone.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), PING_SECONDS)
                    break
                await connection.fetchval("select 1")
        finally:
            self._listening = None
            await connection.close(timeout=2)

    def _spread(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        self._spread()
        event = json.loads(payload)
        provider = event.pop("provider", None)
        if event["type"].partition(".")[0] in _ON_THE_BOARD:
            self._subjects.add(UUID(event["subject"]))
            self._touched.set()
        frame = (
            f"id: {event['id']}\nevent: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()
        )
        for queue, scope in list(self._readers.items()):
            if scope == EVERYTHING or (isinstance(scope, Company) and provider == str(scope.id)):
                self._put(queue, frame)

    def _to_all(self, frame: bytes) -> None:
        for queue in list(self._readers):
            self._put(queue, frame)

    @staticmethod
    def _put(queue: asyncio.Queue[bytes], frame: bytes) -> None:
        if queue.full():
            while not queue.empty():
                queue.get_nowait()
            frame = _RESYNC
        queue.put_nowait(frame)

    def admit(self, actor: Actor) -> None:
        """Refuse `live.too_many`."""
        if self._streams[actor.account_id] >= STREAMS:
            raise TooManyStreams(seconds=int(PING_SECONDS))

    async def read(
        self, actor: Actor, alive: Callable[[], Awaitable[bool]], *, board: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield frames for one reader until its session ends; a company's people hear of their company alone.

        With `board`, the rows of changed requests are among them.
        """
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        self._readers[queue] = actor.scope
        if board:
            self._at_the_board.add(queue)
        self._streams[actor.account_id] += 1
        looked = monotonic()
        try:
            yield b"retry: 2000\n\n" + _RESYNC
            while True:
                frame = b": ping\n\n"
                with suppress(TimeoutError):
                    frame = await asyncio.wait_for(queue.get(), PING_SECONDS)
                    while not queue.empty():
                        frame += queue.get_nowait()
                if monotonic() - looked > TRUST_SECONDS:
                    if not await alive():
                        return
                    looked = monotonic()
                yield frame
        finally:
            del self._readers[queue]
            self._at_the_board.discard(queue)
            self._streams.subtract([actor.account_id])
            self._streams += Counter()  # drops the accounts whose count is 0


def _set(gone: asyncio.Event, _connection: object) -> None:
    gone.set()


@router.get(
    "/live",
    summary="Hear what happens, as it happens (text/event-stream)",
    response_class=StreamingResponse,
    responses=streamed("LiveEvent", _FRAMES),
)
async def watch_events(request: Request, work: Annotated[Work, doing("live.listen")]) -> StreamingResponse:
    """Stream a frame for each event that the account may hear of; a company's people hear of their company alone."""
    hub: Hub = request.app.state.hub
    hub.admit(work.actor)
    token, works = token_of(request) or "", works_of(request)

    async def alive() -> bool:
        try:
            async with works(SYSTEM("live")) as own:
                return await queries.alive(own, token)
        except (DBAPIError, OSError):
            return False  # the database cannot be asked: the stream ends and its client connects again

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    board = "board.read" in policy.actions_of(request.app.state.policy, work.actor.role)
    return StreamingResponse(hub.read(work.actor, alive, board=board), media_type="text/event-stream", headers=headers)
