"""`python3 run.py` as people start, watch, stop, kill and mistake it: a real process, real signals, a real port."""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest

from api.accounts import operations as accounts
from bootstrap import imports
from events.contracts.event import queues_of
from events.delivery import bus
from events.delivery.transport import LONGEST_LOOK_SECONDS
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import WallClock
from kit.database import Database
from kit.imports import tables
from kit.vault import open_vault
from processes.rooms import ROOMS
from providers.roster import queries as roster
from registry import queries as registry
from tests import forks
from tests.conftest import HANDLERS
from tests.machine import free_port
from tests.processes.served import ROOT, Served, run

pytestmark = pytest.mark.timeout(300)
PASSWORD = "river stone lantern 7"
LISTS = {
    "divisions": "registry/data/yunhe-divisions.csv",
    "catalogue": "docs/tour/catalogue.csv",
    "providers": "docs/tour/providers.csv",
    "workers": "docs/tour/workers.csv",
    "people": "docs/tour/people.csv",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served") / "home")
    server.start(whole=True)
    yield server
    assert server.end(signal.SIGTERM) == 0, server.said()


def test_its_health_names_every_part(served: Served) -> None:
    health = served.health()
    assert health is not None
    code, parts = health
    groups = {f"deliveries.{queue}" for group in HANDLERS for queue in queues_of(group)}
    assert set(parts) == {
        *("http", "database", "live", "ticker", "sealer", "kernels", "rules", "dead_letters", "redelivery", "lag"),
        *groups,
    }
    assert (code, set(parts.values())) == (200, {"ok"})
    assert "first administrator" in served.said()


async def _filled(served: Served) -> tuple[list[UUID], Works]:
    database = Database(served.database, connections=4)
    works = Works(database, WallClock(), open_vault(served.home), routes=bus.routes(HANDLERS))
    for kind, file in LISTS.items():
        outcome = await imports.run(
            works, SYSTEM("test"), kind=imports.kinds(ROOMS)[kind], grid=tables.read_file(ROOT / file)
        )
        assert outcome.faults == []
    async with works(SYSTEM("test")) as work:
        people = [(await registry.people_by_phone(work, f"0317200080{n}"))[0].person_id for n in (1, 2, 3)]
        company = next(candidate for candidate in await roster.companies(work) if candidate.grade == "A")
        for name, role, provider_id in (("operator1", Role.OPERATOR, None), ("company1", Role.PROVIDER, company.id)):
            await accounts.open_account(
                work, username=name, display_name=name, role=role, password=PASSWORD, provider_id=provider_id
            )
    return people, works


async def test_an_offer_is_visible_to_the_company_within_a_second_of_the_request(served: Served) -> None:
    elders, works = await _filled(served)
    clients = {}
    for name in ("operator1", "company1"):
        clients[name] = httpx.AsyncClient(base_url=served.api, timeout=30)
        token = (await clients[name].post("/sessions", json={"username": name, "password": PASSWORD})).json()["token"]
        clients[name].cookies.clear()
        clients[name].headers["Authorization"] = f"Bearer {token}"
    took = []
    for person_id in (*elders, *elders):
        now = works.clock.now()
        form = {
            "person_id": str(person_id),
            "item_code": "U01",
            "urgent": True,
            "override_duplicate": True,
            "earliest": now.isoformat(),
            "latest": (now + timedelta(hours=6)).isoformat(),
        }
        begun = time.perf_counter()
        placed = await clients["operator1"].post("/requests", json=form)
        assert placed.status_code == 201, placed.text
        while placed.json()["id"] not in (await clients["company1"].get("/offers")).text:
            assert time.perf_counter() - begun < 30, "no offer came"
            await asyncio.sleep(0.005)
        took.append(time.perf_counter() - begun)
    for client in clients.values():
        await client.aclose()
    await works.database.close()
    print(f"request to offer over HTTP: median {statistics.median(took) * 1000:.0f} ms of {len(took)}")
    # Without the database's notice it would be the next look, on the average half of the longest wait later.
    assert statistics.median(took) < LONGEST_LOOK_SECONDS / 2
    assert "Processed" not in served.said(), "two lines of log for each message"


def test_another_one_on_the_same_home_or_port_is_refused(served: Served, tmp_path: Path) -> None:
    for done, words in (
        (run(served.home, "serve"), ("已有一个 nowalls 在运行", "Another nowalls is running")),
        (
            run(tmp_path, "serve", NOWALLS_PORT=str(served.port)),
            (f"端口 {served.port} 用不了", f"Port {served.port} cannot be used"),
        ),
    ):
        assert done.returncode == 1
        assert all(word in done.stderr for word in words), done.stderr
        assert "Traceback" not in done.stderr
    assert served.health() is not None


def test_a_column_by_another_name_is_found_by_the_name_it_is_given(served: Served, tmp_path: Path) -> None:
    header, *rows = (ROOT / "docs/tour/catalogue.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "list.csv").write_text(
        "\n".join([header.replace("项目编码", "内部代号"), rows[0].replace("A01", "A09")])
    )
    column = "--column=code=内部代号"
    done = run(served.home, "import", "catalogue", str(tmp_path / "list.csv"), column, "--dry-run")
    assert (done.returncode, done.stdout) == (
        0,
        "1 rows, 1 would be written, 0 known, 0 unchanged, 0 left out, 0 faults\n",
    ), done.stderr


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path / "home")
    yield server
    if server.process is not None:
        server.end(signal.SIGKILL)


def _ended(number: int) -> bool:
    try:
        process = psutil.Process(number)
    except psutil.NoSuchProcess:
        return True
    return bool(process.status() == psutil.STATUS_ZOMBIE)  # ended, and not yet noticed by its parent


def test_it_ends_in_good_order_and_begins_again_after_none(alone: Served) -> None:
    alone.start()
    postmaster = alone.postmaster
    assert alone.end(signal.SIGINT) == 0
    assert _ended(postmaster), "its PostgreSQL outlived it"
    alone.start()
    postmaster = alone.postmaster
    assert alone.end(signal.SIGKILL) == -signal.SIGKILL
    alone.start()
    assert alone.postmaster == postmaster
    assert alone.said().count("first administrator") == 1
    assert alone.said().count("已停止 · stopped") == 1
    assert "Traceback" not in alone.said()

    os.kill(postmaster, signal.SIGQUIT)
    alone.until(lambda health: health and health[0] == 200 and alone.postmaster != postmaster)
    assert "had died and was started again" in alone.said()
    assert alone.end(signal.SIGTERM) == 0


MISTAKES = [
    ({"NOWALLS_PORT": "eight"}, "不是端口号", "is no port"),
    ({"NOWALLS_PORT": "²"}, "不是端口号", "is no port"),
    ({"NOWALLS_HOME": "{tmp}/a folder"}, "空格", "Set NOWALLS_HOME"),
    ({"NOWALLS_HOME": "{tmp}/it's"}, "特殊字符", "special character"),
    ({"NOWALLS_HOME": "{tmp}/file/below"}, "无法在", "State cannot be kept"),
    ({"NOWALLS_DATABASE_URL": "nonsense"}, "不是 PostgreSQL 地址", "is no address of a PostgreSQL"),
    ({"NOWALLS_DATABASE_URL": "mysql://secret@here/db"}, "不是 PostgreSQL 地址", "is no address of a PostgreSQL"),
    ({"NOWALLS_DATABASE_URL": "postgresql://a:secret@127.0.0.1:{port}/db"}, "连不上数据库", "cannot be reached"),
    ({"NOWALLS_DATABASE_URL": "{missing}"}, "数据库拒绝进入", "does not let us in"),
    ({"NOWALLS_KAFKA": "127.0.0.1:{port}"}, "连不上 Kafka", "Kafka cannot be reached"),
]


@pytest.mark.parametrize(("settings", "chinese", "english"), MISTAKES, ids=[str(mistake[0]) for mistake in MISTAKES])
def test_a_setting_that_cannot_work_is_told_in_both_languages(
    settings: dict[str, str], chinese: str, english: str, tmp_path: Path, server: str
) -> None:
    (tmp_path / "file").write_text("not a folder")
    missing = server.replace("%s", "not_there")
    filled = {name: value.format(tmp=tmp_path, port=free_port(), missing=missing) for name, value in settings.items()}
    filled = {"NOWALLS_PORT": str(free_port())} | filled
    output = tmp_path / "said"

    async def serve() -> int | None:
        process = await forks.start(("serve", "--no-demo"), url="", home=tmp_path / "home", output=output, **filled)
        await asyncio.to_thread(process.join, 100)
        return process.exitcode

    code = asyncio.run(serve())
    said = output.with_name("said-errors").read_text(encoding="utf-8")
    assert code == 1, said
    assert chinese in said, said
    assert english in said, said
    assert "Traceback" not in said
    assert "secret" not in said


def test_a_setting_that_cannot_work_ends_the_program_as_people_start_it(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "--no-demo", NOWALLS_PORT="eight")
    assert (done.returncode, "is no port" in done.stderr) == (1, True), done.stderr
