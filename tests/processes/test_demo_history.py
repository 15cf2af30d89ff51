"""The demo's history: lived by the real operations beside a district, and then in its place."""

import asyncio
import re
import signal
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bootstrap import platform
from kit import clock, postgres
from kit.settings import Settings
from processes.demo_history import Child
from processes.rooms import ROOMS
from simulations import demo_history
from simulations.demo_history import Extent
from tests.processes.served import Served

pytestmark = pytest.mark.timeout(300)
SMALL = Extent(months=1, calls=0, busy_a_day=1)


def test_the_last_two_months_are_full_and_a_thin_year_is_before_them() -> None:
    today = date(2026, 11, 30)
    calls = demo_history.calls(today, Extent())
    days = [clock.day_of(call.at) for call in calls]
    assert (days[0], days[-1]) == (date(2025, 10, 1), today)
    assert days == sorted(days)
    assert [call.number for call in calls] == list(range(len(calls)))
    of_a_day = [days.count(day) for day in (date(2025, 10, 2), date(2026, 9, 30), date(2026, 10, 1), today)]
    assert of_a_day[0] == of_a_day[1] < of_a_day[2] == of_a_day[3] == Extent().busy_a_day
    assert Extent().calls <= len(calls) < Extent().calls + 365


def _settings(home: Path) -> Settings:
    return Settings.read({"NOWALLS_HOME": str(home)})


async def test_a_server_that_ends_ends_the_history_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOWALLS_HOME", str(tmp_path / "home"))
    child = Child()
    async with platform.task(child.run()):
        while child.percent is None:
            await asyncio.sleep(0.05)
        assert not child.complete
    assert not child.complete
    await asyncio.to_thread(postgres.start, tmp_path / "home" / "postgres")
    assert not await demo_history.complete(_settings(tmp_path / "home"))


def test_a_complete_history_opens_at_the_next_start(tmp_path: Path) -> None:
    said: list[int] = []
    served = Served(tmp_path / "home")
    settings = _settings(served.home)
    asyncio.run(demo_history.lay_out(settings, ROOMS, extent=SMALL, say=said.append))
    assert said == sorted(said)
    assert (said[0], said[-1]) == (0, 100)
    served.start(whole=True, demo=True)
    password = re.search(r"manager\W+(\S{16})\b", served.said())
    assert password is not None, served.said()
    with httpx.Client(base_url=served.api) as client:
        signed = client.post("/sessions", json={"username": "manager", "password": password[1]})
        token = {"Authorization": f"Bearer {signed.json()['token']}"}
        me = client.get("/me", headers=token).json()
        assert me["demo_percent"] is None
        this_month = clock.month_of(datetime.fromisoformat(me["now"]))
        month = clock.month_of(clock.month_bounds(this_month)[0] - timedelta(days=1))
        for path in ("/civil/cases", "/civil/pay-runs", "/civil/funds", "/civil/records"):
            assert client.get(path, headers=token).json()["items"], path
        papers = client.get("/statements", params={"month": month}, headers=token).json()["items"]
    states = [paper["state"] for paper in papers]
    assert {states.count(state) for state in ("draft", "confirmed")} == {1}
    assert states.count("paid") == len(states) - 2 > 0
    assert "less to show" not in served.said()
    assert served.end(signal.SIGTERM) == 0, served.said()
    assert not asyncio.run(demo_history.complete(settings))
