"""The funnel: today's and all, counted once for all who look, and told to who watches as soon as it changes."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from api import funnel
from api.board import BoardReader
from api.funnel import Board
from api.live import Hub
from events.contracts.care_requests import CareRequested
from events.contracts.settlement import ChargeMade
from events.work import Works
from kit.access.actor import SYSTEM
from kit.clock import FixedClock


async def _told(works: Works, *, fen: int = 0) -> None:
    async with works(SYSTEM("test")) as work:
        work.emit(
            CareRequested(
                request_id=UUID(int=1),
                district="130999",
                person_id=UUID(int=2),
                division_code="130999000000",
                item_code="B01",
                earliest=work.now,
                latest=work.now,
                urgent=False,
            )
        )
        if fen:
            work.emit(
                ChargeMade(
                    charge_id=UUID(int=3),
                    visit_id=UUID(int=4),
                    request_id=UUID(int=1),
                    person_id=UUID(int=2),
                    provider_id=UUID(int=5),
                    item_code="B01",
                    division_code="130999000000",
                    month="2026-03",
                    payable_fen=fen,
                    subsidised_fen=fen,
                    own_fen=0,
                    deduction_fen=0,
                    rule_version="1",
                    revision=1,
                )
            )


async def test_today_is_counted_apart_from_all(works: Works, clock: FixedClock) -> None:
    await _told(works, fen=2250)
    clock.advance(timedelta(days=1))
    await _told(works, fen=-250)
    await _told(works)
    funnel = await Board(works).look()
    assert (funnel.requested, funnel.charged_fen) == (3, 2000)
    assert (funnel.today.requested, funnel.today.charged_fen) == (2, -250)
    assert (funnel.offered, funnel.rehearsal, funnel.at) == (0, False, clock.now())


async def test_many_who_look_at_once_are_counted_for_once(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    board, counted = Board(works), 0
    count = Board._count

    async def counting(self: Board) -> funnel.Funnel:
        nonlocal counted
        counted += 1
        return await count(self)

    monkeypatch.setattr(Board, "_count", counting)
    assert len({id(answer) for answer in await asyncio.gather(*(board.look() for _ in range(50)))}) == 1
    assert counted == 1


async def test_who_watches_hears_at_once_and_whenever_something_is_told(works: Works) -> None:
    hub, board = Hub(works.database.url, BoardReader(works).change), Board(works)
    listening = asyncio.create_task(hub.run())
    stream = board.watch(hub)
    assert await anext(stream) == b"retry: 3000\n\n"
    assert board.watchers == 1

    async def requested() -> int:
        while (frame := await asyncio.wait_for(anext(stream), 30)).startswith(b":"):
            pass
        return int(json.loads(frame.removeprefix(b"data: "))["requested"])

    assert await requested() == 0
    await _told(works)
    assert await requested() == 1
    await _told(works)
    assert await requested() == 2
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator, declared as the iterator it is read as
    assert board.watchers == 0
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_more_watchers_than_there_is_room_for_are_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funnel, "WATCHERS", 0)
    answer = await client.get("/funnel/live")
    assert (answer.status_code, answer.json()["code"]) == (503, "platform.busy")
