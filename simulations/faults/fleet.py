"""The platform's processes of one run, on a PostgreSQL and perhaps a Kafka of their own."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

import psutil

from kit import postgres
from simulations.revisions import DidNotFinish, Subject, await_that, free_port, status

DYING = "simulations.faults.dying"
Raw = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""A record as it lies on Kafka: key, value, headers."""


class Brokers(Protocol):
    """What starts and breaks a throw-away Kafka; `processes.kafka` is one."""

    def start(self, directory: Path, *, brokers: int = 1, advertised: int = 0) -> str:
        """Start empty brokers, which tell clients to come to a port of another's; return their addresses."""
        ...

    def bootstrap(self, directory: Path) -> str:
        """Return their addresses, empty where none is up."""
        ...

    def kill(self, directory: Path, number: int) -> None:
        """End one at once; its files stay."""
        ...

    def restart(self, directory: Path, number: int) -> None:
        """Start it again with the files it left."""
        ...

    def stop(self, directory: Path) -> None:
        """End all of them and forget what they held."""
        ...

    def send(self, servers: str, topic: str, records: Sequence[Raw]) -> None:
        """Send records that nobody of the platform's has written: key, value and headers."""
        ...


@dataclass(slots=True)
class Child:
    """One process; `words` are those of its command line, `beside` variables of its environment."""

    subject: Subject
    words: tuple[str, ...]
    port: int = field(default_factory=free_port)
    beside: Mapping[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, dies_at: int | None = None) -> None:
        """Begin it; with `dies_at` it ends itself, at once and without a word, at that boundary of its work."""
        words = self.words if dies_at is None else (DYING, str(dies_at), *self.words)
        self._process = self.subject.spawn(*words, port=self.port, beside=self.beside)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it as an operator does."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        if self.alive:
            os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.alive:
            os.kill(self._pid, signal.SIGCONT)

    @property
    def _pid(self) -> int:
        assert self._process is not None  # noqa: S101 - asked of a process that runs
        return self._process.pid

    async def until_dead(self, seconds: float) -> bool:
        """Wait until it has ended by itself; tell whether it has."""
        for _ in range(int(seconds / 0.05)):
            if not self.alive:
                return True
            await asyncio.sleep(0.05)
        return False

    async def until_well(self, seconds: float = 180) -> None:
        """Wait until its /health answers; refuse `bench.did_not_finish`."""

        def well() -> bool:
            if not self.alive:
                raise DidNotFinish(what=self.words[0], says=self.subject.last_words())
            return status(self.port, "/health") in {200, 503}

        await asyncio.to_thread(await_that, well, self.words[0], seconds)


@dataclass(slots=True)
class Fleet:
    """All processes of a run, by name, and what they stand on."""

    subject: Subject
    chance: Random
    postgres: Path
    kafka: Path
    brokers: Brokers | None = None
    children: dict[str, Child] = field(default_factory=dict)
    _advertised: int = 0

    def add(self, name: str, *words: str, beside: Mapping[str, str] | None = None) -> Child:
        """Declare a process."""
        self.children[name] = Child(self.subject, words, beside=beside or {})
        return self.children[name]

    def pick(self) -> Child:
        """Draw a process."""
        return self.children[self.chance.choice(sorted(self.children))]

    async def start_all(self) -> None:
        """Begin what does not run, and wait until all answer."""
        for child in self.children.values():
            child.thaw()
            if not child.alive:
                child.start()
        await asyncio.gather(*(child.until_well() for child in self.children.values()))

    def stop(self, *kinds: str) -> None:
        """End the processes of these kinds, frozen or not; without kinds, all."""
        ending = [child for name, child in self.children.items() if not kinds or name.partition("-")[0] in kinds]
        for child in ending:
            child.thaw()
        for child in ending:
            child.stop()

    def kill_postgres(self) -> None:
        """End the database server at once, with all that it has begun."""
        server = psutil.Process(self._postmaster())
        backends = server.children(recursive=True)
        server.kill()
        psutil.wait_procs([server, *backends], timeout=30)

    def start_postgres(self) -> None:
        """Start the database server again where it was."""
        postgres.start_again(self.postgres)

    @contextmanager
    def failing_syncs(self) -> Iterator[None]:
        """Let the server's syncs, and those of all its processes, fail with EIO for the length of the block."""
        server = psutil.Process(self._postmaster())
        numbers = [str(process.pid) for process in (server, *server.children(recursive=True))]
        attach = [word for number in numbers for word in ("-p", number)]
        inject = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"]
        tracing = subprocess.Popen(  # noqa: S603 - its own arguments
            ["strace", "-f", "-qq", "-o", os.devnull, *inject, *attach],  # noqa: S607 - where the machine has it
        )
        try:
            yield
        finally:
            tracing.terminate()
            tracing.wait(10)

    def _postmaster(self) -> int:
        return int((self.postgres / "postmaster.pid").read_text().splitlines()[0])

    def start_broker(self, advertised: int) -> None:
        """Start an empty broker that clients reach by a port of the proxy's."""
        self._advertised = advertised
        self._broker.start(self.kafka, advertised=advertised)

    def kill_broker(self) -> None:
        """End it at once."""
        self._broker.kill(self.kafka, 1)

    def restart_broker(self) -> None:
        """Start it again with what it holds."""
        self._broker.restart(self.kafka, 1)

    def wipe_broker(self) -> None:
        """Start an empty one in its place."""
        self._broker.stop(self.kafka)
        self._broker.start(self.kafka, advertised=self._advertised)

    def stop_broker(self) -> None:
        """End it for good."""
        if self.brokers is not None:
            self.brokers.stop(self.kafka)

    def broker_port(self) -> int:
        """Return where the broker itself listens, 0 while there is none."""
        return int(self._broker.bootstrap(self.kafka).rpartition(":")[2] or 0)

    def send(self, topic: str, records: Sequence[Raw]) -> None:
        """Send records to a topic as a stranger."""
        self._broker.send(f"127.0.0.1:{self._advertised}", topic, records)

    @property
    def _broker(self) -> Brokers:
        assert self.brokers is not None  # noqa: S101 - asked by scenarios with Kafka alone
        return self.brokers
