"""Signed heads: each minute in which the log moved leaves one outside the database, and nothing signs over a gap."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from events import log
from events.contracts.people import PersonMoved
from events.heads import Head, HeadsForged, HeadsUnusable, SignedHeads
from events.work import Works
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.postgres import plain
from kit.vault import Vault

MINUTE = timedelta(minutes=1)


@pytest.fixture
def heads(works: Works, vault: Vault, tmp_path: Path) -> SignedHeads:
    """Keep the signed heads of the test's log in a file of the test."""
    works.heads = SignedHeads(tmp_path / "elsewhere" / "heads", vault)
    return works.heads


async def _grow(works: Works, count: int) -> None:
    for number in range(count):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=UUID(int=number), division_code=str(number)))
    async with works(SYSTEM("test")) as work:
        await log.seal(work)


async def _sign(works: Works) -> None:
    async with works(SYSTEM("test")) as work:
        await log.sign(work)


async def _verify(works: Works) -> log.Verdict:
    async with works(SYSTEM("test")) as work:
        return await log.verify(work)


def _lines(heads: SignedHeads) -> list[str]:
    return heads.file.read_text().splitlines()


async def test_a_head_is_signed_where_the_log_has_moved_and_at_no_other_time(
    works: Works, heads: SignedHeads, clock: FixedClock
) -> None:
    await _sign(works)
    assert not heads.file.exists()
    for grown in (3, 0, 2):
        await _grow(works, grown)
        await _sign(works)
        clock.advance(MINUTE)
    first, second = _lines(heads)
    assert (" 3:" in first, " 5:" in second) == (True, True)
    newest = heads.newest()
    assert newest is not None
    assert str(newest) == second
    verdict = await _verify(works)
    assert (verdict.first_bad, verdict.signed) == (None, newest)


async def test_a_tail_that_was_cut_off_stays_named_and_is_never_signed_over(works: Works, heads: SignedHeads) -> None:
    await _grow(works, 20)
    await _sign(works)
    owner = await asyncpg.connect(dsn=plain(works.database.url))
    await owner.execute("delete from event_seal where number > 10; delete from event_log where position > 10")
    await owner.close()
    assert (await _verify(works)).first_bad == 11
    await _grow(works, 15)
    with pytest.raises(log.HeadCut):
        await _sign(works)
    assert len(_lines(heads)) == 1
    verdict = await _verify(works)
    assert (verdict.first_bad, "is not the one whose head was signed at" in verdict.why) == (20, True)


async def test_a_history_that_was_made_anew_as_a_whole_is_named(works: Works, heads: SignedHeads) -> None:
    await _grow(works, 4)
    await _sign(works)
    owner = await asyncpg.connect(dsn=plain(works.database.url))
    await owner.execute("truncate event_seal; update event_log set actor = 'somebody else' where position = 2")
    await owner.close()
    async with works(SYSTEM("test")) as work:
        assert await log.seal(work) == 4
    assert (await _verify(works)).first_bad == 4


@pytest.mark.parametrize(
    "content", [b"no head\n", b"\x00\xff\n" * 3, b"2026-11-29 1:00 00\n"], ids=["text", "bytes", "short"]
)
async def test_a_file_without_a_head_is_refused(works: Works, heads: SignedHeads, content: bytes) -> None:
    heads.file.parent.mkdir()
    heads.file.write_bytes(content)
    with pytest.raises(HeadsForged):
        await _verify(works)


async def test_a_head_that_somebody_else_signed_is_refused(works: Works, heads: SignedHeads, clock: FixedClock) -> None:
    await _grow(works, 3)
    await _sign(works)
    signed = heads.newest()
    assert signed is not None
    SignedHeads(heads.file, Vault(os.urandom(64))).append(Head(9, bytes(32)), clock.now())
    for act in (_verify, _sign):
        with pytest.raises(HeadsForged) as refused:
            await act(works)
        assert refused.value.parameters["head"] == str(Head(9, bytes(32)))
    heads.file.write_text(str(signed).replace("T", "T1", 1).replace(" 3:", " 4:") + "\n")
    with pytest.raises(HeadsForged):
        await _verify(works)


async def test_a_line_that_a_power_cut_tore_is_passed_over_and_the_next_begins_anew(
    works: Works, heads: SignedHeads
) -> None:
    await _grow(works, 2)
    await _sign(works)
    whole = heads.file.read_text()
    heads.file.write_text(whole + whole[:50])
    assert (await _verify(works)).first_bad is None
    await _grow(works, 1)
    await _sign(works)
    newest = heads.newest()
    assert newest is not None
    assert newest.head.number == 3
    assert (await _verify(works)).first_bad is None


async def test_a_file_that_cannot_be_read_or_written_is_named(works: Works, heads: SignedHeads) -> None:
    await _grow(works, 1)
    heads.file.parent.write_text("a file where a folder should be")
    with pytest.raises(HeadsUnusable) as refused:
        await _sign(works)
    assert str(heads.file) in refused.value.parameters["file"]
    heads.file.parent.unlink()
    heads.file.mkdir(parents=True)
    with pytest.raises(HeadsUnusable):
        await _verify(works)
