"""What an editor, a commit and a change are held to outside the tests: the dotfiles say what run.py says."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import run
from kit.version import VERSION
from tests.house.tree import ROOT, texts

ACTIONS = {"actions/checkout", "actions/setup-python"}


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def hooks() -> dict[str, dict[str, Any]]:
    (local,) = read(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    return {hook["id"]: hook for hook in local["hooks"]}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a small repository with this one's hooks and tools."""
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / ".gitignore").write_text("/.venv\n/cache\n")
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def hook(clone: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [".venv/bin/pre-commit", "run", name, "--color=never", *words]
    environment = {"PATH": os.environ["PATH"], "PRE_COMMIT_HOME": str(clone / "cache"), "HOME": str(clone)}
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)


def test_the_hooks_before_a_commit_are_the_tools_of_check() -> None:
    entries = {name: made["entry"] for name, made in hooks().items() if made.get("stages") != ["commit-msg"]}
    assert entries == {name: f".venv/bin/{' '.join(command)}" for name, command in run.CHECKS.items()}


def test_a_file_that_the_formatter_would_change_is_not_committed(clone: Path) -> None:
    (clone / "room.py").write_text("x = 1\n")
    assert hook(clone, "format", "--all-files").returncode == 0
    (clone / "room.py").write_text("x = 'unformatted'\n")
    subprocess.run(["git", "add", "room.py"], cwd=clone, check=True)
    done = hook(clone, "format", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "format" in done.stdout


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        ("matching: Offer urgent requests first\n\nThe why, as long as it takes, with a full stop.\n", True),
        ("matching: Offer urgent requests first", True),
        ("matching: " + "W" * 62, True),
        ("matching: " + "W" * 63, False),
        ("matching: offer urgent requests first", False),
        ("matching: Offer urgent requests first.", False),
        ("Offer urgent requests first", False),
        ("Offer urgent requests first\n\nmatching: Not here\n", False),
    ],
)
def test_a_subject_names_its_room_and_what_changes(clone: Path, message: str, *, taken: bool) -> None:
    (clone / "message").write_text(message)
    done = hook(clone, "subject", "--hook-stage=commit-msg", f"--commit-msg-filename={clone / 'message'}")
    assert done.returncode == (0 if taken else 1), done.stdout + done.stderr


def test_every_file_is_written_as_the_editor_is_told() -> None:
    wrong = []
    for name, text in texts():
        lines = text.split("\n")
        written = (ROOT / name).read_bytes()
        faults = {
            "a last line without an end": bool(written) and not written.endswith(b"\n"),
            "a carriage return": b"\r" in written and not name.endswith(".csv"),
            "blanks at a line's end": any(line != line.rstrip(" \t") for line in lines),
            "a tab": name != "Makefile" and any(line.startswith("\t") for line in lines),
        }
        wrong += [f"{name}: {fault}" for fault, there in faults.items() if there]
    assert wrong == []


def test_the_workflow_runs_the_test_command_and_nobody_elses_action() -> None:
    for job in read(".github/workflows/test.yml")["jobs"].values():
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert {name.partition("@")[0] for name in used} <= ACTIONS
        assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)] == []
        assert [step["run"] for step in job["steps"] if "run" in step] == ["python3 run.py test"]


def test_each_form_for_an_issue_asks_for_something_that_must_be_said() -> None:
    forms = [path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
    assert forms
    for path in forms:
        asked = [field for field in read(str(path.relative_to(ROOT)))["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in asked}) == len(asked)
        assert any(field.get("validations", {}).get("required") for field in asked), path.name


def test_the_version_stands_once_and_shows_in_both_documents() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in settings["project"]
    assert settings["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "kit.version.VERSION"}
    for name in ("openapi.json", "asyncapi.json"):
        document = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
        assert document["info"]["version"] == VERSION, name


def test_the_change_log_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert [line for line in headings[1:] if not re.fullmatch(r"\d+\.\d+\.\d+ — \d{4}-\d{2}-\d{2}", line)] == []
