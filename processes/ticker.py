"""The ticker: what happens because time passes. Each chore is done by one process at a time, under a lease."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial

from bootstrap import backup_schedule, shutdown
from bootstrap.platform import platform
from events.lease import SECONDS, Lease
from events.work import Work, Works
from kit import loops
from kit.access.actor import SYSTEM
from kit.room import Chore, Room
from kit.settings import Settings
from processes import probes
from processes.rooms import ROOMS

PAUSE_SECONDS = 0.5


class Ticker:
    """Do the chores of the rooms as they come due; one that fails is tried again in seconds, and the others go on.

    Slow chores have a line of their own, so that a night's plan does not hold up the offers that lapse. Each line has a
    lease: of several tickers one works, and another takes over when it is frozen or gone.
    """

    def __init__(self, works: Works, rooms: Iterable[Room], *, lease_seconds: float = SECONDS) -> None:
        self._works = works
        chores = [chore for room in rooms for chore in room.chores]
        self._lines = [
            _Line(works, "ticker", [chore for chore in chores if not chore.slow], lease_seconds),
            _Line(works, "ticker.slow", [chore for chore in chores if chore.slow], lease_seconds),
        ]

    async def state(self) -> str:
        """Say `ok`, or which chores and leases failed when they were last tried."""
        failing = sorted(name for line in self._lines for name in line.failing())
        return f"failing: {', '.join(failing)}" if failing else "ok"

    async def run(self) -> None:
        """Tick until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for line in self._lines:
                tasks.create_task(line.lease.run())
                tasks.create_task(line.run())


class _Line:
    """Chores that are done one after another, under one lease."""

    def __init__(self, works: Works, name: str, chores: list[Chore], lease_seconds: float) -> None:
        self._works = works
        self.lease = Lease(works, name, seconds=lease_seconds)
        self._chores = chores
        self._attempts = {chore.name: loops.Attempts(chore.name) for chore in chores}
        self._turns = loops.Attempts(name)
        self._due = dict.fromkeys(self._attempts, works.clock.now())

    def failing(self) -> list[str]:
        """Name what failed when it was last tried."""
        every = [*self._attempts.values(), self._turns]
        failing = [attempts.name for attempts in every if attempts.failing]
        return [*failing, f"lease {self.lease.name}"] if self.lease.failing else failing

    async def run(self) -> None:
        """Do what is due, again and again."""
        await loops.keep(self._turns, self._turn)

    async def _turn(self) -> None:
        clock = self._works.clock
        for chore in self._chores if self.lease.held else ():
            attempts = self._attempts[chore.name]
            again = attempts.failing and not attempts.pausing
            if again or (clock.now() >= self._due[chore.name] and not attempts.pausing):
                self._due[chore.name] = clock.now() + chore.every
                await attempts.make(partial(self._do, chore))
        await asyncio.sleep(PAUSE_SECONDS)

    async def _do(self, chore: Chore) -> None:
        if chore.slow:
            await chore.act(self._begin)
            return
        async with self._begin() as work:
            await chore.act(work)

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Work]:
        async with self._works(SYSTEM("ticker")) as work:
            yield work
            await self.lease.fence(work)


async def main() -> None:
    """Run the ticker as a process of its own."""
    settings = Settings.read()
    async with platform(settings, ROOMS) as running:
        ticker = Ticker(running.works, [*running.rooms, backup_schedule.room(running.works, settings)])
        async with probes.serving(running, "ticker", {"ticker": ticker.state}):
            await ticker.run()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
