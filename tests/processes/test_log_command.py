"""The word `log-head`, as it is typed: what it prints is what `verify-log --anchor` takes."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from events import log
from events.contracts.people import PersonMoved
from events.work import Works
from kit.access.actor import SYSTEM
from kit.ids import new_id
from processes.__main__ import app
from processes.commands import verify_log


async def test_the_printed_head_is_the_anchor_of_a_later_verification(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def here() -> AsyncIterator[Works]:
        yield works

    ran: list[Coroutine[Any, Any, Any]] = []

    def run(coroutine: Coroutine[Any, Any, Any]) -> str:
        ran.append(coroutine)
        return "0:00"

    monkeypatch.setattr(verify_log, "open_works", here)
    monkeypatch.setattr(verify_log, "run", run)
    for _ in range(2):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=new_id(), division_code="130999001001"))
        async with works(SYSTEM("test")) as work:
            await log.seal(work)
        done = CliRunner().invoke(app, ["log-head", "--json"])
        assert done.exit_code == 0, done.output
    first, head = [await coroutine for coroutine in ran]
    assert first == head
    assert head.partition(":")[0] == "2"
    verdict = await verify_log._verify(head)
    assert (str(verdict.head), verdict.first_bad) == (head, None)
    number, _, digest = head.partition(":")
    forged = f"{number}:{digest[::-1]}"
    assert (await verify_log._verify(forged)).first_bad is not None
