"""The live stream: each company hears of its own alone, and nobody hears on after the session has ended."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api import live
from api.app import V1
from kit.access.roles import Role
from tests.api.lives import MARKS
from tests.api.world import UUIDS, World

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


class Listener:
    """One open stream, read straight from the application: no client library waits for an answer without end."""

    def __init__(self, world: World, name: str | None, path: str = "/live") -> None:
        self.heard, self.status, self.ended = b"", 0, False
        self._gone = asyncio.Event()
        headers = [(b"host", b"test")]
        if name is not None:
            headers.append((b"authorization", f"Bearer {world.lived.tokens[name]}".encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"{V1}{path}",
            "raw_path": f"{V1}{path}".encode(),
            "query_string": b"",
            "headers": headers,
            "root_path": "",
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
            "state": {},
        }
        self._asked = False
        self.task = asyncio.create_task(self._run(world, scope))

    async def _run(self, world: World, scope: dict[str, Any]) -> None:
        await world.app(scope, self._receive, self._send)
        self.ended = True

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.heard += message.get("body", b"")

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.task, 10)


@asynccontextmanager
async def _listening(world: World, *names: str) -> AsyncIterator[list[Listener]]:
    async with world.app.router.lifespan_context(world.app):
        listeners = [Listener(world, name) for name in names]
        yield listeners
        for listener in listeners:
            await listener.leave()


def _begun(*listeners: Listener) -> Callable[[], Awaitable[bool]]:
    async def all_hear() -> bool:
        return all(listener.heard for listener in listeners)

    return all_hear


async def test_each_company_hears_of_its_own_alone(world: World, until: Until) -> None:
    names = [f"{mark}.{role}" for mark in MARKS[:2] for role in (Role.PROVIDER, Role.WORKER)]
    async with _listening(world, *names, "operator") as streams:
        await until(_begun(*streams))

        async def listening() -> bool:
            query = (
                "select count(*) from pg_stat_activity where application_name = 'nowalls-live' and query ~* 'listen'"
            )
            return bool(await world.plain.fetchval(query))

        await until(listening)
        offers = [
            (await world.ask(f"{mark}.{Role.PROVIDER}", "GET", "/offers")).json()["items"][0] for mark in MARKS[:2]
        ]
        for mark, offer in zip(MARKS[:2], offers, strict=True):
            answer = await world.ask(f"{mark}.{Role.PROVIDER}", "POST", f"/offers/{offer['id']}/acceptance")
            assert answer.status_code == 200

        async def all_told() -> bool:
            return [stream.heard.count(b"event: offers.offer_accepted") for stream in streams] == [1, 1, 1, 1, 2]

        await until(all_told)
        for place, stream in enumerate(streams[:-1]):
            company, other = world.lived.companies[place // 2], world.lived.companies[1 - place // 2]
            own = {
                str(value)
                for row in await world.plain.fetch(
                    "select id, subject from event_log where data->>'provider_id' = $1", str(company.id)
                )
                for value in row
            }
            assert set(UUIDS.findall(stream.heard.decode())) <= own
            assert other.mark not in stream.heard.decode()


@pytest.mark.parametrize("end", ["sign out", "close", "idle"])
async def test_a_stream_ends_with_its_session(
    world: World, until: Until, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(live, "TRUST_SECONDS", 0.0)
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)
    async with _listening(world, "operator", "manager") as (stream, other):
        await until(_begun(stream, other))
        if end == "sign out":
            assert (await world.ask("operator", "DELETE", "/sessions/current")).status_code == 204
        elif end == "close":
            await world.plain.execute("update account set closed_at = now() where username = 'operator'")
        else:
            await world.plain.execute(
                "update account_session set seen_at = seen_at - interval '1 hour'"
                " where account_id = (select id from account where username = 'operator')"
            )

        async def over() -> bool:
            return stream.ended

        await until(over)
        assert not other.ended


async def test_one_account_listens_in_so_many_places_and_no_more(
    world: World, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STREAMS", 3)
    async with _listening(world, *["operator"] * 3) as streams:
        await until(_begun(*streams))
        refused = await world.ask("operator", "GET", "/live")
        assert (refused.status_code, refused.json()["code"]) == (429, "live.too_many")
        await streams.pop().leave()
        again = Listener(world, "operator")
        await until(_begun(again))
        assert again.status == 200
        await again.leave()


async def test_anybody_watches_the_funnel_and_hears_of_each_new_request(world: World, until: Until) -> None:
    async with world.app.router.lifespan_context(world.app):
        stream = Listener(world, None, "/funnel/live")

        def frames() -> list[dict[str, Any]]:
            lines = stream.heard.decode().splitlines()
            return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

        async def first() -> bool:
            return len(frames()) == 1

        async def second() -> bool:
            return len(frames()) == 2

        await until(first)
        (offer, *_) = (await world.ask(f"{MARKS[0]}.{Role.PROVIDER}", "GET", "/offers")).json()["items"]
        await world.ask(f"{MARKS[0]}.{Role.PROVIDER}", "POST", f"/offers/{offer['id']}/acceptance")
        await until(second)
        await stream.leave()
    before, after = frames()
    assert stream.status == 200
    assert after["accepted"] == before["accepted"] + 1
    assert after["charged_fen"] % 100_000 == 0  # to nobody's fen


async def test_whoever_may_read_the_board_gets_the_rows_that_change(world: World, until: Until) -> None:
    dispatcher = f"{MARKS[0]}.{Role.PROVIDER}"
    async with _listening(world, "operator", dispatcher, "finance") as streams:
        operator, *others = streams
        await until(_begun(*streams))

        async def listening() -> bool:
            query = (
                "select count(*) from pg_stat_activity where application_name = 'nowalls-live' and query ~* 'listen'"
            )
            return bool(await world.plain.fetchval(query))

        await until(listening)
        offer = (await world.ask(dispatcher, "GET", "/offers")).json()["items"][0]
        assert (await world.ask(dispatcher, "POST", f"/offers/{offer['id']}/acceptance")).status_code == 200

        async def shown() -> bool:
            return b"event: board" in operator.heard

        await until(shown)
        board = {row["request_id"]: row for row in (await world.ask("operator", "GET", "/board")).json()["rows"]}
        change = _changes(operator)[0]
        assert change["rows"] == [board[offer["visit"]["request_id"]]]
        assert change["rows"][0]["state"] == "accepted"
        assert change["gone"] == []

        path = f"/requests/{offer['visit']['request_id']}/cancellation"
        assert (await world.ask("operator", "POST", path, json={"by": "elder", "reason": "ill"})).status_code == 200

        async def left() -> bool:
            return bool(_changes(operator)[-1]["gone"])

        await until(left)
        assert (_changes(operator)[-1]["rows"], _changes(operator)[-1]["gone"]) == ([], [offer["visit"]["request_id"]])
        assert [stream for stream in others if b"event: board" in stream.heard] == []


def _changes(stream: Listener) -> list[dict[str, Any]]:
    frames = stream.heard.decode().split("\n\n")
    return [json.loads(frame.partition("data: ")[2]) for frame in frames if frame.startswith("event: board")]
