"""The words `log-head` and `verify-log`, as they are typed: what is printed or signed is what a history is held to."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from bootstrap.platform import platform
from events import log
from events.contracts.people import PersonMoved
from events.work import Works
from kit.access.actor import SYSTEM
from kit.ids import new_id
from kit.postgres import plain
from kit.settings import Settings
from processes.__main__ import app
from processes.commands import verify_log
from processes.rooms import ROOMS
from tests.processes.served import run


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
    assert (head["signed"], len(head["public_key"])) == (None, 64)
    head = head["head"]
    assert head.partition(":")[0] == "2"
    verdict = await verify_log._verify(head)
    assert (str(verdict.head), verdict.first_bad) == (head, None)
    number, _, digest = head.partition(":")
    forged = f"{number}:{digest[::-1]}"
    assert (await verify_log._verify(forged)).first_bad is not None


async def test_a_tail_of_ten_events_that_was_cut_off_is_named_by_verify_log_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", port=8000, database_url=None, kafka=None, geocoder="none")
    async with platform(settings, ROOMS) as running:
        for _ in range(30):
            async with running.works(SYSTEM("test")) as work:
                work.emit(PersonMoved(person_id=new_id(), division_code="130999001001"))
        async with running.works(SYSTEM("test")) as work:
            end = await log.seal_all(work)
        async with running.works(SYSTEM("test")) as work:
            await log.sign(work)
        whole = await asyncio.to_thread(run, settings.home, "verify-log", "--json")
        assert whole.returncode == 0, whole.stderr + whole.stdout
        assert f" {end} " in json.loads(whole.stdout.splitlines()[-1])["signed"]
        state = await asyncio.to_thread(run, settings.home, "status", "--json")
        figures = json.loads(state.stdout.splitlines()[-1])
        assert (figures["head"], f" {end} " in figures["signed"]) == (str(end), True)
        assert (max(figures["lag"].values()), figures["dead_letters"]) == (30, {})  # nothing delivers here
        owner = await asyncpg.connect(dsn=plain(running.works.database.url))
        await owner.execute(
            "delete from event_log where position in (select position from event_seal order by number desc limit 10)"
        )
        await owner.execute("delete from event_seal where number > $1", end.number - 10)
        await owner.close()
        cut = await asyncio.to_thread(run, settings.home, "verify-log", "--json")
    said = json.loads(cut.stdout.splitlines()[-1])
    assert (cut.returncode, said["first_bad"]) == (1, end.number - 9)
    assert said["why"].startswith("the chain ends before the head that was signed at ")
    lines = settings.signed_heads.read_text()
    settings.signed_heads.write_text(lines.replace(f" {end} ", f" {end.number - 10}:{end.hash.hex()} "))
    forged = await asyncio.to_thread(run, settings.home, "verify-log", "--json")
    assert (forged.returncode, str(settings.signed_heads) in forged.stderr) == (1, True), forged.stderr
