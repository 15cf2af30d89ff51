"""PostgreSQL, one dialect: declarative base, database roles, row-level security, and the engines that use them.

Every statement of the application runs as one of five roles that own nothing. `nowalls_desk` (staff and the platform's
own parts) sees all rows. `nowalls_auditor` sees them too and can write none but the record of its own readings. The
other three see only the rows for which an expression of the table's `info` holds, and that expression asks for a
setting that is made inside the transaction; without the setting they see no rows:

- `nowalls_provider` (a company's people): `provider_sees`, the company in `app.provider`;
- `nowalls_clerk` (a town's, a village's or a section's people): `clerk_sees`, `app.division` and `app.sections`;
- `nowalls_own` (one person about themselves): `own_sees`, the person in `app.person`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum as PythonEnum
from typing import Annotated, Any, ClassVar, Final

import asyncpg
from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from kit.access.scope import EVERYTHING, Company, Division, Everything, Own, Scope

DESK_ROLE = "nowalls_desk"
PROVIDER_ROLE = "nowalls_provider"
CLERK_ROLE = "nowalls_clerk"
OWN_ROLE = "nowalls_own"
AUDITOR_ROLE = "nowalls_auditor"
AXES: Final = {"provider": PROVIDER_ROLE, "clerk": CLERK_ROLE, "own": OWN_ROLE, "auditor": AUDITOR_ROLE}
"""The database roles beside the desk's, by the word that a table's `info` has for them."""
ROLES: Final = (DESK_ROLE, *AXES.values())
FOR_ALL: Final = {f"{axis}_sees": "true" for axis in AXES}
"""What a table's `info` holds whose rows everybody may read: the map, the catalogue, the rules."""
IDLE_SETTINGS = {"idle_in_transaction_session_timeout": "30s"}
"""A process that is frozen inside a transaction loses its connection, and with it every lock that it held."""

Fen = Annotated[int, BigInteger]
"""A BIGINT column of money in fen."""
Long = Annotated[int, BigInteger]
"""A BIGINT column of any other large number."""

_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _values(kind: type[PythonEnum]) -> list[str]:
    return [str(member.value) for member in kind]


_OUTAGE = ("08", "53", "57P", "58", "25006", "25P03")
"""SQLSTATE of a server that cannot serve now: no connection, no resources (53300: too many connections), stopping,
crashed, starting (57P01 to 57P03), a disk that fails (58), a standby that only reads, a session cut for idling."""


def is_outage(error: BaseException) -> bool:
    """Tell whether the database is away, so that the same statement will do once it is back."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, InterfaceError):
            return True
        return str(getattr(error.orig, "sqlstate", None) or "").startswith(_OUTAGE)
    if isinstance(error, asyncpg.PostgresError):  # while connecting SQLAlchemy passes on what the driver raises
        return str(error.sqlstate or "").startswith(_OUTAGE)
    return isinstance(error, (asyncpg.InterfaceError, NoConnection, OSError))


class Base(DeclarativeBase):
    """The base of all tables: enums are stored by value as text, times with their zone, mappings as JSONB."""

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
    """The engines of all roles on one PostgreSQL; `url` is `postgresql+asyncpg://…` of a login that may take each."""

    def __init__(self, url: str, *, connections: int = 20) -> None:
        self.url = url
        few = max(2, connections // 4)
        sizes = {DESK_ROLE: connections, PROVIDER_ROLE: max(2, connections // 2)}
        self.engines = {role: self._engine(role, sizes.get(role, few)) for role in ROLES}
        self.sessions = {
            role: async_sessionmaker(engine, expire_on_commit=False) for role, engine in self.engines.items()
        }

    @property
    def desk(self) -> AsyncEngine:
        """Return the engine of staff and of the platform's own parts."""
        return self.engines[DESK_ROLE]

    def _engine(self, role: str, connections: int) -> AsyncEngine:
        # Compiling PostgreSQL's JIT code costs more than any statement of this application runs.
        settings = {"role": role, "jit": "off", "application_name": "nowalls", **IDLE_SETTINGS}
        return create_async_engine(
            self.url,
            pool_size=connections,
            max_overflow=connections,
            pool_pre_ping=False,
            hide_parameters=True,  # errors are logged, and parameters are names and telephones
            connect_args={"server_settings": settings},
        )

    @asynccontextmanager
    async def session(self, scope: Scope = EVERYTHING, *, reads_only: bool = False) -> AsyncIterator[AsyncSession]:
        """Open one transaction within a scope; commits when the block ends well.

        `reads_only` is for the auditor, whose scope is everything.
        """
        role, settings = _reach(scope, reads_only=reads_only)
        async with self.sessions[role].begin() as session:
            for name, value in settings.items():
                await session.execute(_SET, {"name": name, "value": value})
            yield session

    async def close(self) -> None:
        """Close all connections."""
        for engine in self.engines.values():
            await engine.dispose()


_SET = text("select set_config(:name, :value, true)")


def _reach(scope: Scope, *, reads_only: bool) -> tuple[str, dict[str, str]]:
    """Return the database role of a scope and the settings that its row policies ask for."""
    match scope:
        case Everything():
            return (AUDITOR_ROLE if reads_only else DESK_ROLE), {}
        case Company():
            return PROVIDER_ROLE, {"app.provider": str(scope.id)}
        case Division():
            sections = ",".join(sorted(scope.sections))
            return CLERK_ROLE, {"app.division": scope.code, "app.sections": sections}
        case Own():
            return OWN_ROLE, {"app.person": str(scope.person_id)}


ROLES_SQL = """
do $$ declare wanted text;
begin
  foreach wanted in array array['nowalls_desk', 'nowalls_provider', 'nowalls_clerk', 'nowalls_own', 'nowalls_auditor']
  loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
    if not pg_has_role(current_user, wanted, 'member') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end $$
"""

SCOPE_FUNCTIONS_SQL = (
    """
create or replace function nowalls_provider() returns uuid language sql stable parallel safe
as $$ select nullif(current_setting('app.provider', true), '')::uuid $$
""",
    """
create or replace function nowalls_person() returns uuid language sql stable parallel safe
as $$ select nullif(current_setting('app.person', true), '')::uuid $$
""",
    """
create or replace function nowalls_division() returns text language sql stable parallel safe
as $$ select nullif(current_setting('app.division', true), '') $$
""",
    """
create or replace function nowalls_division_end() returns text language sql stable parallel safe
as $$ select rpad(case
  when nowalls_division() like '______000000' then left(nowalls_division(), 6)
  when nowalls_division() like '_________000' then left(nowalls_division(), 9)
  else nowalls_division() end, 12, '9') $$
""",
    """
create or replace function nowalls_sections() returns text[] language sql stable parallel safe
as $$ select string_to_array(nullif(current_setting('app.sections', true), ''), ',') $$
""",
)
"""What row policies ask: whose transaction is this? A division is given as its first and its last possible code."""

IN_DIVISION = "division_code between nowalls_division() and nowalls_division_end()"
"""The policy of a row with a 12-digit `division_code`: it lies in the clerk's division (an index can answer it)."""


def security_sql(metadata: MetaData) -> Iterator[str]:
    """Yield the grants and row policies of every table, as its `info` declares them.

    `provider_sees`, `clerk_sees`, `own_sees`: SQL over the row, for those people to read it (no entry, no grant);
    `auditor_sees` is `true` unless said, and None for what the bureau's desks do not read either; `provider_may` and so
    on: the verbs they may use, `select` unless said; `append_only`: nobody may update or delete.
    """
    for table in metadata.sorted_tables:
        yield from _table_security(table)
    yield f"grant usage on all sequences in schema public to {DESK_ROLE}, {PROVIDER_ROLE}"


def sees(table: Table, axis: str) -> str | None:
    """Return the SQL that decides which rows the people of an axis read; None where they read none at all."""
    expression: str | None = table.info.get(f"{axis}_sees", "true" if axis == "auditor" else None)
    return expression


def _table_security(table: Table) -> Iterator[str]:
    name = table.name
    verbs = "select, insert" if table.info.get("append_only") else "select, insert, update, delete"
    yield f"alter table {name} enable row level security"
    yield f"alter table {name} force row level security"
    yield f"grant {verbs} on {name} to {DESK_ROLE}"
    yield f"create policy desk on {name} to {DESK_ROLE} using (true) with check (true)"
    for axis, role in AXES.items():
        expression = sees(table, axis)
        if expression is not None:
            yield f"grant {table.info.get(f'{axis}_may', 'select')} on {name} to {role}"
            yield f"create policy {axis} on {name} to {role} using ({expression}) with check ({expression})"
