"""Values of a rule drawn from its JSON Schema, and others that lie beside it."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from kit.rules.typed import DatedRule

Json = Any
JUNK = st.sampled_from([None, True, 0, -1, 0.5, 10**12 + 1, 10**30, "", "0", "x", [], [None], {}, {"x": 1}])


def values(rule: type[DatedRule]) -> st.SearchStrategy[Json]:
    """Draw a value of the schema, the proposal with one part changed, or something that is no value of the rule."""
    schema = rule.model_json_schema()
    inside = _inside(schema, schema.get("$defs", {}))
    proposed = st.just(rule.about.proposed)
    return st.one_of(
        inside,
        st.tuples(proposed, st.just(schema)).flatmap(lambda pair: _one_part(*pair)),
        st.tuples(st.one_of(inside, proposed), st.integers(0, 50), JUNK).map(_spoilt),
        JUNK,
    )


def _inside(schema: Json, named: Json) -> st.SearchStrategy[Json]:
    """Draw a value that the schema takes, its bounds more often than the rest; lists of numbers rise or not."""
    schema = _resolved(schema, named)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            least, most = schema["minimum"], schema["maximum"]
            return st.one_of(st.sampled_from([least, most]), st.integers(least, most))
        case "number":
            least, most = schema["minimum"], schema["maximum"]
            return st.one_of(st.sampled_from([least, most]), st.floats(least, most))
        case "string" if schema.get("format") == "date":
            return st.dates().map(lambda day: day.isoformat())
        case "string":
            return st.from_regex(schema["pattern"], fullmatch=True)
        case "array":
            lists = st.lists(
                _inside(schema["items"], named),
                min_size=schema.get("minItems", 0),
                max_size=min(schema["maxItems"], 30),
            )
            return st.one_of(lists, lists.map(lambda rows: sorted(rows, key=_rank)))
        case _:
            return _table(schema, named)


def _rank(row: Json) -> Json:
    """Return what a row is sorted by: a table's values by field, anything else as it is."""
    return sorted(row.items()) if isinstance(row, dict) else row


def _table(schema: Json, named: Json) -> st.SearchStrategy[Json]:
    if "properties" in schema:
        return st.fixed_dictionaries({key: _inside(part, named) for key, part in schema["properties"].items()})
    ((pattern, part),) = schema["patternProperties"].items()
    keys = st.one_of(st.just("*"), st.from_regex(pattern, fullmatch=True))
    return st.dictionaries(keys, _inside(part, named), min_size=schema["minProperties"], max_size=20)


def _one_part(proposed: Json, schema: Json) -> st.SearchStrategy[Json]:
    """Draw the proposal with one of its parts drawn anew from the part's own schema."""
    named = schema.get("$defs", {})
    parts = list(_parts(proposed, schema, named, ()))

    def changed(drawn: tuple[tuple[Any, ...], Json]) -> Json:
        path, part = drawn
        return _put(proposed, path, part)

    return st.sampled_from(parts).flatmap(
        lambda place: st.tuples(st.just(place[0]), _inside(place[1], named)).map(changed)
    )


def _parts(value: Json, schema: Json, named: Json, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Json]]:
    """Yield the path and the schema of a value and of everything inside it."""
    schema = _resolved(schema, named)
    yield path, schema
    if isinstance(value, dict):
        of_any = next(iter(schema.get("patternProperties", {}).values()), None)
        for key, part in value.items():
            yield from _parts(part, schema.get("properties", {}).get(key, of_any), named, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _parts(part, schema["items"], named, (*path, place))


def _spoilt(drawn: tuple[Json, int, Json]) -> Json:
    """Add, remove or replace something somewhere in a value."""
    value, number, junk = drawn
    paths = list(_paths(value, ()))
    path = paths[number % len(paths)]
    inner = value
    for step in path:
        inner = inner[step]
    if isinstance(inner, dict) and number % 3 == 0:
        return _put(value, path, {**inner, "extra": junk})
    if isinstance(inner, dict) and inner and number % 3 == 1:
        return _put(value, path, dict(list(inner.items())[1:]))
    if isinstance(inner, list) and number % 2:
        return _put(value, path, [*inner, *inner])
    return _put(value, path, junk)


def _paths(value: Json, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from _paths(part, (*path, step))


def _put(value: Json, path: tuple[Any, ...], part: Json) -> Json:
    if not path:
        return part
    value = copy.deepcopy(value)
    inner = value
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = part
    return value


def _resolved(schema: Json, named: Json) -> Json:
    return named[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
