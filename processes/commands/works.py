"""How a command opens the platform of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from events.work import Works
from kit.settings import Settings


@asynccontextmanager
async def open_works(database: str | None = None) -> AsyncIterator[Works]:
    """Yield units of work on this machine's database, for one command; or on another one of the embedded server."""
    from bootstrap.platform import DATABASE, platform
    from processes.rooms import ROOMS

    async with platform(Settings.read(), ROOMS, database=database or DATABASE) as running:
        yield running.works
