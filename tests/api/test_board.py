"""The board over HTTP: what is still to be served, with the names that a list may show."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from api.board import AGAIN, BoardRow, open_requests
from dispatch.requests.model import OPEN, CareRequest
from kit.access.actor import SYSTEM
from tests.api.street import Street, instant
from tests.api.world import World
from tests.dispatch.stage import HOME


async def test_the_board_holds_every_open_request_with_masked_names(world: World) -> None:
    answer = await world.ask("operator", "GET", "/board")
    board = answer.json()
    async with world.works(SYSTEM("test")) as work:
        still = (await work.session.execute(select(CareRequest).where(CareRequest.state.in_(OPEN)))).scalars().all()
        names = {row[0] for row in await world.plain.fetch("select name from person where length(name) > 1")}
        workers = {row[0] for row in await world.plain.fetch("select name from worker where length(name) > 1")}
        assert board["at"] == work.now.isoformat().replace("+00:00", "Z")
    assert still
    assert {str(request.id) for request in still} <= {row["request_id"] for row in board["rows"]}
    assert [row["latest"] for row in board["rows"]] == sorted(row["latest"] for row in board["rows"])
    for row in board["rows"]:
        assert row["person_name"].endswith("*")
        assert (row["worker_called"] is None) == (row["state"] in {"waiting", "offered", "unserved"})
        assert (row["company_called"] is None) == (row["state"] in {"waiting", "unserved"})
        assert (row["arrives_at"] is None) == (row["worker_called"] is None)
        assert row["company_phone"] is None or row["company_called"]
    assert [name for name in names | workers if name in answer.text] == []


async def test_a_request_that_nobody_takes_stays_on_the_board_until_its_day_is_over(world: World) -> None:
    async with world.works(SYSTEM("test")) as work:
        board = await open_requests(work)
        lost = await work.session.get_one(CareRequest, board.rows[0].request_id)
        others = {row.request_id for row in board.rows} - {lost.id}
    for days, stays in ((0, True), (-2, False)):
        await world.plain.execute(
            "update care_request set state = 'unserved', provider_id = null, latest = $2, earliest = $3 where id = $1",
            lost.id,
            world.lived.now + timedelta(days=days),
            world.lived.now + timedelta(days=days, hours=-1),
        )
        await world.plain.execute("update visit set state = 'lapsed' where request_id = $1", lost.id)
        async with world.works(SYSTEM("test")) as work:
            rows = {row.request_id: row for row in (await open_requests(work)).rows}
        assert (lost.id in rows) is stays
        assert others <= set(rows)
        if stays:
            assert rows[lost.id].state == "unserved"
            assert rows[lost.id].worker_called is None


async def test_the_board_is_read_once_for_all_who_look_and_says_when_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100.0]
    monkeypatch.setattr("api.board.monotonic", lambda: seconds[0])
    first = await world.ask("operator", "GET", "/board")
    assert AGAIN not in first.headers
    await world.plain.execute("update care_request set urgent = not urgent")
    second = await world.ask("manager", "GET", "/board")
    assert second.content == first.content
    seconds[0] += float(second.headers[AGAIN])
    third = await world.ask("manager", "GET", "/board")
    assert AGAIN not in third.headers
    assert [row["urgent"] for row in third.json()["rows"]] == [not row["urgent"] for row in first.json()["rows"]]


async def test_only_the_bureau_sees_the_board(world: World) -> None:
    for name in world.lived.tokens:
        answer = await world.ask(name, "GET", "/board")
        assert answer.status_code == (200 if name in {"operator", "manager", "auditor"} else 403), name


async def test_who_asks_where_the_worker_is_is_told_by_the_way_that_is_left(street: Street) -> None:
    ten = street.clock.now() + timedelta(hours=1)
    visit = await street.promised(await street.call(await street.elder(), ten, ten + timedelta(minutes=30)))

    async def row() -> BoardRow:
        async with street.works(SYSTEM("test")) as work:
            (only,) = (await open_requests(work)).rows
        return only

    promised = await row()
    assert (promised.worker_called, promised.company_called, promised.company_phone) == ("w师傅", "company 0", None)
    assert (promised.state, promised.arrives_at) == ("accepted", instant(visit["planned_start"]))
    await street.at(ten - timedelta(minutes=20))
    await street.act(visit, "departure", latitude=HOME[0] + 0.02, longitude=HOME[1])
    under_way = await row()
    assert under_way.state == "on_the_way"
    assert under_way.arrives_at is not None
    # Two kilometres and a bit by e-bike, with the detour and the start: a quarter of an hour.
    assert timedelta(minutes=12) < under_way.arrives_at - street.clock.now() < timedelta(minutes=18)
    await street.at(ten + timedelta(hours=1))
    assert (await row()).arrives_at == street.clock.now()
    await street.act(visit, "arrival", code=await street.code(visit))
    there = await row()
    assert (there.state, there.arrives_at) == ("there", street.clock.now())
