"""The bus: exactly once in effect, retried in place, a dead letter when it cannot be handled."""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from events.contracts.event import Envelope
from events.contracts.people import PersonDeceased, PersonMoved
from events.delivery import bus, dead_letters
from events.delivery.bus import Deliverer, Handlers, on
from events.delivery.message import LARGEST_BODY, Message
from events.model import DeadLetterCause
from events.work import Work, Works
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.database import is_outage
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


@on(PersonDeceased, group="test")
async def when_deceased(work: Work, event: PersonDeceased) -> None:
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
        counted = await work.session.execute(text("select count(*) from event_inbox where \"group\" = 'mark'"))
        return int(counted.scalar_one())


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
        await Deliverer(works, bus.table([when_moved])).deliver("test", Message.of(envelope.headers(), body))
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
    await Deliverer(works, bus.table([when_moved])).deliver("test", Message.of(envelope.headers(), body))
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
    await Deliverer(works, bus.table([when_moved])).deliver("test", Message.of(again.headers, again.payload))
    assert await _marks(works) == 1


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[]", b'{"person_id": 1}', b"[" * 5000])
async def test_rubbish_is_a_dead_letter_kept_whole(works: Works, body: bytes) -> None:
    _subscribe(_mark)
    await Deliverer(works, bus.table([when_moved])).deliver(
        "test", Message.of({"ce_type": "people.person_moved.v1"}, body)
    )
    async with works(SYSTEM("test")) as work:
        (row,) = await dead_letters.waiting(work)
        assert row.body == body
        with pytest.raises(dead_letters.ReasonMissing):
            await dead_letters.drop(work, dead_letter_id=row.id, reason=" ")
        await dead_letters.drop(work, dead_letter_id=row.id, reason="not ours")
        with pytest.raises(dead_letters.DeadLetterNotFound):
            await dead_letters.replay(work, dead_letter_id=row.id)


FORGED = [
    {"ce_id": str(UUID(int=5))},
    {"ce_type": "people.person_deceased.v1"},
    {"body": b'{"person_id": "00000000-0000-0000-0000-000000000008", "division_code": "130903001001"}'},
    {"body": b"{}"},
    {"body": b"null"},
]


@pytest.mark.parametrize("lie", FORGED, ids=lambda lie: str(lie)[:60])
async def test_what_the_log_does_not_say_has_no_effect_and_hides_nothing(
    works: Works, lie: dict[str, Any], drain: Callable[[], Awaitable[int]]
) -> None:
    _subscribe(_mark)
    envelope = await _tell(works)
    body = lie.get("body", b'{"person_id": "00000000-0000-0000-0000-000000000007", "division_code": "130903001001"}')
    headers = envelope.headers() | {name: value for name, value in lie.items() if name != "body"}
    deliverer = Deliverer(works, bus.table([when_moved, when_deceased]))
    await deliverer.deliver("test", Message.of(headers, body))
    assert await _marks(works) == 0
    async with works(SYSTEM("test")) as work:
        (row,) = await dead_letters.waiting(work)
        assert (row.cause, row.event_id, row.body) == (DeadLetterCause.FORGED, None, body)
        assert await dead_letters.counts(work) == {DeadLetterCause.FORGED: 1}
        with pytest.raises(dead_letters.NotInTheLog):
            await dead_letters.replay(work, dead_letter_id=row.id)
        await dead_letters.drop(work, dead_letter_id=row.id, reason="not ours")
    assert await drain() == 1
    assert await _marks(works) == 1


GOOD = {"ce_type": b"people.person_moved.v1", "ce_id": b"00000000-0000-0000-0000-000000000005"}
STRANGE = [
    Message(((name, value),), body)
    for name, value in (("ce_type", b"a\x00b"), ("ce_type", b"\xff\xfe"), ("\ud800", b"x"), ("a\x00", b"\x00" * 50))
    for body in (b"", b"\x00", b"\xed\xa0\x80", b"null")
] + [
    Message(tuple((GOOD | {"ce_id": b"\xff"}).items()), b"{}"),
    Message(tuple((GOOD | {"ce_type": b"people.lantern.v1"}).items()), b"{}"),
    Message(tuple(GOOD.items()), b"[" * 100_000),
    Message(tuple(GOOD.items()), b'"\\ud800"'),
    Message(tuple(GOOD.items()), b"NaN"),
    Message(tuple(GOOD.items()), b"9" * 5_000),
    Message(tuple(GOOD.items()), b"x" * 10_000_000),
    Message((*GOOD.items(), ("long", b"h" * 100_000)), b"{}"),
    Message((), b"{}"),
]


async def test_strange_bytes_are_one_dead_letter_each_however_often_they_come(works: Works) -> None:
    _subscribe(_mark)
    deliverer = Deliverer(works, bus.table([when_moved]))
    for _ in range(3):
        for offset, message in enumerate(STRANGE):
            await deliverer.deliver("test", replace(message, place=f"people/0/{offset}"))
    async with works(SYSTEM("test")) as work:
        rows = {row.place: row for row in await dead_letters.waiting(work, limit=500)}
    assert len(rows) == len(STRANGE)
    for offset, message in enumerate(STRANGE):
        row = rows[f"people/0/{offset}"]
        if len(message.body) > LARGEST_BODY:
            assert row.body == b""
            assert row.digest == f"10000000 bytes, sha256 {hashlib.sha256(message.body).hexdigest()}"
        else:
            assert (row.body, row.digest) == (message.body, None)
        assert len(str(row.headers)) < 1_000
    assert await _marks(works) == 0


async def test_an_event_that_fails_again_and_again_is_one_dead_letter(works: Works) -> None:
    async def act(work: Work) -> None:
        raise Never

    _subscribe(act)
    message = Message.of(
        (await _tell(works)).headers(),
        b'{"person_id": "00000000-0000-0000-0000-000000000007", "division_code": "130903001001"}',
    )
    deliverer = Deliverer(works, bus.table([when_moved]))
    for place in ("people/0/1", "people/0/1", "people/0/2", None):
        await deliverer.deliver("test", replace(message, place=place))
    async with works(SYSTEM("test")) as work:
        assert len(await dead_letters.waiting(work)) == 1


@pytest.mark.parametrize(
    ("kind", "away"),
    [
        (asyncpg.AdminShutdownError, True),
        (asyncpg.CrashShutdownError, True),
        (asyncpg.CannotConnectNowError, True),
        (asyncpg.TooManyConnectionsError, True),
        (asyncpg.ConnectionFailureError, True),
        (asyncpg.DiskFullError, True),
        (asyncpg.DatabaseDroppedError, True),
        (asyncpg.PostgresIOError, True),
        (asyncpg.ReadOnlySQLTransactionError, True),
        (asyncpg.IdleInTransactionSessionTimeoutError, True),
        (asyncpg.UniqueViolationError, False),
        (asyncpg.DeadlockDetectedError, False),
        (asyncpg.QueryCanceledError, False),
    ],
)
def test_which_errors_say_that_the_database_is_away(kind: type[asyncpg.PostgresError], *, away: bool) -> None:
    error = kind("test")
    assert is_outage(error) is away
    assert is_outage(DBAPIError("select", {}, error)) is away
    assert is_outage(ConnectionResetError())
    assert not is_outage(ValueError())


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
