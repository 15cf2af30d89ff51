"""PostgreSQL, one dialect: declarative base, two roles, row-level security, and the engines that use them.

Every statement of the application runs as one of two roles that own nothing. `nowalls_desk` (staff and the platform's
own parts) sees all rows; `nowalls_provider` (a company's people) sees only the rows whose `provider_sees` expression
holds for the company named in `app.provider`, which is set inside the transaction and unset means no rows.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum as PythonEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

DESK_ROLE = "nowalls_desk"
PROVIDER_ROLE = "nowalls_provider"

Fen = Annotated[int, BigInteger]
"""A BIGINT column of money in fen."""
Long = Annotated[int, BigInteger]
"""A BIGINT column of anything else that counts."""

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _values(kind: type[PythonEnum]) -> list[str]:
    return [str(member.value) for member in kind]


class Base(DeclarativeBase):
    """The one registry of nouns; enums are stored by value as text, times with their zone, mappings as JSONB."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Fen: BigInteger,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
        PythonEnum: Enum(PythonEnum, native_enum=False, length=32, values_callable=_values),
    }


class Database:
    """The engines of both roles on one PostgreSQL; `url` is `postgresql+asyncpg://…` of a login that may take both."""

    def __init__(self, url: str, *, connections: int = 20) -> None:
        self.url = url
        self.desk = self._engine(DESK_ROLE, connections)
        self.provider = self._engine(PROVIDER_ROLE, max(2, connections // 2))
        self.desk_sessions = async_sessionmaker(self.desk, expire_on_commit=False)
        self.provider_sessions = async_sessionmaker(self.provider, expire_on_commit=False)

    def _engine(self, role: str, connections: int) -> AsyncEngine:
        # Compiling PostgreSQL's JIT code costs more than any statement of this application runs.
        settings = {"role": role, "jit": "off", "application_name": "nowalls"}
        return create_async_engine(
            self.url,
            pool_size=connections,
            max_overflow=connections,
            pool_pre_ping=False,
            hide_parameters=True,  # errors are logged, and parameters are names and telephones
            connect_args={"server_settings": settings},
        )

    @asynccontextmanager
    async def session(self, provider_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        """Open one transaction as staff, or as the people of one company; commits when the block ends well."""
        if provider_id is None:
            async with self.desk_sessions.begin() as session:
                yield session
            return
        async with self.provider_sessions.begin() as session:
            await session.execute(text("select set_config('app.provider', :id, true)"), {"id": str(provider_id)})
            yield session

    async def close(self) -> None:
        """Close all connections."""
        await self.desk.dispose()
        await self.provider.dispose()


ROLES_SQL = """
do $$ declare wanted text;
begin
  foreach wanted in array array['nowalls_desk', 'nowalls_provider'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
    if not pg_has_role(current_user, wanted, 'member') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end $$
"""

PROVIDER_FUNCTION_SQL = """
create or replace function nowalls_provider() returns uuid language sql stable parallel safe
as $$ select nullif(current_setting('app.provider', true), '')::uuid $$
"""


def security_sql(metadata: MetaData) -> Iterator[str]:
    """Yield the grants and row policies of every table, as its `info` declares them.

    `provider_sees`: SQL over the row, for a company's people to read it (no entry, no grant); `provider_may`: the
    verbs they may use, `select` unless said; `append_only`: nobody may update or delete.
    """
    for table in metadata.sorted_tables:
        yield from _table_security(table)
    yield f"grant usage on all sequences in schema public to {DESK_ROLE}, {PROVIDER_ROLE}"


def _table_security(table: Table) -> Iterator[str]:
    name = table.name
    verbs = "select, insert" if table.info.get("append_only") else "select, insert, update, delete"
    yield f"alter table {name} enable row level security"
    yield f"alter table {name} force row level security"
    yield f"grant {verbs} on {name} to {DESK_ROLE}"
    yield f"create policy desk on {name} to {DESK_ROLE} using (true) with check (true)"
    sees = table.info.get("provider_sees")
    if sees:
        yield f"grant {table.info.get('provider_may', 'select')} on {name} to {PROVIDER_ROLE}"
        yield f"create policy provider on {name} to {PROVIDER_ROLE} using ({sees}) with check ({sees})"
