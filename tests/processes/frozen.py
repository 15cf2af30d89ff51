"""A ticker that is frozen in the middle of its work: its chores, and a process of its own (`URL SECONDS FILE`)."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from events.contracts.people import PersonMoved
from events.model import LoggedEvent
from events.work import Begin, Work, Works
from kit.clock import WallClock
from kit.database import Database
from kit.room import Chore, Room
from kit.vault import Vault
from processes.ticker import Ticker

QUICK, SLOW = UUID(int=1), UUID(int=2)
"""Whom the one event of each chore is about."""


async def _done(work: Work, person_id: UUID) -> bool:
    query = select(func.count()).where(LoggedEvent.subject == str(person_id))
    return (await work.session.execute(query)).scalar_one() > 0


def room(pause: Callable[[str], Awaitable[None]]) -> Room:
    """Return a room with a quick and a slow chore that emit one event each, unless it was emitted before.

    The quick one pauses in the middle of its unit of work, the slow one between two of them.
    """

    async def quick(work: Work) -> None:
        if not await _done(work, QUICK):
            work.emit(PersonMoved(person_id=QUICK, division_code="130999001001"))
            await pause("quick")

    async def slow(begin: Begin) -> None:
        async with begin() as work:
            done = await _done(work, SLOW)
        if not done:
            await pause("slow")
            async with begin() as work:
                work.emit(PersonMoved(person_id=SLOW, division_code="130999001001"))

    every = timedelta(seconds=1)
    chores = Chore(name="quick", every=every, act=quick), Chore(name="slow", every=every, act=slow, slow=True)
    return Room(name="test", chores=chores)


async def main(url: str, seconds: float, go: Path) -> None:
    """Tick until ended; in the middle of each chore say so, and wait until the file `go` is there."""

    async def pause(name: str) -> None:
        print(name, "begun", flush=True)
        while not go.exists():
            await asyncio.sleep(0.05)

    works = Works(Database(url, connections=4), WallClock(), Vault(bytes(range(64))), routes={})
    await Ticker(works, [room(pause)], lease_seconds=seconds).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])))
