"""The ticker says which of its chores fail, for as long as they do."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
from sqlalchemy import text

from bootstrap.platform import task, while_running
from events.work import Works
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.postgres import plain
from kit.room import Chore, Room
from processes.rooms import ROOMS
from processes.ticker import Ticker

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


async def test_a_chore_that_fails_is_named_until_it_does_not(
    works: Works, clock: FixedClock, database_url: str, until: Until
) -> None:
    owner = await asyncpg.connect(dsn=plain(database_url))
    ticker = Ticker(works, ROOMS)

    async def failing() -> bool:
        clock.advance(timedelta(seconds=1))
        return await ticker.state() == "failing: seal"

    async def well() -> bool:
        clock.advance(timedelta(seconds=1))
        return await ticker.state() == "ok"

    async with task(ticker.run()) as running:
        await until(well)
        await owner.execute("alter table event_seal rename to event_seal_gone")
        await until(failing)
        await owner.execute("alter table event_seal_gone rename to event_seal")
        await until(well)
    assert await while_running(running, ticker.state) == "stopped"
    await owner.close()


async def test_offers_lapse_while_a_night_is_planned(works: Works, clock: FixedClock, until: Until) -> None:
    night, lapsed = asyncio.Event(), asyncio.Event()

    async def plan(_work: object) -> None:
        night.set()
        await asyncio.Event().wait()

    async def lapse(_work: object) -> None:
        if night.is_set():
            lapsed.set()

    rooms = [
        Room(
            name="test",
            chores=(
                Chore(name="lapse", every=timedelta(seconds=1), act=lapse),
                Chore(name="night", every=timedelta(minutes=2), act=plan, slow=True),
            ),
        )
    ]

    async def well() -> bool:
        clock.advance(timedelta(seconds=1))
        return lapsed.is_set()

    async with task(Ticker(works, rooms).run()):
        await until(well)


async def test_of_two_tickers_one_does_the_chore(works: Works) -> None:
    async with works(SYSTEM("first")) as work:
        held = text("select pg_try_advisory_xact_lock(:lock, hashtext('any'))")
        assert (await work.session.execute(held, {"lock": 0x7469636B})).scalar_one()
        second = Ticker(works, ROOMS)
        done = asyncio.Event()

        async def chore(_work: object) -> None:
            done.set()

        await second._do(Chore(name="any", every=timedelta(seconds=1), act=chore))
        assert not done.is_set()
        assert await second.state() == "ok"
    await second._do(Chore(name="any", every=timedelta(seconds=1), act=chore))
    assert done.is_set()
