"""The events as a document: FastStream's AsyncAPI, completed with what it cannot know, and the page made of that."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from events.contracts.event import REGISTRY, URGENT_TOPIC, Event
from events.delivery import topics
from kit.version import VERSION

Document = dict[str, Any]
_TELLS = "Emitted by "
_HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "the telling's own id; a group takes it into effect once",
    "ce_type": "the type, with its version",
    "ce_source": "the installation as a URI: `NOWALLS_SOURCE`, else `urn:nowalls:` and the id of its database",
    "ce_subject": "the id of what the event is about",
    "ce_time": "when it became true, by the clock of the unit of work",
    "ce_actor": "who did it: a role and an account's id, or a part of the platform",
    "ce_correlation": "the same for everything that one request set off",
    "ce_causation": "the id of the event that caused this one, where one did",
}

_URGENT = (
    "The urgent lane: an event of these types whose `urgent` is true goes through this topic instead of its own, and",
    "without Kafka through the queue `matching.urgent`, so that it waits behind nothing that is not urgent. Matching",
    "reads it with a consumer of its own, in the same group.",
)
_HEAD = """\
# Events

Written by `python3 run.py docs` from the AsyncAPI document ([asyncapi.json](asyncapi.json)); a test holds it current.
An event is a fact that has become true, emitted in the commit that made it true; how it travels is in the
[map](map.md#one-events-way). Delivery is at least once, the effect exactly once. Events of one key share a partition;
of two transactions that run at the same time either may be published first, and what is delivered again comes later,
so that no handler relies on an order. A body holds ids and facts: never a name, a telephone number, an address or a
note. Within a version only optional fields are added; anything else is a new version beside the old one.

On Kafka every topic has {partitions} partitions; a group is the consumer group `{prefix}` and its name.

"""


def document(broker: KafkaBroker, routes: Mapping[str, tuple[str, ...]]) -> Document:
    """Describe every event as AsyncAPI 3: `broker` has the subscriptions, the registry what is published."""
    for name, kind in sorted(REGISTRY.items()):
        broker.publisher(kind.topic, title=name, description=kind.__doc__, schema=kind)
    about = "The facts that nowalls tells: CloudEvents 1.0 in Kafka's binary mode."
    made: Document = (
        AsyncAPI(broker, title="nowalls", version=VERSION, description=about).to_specification().to_jsonable()
    )
    meanings = _meanings()
    for name, kind in REGISTRY.items():
        message = made["components"]["messages"][f"{name}:Message"]
        message["name"] = name
        message["summary"] = _emitter(kind)[1]
        message["headers"] = {
            "type": "object",
            "properties": {header: {"type": "string", "description": what} for header, what in _HEADERS.items()},
        }
        message["bindings"] = {"kafka": {"key": {"type": "string", "description": f"`{kind.key_field}`"}}}
        message["x-emitted-by"] = _emitter(kind)[0]
        message["x-groups"] = list(routes.get(name, ()))
        for field, schema in made["components"]["schemas"][kind.__name__]["properties"].items():
            schema["description"] = meanings[field]
    # FastStream's order is that of a set
    for part, names in ((made, ("channels", "operations")), (made["components"], ("messages", "schemas"))):
        part.update({name: dict(sorted(part[name].items())) for name in names})
    return made


def _meanings() -> dict[str, str]:
    return tomllib.loads((Path(__file__).parent / "contracts" / "fields.toml").read_text(encoding="utf-8"))


def _emitter(kind: type[Event]) -> tuple[str, str]:
    """Split an event's docstring, `Emitted by ROOM: what has become true.`, into its two halves."""
    teller, _, fact = " ".join((kind.__doc__ or "").split()).removeprefix(_TELLS).partition(": ")
    return teller, fact


def page(written: Document) -> str:
    """Write the document as a page for people: topic by topic, event by event, field by field."""
    lines = [
        *_HEAD.format(partitions=topics.PARTITIONS, prefix=topics.GROUP_PREFIX).splitlines(),
        "## Headers",
        "",
        "| header | meaning |",
        "|---|---|",
        *(f"| `{header}` | {what} |" for header, what in _HEADERS.items()),
    ]
    messages = written["components"]["messages"]
    for topic in topics.names():
        lines += ["", f"## Topic `{topic}`"]
        if topic == URGENT_TOPIC:
            lines += ["", *_URGENT, "", *(f"- `{name}`" for name in topics.types_of(topic))]
            continue
        for name in topics.types_of(topic):
            message = messages[f"{name}:Message"]
            schema = written["components"]["schemas"][message["payload"]["$ref"].rsplit("/", 1)[1]]
            lines += _event(name, message, schema)
    return "\n".join([*lines, ""])


def _event(name: str, message: Document, schema: Document) -> list[str]:
    groups = ", ".join(message["x-groups"]) or "nobody yet: kept in the log, free for others to read"
    fact, key = message["summary"], message["bindings"]["kafka"]["key"]["description"]
    return [
        "",
        f"### {schema['title']}",
        "",
        f"`{name}` · emitted by {message['x-emitted-by']} · key {key} · heard by {groups}",
        "",
        fact[0].upper() + fact[1:],
        "",
        "| field | type | meaning |",
        "|---|---|---|",
        *(f"| `{field}` | {_type(kind)} | {kind['description']} |" for field, kind in schema["properties"].items()),
    ]


def _type(schema: Document) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything"))
