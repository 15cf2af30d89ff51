"""The history in `migrations/` ends in exactly what the models declare."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from bootstrap import schema, shape
from kit import postgres
from kit.database import Base

WRITE_IT = 'the models have changed: `python3 run.py revision "What changed"`'
_CATALOGUE = text("""
  select 'column ' || attrelid::regclass || '.' || attname,
         concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                   pg_get_expr(d.adbin, d.adrelid))
  from pg_attribute a join pg_class c on c.oid = attrelid
  left join pg_attrdef d on adrelid = attrelid and adnum = attnum
  where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
  union all select 'index ' || indexname, indexdef from pg_indexes where schemaname = 'public'
  union all select 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  from pg_constraint where connamespace = 'public'::regnamespace
  -- asked of another view than the one the revisions are written from: what it does not see would be missing from both
  union all select concat_ws(' ', 'may', grantee, privilege_type, table_name, column_name), ''
  from information_schema.column_privileges where table_schema = 'public' and grantee like 'nowalls%'
""")


def _read(connection: Connection) -> tuple[dict[str, str], shape.Shape]:
    rows = {name: what for name, what in connection.execute(_CATALOGUE) if "alembic_version" not in name}
    return rows, shape.read(connection)


def _compare(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


async def test_the_history_ends_in_what_the_models_declare(server: str, database_url: str) -> None:
    reached = await postgres.make_database(server, "reached_by_history")
    await schema.ensure(reached, rules=())
    shapes = []
    for url in (reached, database_url):
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            shapes.append(await connection.run_sync(_read))
            differences = await connection.run_sync(_compare)
        await engine.dispose()
        assert differences == [], WRITE_IT
    (columns, pieces), (declared_columns, declared_pieces) = shapes
    assert columns == declared_columns, WRITE_IT
    assert pieces == declared_pieces, WRITE_IT
