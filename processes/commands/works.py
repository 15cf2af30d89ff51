"""How a command opens the platform of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from events.work import Works
from kit.settings import Settings


@asynccontextmanager
async def open_works() -> AsyncIterator[Works]:
    """Yield units of work on this machine's database, for one command."""
    from bootstrap.platform import platform
    from processes.rooms import ROOMS

    async with platform(Settings.read(), ROOMS) as running:
        yield running.works
