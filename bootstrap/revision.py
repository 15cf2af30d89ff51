"""Write a revision of the schema: the steps from the newest revision to what the models declare."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from bootstrap import schema, shape
from kit import postgres

_Found = TypeVar("_Found")
VERSIONS = schema.ROOT / "migrations" / "versions"


class Statement(ops.ExecuteSQLOp):
    """SQL of a revision that Alembic has no word for, written so that a person can read it."""


@renderers.dispatch_for(Statement)
def _written(_: AutogenContext, statement: Statement) -> str:
    lines = str(statement.sqltext).splitlines(keepends=True)  # one literal a line: Alembic indents what it writes
    return "\n".join(["op.execute(", *map(repr, lines), ")"])


async def write(message: str) -> Path | None:
    """Write the next revision and return its file, or None where the history is current already."""
    folder = tempfile.mkdtemp(prefix="nowalls-revision-")
    try:
        address = await asyncio.to_thread(postgres.start, Path(folder) / "postgres", throw_away=True)
        declared = await postgres.make_database(address, "declared")
        await schema.declare(declared, rules=())
        wanted = await _on(declared, shape.read)
        reached = await postgres.make_database(address, "reached")
        if any(VERSIONS.glob("*.py")):
            await schema.ensure(reached, rules=())
        return await _on(reached, lambda connection: _write(connection, wanted, message))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _on(url: str, act: Callable[[Connection], _Found]) -> _Found:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        result = await connection.run_sync(act)
    await engine.dispose()
    return result


def _write(connection: Connection, wanted: shape.Shape, message: str) -> Path | None:
    config = schema.history(connection)
    config.set_main_option("file_template", f"{len(list(VERSIONS.glob('*.py'))) + 1:04}_%%(slug)s")
    reached = shape.read(connection)

    def complete(_: Any, __: Any, directives: list[ops.MigrationScript]) -> None:
        (script,) = directives
        (tables,) = script.upgrade_ops_list
        new = {operation.table_name for operation in tables.ops if isinstance(operation, ops.CreateTableOp)}
        gone = {operation.table_name for operation in tables.ops if isinstance(operation, ops.DropTableOp)}
        before, after = shape.steps(reached, wanted, new=new, gone=gone)
        tables.ops = [*map(Statement, before), *tables.ops, *map(Statement, after)]
        if not tables.ops:
            directives.clear()

    config.attributes["complete"] = complete
    script = command.revision(config, message, autogenerate=True)
    if script is None or isinstance(script, list):
        return None
    return _tidied(Path(script.path))


def _tidied(path: Path) -> Path:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.strip().startswith("# ###")), encoding="utf-8")
    for arguments in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run([Path(sys.executable).parent / "ruff", *arguments, "--quiet", path], check=True)  # noqa: S603 - the locked formatter and a file made here
    return path
