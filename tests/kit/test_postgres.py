"""Whether a PostgreSQL answers, lets us in, is new enough and lets us make our roles."""

import asyncpg
import pytest

from kit import postgres
from tests.machine import free_port


async def test_a_server_that_will_do_is_reached(database_url: str) -> None:
    await postgres.reach(database_url)


async def test_a_silent_port_is_told_as_such() -> None:
    with pytest.raises(postgres.DatabaseAway) as refused:
        await postgres.reach(f"postgresql+asyncpg://somebody:secret@127.0.0.1:{free_port()}/nowalls")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("change", [("/test_", "/missing_"), ("postgres@", "nobody@")])
async def test_a_wrong_name_is_told_as_such(database_url: str, change: tuple[str, str]) -> None:
    with pytest.raises(postgres.DatabaseClosed):
        await postgres.reach(database_url.replace(*change))


async def test_an_older_server_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "OLDEST", 990_000)
    with pytest.raises(postgres.DatabaseTooOld) as refused:
        await postgres.reach(database_url)
    assert refused.value.parameters["least"] == 99


async def test_a_user_who_may_make_no_roles_is_let_in_only_where_they_are_there(database_url: str) -> None:
    owner = await asyncpg.connect(dsn=postgres.plain(database_url))
    await owner.execute("create role plain_user login")
    try:
        await postgres.reach(database_url.replace("postgres@", "plain_user@"))
        await owner.execute("alter role nowalls_provider rename to another_provider")
        with pytest.raises(postgres.DatabaseClosed):
            await postgres.reach(database_url.replace("postgres@", "plain_user@"))
    finally:
        await owner.execute("alter role another_provider rename to nowalls_provider")
        await owner.execute("drop role plain_user")
        await owner.close()
