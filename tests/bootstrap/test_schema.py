"""The history of the schema: where it ends, what it never does twice, whom it lets wait and what it refuses."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bootstrap import schema, shape
from bootstrap.schema import SchemaUnknown
from kit import postgres
from kit.room import rules_of
from kit.text import sentence
from processes.rooms import ROOMS

_numbers = count(1)
_CATALOGUE = text("""
  select 'class', oid, xmin::text from pg_class where relnamespace = 'public'::regnamespace
  union all select 'column', attrelid, xmin::text from pg_attribute where attrelid >= 16384
  union all select 'function', oid, xmin::text from pg_proc where pronamespace = 'public'::regnamespace
  union all select 'policy', oid, xmin::text from pg_policy
  union all select 'constraint', oid, xmin::text from pg_constraint where connamespace = 'public'::regnamespace
  union all select 'rule', count(*)::int::oid, max(xmin::text) from rule
""")
_NEXT = """
revision, down_revision = "0002test", "{head}"

from alembic import op

def upgrade():
    op.execute("alter table item add column colour text not null default 'red'")
"""


@pytest.fixture
async def empty(server: str) -> str:
    """Give an empty database."""
    return await postgres.make_database(server, f"history_{next(_numbers)}")


async def connected(url: str, statement: str | None = None) -> AsyncConnection:
    connection = await create_async_engine(url, poolclass=NullPool).connect()
    if statement:
        await connection.execute(text(statement))
    return connection


async def asked(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = await connected(url)
    rows = [tuple(row) for row in await connection.execute(text(statement))]
    await connection.commit()
    await connection.close()
    return rows


async def done(url: str, statement: str) -> None:
    connection = await connected(url, statement)
    await connection.commit()
    await connection.close()


async def test_a_second_start_changes_nothing(empty: str) -> None:
    await schema.ensure(empty, rules_of(ROOMS))
    before = sorted(await asked(empty, _CATALOGUE.text))
    await schema.ensure(empty, rules_of(ROOMS))
    assert len(before) > 500
    assert sorted(await asked(empty, _CATALOGUE.text)) == before


async def test_processes_that_start_at_once_wait_for_the_first(empty: str) -> None:
    program = (
        "import asyncio; from bootstrap import schema; from kit.room import rules_of;"
        "from processes.rooms import ROOMS;"
        f"asyncio.run(schema.ensure({empty!r}, rules_of(ROOMS)))"
    )
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, cwd=schema.ROOT, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    errors = [(await process.communicate())[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    assert len(await asked(empty, "select * from alembic_version")) == 1
    assert (await asked(empty, "select count(*) - count(distinct name) from rule")) == [(0,)]
    assert (await asked(empty, "select count(*) from rule")) == [(len(rules_of(ROOMS)),)]


@pytest.mark.parametrize(
    ("made", "shown"),
    [("update alembic_version set version_num = 'f00d'", "f00d"), ("drop table alembic_version", "?")],
    ids=["newer", "never-released"],
)
async def test_a_database_of_an_unknown_version_is_refused_and_left_alone(empty: str, made: str, shown: str) -> None:
    await schema.ensure(empty, rules_of(ROOMS))
    await done(empty, made)
    before = sorted(await asked(empty, _CATALOGUE.text))
    with pytest.raises(SchemaUnknown) as refused:
        await schema.ensure(empty, rules_of(ROOMS))
    for language, words in (("zh", "更新"), ("en", "newer")):
        said = sentence(refused.value.code, language, **refused.value.parameters)
        assert shown in said
        assert words in said
    assert sorted(await asked(empty, _CATALOGUE.text)) == before


@pytest.fixture
def longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a revision to a copy of the history."""
    shutil.copytree(schema.ROOT / "migrations", tmp_path / "migrations")
    head = ScriptDirectory.from_config(schema.history()).get_current_head()
    (tmp_path / "migrations" / "versions" / "9999_test.py").write_text(_NEXT.format(head=head))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "ROOT", tmp_path)
        yield


async def test_an_existing_database_is_upgraded_and_keeps_its_rows(
    database_url: str, empty: str, request: pytest.FixtureRequest
) -> None:
    await schema.ensure(empty, rules_of(ROOMS))
    await done(
        empty,
        "insert into barred (id, person_id, provider_id, worker_id, reason, since, set_by) "
        "values (uuidv7(), uuidv7(), uuidv7(), uuidv7(), 'kept', now(), 'test')",
    )
    request.getfixturevalue("longer")
    await schema.ensure(empty, rules_of(ROOMS))
    assert await asked(empty, "select version_num from alembic_version") == [("0002test",)]
    assert await asked(empty, "select reason from barred") == [("kept",)]
    assert await asked(empty, "select count(*) from information_schema.columns where column_name = 'colour'") == [(1,)]


async def test_a_revision_that_meets_running_code_gives_up_whole(empty: str, request: pytest.FixtureRequest) -> None:
    await schema.ensure(empty, rules_of(ROOMS))
    before = sorted(await asked(empty, _CATALOGUE.text))
    running = await connected(empty, "select * from item")  # its lock lasts until its transaction ends
    request.getfixturevalue("longer")
    with pytest.raises(DBAPIError, match="lock timeout"):
        await schema.ensure(empty, rules_of(ROOMS))
    await running.close()
    assert sorted(await asked(empty, _CATALOGUE.text)) == before


_CHANGES = """
  drop policy provider on visit;
  create policy stranger on offer to nowalls_provider using (true);
  revoke update on offer from nowalls_provider;
  grant delete on event_log to nowalls_desk;
  drop trigger ledger_balances on ledger_entry;
  alter table booking drop constraint booking_one_place_at_a_time;
  alter table person no force row level security;
  create or replace function nowalls_provider() returns uuid language sql as 'select null::uuid';
  grant execute on function nowalls_emit(jsonb) to public;
  create function nobody_wants() returns int language sql as 'select 1'
"""


async def test_one_shape_is_led_to_another_by_statements_alone(database_url: str) -> None:
    def shaped(connection: Connection) -> shape.Shape:
        return shape.read(connection)

    connection = await connected(database_url)
    wanted = await connection.run_sync(shaped)

    for statement in _CHANGES.split(";"):
        await connection.execute(text(statement))
    stored = await connection.run_sync(shaped)
    differing = {name for name in stored.keys() | wanted.keys() if stored.get(name) != wanted.get(name)}
    assert len(differing) == _CHANGES.count(";") + 1
    before, after = shape.steps(stored, wanted, new=(), gone=())
    for statement in (*before, *after):
        await connection.exec_driver_sql(statement)
    assert await connection.run_sync(shaped) == wanted
    await connection.close()
