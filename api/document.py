"""The OpenAPI document made whole: who may ask, how to retry, every refusal, an example of every body."""

import json
import re
from typing import Any

from api.acting import camel
from api.errors import Problem, responses
from api.policy import OPEN_TO_ALL

OPEN = {camel(name) for name in OPEN_TO_ALL}
"""The operations, by their ids, that ask for nobody's session."""
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
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"session": {"type": "http", "scheme": "bearer"}}
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(operation, method, schemas)
    return document


def _complete(operation: dict[str, Any], method: str, schemas: dict[str, Any]) -> None:
    known = operation["operationId"] not in OPEN
    writes = method in _WRITES
    statuses = {422, 503}
    if known:
        operation["security"] = [{"session": []}]
        statuses |= {401, 403, 429}
    if writes:
        statuses |= {409}
    if writes and known:
        parameters = operation.setdefault("parameters", [])
        if _KEY not in parameters:
            parameters.append(_KEY)
    if "requestBody" in operation:
        statuses |= {413}
        for content in operation["requestBody"]["content"].values():
            content["example"] = example(content["schema"], schemas)
    answers = operation["responses"]
    answers.pop("422", None)
    for status, answer in responses(*statuses).items():
        answers.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(answers.items()))


def example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return an example of a schema: its own first one, or one put together from those of its fields.

    A field that may be left out and has no example is left out; one that may not and has none is a KeyError.
    """
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
        name: example(one, schemas)
        for name, one in properties.items()
        if name in required or "examples" in one or _nested(one, schemas)
    }


def _nested(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Tell whether an optional field holds parts that have examples of their own."""
    items = schema.get("items", {})
    return "properties" in schemas.get(items.get("$ref", "").rpartition("/")[2], {})
