"""What every test may ask for: a fresh database of the real PostgreSQL, a clock that stands still, a way to drain."""

import asyncio
import fcntl
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
from coverage import Coverage

import routing
from bootstrap import schema
from events.delivery import bus
from events.delivery.bus import Deliverer, Handlers
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.clock import FixedClock
from kit.database import Database
from kit.room import rules_of
from kit.vault import Vault
from processes.rooms import ROOMS
from tests.answers import Answers
from tests.databases import Copies

if TYPE_CHECKING:
    from tests.api.world import Lived

HANDLERS = bus.table(handler for room in ROOMS for handler in room.handlers)
ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "empty"
_LOCK = pytest.StashKey[Path]()
_COVERED = pytest.StashKey[list[tuple[str, float]]]()
KERNEL_ROOMS = ("routing", "dispatch", "simulations", "api", "journeys", "processes", "web")
"""The folders whose tests run compiled kernels, here or in a program that they start."""
MEASURED_ROOMS = ("dispatch", "providers")
"""The folders whose tests are run under coverage, which takes them twice as long; all others go without."""
SHARED = ("served", "bootstrap", "walk", "whole")
"""The fixtures that are costly to make and made once; one worker gets every test that asks for the same."""
COVERED = {
    "settlement": ["*/providers/settlement/*"],
    "the wallet and its quota": ["*/dispatch/enrolment/wallet.py", "*/dispatch/enrolment/quota.py"],
    "visits": ["*/dispatch/visits/*"],
    "matching": ["*/dispatch/matching/*"],
}
"""The parts whose branches are covered to `LEAST_COVERED` per cent by a whole run, or the run fails."""
LEAST_COVERED = 90.0

# How long an example takes says more about what else the machine does; pytest-timeout ends what hangs.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Count which routes answer; begin to compile the kernels where several workers will want them, once."""
    config.pluginmanager.register(Answers(), "answers")
    if not getattr(config.option, "numprocesses", None):
        return
    lock = Path(tempfile.mkdtemp(prefix="nowalls-kernels-")) / "lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # the program holds it too, until it ends
        words = [sys.executable, "-c", "import routing; routing.warm()"]
        compiling = subprocess.Popen(words, cwd=ROOT, pass_fds=[held.fileno()])

    def clean_up() -> None:
        compiling.kill()
        compiling.wait()
        shutil.rmtree(lock.parent)

    config.add_cleanup(clean_up)
    config.stash[_LOCK] = lock


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of pytest-xdist where to wait for the kernels."""
    node.workerinput["kernels"] = str(node.config.stash[_LOCK])


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Number files instead of quoting them: a workbook holds the time of its making, which no two workers share."""
    return argname if isinstance(val, bytes) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name the group of what shares a fixture while the tests are collected; pytest-xdist reads it right after."""
    for name in SHARED:
        if name in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs no kernels, and with what takes long; leave the rest in the order of the seed."""
    random.seed()  # the plugin that shuffles has seeded every worker alike, and free ports are drawn by chance
    longest: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0), mark.args[0] if mark else 0)
    items.sort(key=lambda item: (_wants_kernels(item), -longest[item.path]))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Load the kernels before the first test that wants them, and measure coverage in the rooms' own tests alone."""
    if _wants_kernels(item):
        _load_kernels(getattr(item.config, "workerinput", {}).get("kernels"))
    measuring = Coverage.current()
    if measuring is None or _room(item) in MEASURED_ROOMS:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say how far each part is covered, where coverage was measured, and fail the run where it is too little."""
    plugin = session.config.pluginmanager.get_plugin("_cov")
    if hasattr(session.config, "workerinput") or plugin is None or plugin.cov_controller is None:
        return
    for part, files in COVERED.items():
        percent = plugin.cov_controller.cov.report(include=files, file=StringIO())
        session.config.stash.setdefault(_COVERED, []).append((part, percent))
        if percent < LEAST_COVERED:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how far each part is covered."""
    for part, percent in config.stash.get(_COVERED, []):
        enough = percent >= LEAST_COVERED
        verdict = "" if enough else f", LESS THAN {LEAST_COVERED:g} %"
        terminalreporter.write_line(f"branch coverage of {part}: {percent:.1f} %{verdict}", red=not enough)


def _wants_kernels(item: pytest.Item) -> bool:
    return _room(item) in KERNEL_ROOMS


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").parts[0]


@cache
def _load_kernels(lock: str | None) -> None:
    if lock is not None:
        with Path(lock).open() as free:
            fcntl.flock(free, fcntl.LOCK_SH)  # until the program that compiles has ended
    with suppress(Exception):  # what is wrong with a kernel is said by the tests that run it
        routing.warm()


@pytest.fixture(scope="session")
def one_hash() -> Iterator[None]:
    """Hash the password of the tests' own desks once: argon2id takes a tenth of a second, and they are opened often."""
    from api.accounts import passwords
    from tests.api.lives import PASSWORD

    really, kept = passwords.hashed, list[str]()

    async def hashed(password: str) -> str:
        if password != PASSWORD:
            return await really(password)
        if not kept:
            kept.append(await really(password))
        return kept[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hashed", hashed)
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Give the address of a throw-away PostgreSQL, without a database name."""
    folder = Path(tempfile.mkdtemp(prefix="nowalls-test-"))
    folder.chmod(0o755)
    yield postgres.start(folder / "pg", throw_away=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server: str) -> str:
    """Create the schema once; every test's database is a copy of it."""
    url = await postgres.make_database(server, TEMPLATE)
    await schema.declare(url, rules_of(ROOMS))
    return TEMPLATE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def copies(server: str, template: str) -> AsyncIterator[Copies]:
    """Give copies of the empty schema, which hold the shipped rules."""
    copies = await Copies.of(server, template)
    yield copies
    await copies.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lived(server: str, template: str, one_hash: None) -> "Lived":
    """Let three companies live through two months, once for all tests; each test has a copy of what is left."""
    from api.app import build
    from tests.api.desks import open_accounts
    from tests.api.leftovers import draw_benefits, keep_registers, leave_calls, leave_dead_letters
    from tests.api.lives import Lives
    from tests.api.world import Lived, sign_in_all

    url = await postgres.make_database(server, "lived", template=template)
    database, clock = Database(url, connections=4), FixedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    works = Works(database, clock, Vault(bytes(range(64))), routes=bus.routes(HANDLERS))
    lives = Lives(works, clock, partial(drained, works))
    await lives.live()
    await draw_benefits(lives)
    await keep_registers(lives)
    await leave_calls(lives)
    await leave_dead_letters(lives)
    actors = await open_accounts(lives)
    tokens = await sign_in_all(works, actors)
    document = build(works, ROOMS).openapi()
    await database.close()
    return Lived("lived", clock.now(), lives.companies, lives.shared, tokens, actors, document)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lived_copies(server: str, lived: "Lived") -> AsyncIterator[Copies]:
    """Give copies of the district that was lived in."""
    copies = await Copies.of(server, lived.database)
    yield copies
    await copies.close()


@pytest_asyncio.fixture
async def database_url(copies: Copies) -> AsyncIterator[str]:
    """Give one test a database of its own."""
    async with copies.one() as url:
        yield url


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give the engines of both roles on the test's database."""
    engines = Database(database_url, connections=8)
    yield engines
    await engines.close()


@pytest.fixture
def clock() -> FixedClock:
    """Give a clock that stands at Monday, 2 March 2026, nine in the morning in the district."""
    return FixedClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def vault() -> Vault:
    """Give a vault with a key of the test's own."""
    return Vault(bytes(range(64)))


@pytest.fixture
def handlers() -> Handlers:
    """Give the handlers of every room; a test module that wants others overrides this."""
    return HANDLERS


@pytest.fixture
def works(database: Database, clock: FixedClock, vault: Vault, handlers: Handlers) -> Works:
    """Give units of work on the test's database, whose events go to the handlers of the test."""
    return Works(database, clock, vault, routes=bus.routes(handlers))


@pytest.fixture
def system() -> Actor:
    """Give the platform itself as the actor."""
    return SYSTEM("test")


@pytest.fixture
def drain(works: Works, handlers: Handlers) -> Callable[[], Awaitable[int]]:
    """Deliver all that was told, in the order of telling, until nothing waits; gives how many were delivered."""
    return partial(drained, works, handlers)


async def drained(works: Works, handlers: Handlers = HANDLERS) -> int:
    """Do what the fixture `drain` does, for works of one's own."""
    deliverer = Deliverer(works, handlers)
    delivered = 0
    connection = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    try:
        while queue := await connection.fetchval("select queue from event_delivery order by id limit 1"):
            await deliverer.deliver_next(queue, together=False)
            delivered += 1
        waiting = await connection.fetch("select type, error from dead_letter where state = 'waiting'")
    finally:
        await connection.close()
    assert not waiting, f"dead letters: {[tuple(row) for row in waiting]}"
    return delivered


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Wait for a condition, asked again ten times a second for a minute; a test never waits for time alone."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        for _ in range(600):
            if await condition():
                return
            await asyncio.sleep(0.1)
        pytest.fail("the condition never came true")

    return wait
