"""What files of this repository may be called, may hold and may weigh."""

import json
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, product, texts

# A room's noun says what a file is about; these say nothing.
NAMES_OF_NOTHING = {"service", "manager", "util", "helper", "common", "base", "core"}
HOSTS = {"www.w3.org", "www.apache.org", "restapi.amap.com", "api.map.baidu.com", "uri.amap.com"}
"""All hosts that the product names: namespaces, its licence's text, two geocoders, the map that a phone opens."""
MODULES = {"stdnum.cn", "WC.NET"}
"""Names of Python packages and figures that read like a host."""


def test_no_python_file_is_longer_than_400_lines() -> None:
    # a revision of the schema is as long as the change that it was written from
    ours = [(name, text) for name, text in texts() if not name.startswith("migrations/versions/")]
    lengths = {name: text.count("\n") for name, text in ours if name.endswith(".py")}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_every_file_is_named_after_what_it_is_about() -> None:
    named = [path for path in files() if path.suffix in (".py", ".ts", ".vue")]
    words = {
        path: {part.lower().rstrip("s") for part in path.relative_to(ROOT).with_suffix("").parts} for path in named
    }
    assert [str(path) for path, parts in words.items() if parts & NAMES_OF_NOTHING] == []


def test_no_file_names_a_host_that_the_product_does_not_need() -> None:
    """Least of all a registry's, neither as an address nor bare: every machine has its own."""
    address = re.compile(
        r"https?://([a-z0-9.-]+\.[a-z]{2,})|\b((?:[a-z0-9-]+\.)+(?:org|com|net|io|cn|dev))\b", re.IGNORECASE
    )
    named = {(name, host) for name, text in texts() for both in address.findall(text) for host in both if host}
    assert {
        (name, host) for name, host in named if host not in HOSTS | MODULES and not host.endswith(".example")
    } == set()


def test_python_locks_name_a_hash_for_everything_and_no_address() -> None:
    locks = [path for path in files() if path.suffix == ".lock"]
    assert {"requirements.lock", "requirements-dev.lock", "requirements-web.lock", "installer.lock"} <= {
        path.name for path in locks
    }
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        for wanted in re.split(r"\n(?=[a-z0-9])", text)[1:]:
            assert "--hash=sha256:" in wanted, (path, wanted)


def test_npm_locks_name_a_hash_for_everything_and_no_address() -> None:
    for path in files():
        if path.name == "package-lock.json":
            packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
            assert [name for name, entry in packages.items() if "resolved" in entry] == []
            assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
            assert [name for name, entry in packages.items() if "funding" in entry] == []
            # npm leaves out what its registry lacks for other machines, and then refuses its own lock (npm/cli#9846)
            locked = {name.rpartition("node_modules/")[2] for name in packages}
            assert {name for entry in packages.values() for name in entry.get("optionalDependencies", {})} <= locked


def test_the_pages_ask_for_exact_versions() -> None:
    asked = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))
    versions = asked["dependencies"] | asked["devDependencies"]
    assert versions
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_no_file_of_the_pages_is_longer_than_250_lines() -> None:
    lengths = {name: text.count("\n") for name, text in texts() if name.endswith((".ts", ".vue"))}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 250} == {}


@pytest.mark.parametrize("wanted", ["requirements", "requirements-dev", "requirements-web"])
def test_every_requirement_is_locked(wanted: str) -> None:
    asked = re.findall(r"^([a-z][a-z0-9-]+)(?:\[[a-z,]+\])?(==\S+)?", (ROOT / f"{wanted}.in").read_text(), re.MULTILINE)
    locked = dict(re.findall(r"^([a-z0-9-]+)(==\S+)", (ROOT / f"{wanted}.lock").read_text(), re.MULTILINE))
    assert asked
    for name, version in asked:
        assert locked[name].startswith(version or "=="), name


def test_every_exception_to_a_tool_says_why() -> None:
    exception = re.compile(r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]+\])?)(.*)")
    silent = [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts()
        if name.endswith(".py")
        for number, line in enumerate(text.splitlines(), start=1)
        if (mark := exception.search(line)) and len(re.findall(r"\w+", mark.group(1))) < 3
    ]
    assert silent == []


def test_every_rule_left_out_in_pyproject_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.isort]")]
    silent = [line for line in lint.splitlines() if re.match(r'(  "[A-Z]+\d*"|".*\] *$)', line) and "#" not in line]
    assert silent == []


def test_every_room_is_a_package_with_its_own_words() -> None:
    for name in product():
        for folder in Path(name).parents:
            assert folder == Path() or (ROOT / folder / "__init__.py").exists(), f"{folder} lacks __init__.py"
