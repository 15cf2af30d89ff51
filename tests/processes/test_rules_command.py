"""The words `nowalls rules`, as they are typed: list, decide, back-date; what is wrong is named by field."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from events.work import Works
from processes.__main__ import app
from processes.commands import rules

Typed = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
def typed(works: Works, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Return what a command does on the test's database, without starting another loop."""

    @asynccontextmanager
    async def here() -> AsyncIterator[Works]:
        yield works

    ran: list[Coroutine[Any, Any, Any]] = []
    monkeypatch.setattr(rules, "open_works", here)
    monkeypatch.setattr(rules, "run", ran.append)
    monkeypatch.setattr(rules, "say", lambda *_args, **_named: None)

    async def type_(*words: str) -> Any:
        ran.clear()
        done = CliRunner().invoke(app, ["rules", *words])
        assert done.exit_code == 0, done.output
        return await ran[0]

    return type_


def refused(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words])


async def test_a_rule_is_decided_and_back_dated_and_its_history_is_listed(typed: Typed) -> None:
    since = ("--source", "a paper", "--from", "2026-04-01")
    decided = await typed("decide", "offer.deadline_minutes", "45", *since)
    assert decided == {"name": "offer.deadline_minutes", "value": 45, "valid_from": "2026-04-01T00:00:00+08:00"}
    late = ("--source", "a late paper", "--from", "2026-01-01T00:00:00+08:00")
    await typed("backdate", "offer.deadline_minutes", "20", *late)
    listed = await typed("list", "offer.deadline_minutes")
    assert (listed["offer.deadline_minutes"], listed["unit"]) == (20, "minutes")
    assert [row["value"] for row in listed["history"]] == [30, 20, 45]
    assert {row["recorded_by"] for row in listed["history"]} == {"proposal", "command line"}
    everything = await typed("list")
    assert len(everything) > 50
    json.dumps([listed, everything])


@pytest.mark.parametrize(
    ("value", "since", "status", "said"),
    [
        ("0", "2026-04-01", 1, "1"),
        ("forty", "2026-04-01", 2, "JSON"),
        ("45", "tomorrow", 2, "neither a day"),
        ("45", "0001-01-01", 2, "between"),
    ],
)
def test_what_cannot_be_recorded_is_said_before_a_database_is_opened(
    value: str, since: str, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = refused("decide", "offer.deadline_minutes", value, "--source", "a paper", "--from", since)
    assert done.exit_code == status
    assert said in done.output + capsys.readouterr().err
