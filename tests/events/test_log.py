"""The chain: sealed by transaction number, and every kind of tampering named by its number."""

from uuid import UUID

import asyncpg
import pytest

from events import heads, log
from events.contracts.people import PersonMoved
from events.work import Works
from kit.access.actor import SYSTEM
from kit.postgres import plain


async def _sealed(works: Works, count: int) -> heads.Head:
    for number in range(count):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=UUID(int=number), division_code=str(number)))
    async with works(SYSTEM("test")) as work:
        assert await log.seal(work) == count
        return await log.head(work)


async def _verify(works: Works, anchor: heads.Head | None = None) -> log.Verdict:
    async with works(SYSTEM("test")) as work:
        return await log.verify(work, anchor=anchor)


async def test_an_untouched_chain_is_whole_and_a_second_sealing_adds_nothing(works: Works) -> None:
    head = await _sealed(works, 5)
    async with works(SYSTEM("test")) as work:
        assert await log.seal(work) == 0
    assert await _verify(works, head) == log.Verdict(head, 0, None, "")


async def test_a_row_of_a_running_transaction_holds_back_only_what_is_younger(works: Works) -> None:
    async with works(SYSTEM("slow")) as slow:
        slow.emit(PersonMoved(person_id=UUID(int=9), division_code="slow"))
        from sqlalchemy import text

        await slow.session.execute(text("select pg_current_xact_id()"))
        async with works(SYSTEM("quick")) as quick:
            quick.emit(PersonMoved(person_id=UUID(int=1), division_code="quick"))
        async with works(SYSTEM("test")) as work:
            assert await log.seal(work) == 0
    async with works(SYSTEM("test")) as work:
        assert await log.seal(work) == 2
    assert (await _verify(works)).first_bad is None


async def test_transactions_are_sealed_by_their_number_and_not_by_its_digits(works: Works, database_url: str) -> None:
    for number in range(4):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=UUID(int=number), division_code=str(number)))
    connection = await asyncpg.connect(dsn=plain(database_url))
    for position, transaction in enumerate((98, 99, 100, 101), start=1):
        await connection.execute(f"update event_log set written_by = '{transaction}' where position = {position}")
    for _ in range(2):
        async with works(SYSTEM("test")) as work:
            await log.seal(work)
    sealed = await connection.fetch("select position from event_seal order by number")
    await connection.close()
    assert [row["position"] for row in sealed] == [1, 2, 3, 4]
    assert (await _verify(works)).first_bad is None


@pytest.mark.parametrize(
    ("sql", "first_bad"),
    [
        ('update event_log set data = \'{"person_id": "x"}\' where position = 3', 3),
        ("update event_log set actor = 'somebody' where position = 1", 1),
        ("update event_log set recorded_at = recorded_at + interval '1 microsecond' where position = 2", 2),
        ("delete from event_log where position = 4", 4),
        ("update event_seal set hash = decode(repeat('00', 32), 'hex') where number = 5", 5),
        ("delete from event_seal where number = 2", 2),
    ],
)
async def test_every_change_of_history_is_named(works: Works, sql: str, first_bad: int) -> None:
    await _sealed(works, 6)
    connection = await asyncpg.connect(dsn=plain(works.database.url))
    await connection.execute(sql)
    await connection.close()
    assert (await _verify(works)).first_bad == first_bad


async def test_a_cut_off_tail_shows_against_the_printed_head(works: Works) -> None:
    head = await _sealed(works, 6)
    connection = await asyncpg.connect(dsn=plain(works.database.url))
    await connection.execute("delete from event_seal where number > 4; delete from event_log where position > 4")
    await connection.close()
    assert (await _verify(works)).first_bad is None
    assert (await _verify(works, head)).first_bad == 5


async def test_the_time_that_an_event_has_waited_for_its_seal_is_told(works: Works, database_url: str) -> None:
    async with works(SYSTEM("test")) as work:
        assert await log.unsealed_seconds(work) == 0
    await _sealed(works, 3)
    async with works(SYSTEM("test")) as work:
        assert await log.unsealed_seconds(work) == 0
        work.emit(PersonMoved(person_id=UUID(int=9), division_code="late"))
    connection = await asyncpg.connect(dsn=plain(database_url))
    await connection.execute("update event_log set recorded_at = recorded_at - interval '1 hour'")
    await connection.close()
    async with works(SYSTEM("test")) as work:
        assert 3600 <= await log.unsealed_seconds(work) < 4000
        assert await log.seal(work) == 1
        assert await log.unsealed_seconds(work) == 0


async def test_a_head_is_read_back_as_it_was_printed(works: Works) -> None:
    head = await _sealed(works, 2)
    assert heads.Head.read(f" {head}\n") == head
    for wrong in ("", "2", f"{head}0", f"x{head}", "2:zz"):
        with pytest.raises(heads.HeadUnreadable):
            heads.Head.read(wrong)
