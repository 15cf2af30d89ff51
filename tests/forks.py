"""Commands of the product in processes that start at once: forked from one that has imported the program.

The import takes seconds, and a test that kills processes starts many.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from processes.__main__ import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["processes.rooms", "simulations.runner", __name__])


def _run(words: Sequence[str], environment: dict[str, str], output: Path) -> None:
    sys.argv = ["nowalls", *words]
    os.environ |= environment
    errors = output.with_name(f"{output.name}-errors")
    with output.open("w", encoding="utf-8") as sys.stdout, errors.open("w", encoding="utf-8") as sys.stderr:
        sys.exit(main())


async def start(words: Sequence[object], *, url: str, home: Path, output: Path, **settings: str) -> ForkServerProcess:
    """Start one command on a database and a home; what it prints is in `output`, its errors beside it."""
    environment = {"NOWALLS_HOME": str(home), "NOWALLS_DATABASE_URL": url} | settings
    process = _FORKS.Process(target=_run, args=(list(map(str, words)), environment, output))
    await asyncio.to_thread(process.start)
    return process
