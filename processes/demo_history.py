"""The demo's history, lived in a process of its own beside the server: the process, and what the server knows of it."""

import asyncio
import os
import sys
from contextlib import suppress

from bootstrap.schema import ROOT
from kit.settings import Settings
from processes.rooms import ROOMS
from simulations import demo_history as history

_LIVE = "from bootstrap import shutdown; from processes import demo_history; shutdown.run(demo_history.live())"
_POLITENESS = 5  # the server answers people meanwhile


class Child:
    """The process that lives the history, seen from the server; `percent` is None where none runs or has run."""

    def __init__(self) -> None:
        self.percent: int | None = None

    @property
    def complete(self) -> bool:
        """Tell whether the history is complete."""
        return self.percent == 100

    async def run(self) -> None:
        """Start the process and follow what it says until it ends; end it where this is cancelled."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-c",
            _LIVE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the server to hear, which then ends its child
        )
        self.percent = 0
        try:
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            async for line in child.stdout:
                self.percent = int(line)
            await child.wait()
        finally:
            with suppress(ProcessLookupError):
                child.terminate()
            await child.wait()  # else its end is reported to a loop that is closed
        if not self.complete:
            self.percent = None


async def live() -> None:
    """Live the history and write each further per cent as a line."""
    os.nice(_POLITENESS)
    last = -1

    def say(percent: int) -> None:
        nonlocal last
        if percent > last:
            print(percent, flush=True)
            last = percent

    await history.lay_out(Settings.read(), ROOMS, extent=history.Extent(), say=say)
