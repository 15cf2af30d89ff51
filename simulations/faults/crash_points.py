"""Die once at every boundary of a story, in this process: a request's way from the call to the company's payment.

The platform runs here, between its API and its deliveries. At the chosen boundary `Crash` is raised, and from then on
at every further one, so that nothing more is committed, published or acknowledged, as if the process were gone. It is
taken down, begun anew, and the story goes on: whoever had asked asks again under the same key.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from api.app import build
from bootstrap.platform import Platform, deliveries, platform
from events.work import Work, Works
from kit import boundaries, clock
from kit.access.actor import SYSTEM, Actor
from kit.boundaries import Boundary
from kit.room import Room
from kit.settings import Settings
from simulations.faults import checker
from simulations.faults.client import Record, Unanswered
from simulations.faults.district import District

_ASIDE: ContextVar[bool] = ContextVar("aside", default=False)
"""Whether this task is the harness's own, which does not die."""
_WROTE: ContextVar[bool] = ContextVar("wrote", default=False)
"""Whether the unit of work of this task has written anything: what has only read has nothing to lose."""
_WRITES = ("insert", "update", "delete", "nowalls_emit")
_UNITS = {Boundary.COMMITTING, Boundary.COMMITTED}
_PATIENCE_SECONDS = 60.0
_LASTING = text("update account_session set seen_at = :now, ends_at = :ends_at where ended_at is null")


class Crash(BaseException):
    """The process has died; no code of its own sees this, for nothing catches it."""


class Mortal:
    """What stands at each boundary: counts them, and from number `at` on lets nobody pass."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.passed: list[Boundary] = []
        self.dead = False

    def begin(self, at: int | None) -> None:
        """Count anew; None: live."""
        self.at, self.passed, self.dead = at, [], False

    def __call__(self, boundary: Boundary) -> None:
        """Pass a boundary, or die there."""
        if _ASIDE.get():
            return
        wrote = _WROTE.get()
        if boundary is Boundary.COMMITTED:
            _WROTE.set(False)
        if self.dead:
            raise Crash
        if boundary in _UNITS and not wrote:
            return
        self.passed.append(boundary)
        if len(self.passed) == self.at:
            self.dead = True
            raise Crash

    @contextmanager
    def standing(self) -> Iterator["Mortal"]:
        """Stand at the boundaries of this process for the length of the block."""

        def executed(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if any(word in statement[:400].lower() for word in _WRITES):
                _WROTE.set(True)

        nobody = boundaries.crossed
        boundaries.crossed = self
        event.listen(Engine, "before_cursor_execute", executed)
        try:
            yield self
        finally:
            boundaries.crossed = nobody
            event.remove(Engine, "before_cursor_execute", executed)


class Apart(Works):
    """The harness's own units of work, beside the platform that dies."""

    @classmethod
    def of(cls, works: Works) -> "Apart":
        """Return units of work on the same database."""
        return cls(works.database, works.clock, works.vault, routes=works.routes, outgoing=works.outgoing)

    @asynccontextmanager
    async def __call__(self, actor: Actor) -> AsyncIterator[Work]:
        """Open one that passes every boundary."""
        token = _ASIDE.set(True)
        try:
            async with super().__call__(actor) as work:
                yield work
        finally:
            _ASIDE.reset(token)
            _WROTE.set(False)


class Process:
    """The platform in this process, and the way to its API; it is begun anew when it has died."""

    def __init__(self, settings: Settings, rooms: Sequence[Room], mortal: Mortal) -> None:
        self._settings, self._rooms, self._mortal = settings, rooms, mortal
        self._stack = AsyncExitStack()
        self._running: Platform | None = None
        self._api: Any = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reviving = asyncio.Lock()
        self.restarts = 0

    async def start(self) -> None:
        """Begin it."""
        before = asyncio.all_tasks()
        self._running = await self._stack.enter_async_context(platform(self._settings, self._rooms, connections=8))
        await self._stack.enter_async_context(deliveries(self._running))
        self._api = build(self._running.works, self._rooms)
        self._tasks = asyncio.all_tasks() - before

    async def stop(self) -> None:
        """Take it down; what dies on the way is dead."""
        if self._mortal.dead:
            # Nobody finishes anything: what still runs would be a second process, alive beside the next one.
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._stack.aclose()
        except* Crash:
            pass
        self._stack = AsyncExitStack()

    async def revive(self) -> None:
        """Begin it anew where it has died; it then lives."""
        async with self._reviving:
            if self._mortal.dead:
                await self.stop()
                self._mortal.begin(None)
                self.restarts += 1
                await self.start()

    async def tick(self) -> None:
        """Do every quick chore once, as the ticker does."""
        for chore in [chore for room in self._rooms for chore in room.chores if not chore.slow]:
            await self.revive()
            assert self._running is not None  # noqa: S101 - it was started
            try:
                async with self._running.works(SYSTEM("ticker")) as work:
                    await chore.act(work)
            except Crash:
                await self.revive()

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        """Ask the API without a network; `Unanswered` where it has died before the answer left."""
        await self.revive()
        body = b"" if form is None else json.dumps(form).encode()
        path, _, query = path.partition("?")
        names = {"content-type": "application/json", "host": "localhost", **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": "/api/v1" + path,
            "raw_path": ("/api/v1" + path).encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in names.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        sent: list[dict[str, Any]] = []
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        try:
            await self._api(scope, receive, send)
        except* Crash:
            pass
        if self._mortal.dead:
            raise Unanswered
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], json.loads(content or b"{}")


async def story(people: District, process: Process) -> None:
    """Live from a call to the payment of the month; every step waits for the consequences of the one before."""
    now = people.works.clock.now()
    day = clock.day_of(now) + timedelta(days=1)

    async def forward(to: datetime) -> None:
        await people.put_forward(to)
        await keep_sessions(people.works)

    await forward(clock.at_local(day, 8 * 60 + 30))
    placed = [await people.call(day, 10, 40, urgent=urgent) for urgent in (False, True)]
    await drained(people.works, process)
    later = await people.call(day + timedelta(days=3), 14, 120)
    await drained(people.works, process)
    if later is not None:
        await people.cancel(later["id"])
    promised: list[dict[str, Any]] = []
    for _ in range(3):
        if len(promised) < sum(answer is not None for answer in placed):
            promised += await people.answer_offers()
            await drained(people.works, process)
    await forward(clock.at_local(day, 10 * 60 + 20))
    for visit in promised:
        await people.sign("arrive", visit)
    await forward(clock.at_local(day, 11 * 60 + 25))
    for visit in promised:
        await people.sign("leave", visit)
    await drained(people.works, process)
    await process.tick()
    await drained(people.works, process)
    month = await people.end_month()
    await keep_sessions(people.works)
    await people.settle(month)
    await drained(people.works, process)


async def drained(works: Works, process: Process) -> None:
    """Wait until every event is taken; whatever died on the way is begun anew."""
    end = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        await process.revive()
        async with works(SYSTEM("faults")) as work:
            waits = (await work.session.execute(checker.WAITS)).scalar_one()
        if not waits and not await checker.outstanding(works):
            return
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError
        await asyncio.sleep(0.02)


async def keep_sessions(works: Works) -> None:
    """Let every session last on, which would have ended while the clock was put forward."""
    async with works(SYSTEM("faults")) as work:
        await work.session.execute(_LASTING, {"now": work.now, "ends_at": work.now + timedelta(hours=12)})


async def enumerate_all(
    people: District,
    process: Process,
    mortal: Mortal,
    *,
    chance: Random,
    most: int | None,
    progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    """Live the story once, then once for each boundary that it crossed, or a sample of `most`, dying there."""
    mortal.begin(None)
    await story(people, process)
    there = list(mortal.passed)
    points = list(range(1, len(there) + 1))
    if most is not None and most < len(points):
        points = sorted(chance.sample(points, most))
    wrong: dict[str, Any] = {}
    for done, at in enumerate(points):
        progress(done, len(points), f"boundary {at} of {len(there)}")
        begun = len(people.record.operations)
        mortal.begin(at)
        await story(people, process)
        mortal.begin(None)
        # A story lasts a month and keys are kept for a year: each is checked by itself.
        if wrong := await checker.check(people.works, Record(people.record.operations[begun:])):
            wrong["at boundary"] = {"count": 1, "number": at}
            break
    return {
        "boundaries": {boundary.value: there.count(boundary) for boundary in Boundary if boundary in there},
        "faults": len(points),
        "restarts": process.restarts,
        "wrong": wrong,
    }
