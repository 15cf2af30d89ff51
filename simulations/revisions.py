"""A revision under measurement: its processes, its command line, its database; and where a checkout of it is."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from kit.refusal import Kind, Refusal
from simulations import statements

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 240.0


class RevisionUnknown(Refusal):
    """Neither a folder nor a revision of the repository."""

    code = "bench.revision_unknown"


class DidNotFinish(Refusal):
    """A process that is measured did not start or did not finish in time."""

    code = "bench.did_not_finish"
    kind = Kind.BUSY


@dataclass(slots=True)
class Subject:
    """One revision with a database of its own."""

    name: str
    root: Path
    folder: Path
    database_url: str
    prefix: str
    """What stands before `/requests` in its addresses."""
    counts: Path = field(init=False)
    kafka: str = ""
    token: str = ""
    elders: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = self.folder / "counts"
        self.counts.mkdir(parents=True)
        shutil.copy(statements.__file__, self.folder / "sitecustomize.py")

    def note(self, name: str, value: float) -> None:
        """Keep a figure of one round."""
        self.figures.setdefault(name, []).append(value)

    def environment(self, database_url: str) -> dict[str, str]:
        """Return the environment of this revision's processes."""
        own = {
            "PYTHONPATH": f"{self.folder}{os.pathsep}{self.root}",
            "NOWALLS_HOME": str(self.folder / "home"),
            "NOWALLS_DATABASE_URL": database_url,
            "NOWALLS_KAFKA": self.kafka,
            statements.FOLDER: str(self.counts),
        }
        return os.environ | own

    @property
    def python(self) -> str:
        """Return the interpreter of this revision's own packages, else of this program's."""
        own = self.root / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    def command(self, *words: object, database_url: str | None = None) -> dict[str, Any]:
        """Run a word of this revision's command line that answers in JSON; refuse `bench.did_not_finish`."""
        line = [self.python, "-P", "-m", "processes", *map(str, words), "--json"]
        environment = self.environment(database_url or self.database_url)
        try:
            done = subprocess.run(  # noqa: S603 - its own command line
                line, cwd=self.root, env=environment, capture_output=True, timeout=PATIENCE_SECONDS, check=True
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise DidNotFinish(what=f"{self.name} {words[0]}", says=(error.stderr or b"").decode()[-300:]) from error
        answer: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
        return answer

    def spawn(self, *words: str, port: int, beside: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """Begin a process of this revision, which says what it does at `/health` of a port."""
        # The API answers that itself, so that its probes listen elsewhere.
        probe = free_port() if "processes.http" in words else port
        ports = {"NOWALLS_PORT": str(port), "NOWALLS_PROBE_PORT": str(probe), **(beside or {})}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - its own modules
                [self.python, "-P", "-m", *words],
                cwd=self.root,
                env=self.environment(self.database_url) | ports,
                stdout=log,
                stderr=log,
            )

    def last_words(self) -> str:
        """Return the end of what its processes have written."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-300:]

    @contextmanager
    def running(self, *words: str, port: int, answers: bool = True) -> Iterator[None]:
        """Run a process of this revision beside the block, where it `answers` from the moment that /health does."""
        process = self.spawn(*words, port=port)
        try:
            what = f"{self.name} {' '.join(words)}"
            await_that(lambda: not answers or process.poll() is not None or status(port, "/health") == 200, what)
            if process.returncode is not None:
                raise DidNotFinish(what=what, says=self.last_words())
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def await_that(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until a condition holds; refuse `bench.did_not_finish` after some seconds."""
    until = monotonic() + seconds
    while not condition():
        if monotonic() > until:
            raise DidNotFinish(what=what, says=f"> {seconds:.0f} s")
        sleep(0.1)


def status(port: int, path: str) -> int:
    """Return the status that a path of this machine answers with, 0 where nothing answers."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0


@contextmanager
def checkout(against: str) -> Iterator[Path]:
    """Give a folder with a revision: one that is there already, or a work tree that is removed after."""
    if Path(against).is_dir():
        yield Path(against).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="nowalls-against-") as parent:
        tree = str(Path(parent) / "tree")
        git = ["git", "-C", str(ROOT)]
        revision = [*git, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{against}^{{commit}}"]
        commit = subprocess.run(revision, capture_output=True, check=False)  # noqa: S603 - a revision is data here
        if commit.returncode:
            raise RevisionUnknown(given=against[:80])
        adding = [*git, "worktree", "add", "--detach", tree, commit.stdout.decode().strip()]
        subprocess.run(adding, capture_output=True, check=True)  # noqa: S603 - its own folder
        try:
            yield Path(tree)
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", tree], capture_output=True, check=False)  # noqa: S603 - its own folder
