"""What the documents say can be done can be done, and what they point at is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from processes.__main__ import WORDS, app
from tests.house.tree import ROOT, files

PAGES = [path for path in files() if path.suffix == ".md"]
LAUNCHER = {"test", "check", "setup", "lock", "web", "pictures", "help"}


def blocks(page: Path, mark: str) -> list[str]:
    return re.findall(rf"^```{mark}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


PROGRAMS = [(page, block) for page in PAGES for block in blocks(page, "python run")]
RUN = [(page, block) for page in PAGES for block in blocks(page, "sh run")]


DEVELOPERS = {"bench", "docs", "revision"}
"""Words for who changes nowalls; CONTRIBUTING and the pages of the benchmarks tell of them."""


def table() -> set[str]:
    """Find every word of nowalls in the front page's table."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z][a-z-]*)[ `]", text, re.MULTILINE))


def commands() -> set[str]:
    """Find every word of nowalls that a page or the front page's table names."""
    named = {
        word
        for page in PAGES
        for word in re.findall(r"python3 run\.py ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }
    return (named | table()) - LAUNCHER


def test_the_front_page_names_every_word_of_nowalls() -> None:
    words = {str(command.name) for command in app.registered_commands} | WORDS.keys()
    assert table() & words == words - DEVELOPERS
    assert commands() >= DEVELOPERS


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("page", "block"), RUN, ids=[f"{page.stem}-{n}" for n, (page, _) in enumerate(RUN)])
def test_a_block_marked_run_runs_as_written(page: Path, block: str, tmp_path: Path) -> None:
    home = {**os.environ, "NOWALLS_HOME": str(tmp_path)}
    shell = ["bash", "-euo", "pipefail", "-c", block]
    done = subprocess.run(shell, cwd=ROOT, env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("page", "block"), PROGRAMS, ids=[f"{page.stem}-{n}" for n, (page, _) in enumerate(PROGRAMS)])
def test_a_program_marked_run_runs_as_written(page: Path, block: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "drawing" not in block or [*tmp_path.glob("*.svg")]


def test_at_least_one_block_of_each_kind_is_run() -> None:
    assert RUN
    assert PROGRAMS


@pytest.mark.parametrize("word", sorted(commands()))
def test_every_command_in_the_documents_exists(word: str) -> None:
    done = CliRunner().invoke(app, [word, "--help"])
    assert done.exit_code == 0, done.output


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert broken == []


def test_every_decision_fits_a_page_and_has_its_parts() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        text = page.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60, page.name
        for part in ("Decision", "Status", "Context", "Alternatives", "Consequences"):
            assert f"**{part}.**" in text, (page.name, part)
