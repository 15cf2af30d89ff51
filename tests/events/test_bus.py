"""The bus: exactly once in effect, retried in place, a dead letter when it cannot be handled."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import text

from events.contracts.event import Envelope
from events.contracts.people import PersonMoved
from events.delivery import bus, dead_letters
from events.delivery.bus import Deliverer, Handlers, on
from events.work import Work, Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.ids import new_id
from kit.refusal import Refusal

PERSON = UUID(int=7)


class Never(Refusal):
    code = "test.never"


_acts: list[Callable[[Work], Awaitable[None]]] = []


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "FIRST_PAUSE_SECONDS", 0.001)


@on(PersonMoved, group="test")
async def when_moved(work: Work, event: PersonMoved) -> None:
    await _acts[-1](work)


@pytest.fixture
def handlers() -> Handlers:
    """Deliver to one handler, which does what the test last subscribed."""
    return bus.table([when_moved])


def _subscribe(act: Callable[[Work], Awaitable[None]]) -> None:
    _acts.append(act)


async def _mark(work: Work) -> None:
    await work.session.execute(text("insert into event_inbox values ('mark', :id)"), {"id": new_id()})


async def _marks(works: Works) -> int:
    async with works(SYSTEM("test")) as work:
        found = await work.session.execute(text("select count(*) from event_inbox where \"group\" = 'mark'"))
        return int(found.scalar_one())


async def _tell(works: Works) -> Envelope:
    async with works(SYSTEM("test")) as work:
        work.emit(PersonMoved(person_id=PERSON, division_code="130903001001"))
    return work.emitted[0]


async def test_an_event_delivered_three_times_has_its_effect_once(
    works: Works, drain: Callable[[], Awaitable[int]]
) -> None:
    _subscribe(_mark)
    envelope = await _tell(works)
    assert await drain() == 1
    body = b'{"person_id": "00000000-0000-0000-0000-000000000007", "division_code": "130903001001"}'
    for _ in range(2):
        await Deliverer(works, bus.table([when_moved])).deliver("test", envelope.headers(), body)
    assert await _marks(works) == 1


async def test_a_rolled_back_telling_is_never_seen(works: Works, drain: Callable[[], Awaitable[int]]) -> None:
    _subscribe(_mark)
    with suppress(ZeroDivisionError):
        async with works(SYSTEM("test")) as work:
            work.emit(PersonMoved(person_id=PERSON, division_code="130903001001"))
            raise ZeroDivisionError
    assert await drain() == 0


async def test_a_handler_that_fails_twice_succeeds_in_place(works: Works, drain: Callable[[], Awaitable[int]]) -> None:
    tries = 0

    async def third_time(work: Work) -> None:
        nonlocal tries
        tries += 1
        await _mark(work)
        if tries < 3:
            raise RuntimeError

    _subscribe(third_time)
    await _tell(works)
    await drain()
    assert (tries, await _marks(works)) == (3, 1)


@pytest.mark.parametrize("error", [Never(), RuntimeError("always")])
async def test_a_message_nobody_can_take_is_a_dead_letter_and_can_be_replayed(works: Works, error: Exception) -> None:
    broken = True

    async def act(work: Work) -> None:
        if broken:
            raise error
        await _mark(work)

    _subscribe(act)
    envelope = await _tell(works)
    body = b'{"person_id": "00000000-0000-0000-0000-000000000007", "division_code": "130903001001"}'
    await Deliverer(works, bus.table([when_moved])).deliver("test", envelope.headers(), body)
    async with works(SYSTEM("test")) as work:
        (row,) = await dead_letters.waiting(work)
        assert (row.event_id, row.type, row.body) == (envelope.id, envelope.type, body)
        await dead_letters.replay(work, dead_letter_id=row.id)
    broken = False
    async with works(SYSTEM("test")) as work:
        assert not await dead_letters.waiting(work)
        again = (
            await work.session.execute(text("select headers, payload from event_delivery order by id desc"))
        ).first()
        assert again is not None
    await Deliverer(works, bus.table([when_moved])).deliver("test", again.headers, again.payload)
    assert await _marks(works) == 1


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[]", b'{"person_id": 1}', b"[" * 5000])
async def test_rubbish_is_a_dead_letter_kept_whole(works: Works, body: bytes) -> None:
    _subscribe(_mark)
    await Deliverer(works, bus.table([when_moved])).deliver("test", {"ce_type": "people.person_moved.v1"}, body)
    async with works(SYSTEM("test")) as work:
        (row,) = await dead_letters.waiting(work)
        assert row.body == body
        with pytest.raises(dead_letters.ReasonMissing):
            await dead_letters.drop(work, dead_letter_id=row.id, reason=" ")
        await dead_letters.drop(work, dead_letter_id=row.id, reason="not ours")
        with pytest.raises(dead_letters.DeadLetterNotFound):
            await dead_letters.replay(work, dead_letter_id=row.id)


async def test_a_company_can_tell_but_cannot_read_or_write_the_log(works: Works) -> None:
    actor = Actor(role=Role.PROVIDER, label="company", scope=Company(new_id()))
    async with works(actor) as work:
        work.emit(PersonMoved(person_id=PERSON, division_code="130903001001"))
    for statement in ("select 1 from event_log", "delete from event_log", "select 1 from dead_letter"):
        with pytest.raises(Exception, match="permission denied"):
            async with works(actor) as work:
                await work.session.execute(text(statement))
    with pytest.raises(Exception, match="permission denied"):
        async with works(SYSTEM("test")) as work:
            await work.session.execute(text("delete from event_log"))
