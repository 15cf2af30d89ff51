"""Bring a database to the shape that this version of the program needs."""

from importlib import import_module
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from events.model import TELL_SQL
from kit import rules
from kit.database import PROVIDER_FUNCTION_SQL, ROLES_SQL, Base, security_sql

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("kit", "events", "registry", "providers", "dispatch", "api", "simulations")


def import_models() -> None:
    """Import every room's model, so that the metadata is whole."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("model.py")):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def import_handlers() -> None:
    """Import every room's handlers, so that every group is subscribed."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("handlers.py")):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


async def ensure(url: str) -> None:
    """Create what is missing; a database that has the log already is left as it is."""
    import_models()
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        there = (await connection.execute(text("select to_regclass('event_log') is not null"))).scalar_one()
    await engine.dispose()
    if not there:
        await create(url)


async def create(url: str) -> None:
    """Create all tables, roles, functions and row policies in an empty database, and write the proposed rules."""
    import_models()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in (ROLES_SQL, PROVIDER_FUNCTION_SQL):
            await connection.execute(text(statement))
        await connection.run_sync(Base.metadata.create_all)
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None  # noqa: S101 - a connection that just executed has a driver
        await raw.execute(TELL_SQL)
        for statement in security_sql(Base.metadata):
            await raw.execute(statement)
    async with AsyncSession(engine) as session, session.begin():
        await rules.propose(session, ROOT)
    await engine.dispose()
