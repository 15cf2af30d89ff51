"""Bring a database to the shape that this version of the program needs, through the one history in `migrations/`."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from events.contracts.event import Envelope
from events.contracts.rules import RuleRecorded
from events.model import EMIT_SQL
from events.work import EMIT
from kit.database import ROLES_SQL, SCOPE_FUNCTIONS_SQL, Base, security_sql
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import operations
from kit.rules.model import RuleRow
from kit.rules.typed import DatedRule

ROOT = Path(__file__).resolve().parent.parent
_LOCK = 0x736368656D61  # one upgrade at a time: the bytes of "schema"


class SchemaUnknown(Refusal):
    """The database has a shape that this version of the program has never heard of."""

    code = "schema.unknown"
    kind = Kind.CONFLICT


def history(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for `migrations/`, to be run on a connection inside its transaction."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def ensure(url: str, rules: Iterable[type[DatedRule]]) -> None:
    """Create or upgrade a database to the newest revision, in one transaction, and propose the rules it has never seen.

    Processes that start together wait for the first of them. A revision waits four seconds for a lock that running
    code holds, then gives up whole. Refused: `schema.unknown`.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.execute(text("set local lock_timeout = '4s'"))
        await connection.execute(text(ROLES_SQL))
        await connection.run_sync(_upgrade)
        async with AsyncSession(connection) as session, session.begin():
            await _emit(session, await operations.propose(session, rules))
    await engine.dispose()


async def _emit(session: AsyncSession, rows: Sequence[RuleRow]) -> None:
    """Log the values that the program proposes, as of the beginning: they hold for every day that comes."""
    events = [RuleRecorded.of(row) for row in rows]
    listed = [
        {
            "topic": event.topic,
            "key": event.key,
            "headers": Envelope(
                id=new_id(),
                type=event.type_name(),
                subject=event.subject,
                occurred_at=row.valid_from,
                actor=row.recorded_by,
                correlation=row.id,
                causation=None,
                data={},
            ).headers(),
            "data": event.model_dump(mode="json"),
            "groups": [],
            "outgoing": False,
        }
        for row, event in zip(rows, events, strict=True)
    ]
    if listed:
        await session.execute(EMIT, {"events": json.dumps(listed)})


def _upgrade(connection: Connection) -> None:
    config = history(connection)
    script = ScriptDirectory.from_config(config)
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and inspect(connection).has_table("event_log"):
        raise SchemaUnknown(found="?")
    if revision is not None and revision not in {step.revision for step in script.walk_revisions()}:
        raise SchemaUnknown(found=revision)
    if revision != script.get_current_head():
        command.upgrade(config, "head")


async def declare(url: str, rules: Iterable[type[DatedRule]]) -> None:
    """Create in an empty database what the models declare, without the history.

    Tests and the writer of revisions start from it; a house test holds that the history ends in exactly this.
    """
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        for statement in (ROLES_SQL, *SCOPE_FUNCTIONS_SQL):
            await connection.execute(text(statement))
        await connection.run_sync(Base.metadata.create_all)
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None  # noqa: S101 - a connection that just executed has a driver
        await raw.execute(EMIT_SQL)
        for statement in security_sql(Base.metadata):
            await raw.execute(statement)
        async with AsyncSession(connection) as session, session.begin():
            await operations.propose(session, rules)
    await engine.dispose()
