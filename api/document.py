"""The OpenAPI document made whole: who may ask, how to retry, every refusal, an example of every body."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from api.acting import camel
from api.board import BoardChange
from api.errors import InputError, Problem, responses
from api.forms import EXAMPLE_ID
from api.imports import WORKBOOK
from api.live import LiveEvent
from api.policy import OPEN_TO_ALL
from events.contracts.event import REGISTRY

OPEN = {camel(name) for name in OPEN_TO_ALL}
"""The operations, by their ids, that ask for nobody's session."""
_REF = "#/components/schemas/{model}"
_FIELDS = tomllib.loads((Path(__file__).parent / "fields.toml").read_text(encoding="utf-8"))
MEANINGS: dict[str, str] = _FIELDS["meanings"]
EXAMPLES: dict[str, Any] = _FIELDS["examples"]
TAGS = {
    "account": "Signing in and out, and the own account.",
    "accounts": "The administrator's list of accounts.",
    "calls": "Telephone calls as the exchange reports them, and callers who are not registered yet.",
    "cases": "What waits for a person: taken up and closed with a reason.",
    "catalogue": "What can be asked for, and its price of a day.",
    "civil": "Cases, benefits and monthly runs of the bureau's companion modules.",
    "companies": "Service companies, their contracts, workers, certificates, shifts and absences.",
    "divisions": "The divisions of the district, and the acts that change them.",
    "enrolment": "From an application over the assessment to a month's quota.",
    "households": "Households and who belongs to them.",
    "imports": "Lists that people bring: what each holds, and bringing one.",
    "live": "What happens, as it happens (server-sent events).",
    "people": "People, their records (every reading is recorded), dated facts and deaths.",
    "platform": "The platform itself: health, the funnel, dead letters, the event log.",
    "requests": "Care requests, decision records and standing orders.",
    "rules": "The dated rules that people decide.",
    "satisfaction": "Ratings, call-backs, complaints and rates.",
    "settlement": "Charges, statements, disputes and payments.",
    "visits": "Offers, visits and their evidence.",
    "words": "The words for states, reasons and refusals, for people.",
}
"""Every tag that a route bears, and what its routes are about."""
_BY_FORMAT = {
    "uuid": str(EXAMPLE_ID),
    "date-time": "2026-11-02T01:30:00Z",
    "date": "2026-11-02",
}
_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.0, "string": "…", "boolean": False, "object": {}}
_LISTING = re.compile(r"\bListing[_\[](\w+?)[_\]](?=\")")
"""How pydantic names `Listing[Visit]`; the document says `VisitList`."""
_WRITES = {"post", "put", "patch", "delete"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "8 to 120 visible ASCII characters; the same key again acts no second time and answers the same",
    "schema": {"type": "string", "minLength": 8, "maxLength": 120, "pattern": "^[!-~]+$"},
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to FastAPI's document what holds for all routes alike; doing it again changes nothing."""
    document = json.loads(_LISTING.sub(r"\1List", json.dumps(document)))
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (InputError, Problem):
        schemas[model.__name__] = model.model_json_schema(ref_template=_REF)
        schemas[model.__name__].pop("$defs", None)
    schemas |= _streamed()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"session": {"type": "http", "scheme": "bearer"}}
    document["servers"] = [{"url": "/", "description": "the installation that serves this document"}]
    document["tags"] = [{"name": name, "description": meaning} for name, meaning in TAGS.items()]
    _describe(schemas)
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(operation, method, schemas)
    return document


def _describe(schemas: dict[str, Any]) -> None:
    """Say what each field means where its declaration does not, from `fields.toml`."""
    for name, schema in schemas.items():
        for field, about in schema.get("properties", {}).items():
            meaning = MEANINGS.get(f"{name}.{field}", MEANINGS.get(field))
            if meaning is not None:
                about.setdefault("description", meaning)
            if field in EXAMPLES and about.get("type") == "string":
                about.setdefault("examples", [EXAMPLES[field]])


def _streamed() -> dict[str, Any]:
    """Return the schemas of the frames of streams, which no route has as its response model."""
    emitted = LiveEvent.model_json_schema(ref_template=_REF)
    emitted["properties"]["type"]["enum"] = sorted(REGISTRY)
    change = BoardChange.model_json_schema(ref_template=_REF)
    change.pop("$defs")  # the rows are those of the board itself
    return {"LiveEvent": emitted, "BoardChange": change}


def _complete(operation: dict[str, Any], method: str, schemas: dict[str, Any]) -> None:
    signed_in = operation["operationId"] not in OPEN
    writes = method in _WRITES
    statuses = {422, 503}
    if signed_in:
        operation["security"] = [{"session": []}]
        statuses |= {401, 403, 429}
    if writes:
        statuses |= {409}
    if writes and signed_in:
        parameters = operation.setdefault("parameters", [])
        if _KEY not in parameters:
            parameters.append(_KEY)
    if "requestBody" in operation:
        statuses |= {413}
        contents = operation["requestBody"]["content"].values()
        for content in (content for content in contents if content["schema"] != WORKBOOK):
            content["example"] = example(content["schema"], schemas)
    for parameter in operation.get("parameters", ()):
        meaning = MEANINGS.get(parameter["name"])
        if meaning is not None:
            parameter.setdefault("description", meaning)
    answers = operation["responses"]
    answers.pop("422", None)
    for answer in answers.values():
        for kind, content in answer.get("content", {}).items():
            if kind == "application/json":
                content["example"] = answer_example(content["schema"], schemas)
    for status, answer in responses(*statuses).items():
        answers.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(answers.items()))


def example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return an example of a schema: its own first one, or one put together from those of its fields.

    A field that may be left out and has no example is left out; one that may not and has none is a KeyError.
    """
    if "anyOf" in schema and "examples" not in schema:  # a body that may be left out
        schema = schema["anyOf"][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "boolean":
        return False
    if schema.get("type") == "array":
        return [example(schema["items"], schemas)]
    properties = schema["properties"]
    required = schema.get("required", ())
    return {
        name: example(field, schemas)
        for name, field in properties.items()
        if name in required or "examples" in field or _nested(field, schemas)
    }


def answer_example(schema: dict[str, Any], schemas: dict[str, Any], inside: tuple[str, ...] = ()) -> Any:
    """Return an example of an answer with every field; where the type gives none, from `fields.toml` or by its format.

    A list of what it stands inside of is empty, so that the example ends.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return answer_example(schemas[name], schemas, (*inside, name))
    given = (
        schema.get("examples") or schema.get("enum") or [schema.get("const", _BY_FORMAT.get(schema.get("format", "")))]
    )
    if given[0] is not None:
        return given[0]
    choices = [choice for choice in schema.get("anyOf", ()) if not (_names(choice) & set(inside))]
    items, properties = schema.get("items"), schema.get("properties")
    if choices:
        made = answer_example(choices[0], schemas, inside)
    elif items is not None:
        many = 0 if _names(items) & set(inside) else max(1, schema.get("minItems", 1))
        made = [answer_example(items, schemas, inside) for _ in range(many)]
    elif properties is not None:
        made = {name: answer_example(field, schemas, inside) for name, field in properties.items()}
    else:
        made = schema.get("minimum", _BY_TYPE.get(schema.get("type", "")))
    return made


def _names(schema: dict[str, Any]) -> set[str]:
    return {schema["$ref"].rpartition("/")[2]} if "$ref" in schema else set()


def _nested(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Tell whether an optional field holds parts that have examples of their own."""
    items = schema.get("items", {})
    return "properties" in schemas.get(items.get("$ref", "").rpartition("/")[2], {})
