"""Revisions are written from the models, and what they make is what the models declare."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from bootstrap import revision, schema, shape
from kit import postgres


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str) -> Path:
    """Give the folder of a history without revisions, to which the writer writes."""
    shutil.copytree(schema.ROOT / "migrations", tmp_path / "migrations")
    for path in (tmp_path / "migrations" / "versions").glob("*.py"):
        path.unlink()
    monkeypatch.setattr(schema, "ROOT", tmp_path)
    monkeypatch.setattr(revision, "VERSIONS", tmp_path / "migrations" / "versions")
    return revision.VERSIONS


async def test_a_history_without_revisions_is_written_whole_and_then_current(
    versions: Path, server: str, database_url: str
) -> None:
    path = await revision.write("Everything at once")
    assert path is not None
    assert (path.parent, path.name) == (versions, "0001_everything_at_once.py")
    assert await revision.write("Nothing") is None
    url = await postgres.make_database(server, "written_whole")
    await schema.ensure(url, rules=())
    shapes = []
    for each in (url, database_url):
        engine = create_async_engine(each, poolclass=NullPool)
        async with engine.connect() as connection:
            shapes.append(await connection.run_sync(shape.read))
        await engine.dispose()
    assert shapes[0] == shapes[1]
