"""Routing's machine code: compiled beside the running program the first time, and read from disk from then on."""

import asyncio
import os
import sys
from contextlib import suppress

import routing
from bootstrap.schema import ROOT

_WARM = "import routing; routing.warm()"


async def warm(warmed: asyncio.Event) -> None:
    """Compile in another process, for half a minute of compiling here would stop every request; then load, and say so.

    Where that process fails this one compiles: late offers are better than none.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-c",
        _WARM,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,  # Ctrl-C is for this process to hear, which then ends its child
    )
    try:
        await child.wait()
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()  # else its end is reported to a loop that is closed
    await asyncio.to_thread(routing.warm)
    warmed.set()


async def starting() -> str:
    """Say `compiling`, for a process that does nothing else until the kernels are there."""
    return "compiling"


async def state(warming: "asyncio.Task[None]", warmed: asyncio.Event) -> str:
    """Say whether requests are matched yet; `compiling` lasts a minute at most and delays nothing but first offers."""
    if warmed.is_set():
        return "ok"
    return "stopped" if warming.done() else "compiling"
