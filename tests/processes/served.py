"""A platform as people run it, but for its pages: `python3 run.py serve`, its own home and port, and what it prints."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from api.app import V1
from tests.machine import free_port

ROOT = Path(__file__).parents[2]


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Give what a terminal would: nothing of ours but what is named."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("NOWALLS_")}
    return plain | {"NOWALLS_HOME": str(home)} | settings


def run(home: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; a port that nobody listens on unless one is named."""
    command = [sys.executable, str(ROOT / "run.py"), *words]
    given = environment(home, **{"NOWALLS_PORT": str(free_port())} | settings)
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=100)


@dataclass
class Served:
    """One home and one port; `start` may be called again after the process has ended."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        """Say where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        """Say below which address its API answers."""
        return f"{self.url}{V1}"

    @property
    def database(self) -> str:
        """Say where its embedded PostgreSQL listens."""
        socket = (self.home / "postgres" / "postmaster.pid").read_text().splitlines()[4]
        return f"postgresql+asyncpg://postgres@/nowalls?host={socket}"

    @property
    def postmaster(self) -> int:
        """Give the number of its embedded PostgreSQL's process."""
        return int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def start(self, *, whole: bool = False, demo: bool = False) -> None:
        """Start it and wait until it answers, or until the `whole` of it is well."""
        command = [sys.executable, str(ROOT / "run.py"), "serve", "--demo" if demo else "--no-demo"]
        with (self.home.parent / "said").open("a") as said:
            self.process = subprocess.Popen(
                command,
                env=environment(self.home, NOWALLS_PORT=str(self.port)),
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.until(lambda health: health is not None and (not whole or set(health[1].values()) == {"ok"}))

    def health(self) -> tuple[int, dict[str, str]] | None:
        """Ask for its health; None while nobody answers."""
        try:
            answer = httpx.get(f"{self.url}/health", timeout=10)
        except httpx.HTTPError:
            return None
        return answer.status_code, answer.json()["parts"]

    def until(self, condition: Any) -> tuple[int, dict[str, str]]:
        """Ask for its health until a condition holds, for at most two minutes."""
        assert self.process is not None
        for _ in range(600):
            health = self.health()
            if condition(health):
                assert health is not None
                return health
            assert self.process.poll() is None, self.said()
            time.sleep(0.2)
        raise AssertionError(self.said())

    def end(self, signal: int) -> int:
        """Send a signal and give the exit code."""
        assert self.process is not None
        self.process.send_signal(signal)
        code = self.process.wait(60)
        self.process = None
        return code

    def said(self) -> str:
        """Give everything it has printed so far."""
        return (self.home.parent / "said").read_text(encoding="utf-8")
