"""The word `report` as it is typed: two runs write the same bytes, and what is missing fails all but a draft."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bootstrap import schema
from kit import postgres
from kit.room import rules_of
from processes.__main__ import main
from processes.rooms import ROOMS
from tests import forks


@pytest.fixture
async def url(server: str, tmp_path: Path) -> AsyncIterator[str]:
    """Give a database in which nothing has happened."""
    name = f"reported_{os.getpid()}_{id(tmp_path)}"
    url = await postgres.make_database(server, name)
    await schema.ensure(url, rules_of(ROOMS))
    yield url
    await postgres.drop_database(server, name)


async def _typed(url: str, home: Path, out: Path, *words: str) -> tuple[int | None, str]:
    """Return the status of the command and the last line that it prints; a refusal is no line of it."""
    output = home / "printed"
    command = ["report", "annual", "--year", "2026", "--as-of", "2026-12-31", "--out", str(out), "--json", *words]
    process = await forks.start(command, url=url, home=home, output=output)
    await asyncio.to_thread(process.join)
    return process.exitcode, ["", *output.read_text(encoding="utf-8").splitlines()][-1]


@pytest.mark.timeout(300)
async def test_a_draft_is_the_same_bytes_twice_and_without_the_word_it_is_refused(url: str, tmp_path: Path) -> None:
    contents, answers = [], []
    for name in ("first", "second"):
        status, line = await _typed(url, tmp_path, tmp_path / f"{name}.docx", "--draft")
        assert status == 0, line
        answer: dict[str, Any] = json.loads(line)
        contents.append(tuple(Path(answer.pop(key)).read_bytes() for key in ("out", "html")))
        answers.append(answer)
    assert contents[0] == contents[1]
    assert answers[0] == answers[1]
    (answer, _), (content, _) = answers, contents[0]
    assert answer["sha256"] == hashlib.sha256(content).hexdigest()
    assert (answer["blanks"], answer["filled"], answer["contradictions"]) == (159, 41, 0)
    assert "HY.MARRY" in answer["missing"]
    third = tmp_path / "third.docx"
    assert await _typed(url, tmp_path, third) == (1, "")
    assert not third.exists()
    status, _ = await _typed(url, tmp_path, tmp_path / "nowhere" / "fourth.docx", "--draft")
    assert status == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--year", "2025", "--as-of", "2026-12-31", "--out", "x.docx"],
        ["--year", "2026", "--as-of", "2026-02-30", "--out", "x.docx"],
        ["--year", "2026", "--as-of", "2026-12-31", "--out", "x.pdf"],
        ["--year", "1999", "--as-of", "1999-12-31", "--out", "x.docx"],
        ["--year", "2026", "--as-of", "2026-12-31"],
    ],
)
def test_what_cannot_be_reported_is_refused_before_a_database_is_opened(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nowalls", "report", "annual", *words])
    assert main() == 2
    assert "report annual" in "".join(capsys.readouterr())
