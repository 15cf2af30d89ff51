"""Everything in one process: what `python3 run.py` starts."""

import asyncio
import logging
import secrets
import socket
from collections.abc import MutableMapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from api.accounts import operations, queries
from bootstrap import backup_schedule
from bootstrap.platform import Platform, deliveries, platform, set_aside, task, while_running
from bootstrap.shutdown import console
from events import log as event_log
from events.contracts.event import queues_of
from events.rehearsal import shown
from events.work import Works
from kit import loops, postgres
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import RehearsalClock
from kit.metrics import State
from kit.settings import Settings
from processes import http, kernels
from processes.demo_history import Child
from processes.rooms import ROOMS
from processes.ticker import Ticker
from simulations import demo as demo_district
from simulations import demo_history

log = logging.getLogger("nowalls.serving")

_IDLE = timedelta(minutes=10)


async def serve(settings: Settings, taken: socket.socket, *, host: str, demo: bool, history: bool) -> None:
    """Run database, API, handlers, ticker and, with NOWALLS_KAFKA, the relay, until a signal ends them.

    Requests are taken at once. What handles them begins when routing's kernels are there, and when the demo district,
    if one is wanted, has been laid out; meanwhile /health says of every part that it is starting. The demo's history
    takes the district's place while nobody is signed in, or at the next start.
    """
    place = _Place(settings, taken, host, demo=demo, lives_history=history)
    if place.has_history and await demo_history.complete(settings):
        await demo_history.take_place(settings)
    async with AsyncExitStack() as stack:
        while await _serve(place, stack):
            await demo_history.take_place(settings)


@dataclass(slots=True)
class _Place:
    """Where to serve, and what outlives the change to the demo's history."""

    settings: Settings
    taken: socket.socket
    host: str
    demo: bool
    lives_history: bool
    history: Child = field(default_factory=Child)
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def has_history(self) -> bool:
        """Tell whether a history may replace this district: a demo on the embedded server, without Kafka.

        Kafka's topics would go on from the log that is replaced.
        """
        alone = self.settings.database_url is None and self.settings.kafka is None
        return self.demo and self.lives_history and alone


async def _serve(place: _Place, lasting: AsyncExitStack) -> bool:
    """Serve until a signal, or until the history may take the district's place; tell whether it may."""
    settings, opens = place.settings, asyncio.Event()
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(platform(settings, ROOMS))
        if settings.database_url is None:
            watching = loops.keep(loops.Attempts("postgres"), partial(_keep_up, settings.embedded))
            _ = await stack.enter_async_context(task(watching))
        parts: dict[str, State] = dict.fromkeys(_names(running, demo=place.demo), _starting)
        server = http.server(running, parts=parts, demo_percent=lambda: place.history.percent)
        behind = asyncio.create_task(_run(running, parts, place, lasting))
        # A broker that is away, for example: the platform ends and says why.
        behind.add_done_callback(lambda _: server.stop())
        waiting = await stack.enter_async_context(task(_await_history(running.works, place.history, opens)))
        waiting.add_done_callback(lambda _: server.stop())
        await _first_administrator(running.works, place.passwords)
        _greet(running.works, f"http://{place.host}:{settings.port}", demo=place.demo)
        try:
            await server.serve(sockets=[place.taken.dup()])
        finally:
            behind.cancel()
            with suppress(asyncio.CancelledError):
                await behind
    return opens.is_set()


async def _await_history(works: Works, history: Child, opens: asyncio.Event) -> None:
    """Wait until the history is complete and nobody has used a page for ten minutes; then set `opens`."""
    while True:
        await asyncio.sleep(1)
        if history.complete:
            async with works(SYSTEM("demo")) as work:
                if not await queries.anybody_since(work, work.now - _IDLE):
                    break
    history.percent = None
    opens.set()


async def _keep_up(folder: Path) -> None:
    """Start the embedded PostgreSQL again where it has died; look once a second."""
    if await asyncio.to_thread(postgres.start_again, folder):
        log.warning("the embedded PostgreSQL had died and was started again")
    await asyncio.sleep(1)


async def _run(running: Platform, parts: dict[str, State], place: _Place, lasting: AsyncExitStack) -> None:
    warmed = asyncio.Event()
    async with AsyncExitStack() as stack:
        warming = await stack.enter_async_context(task(kernels.warm(warmed)))
        parts["kernels"] = partial(kernels.state, warming, warmed)
        await warmed.wait()
        plays = place.demo and await demo_district.prepare(
            running.settings, running.rooms, now=running.works.clock.now()
        )
        set_aside()
        parts |= await stack.enter_async_context(deliveries(running))
        ticker = Ticker(running.works, [*running.rooms, backup_schedule.room(running.works, running.settings)])
        parts["ticker"] = partial(while_running, await stack.enter_async_context(task(ticker.run())), ticker.state)
        parts["sealer"] = partial(_sealer, running.works)
        if plays:
            await demo_district.open_desks(running.works, place.passwords)
            living = await stack.enter_async_context(task(demo_district.live(running)))
            parts["demo"] = partial(while_running, living, _well)
            if place.has_history and await demo_district.without_history(running.works):
                _ = await lasting.enter_async_context(task(place.history.run()))
        else:
            parts.pop("demo", None)
        await asyncio.Event().wait()


def _names(running: Platform, *, demo: bool) -> list[str]:
    kafka = ["kafka", "relay", "replays"] if running.settings.kafka else []
    groups = [f"deliveries.{queue}" for group in sorted(running.deliverer.handlers) for queue in queues_of(group)]
    return [*kafka, *groups, "lag", "redelivery", "ticker", "sealer", "kernels", *(["demo"] if demo else [])]


async def _starting() -> str:
    return "starting"


async def _well() -> str:
    return "ok"


async def _sealer(works: Works) -> str:
    async with works(SYSTEM("health")) as work:
        waited = await event_log.unsealed_seconds(work)
    return "ok" if waited < event_log.SEALED_WITHIN_SECONDS else f"behind {waited:.0f} s"


async def _first_administrator(works: Works, passwords: MutableMapping[str, str]) -> None:
    async with works(SYSTEM("command line")) as work:
        if await queries.by_username(work, "admin") is not None:
            return
        password = passwords.setdefault("admin", secrets.token_urlsafe(12))
        await operations.open_account(
            work, username="admin", display_name="系统管理员", role=Role.ADMINISTRATOR, password=password
        )
    console.print(f"[bold]首个管理员 · first administrator[/]  admin / {password}  （只显示这一次 · shown this once）")


def _greet(works: Works, address: str, *, demo: bool) -> None:
    console.print(f"[green]nowalls[/] {address}/  接口 · API {address}/docs  状况 · health {address}/health")
    if isinstance(works.clock, RehearsalClock):
        console.print(f"[yellow]演练 · rehearsal[/]  时钟 · clock {shown(works.clock.now())}")
    if not demo:
        console.print(f"空区 · an empty district: 入门教程 · tour {address}/tour")
