"""Databases for tests: copies of an original that are set back after a test and used again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Self

import asyncpg

from kit import postgres

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_TABLES = """
  select c.relname from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1
"""
_SEQUENCES = """
  select format('select setval(%L, %s, %L)', sequencename, coalesce(last_value, start_value), last_value is not null)
  from pg_sequences where schemaname = 'public'
"""
# Every statement that changes a schema leaves its transaction's number on the rows of the catalogue that it writes.
_SHAPE = """
  select string_agg(format('%s %s %s', name, rows, written), ', ' order by name) from (
    select 'class' as name, count(*) as rows, sum(xmin::text::bigint) as written from pg_class
    union all select 'attribute', count(*), sum(xmin::text::bigint) from pg_attribute where attrelid >= 16384
    union all select 'default', count(*), sum(xmin::text::bigint) from pg_attrdef
    union all select 'constraint', count(*), sum(xmin::text::bigint) from pg_constraint
    union all select 'trigger', count(*), sum(xmin::text::bigint) from pg_trigger
    union all select 'policy', count(*), sum(xmin::text::bigint) from pg_policy
    union all select 'function', count(*), sum(xmin::text::bigint) from pg_proc where oid >= 16384
  ) as catalogue
"""
_END_OTHERS = """
  select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


@dataclass(slots=True)
class Copies:
    """Copies of one database, for one test at a time each.

    After a test a copy gets the rows and the sequences of the original again, which takes milliseconds where a new
    copy takes half a second; a connection to it stays open for that, whose plans are made. A copy whose schema the
    test has changed is dropped.
    """

    server: str
    original: str
    tables: list[str] = field(default_factory=list)
    rows: dict[str, bytes] = field(default_factory=dict)
    sequences: list[str] = field(default_factory=list)
    shape: str = ""
    idle: "list[tuple[str, Connection]]" = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @classmethod
    async def of(cls, server: str, original: str) -> Self:
        """Read what the original holds; nothing may be connected to it from now on."""
        copies = cls(server, original)
        connection = await copies.connect(original)
        copies.tables = [row[0] for row in await connection.fetch(_TABLES)]
        copies.sequences = [row[0] for row in await connection.fetch(_SEQUENCES)]
        copies.shape = await connection.fetchval(_SHAPE)
        for table in copies.tables:
            if await connection.fetchval(f'select exists (select from "{table}")'):
                content = BytesIO()
                await connection.copy_from_table(table, output=content, format="binary")
                copies.rows[table] = content.getvalue()
        await connection.close()
        return copies

    async def connect(self, name: str) -> "Connection":
        """Connect to a database of the server as its owner."""
        return await asyncpg.connect(dsn=postgres.plain(self.server % name))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[str]:
        """Give the address of a copy that nobody else uses."""
        if self.idle:
            name, owner = self.idle.pop()
        else:
            name = f"test_{self.original}_{next(self.numbers)}"
            await postgres.make_database(self.server, name, template=self.original)
            owner = await self.connect(name)
        yield self.server % name
        if owner.is_closed():  # the test has ended every connection
            owner = await self.connect(name)
        if await self._set_back(owner):
            self.idle.append((name, owner))
        else:
            await owner.close()
            await postgres.drop_database(self.server, name)

    async def _set_back(self, owner: "Connection") -> bool:
        await owner.execute(_END_OTHERS)
        if await owner.fetchval(_SHAPE) != self.shape:
            return False
        async with owner.transaction():
            # Without triggers and foreign keys: what comes back has been checked when it was first written.
            await owner.execute("set local session_replication_role = replica")
            await owner.execute(";".join(f'delete from "{table}"' for table in self.tables))
            for table, content in self.rows.items():
                await owner.copy_to_table(table, source=BytesIO(content), format="binary")
            await owner.execute(";".join(self.sequences))
        return True

    async def close(self) -> None:
        """Close what is kept open; the copies go with their server."""
        for _, owner in self.idle:
            await owner.close()
