"""A client that never forgets what it was told: each operation is ok, fail or unknown, under its idempotency key.

`ok`: a 2xx was read. `fail`: every try was refused with a sentence of the platform's. `unknown`: a try ended without
an answer, or with one that does not say (5xx): the operation may have been done, once or not at all.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any, Protocol
from uuid import UUID

_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.2
_GIVES_UP = 0.1
"""The share of operations that are not tried again after a try without an answer."""


class Unanswered(Exception):
    """The connection was refused, cut or silent: nothing is known of what was asked."""


class Transport(Protocol):
    """One way to the API."""

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body; raise `Unanswered` where there is no whole answer."""
        ...


class Loopback:
    """HTTP to a port of this machine, a connection for each question; many wait side by side."""

    def __init__(self, port: int, *, timeout: float = 10.0) -> None:
        self._port, self._timeout = port, timeout
        self._threads = ThreadPoolExecutor(24)

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        """Ask in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, method, path, headers, form)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        try:
            body = None if form is None else json.dumps(form)
            connection.request(method, "/api/v1" + path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, HTTPException, ValueError) as error:
            raise Unanswered from error
        finally:
            connection.close()

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Outcome(StrEnum):
    """What the client knows of an operation."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an operation leaves in the log: an event of this type with these fields."""

    event: str
    fields: tuple[str, ...]


EFFECTS = {
    "place": Effect("care-requests.care_requested.v1", ("person_id", "item_code", "earliest")),
    "cancel": Effect("care-requests.care_request_cancelled.v1", ("request_id",)),
    "accept": Effect("offers.offer_accepted.v1", ("offer_id",)),
    "refuse": Effect("offers.offer_refused.v1", ("offer_id",)),
    "arrive": Effect("visits.worker_arrived.v1", ("visit_id",)),
    "leave": Effect("visits.visit_finished.v1", ("visit_id",)),
    "confirm": Effect("settlement.statement_confirmed.v1", ("statement_id",)),
    "review": Effect("settlement.line_reviewed.v1", ("line_id",)),
    "approve": Effect("settlement.statement_approved.v1", ("statement_id",)),
    "pay": Effect("settlement.statement_paid.v1", ("statement_id",)),
}
"""Each kind of operation; an object is acted upon once with each kind."""


@dataclass(slots=True)
class Operation:
    """One operation as the client knows it; `about` are the values of its effect's fields, joined by a bar."""

    key: str
    kind: str
    about: str
    outcome: Outcome = Outcome.UNKNOWN
    code: str = ""
    tries: int = 0


@dataclass(slots=True)
class Record:
    """All operations of a run, in the order of their beginning."""

    operations: list[Operation] = field(default_factory=list)

    def begin(self, chance: Random, kind: str, about: str) -> Operation:
        """Write down an operation before anything is sent."""
        operation = Operation(str(UUID(int=chance.getrandbits(128))), kind, about)
        self.operations.append(operation)
        return operation

    def figures(self) -> dict[str, Any]:
        """Count the operations by outcome, those accepted by kind, and the refusals by code."""
        operations = self.operations
        return {
            **{outcome.value: sum(each.outcome is outcome for each in operations) for outcome in Outcome},
            "tries": sum(each.tries for each in operations),
            "accepted": dict(Counter(each.kind for each in operations if each.outcome is Outcome.OK)),
            "refused": dict(Counter(each.code for each in operations if each.outcome is Outcome.FAIL)),
        }


@dataclass(slots=True)
class Desk:
    """One person with an account, who signs in again when the session has ended."""

    transport: Transport
    record: Record
    chance: Random
    username: str
    password: str
    token: str = ""

    async def _ask(
        self, method: str, path: str, form: Mapping[str, Any] | None, key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        if self.token:
            status, answer = await self.transport.ask(method, path, headers, form)
            if status != 401:
                return status, answer
        who = {"username": self.username, "password": self.password}
        status, answer = await self.transport.ask("POST", "/sessions", {}, who)
        if status != 201:
            raise Unanswered
        self.token = answer["token"]
        headers["Authorization"] = f"Bearer {self.token}"
        return await self.transport.ask(method, path, headers, form)

    async def read(self, path: str) -> dict[str, Any]:
        """Return what is at a path; asks until there is an answer."""
        return await self.insist("GET", path)

    async def insist(self, method: str, path: str, form: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask until there is an answer: for what changes nothing, or nothing twice by its nature."""
        until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                status, answer = await self._ask(method, path, form)
            except Unanswered:
                status, answer = 0, {}
            if 200 <= status < 300:
                return answer
            if asyncio.get_running_loop().time() > until or 400 <= status < 500:
                message = f"{method} {path} as {self.username}: {status} {answer.get('code')}"
                raise TimeoutError(message)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def act(self, kind: str, path: str, form: Mapping[str, Any] | None, about: str) -> dict[str, Any] | None:
        """Do one operation and write down what became of it; return the answer where it was accepted."""
        operation = self.record.begin(self.chance, kind, about)
        gives_up = self.chance.random() < _GIVES_UP
        until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < until:
            operation.tries += 1
            try:
                status, answer = await self._ask("POST", path, form, operation.key)
            except Unanswered:
                status, answer = 0, {}
            if 200 <= status < 300:
                operation.outcome = Outcome.OK
                return answer
            operation.code = str(answer.get("code", status))
            if 400 <= status < 500 or operation.code == "request.backlog":
                # After a try without an answer a refusal proves nothing: that try may still be on its way.
                operation.outcome = Outcome.FAIL if operation.tries == 1 else Outcome.UNKNOWN
                return None
            if gives_up:
                return None
            await asyncio.sleep(_PAUSE_SECONDS)
        return None
