"""Background loops that outlive any bug: what a turn raises is logged, counted, and tried again after a pause."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kit import metrics, traces
from kit.database import is_outage

log = logging.getLogger("nowalls.loops")

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_OUTAGE_PAUSE_SECONDS = 4.0
"""While the database is away every loop asks again this often, so that all is well within ten seconds of its return."""


class Attempts:
    """How one repeated piece of work fares: how often it failed in a row, and when it may be tried again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._failures = 0
        self._not_before = 0.0

    @property
    def failing(self) -> bool:
        """Tell whether the last attempt failed."""
        return self._failures > 0

    @property
    def pausing(self) -> bool:
        """Tell whether the pause after the last failure still lasts."""
        return asyncio.get_running_loop().time() < self._not_before

    async def make(self, act: Callable[[], Awaitable[object]]) -> bool:
        """Act once and return whether it went well; whatever it raises is logged and counted.

        The pause after a failure doubles from one second to one minute, or to four seconds in an outage.
        """
        try:
            await act()
        except Exception as error:  # noqa: BLE001 - a bug in one piece of work must not end the loop it runs in
            self._failures += 1
            longest = LONGEST_OUTAGE_PAUSE_SECONDS if is_outage(error) else LONGEST_PAUSE_SECONDS
            pause = min(longest, FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10))
            self._not_before = asyncio.get_running_loop().time() + pause
            metrics.LOOP_FAILURES.labels(self.name).inc()
            if is_outage(error):
                log.warning("%s failed, the next attempt in %.0f s: %s", self.name, pause, traces.summary(error))
            else:
                log.error("%s failed, the next attempt in %.0f s\n%s", self.name, pause, traces.traced(error))  # noqa: TRY400 - traces.traced leaves out what may name an elder
            return False
        self.recovered()
        return True

    def recovered(self) -> None:
        """Forget the failures so far; for a turn that lasts, once it does what it is there for."""
        self._failures, self._not_before = 0, 0.0

    async def pause(self) -> None:
        """Wait until the next attempt is due."""
        await asyncio.sleep(max(0.0, self._not_before - asyncio.get_running_loop().time()))


async def keep(attempts: Attempts, turn: Callable[[], Awaitable[object]]) -> None:
    """Take turn after turn until cancelled; a turn that raises is followed by a pause, then by the next turn."""
    while True:
        if not await attempts.make(turn):
            await attempts.pause()
