"""Run a process and end it: print a refusal in both languages, and finish running work on SIGTERM or SIGINT."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from rich.console import Console

from kit import logs, text
from kit.refusal import Refusal
from kit.settings import Settings

console = Console(stderr=True, soft_wrap=True)


def show(refusal: Refusal) -> None:
    """Write a refusal's sentence to the terminal: Chinese first, then English."""
    for language in text.LANGUAGES:
        console.print(text.sentence(refusal.code, language, **refusal.parameters), style="red", markup=False)
        for error in refusal.errors:
            why = text.sentence(error.fault.code, language, **error.fault.parameters)
            console.print(f"  {'.'.join(map(str, error.where))}: {why}", style="red", markup=False)


def run(work: Coroutine[Any, Any, Any], *, lasting: bool = False) -> Any:
    """Run one command or process and return its result; a refusal ends the program with 1.

    Ctrl-C or TERM is how a `lasting` process is meant to end; any other command was interrupted, and ends with 130.
    """
    try:
        logs.configure(Settings.read().log_form)
        result = asyncio.run(_heeding(work))
    except Refusal as refusal:
        show(refusal)
        sys.exit(1)
    except asyncio.CancelledError:
        console.print("已停止 · stopped" if lasting else "已中断 · interrupted")
        sys.exit(0 if lasting else 130)
    if lasting:
        console.print("已停止 · stopped")
    return result


async def _heeding(work: Coroutine[Any, Any, Any]) -> Any:
    # As process 1 of a container Python would not even notice TERM; elsewhere it would die without stopping PostgreSQL.
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await task
