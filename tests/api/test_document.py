"""The OpenAPI document says who may ask, how, with what, and what may come of it; and its examples are accepted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api import document
from api.room import ROOM
from kit.china import identifiers, phone
from processes.commands import docs

DOCUMENT = json.loads(next(text for path, text in docs.documents().items() if path.name == "openapi.json"))
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: {**operation, "method": method}
    for methods in DOCUMENT["paths"].values()
    for method, operation in methods.items()
}
READERS = {
    "id_no": identifiers.read_resident_id,
    "uscc": identifiers.read_uscc,
    "phone": phone.normalise,
    "division_code": identifiers.read_division_code,
}


def _forms() -> Iterator[Any]:
    for router in ROOM.routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.body_field is not None:
                yield pytest.param(route, id=route.name)


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from [(name, one)] if isinstance(one, str) else _fields(one)
    elif isinstance(value, list):
        for one in value:
            yield from _fields(one)


@pytest.mark.parametrize("route", list(_forms()))
def test_the_example_of_a_body_is_accepted(route: APIRoute) -> None:
    body = OPERATIONS[str(route.operation_id)]["requestBody"]
    assert body["required"]
    example = body["content"]["application/json"]["example"]
    form = route.body_field.field_info.annotation if route.body_field else None
    assert form is not None
    TypeAdapter(form).validate_python(example)
    for name, value in _fields(example):
        if name in READERS:
            READERS[name](value)


def test_every_operation_says_what_may_come_of_it() -> None:
    for name, operation in OPERATIONS.items():
        answers = operation["responses"]
        assert {"422", "503"} <= answers.keys(), name
        assert {"401", "403", "429"} <= answers.keys() or name in document.OPEN, name
        assert "409" in answers or operation["method"] == "get", name
        assert "413" in answers or "requestBody" not in operation, name
        for status, answer in answers.items():
            problem = "application/problem+json" in answer.get("content", {})
            # An ill health is told part by part, as a good one is.
            assert problem == (int(status) >= 400 and (name, status) != ("getHealth", "503")), (name, status)


def test_whatever_changes_something_takes_a_key() -> None:
    for name, operation in OPERATIONS.items():
        keys = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
        writes = operation["method"] != "get" and name not in document.OPEN
        assert keys == (["Idempotency-Key"] if writes else []), name


def test_a_document_completed_twice_is_the_same() -> None:
    assert document.complete(json.loads(json.dumps(DOCUMENT))) == DOCUMENT
