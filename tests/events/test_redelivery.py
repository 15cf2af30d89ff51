"""What a group has missed is found in the log and delivered again, once; nothing else is."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from events.contracts.people import PersonMoved
from events.delivery import bus, redelivery
from events.delivery.bus import Handlers, on
from events.delivery.redelivery import redeliver
from events.work import Work, Works
from kit.access.actor import SYSTEM

SEEN: list[str] = []
KINDS = [PersonMoved.type_name()]


@on(PersonMoved, group="test")
async def when_moved(work: Work, event: PersonMoved) -> None:
    SEEN.append(event.division_code)


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to one handler, which writes down what it sees."""
    SEEN.clear()
    return bus.table([when_moved])


async def _emit(works: Works, *codes: str) -> None:
    for code in codes:
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=UUID(int=1), division_code=code))


async def _look(works: Works, *, after: int | None = None, age: float = 0) -> int:
    async with works(SYSTEM("test")) as work:
        return await redeliver(work, group="test", kinds=KINDS, after=after, age_seconds=age)


async def _lose(works: Works) -> None:
    async with works(SYSTEM("test")) as work:
        await work.session.execute(text("delete from event_delivery"))


async def test_lost_rows_are_delivered_again_in_their_order(
    works: Works, drain: Callable[[], Awaitable[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "BATCH", 2)
    assert await _look(works) == 0
    await _emit(works, "1", "2")
    assert await _look(works) == 0  # they wait to be delivered
    assert await drain() == 2
    await _emit(works, "3", "4", "5", "6", "7")
    await _lose(works)
    assert await _look(works, age=60) == 0  # too young to be missed
    assert await _look(works) == 5
    assert await _look(works) == 0  # they wait again
    assert await drain() == 5
    assert SEEN == ["1", "2", "3", "4", "5", "6", "7"]
    assert await _look(works) == 0


async def test_a_new_group_is_not_given_history_unless_it_is_asked_for(
    works: Works, drain: Callable[[], Awaitable[int]]
) -> None:
    await _emit(works, "1", "2", "3")
    await _lose(works)
    assert await _look(works) == 0
    async with works(SYSTEM("test")) as work:
        second = (await work.session.execute(text("select max(position) - 1 from event_log"))).scalar_one()
    assert await _look(works, after=second) == 1
    assert await _look(works, after=0) == 2
    assert await drain() == 3


async def test_a_transaction_that_ends_late_is_not_passed_over(
    works: Works, drain: Callable[[], Awaitable[int]]
) -> None:
    assert await _look(works) == 0
    async with works(SYSTEM("slow")) as slow:
        slow.emit(PersonMoved(person_id=UUID(int=9), division_code="slow"))
        await slow.session.execute(text("select pg_current_xact_id()"))
        await _emit(works, "quick")
        assert await drain() == 1
        assert await _look(works) == 0
    await _lose(works)
    assert await _look(works) == 1
    assert await drain() == 1
    assert SEEN == ["quick", "slow"]
