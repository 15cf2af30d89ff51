"""Schemathesis asks every route as every desk: whatever is sent, an answer is what the document says it may be."""

import asyncio
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import cycle, islice, product
from typing import Any, Self

import pytest
import pytest_asyncio
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from api.accounts.rules import LookupsPerMinute, PasswordChangesPerMinute, SearchesPerMinute
from api.app import build
from api.policy import OPEN_TO_ALL
from events.delivery import bus
from events.work import Works
from kit import text
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.database import Database
from kit.rules import operations as rules
from processes.rooms import ROOMS
from tests.api.lives import MARKS
from tests.api.questions import IDS_IN_BODIES
from tests.api.test_policy import POLICY, actions_of_routes
from tests.api.world import NOUNS, World, canaries
from tests.conftest import HANDLERS

# Schemathesis sends bytes as they are under few media types; a workbook is one more.
schemathesis.serializer.alias(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream"
)

ENDLESS = {"watchEvents", "watchFunnel"}
LAST = {"signOut"}
CASES = int(os.environ.get("NOWALLS_CASES", "24"))
"""Cases of each kind, right and wrong, that coverage enumerates for an operation and its first desk; by hand: 10000."""
EXAMPLES = max(1, CASES // 12)
"""Random cases of each kind beside them."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]
FEW = 3
DESKS = [
    None,
    *(f"{MARKS[0]}.{role}" for role in (Role.PROVIDER, Role.WORKER)),
    Role.OPERATOR,
    Role.FINANCE,
    Role.MANAGER,
    Role.ADMINISTRATOR,
    Role.EXCHANGE,
    Role.CLERK,
    Role.SECTION,
    Role.AUDITOR,
]


class Served:
    """The application behind a real socket, in a thread and a loop of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.address = ""
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        database = Database(self.world.works.database.url, connections=4)
        works = Works(database, FixedClock(self.world.lived.now), self.world.works.vault, routes=bus.routes(HANDLERS))
        # Named as TCP, for only then asyncio sends what it has at once; else every answer waits 40 ms for its end.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(build(works, ROOMS), log_level="warning", lifespan="on"))
        self._ready.set()
        await self._server.serve(sockets=[listening])
        listening.close()
        await database.close()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()


class Real:
    """Ids of things that are there, to stand every other time where the document's example stood."""

    def __init__(self, ids: dict[str, list[str]]) -> None:
        self._turns = {noun: cycle([None, *of_noun]) for noun, of_noun in ids.items()}

    def put(self, case: Any) -> None:
        for name in case.path_parameters:
            self._put(case.path_parameters, name, name)
        if isinstance(case.body, dict):
            for name, noun in IDS_IN_BODIES.items():
                if name in case.body:
                    self._put(case.body, name, noun)

    def _put(self, where: Any, name: str, noun: str) -> None:
        value = next(self._turns[noun]) if noun in self._turns else None
        if value is not None:
            where[name] = value


@pytest_asyncio.fixture
async def served(world: World) -> Any:
    """Serve a copy of the district in which looking people up is not slowed down."""
    async with world.works(SYSTEM("test")) as work:
        for rule in (LookupsPerMinute.of(10_000), SearchesPerMinute.of(10_000), PasswordChangesPerMinute.of(1_000)):
            since = work.now - timedelta(days=1)
            await rules.backdate(work.session, rule, valid_from=since, now=work.now, by="test", source="test")
    with Served(world) as server:
        yield server


@pytest_asyncio.fixture
async def real(world: World) -> Real:
    # Of the last company: what happens to its accounts ends nobody's session here.
    return Real(
        {
            noun: await world.ids(noun, world.lived.companies[2]) + await world.ids(noun, world.lived.companies[0])
            for noun in NOUNS
            if noun not in {"account_id", "session_id"}
        }
    )


@pytest_asyncio.fixture
async def secrets(world: World) -> frozenset[str]:
    return await world.secrets(world.lived.companies[0])


def _cases(schema: Any, operation: Any, most: dict[GenerationMode, int]) -> Iterator[Any]:
    """Enumerate what coverage has to say of an operation, right and wrong, or the first few of each."""
    for mode, number in most.items():
        cases = schema.iter_coverage_cases(
            operation, generation_modes=[mode], generation_config=schema.config.generation
        )
        yield from islice(cases, number)


def _may(desk: str | None, action: str | None) -> bool:
    """Tell whether a desk may use an operation; one without an action is open to all."""
    return action is None or (desk is not None and Role(desk.rpartition(".")[2]) in POLICY[action])


def _how_many(desk: str | None, action: str | None, *, fresh: bool) -> dict[GenerationMode, int]:
    """Say how much of its coverage to ask: `CASES` of each kind by the first desk that may; else a few, or one.

    What is wrong with a form is wrong wherever the same form is sent, so that it is enumerated where it is `fresh`.
    """
    first = next((candidate for candidate in DESKS if _may(candidate, action)), None) == desk
    right = CASES if first else FEW if _may(desk, action) else 1
    return {GenerationMode.POSITIVE: right, GenerationMode.NEGATIVE: right if fresh else min(right, FEW)}


def _ways_to_say(value: Any, language: str) -> list[Any]:
    """Return a parameter as it is and, where it may be a value of an enumeration, in the words for it."""
    if isinstance(value, list):
        comma = "、" if language == "zh" else ", "
        return [comma.join(map(str, parts)) for parts in product(*(_ways_to_say(part, language) for part in value))]
    entries = [entry[value] for entry in text.words().values() if isinstance(value, str) and value in entry]
    return [value, *dict.fromkeys(entry[language] for entry in entries if language in entry)]


def _speaks(answer: schemathesis.Response, language: str) -> None:
    """Hold every refusal to its code and its sentence in the reader's language."""
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"], answer.text
        problem = answer.json()
        names, values = problem["parameters"].keys(), problem["parameters"].values()
        assert problem["detail"] in {
            text.sentence(problem["code"], language, **dict(zip(names, spoken, strict=True)))
            for spoken in product(*(_ways_to_say(value, language) for value in values))
        }
        assert problem["status"] == answer.status_code
        assert problem["type"] == f"urn:nowalls:{problem['code']}"
        assert answer.headers["cache-control"] == ["no-store"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("desk", DESKS)
def test_no_desk_can_break_anything_or_get_an_undocumented_answer(
    desk: str | None, served: Served, real: Real, world: World, secrets: frozenset[str]
) -> None:
    actions, statuses = actions_of_routes(), Counter[int]()
    role = world.lived.actors[desk].role if desk else None
    words = world.words(world.lived.companies[0]) if role in {Role.PROVIDER, Role.WORKER} else []
    session, languages = requests.Session(), cycle(text.LANGUAGES)
    if desk:
        session.headers["Authorization"] = f"Bearer {world.lived.tokens[desk]}"

    failures: list[str] = []
    forms: set[str] = set()

    def put(case: Any) -> None:
        try:
            _put(case)
        except (AssertionError, FailureGroup) as failure:
            failures.append(
                "\n".join(map(str, getattr(failure, "exceptions", [failure])))
                + f" {case.method} {case.formatted_path} {case.query} {case.body}"
            )
            assert len(failures) < 20, "\n\n".join(failures)

    def _put(case: Any) -> None:
        language = next(languages)
        if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
            real.put(case)
        answer = case.call_and_validate(
            base_url=served.address, session=session, headers={"Accept-Language": language}, checks=CHECKS
        )
        statuses[answer.status_code] += 1
        _speaks(answer, language)
        if words:
            asked = f"{case.path_parameters}{case.query}{case.body}"
            assert canaries(answer, secrets, words, asked) == []

    schema = schemathesis.openapi.from_dict(world.app.openapi())
    schema.config.generation.with_security_parameters = False
    described = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(described) == len(actions) + len(OPEN_TO_ALL - {"get_metrics"})
    named = {operation.definition.raw["operationId"]: operation for operation in described}
    for name in sorted(named.keys() - ENDLESS, key=lambda operation_id: (operation_id in LAST, operation_id)):
        operation, action = named[name], actions.get(name)
        form = str(operation.definition.raw.get("requestBody", name))
        most = _how_many(desk, action, fresh=form not in forms)
        forms.add(form)
        for case in _cases(schema, operation, most):
            put(case)
        if most[GenerationMode.POSITIVE] == CASES and name not in LAST:
            for mode in GenerationMode:
                _randomly(put, operation.as_strategy(generation_mode=mode))
    session.close()
    assert not failures, "\n\n".join(failures)
    print(f"{desk or 'nobody'}: {statuses.total()} requests, {dict(sorted(statuses.items()))}")
    assert {401} == set(statuses) & {401, 403} if desk is None else 403 in statuses


def _randomly(put: Any, strategy: Any) -> None:
    @given(strategy)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        put(case)

    with suppress(Unsatisfiable):  # nothing can be wrong about a question without a parameter
        ask()
