"""The ticker: what happens because time passes. Each chore once at a time, by a lease in the database."""

import asyncio
import logging
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bootstrap import shutdown
from bootstrap.platform import platform
from events.work import Works
from kit import traces
from kit.access.actor import SYSTEM
from kit.refusal import Refusal
from kit.room import Chore, Room
from kit.settings import Settings
from processes.rooms import ROOMS

log = logging.getLogger("nowalls.ticker")

_LEASE = text("select pg_try_advisory_xact_lock(:lock, hashtext(:chore))")
_LOCK = 0x7469636B  # the bytes of "tick"


class Ticker:
    """Do the chores as they come due; what fails is logged and tried again at its next turn."""

    def __init__(self, works: Works, rooms: Iterable[Room]) -> None:
        self._works = works
        self._chores = [chore for room in rooms for chore in room.chores]
        self._failing: set[str] = set()

    async def state(self) -> str:
        """Say `ok`, or which chores failed when they were last tried."""
        return f"failing: {', '.join(sorted(self._failing))}" if self._failing else "ok"

    async def run(self) -> None:
        """Tick until cancelled; planning has a line of its own."""
        async with asyncio.TaskGroup() as lines:
            lines.create_task(self._line([chore for chore in self._chores if not chore.slow]))
            lines.create_task(self._line([chore for chore in self._chores if chore.slow]))

    async def _line(self, line: list[Chore]) -> None:
        clock = self._works.clock
        due = {chore.name: clock.now() for chore in line}
        while True:
            for chore in line:
                if clock.now() >= due[chore.name]:
                    due[chore.name] = clock.now() + chore.every
                    await self._do(chore)
            await asyncio.sleep(0.5)

    async def _do(self, chore: Chore) -> None:
        try:
            async with self._works(SYSTEM("ticker")) as work:
                if (await work.session.execute(_LEASE, {"lock": _LOCK, "chore": chore.name})).scalar_one():
                    await chore.act(work)
        except OSError as error:
            log.warning("the database is away; the chore %s waits: %s", chore.name, traces.summary(error))
            self._failing.add(chore.name)
        except (DBAPIError, Refusal) as error:
            log.error("the chore %s failed\n%s", chore.name, traces.traced(error))  # noqa: TRY400 - without its words
            self._failing.add(chore.name)
        else:
            self._failing.discard(chore.name)


async def main() -> None:
    """Run the ticker as a process of its own."""
    async with platform(Settings.read(), ROOMS) as running:
        await Ticker(running.works, running.rooms).run()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
