"""Relay, live hub and sealer outlive any bug: /health names the one that fails, the others go on, and it recovers."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.app import build
from api.board import BoardReader
from api.live import Hub
from bootstrap.platform import task
from events import log as chain
from events.contracts.people import PersonMoved
from events.delivery.cluster import Cluster
from events.delivery.relay import Relay
from events.work import Work, Works
from kit import loops
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.ids import new_id
from kit.room import Chore, Room
from processes import kafka
from processes.rooms import ROOMS
from processes.ticker import Ticker
from tests import machine

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


class Fault:
    """Raises once, for ever until mended, or at random; counts how often it was met."""

    def __init__(self, how: str) -> None:
        self.how, self.met, self.mended = how, 0, False
        self._dice = random.Random(3)

    def strike(self) -> None:
        """Raise where the fault says so."""
        self.met += 1
        raises = {"once": self.met == 1, "for ever": True, "at random": self._dice.random() < 0.7}[self.how]
        if raises and not self.mended:
            raise KeyError(self.how)


@pytest.fixture(params=["once", "for ever", "at random"])
def fault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Fault:
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(loops, "LONGEST_PAUSE_SECONDS", 0.5)
    return Fault(request.param)


async def test_a_loop_asks_again_soon_while_the_database_is_away() -> None:
    async def away() -> None:
        raise ConnectionRefusedError

    attempts = loops.Attempts("test")
    now = asyncio.get_running_loop().time()
    for _ in range(8):
        assert not await attempts.make(away)
    await asyncio.wait_for(attempts.pause(), 10)
    assert asyncio.get_running_loop().time() - now < 10


async def _health(works: Works, **parts: Any) -> tuple[int, dict[str, str]]:
    app = build(works, ROOMS, parts=dict(parts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        answer = await client.get("/health")
    return answer.status_code, answer.json()["parts"]


async def _fails_and_recovers(works: Works, until: Until, fault: Fault, part: str, state: Any) -> None:
    """See the part named by /health while the fault lasts, and well again after it."""

    async def named() -> bool:
        code, parts = await _health(works, **{part: state})
        return fault.met > 0 and (code, parts[part] != "ok", parts["database"]) == (503, True, "ok")

    async def well() -> bool:
        code, parts = await _health(works, **{part: state})
        return fault.met >= 2 and (code, parts[part]) == (200, "ok")

    if fault.how != "once":
        await until(named)
    fault.mended = fault.how != "once"
    await until(well)


async def test_the_live_hub_goes_on_after_a_bug(
    works: Works, until: Until, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, session = Hub(works.database.url, BoardReader(works).change), Hub._session

    async def struck(self: Hub) -> None:
        fault.strike()
        await session(self)

    monkeypatch.setattr(Hub, "_session", struck)
    async with task(hub.run()):
        await _fails_and_recovers(works, until, fault, "live hub", hub.state)
        heard = hub.news
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=new_id(), division_code="130903001001"))
        await asyncio.wait_for(heard.wait(), 30)


async def test_the_sealer_goes_on_after_a_bug(works: Works, clock: FixedClock, until: Until, fault: Fault) -> None:
    others = 0

    async def seal(work: Work) -> int:
        fault.strike()
        return await chain.seal(work)

    async def other(_work: Work) -> None:
        nonlocal others
        others += 1

    every = next(chore.every for room in ROOMS for chore in room.chores if chore.name == "seal")
    chores = Chore(name="seal", every=every, act=seal), Chore(name="other", every=every, act=other)
    ticker = Ticker(works, [Room(name="test", chores=chores)], lease_seconds=3)
    async with works(SYSTEM("test")) as work:
        work.emit(PersonMoved(person_id=new_id(), division_code="130903001001"))

    async def ticking() -> None:
        while True:
            clock.advance(every)
            await asyncio.sleep(0.05)

    async with task(ticker.run()), task(ticking()):
        await _fails_and_recovers(works, until, fault, "ticker", ticker.state)

        async def sealed() -> bool:
            async with works(SYSTEM("test")) as work:
                return (await chain.head(work)).number == 1

        await until(sealed)
    assert others >= 2


@pytest.mark.timeout(300)
async def test_the_relay_goes_on_after_a_bug(
    works: Works, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.need("kafka", "java", "mvn")
    monkeypatch.setattr(loops, "FIRST_PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(loops, "LONGEST_PAUSE_SECONDS", 0.5)
    servers = await asyncio.to_thread(kafka.start, tmp_path)
    works.outgoing = True
    publish = Relay._publish
    async with AsyncExitStack() as stack:
        stack.callback(kafka.stop, tmp_path)
        for how in ("once", "for ever", "at random"):
            fault = Fault(how)

            async def struck(self: Relay, *given: Any, fault: Fault = fault) -> int:
                fault.strike()
                return await publish(self, *given)

            monkeypatch.setattr(Relay, "_publish", struck)
            relay = Relay(works, Cluster(servers), lease_seconds=3)
            async with works(SYSTEM("test")) as work:
                work.emit(PersonMoved(person_id=new_id(), division_code="130903001001"))
            async with task(relay.run()):
                await _fails_and_recovers(works, until, fault, "relay", relay.state)
                await until(lambda: _all_published(works))


async def _all_published(works: Works) -> bool:
    async with works(SYSTEM("test")) as work:
        return not (await work.session.execute(text("select count(*) from event_outgoing"))).scalar_one()
