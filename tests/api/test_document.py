"""The OpenAPI document says who may ask, how, with what, and what may come of it; and its examples are accepted."""

import json
import re
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args

import jsonschema_rs
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api import document
from api.room import ROOM
from events.contracts.event import REGISTRY
from kit.china import identifiers, phone
from processes.commands import docs

DOCUMENT = json.loads(next(text for path, text in docs.documents().items() if path.name == "openapi.json"))
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
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
        for name, item in value.items():
            yield from [(name, item)] if isinstance(item, str) else _fields(item)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item)


@pytest.mark.parametrize("route", list(_forms()))
def test_the_example_of_a_body_is_accepted(route: APIRoute) -> None:
    body = OPERATIONS[str(route.operation_id)]["requestBody"]
    example = body["content"]["application/json"]["example"]
    form = route.body_field.field_info.annotation if route.body_field else None
    assert form is not None
    assert body.get("required", False) == (NoneType not in get_args(form))
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
        keys = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"]
        writes = operation["method"] != "get" and name not in document.OPEN
        assert keys == (["Idempotency-Key"] if writes else []), name


def test_a_document_completed_twice_is_the_same() -> None:
    assert document.complete(json.loads(json.dumps(DOCUMENT))) == DOCUMENT


READS = ("get", "list", "find", "explain", "watch")
"""The verbs of GET; every other verb changes something."""


def test_an_operation_id_is_a_verb_that_agrees_with_the_method() -> None:
    assert len(OPERATIONS) == sum(len(methods) for methods in DOCUMENT["paths"].values())
    for name, operation in OPERATIONS.items():
        assert re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", name), name
        assert (re.split(r"[^a-z]", name)[0] in READS) == (operation["method"] == "get"), name


def test_no_answer_is_a_bare_list_or_mapping_and_no_name_was_made_by_a_collision() -> None:
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            assert schema is None or schema.keys() == {"$ref"}, (name, status)
    assert [name for name in SCHEMAS if not re.fullmatch(r"([A-Z][a-z0-9]*)+", name)] == []


def test_every_field_and_parameter_says_what_it_means() -> None:
    fields = {
        f"{name}.{field}": about
        for name, schema in SCHEMAS.items()
        for field, about in schema.get("properties", {}).items()
    }
    silent = [name for name, about in fields.items() if not about.get("description")]
    silent += [
        f"{name}({parameter['name']})"
        for name, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert silent == []
    used = {name for full in fields for name in (full, full.partition(".")[2])}
    used |= {declared["name"] for operation in OPERATIONS.values() for declared in operation.get("parameters", [])}
    assert document.MEANINGS.keys() - used == set()


def test_every_answer_has_an_example_that_its_schema_accepts() -> None:
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                if kind != "application/json":
                    continue
                schema = {**content["schema"], "components": DOCUMENT["components"]}
                errors = [
                    error.message for error in jsonschema_rs.validator_for(schema).iter_errors(content["example"])
                ]
                assert errors == [], (name, status)


def test_every_tag_is_described_and_whoever_must_wait_is_told_how_long() -> None:
    tags = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert tags == {tag["name"] for tag in DOCUMENT["tags"]} == document.TAGS.keys()
    for name, operation in OPERATIONS.items():
        for status in {"429", "503"} & operation["responses"].keys():
            assert "Retry-After" in operation["responses"][status].get("headers", {}) or name == "getHealth", name


def test_a_stream_says_what_its_frames_hold() -> None:
    for name, schema in (("watchEvents", "LiveEvent"), ("watchFunnel", "Funnel")):
        stream = OPERATIONS[name]["responses"]["200"]
        assert stream["content"]["text/event-stream"]["x-data"] == {"$ref": f"#/components/schemas/{schema}"}
        assert "Last-Event-ID" in stream["description"]
    assert set(SCHEMAS["LiveEvent"]["properties"]["type"]["enum"]) == REGISTRY.keys()
