"""The typed client of the pages: written from the committed document, and compiled together with the calls in web/."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import run
from tests import machine
from tests.house.tree import ROOT

pytestmark = pytest.mark.timeout(600)
SOURCES = sorted(path for path in (ROOT / "web").rglob("*.ts") if "node_modules" not in path.parts)
CALLS = {
    str(path.relative_to(ROOT / "web")): path.read_text(encoding="utf-8")
    for path in SOURCES
    if not path.name.endswith(".d.ts")
}
OPERATIONS = {name for text in CALLS.values() for name in re.findall(r'operations\["(\w+)"\]', text)}
PATHS = {
    (file, text[: call.start()].count("\n") + 1): call[1]
    for file, text in CALLS.items()
    for call in re.finditer(r'api\.[A-Z]+\(\s*"([^"]+)"', text)
}
"""Where a path is called, file and line, and the path."""


def build(at: Path, document: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run what `python3 run.py web` runs on a copy of web/ beside the given document; return the type check."""
    npm, modules = run.npm(), ROOT / "web" / "node_modules"
    if not npm or not (modules / ".installed").exists():
        machine.lack("web", "the packages of web/ are not installed: python3 run.py web")
    (at / "docs").mkdir()
    (at / "docs" / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    shutil.copytree(ROOT / "web", at / "web", ignore=shutil.ignore_patterns("node_modules", "*.d.ts"))
    (at / "web" / "node_modules").symlink_to(modules)
    for script in run.PAGES[:-1]:
        run.call(*npm, "run", "--silent", script, cwd=at / "web", env=run.with_node())
    command = [*npm, "run", "--silent", run.PAGES[-1]]
    return subprocess.run(command, cwd=at / "web", env=run.with_node(), capture_output=True, text=True, check=False)


def document() -> dict[str, Any]:
    written: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    return written


def test_the_client_of_the_committed_document_compiles(tmp_path: Path) -> None:
    done = build(tmp_path, document())
    assert done.returncode == 0, done.stdout + done.stderr
    client = (tmp_path / "web" / "shared" / "api.d.ts").read_text(encoding="utf-8")
    assert [path for path in document()["paths"] if f'"{path}": {{' not in client] == []


def test_a_renamed_operation_and_a_moved_path_break_the_build(tmp_path: Path) -> None:
    assert OPERATIONS
    assert PATHS
    changed = document()
    changed["paths"] = {
        f"{path}-moved" if path in PATHS.values() else path: item for path, item in changed["paths"].items()
    }
    for item in changed["paths"].values():
        for operation in item.values():
            if operation["operationId"] in OPERATIONS:
                operation["operationId"] += "_renamed"
    done = build(tmp_path, changed)
    assert done.returncode != 0
    assert [
        name for name in OPERATIONS if f"Property '{name}' does not exist on type 'operations'" not in done.stdout
    ] == []
    assert [place for place in PATHS if "{}({},".format(*place) not in done.stdout] == []
