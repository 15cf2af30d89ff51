"""Every question that the OpenAPI document allows, about one's own things, another company's, and none at all.

Nothing here names a route: a path, query or body field that holds an id says by its name what kind of id it is, and a
name that nobody here knows is an error, so that a new route is asked about from its first day or fails its test.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from kit.china.identifiers import compose_resident_id
from kit.ids import new_id
from tests.api.world import NOUNS

Asked = TypeVar("Asked")

VALUES: Mapping[str, Sequence[Any]] = {
    "months": [2],
    "limit": (1, 500),
    "q": ("wxl", "1234"),
    "month": ("2026-03", "2026-04"),
    "day": ("2026-03-03", "2026-05-05"),
    "on": ("2026-05-05",),
    "until": ("2026-06-01",),
    "since": ("2026-05-05T00:00:00+08:00",),
    "item_code": ("B01", "B06"),
    "division": ("130999001000", "1309"),
    "purpose": ("visit",),
    "known_at": ("2026-05-05T09:00:00+08:00",),
    "parent": ("130999000000",),
    "after": ("a", "qz"),
    "case_no": ("00000018",),
    "lang": ("zh", "en"),
    "number": ("satisfaction", "requested"),
    "name": ("offer.deadline_minutes",),
    "dry_run": ("true",),
    "column": ("name=姓名",),
    "civil_module": ("oldage",),
    "civil_kind": ("oldage.application",),
    "civil_state": ("listed", "filed"),
    "closed": ("true", "false"),
    "programme": ("oldage",),
    "civil_register": ("institutions.institution",),
    "fund": ("relief.reserve",),
    "overdue": ("true", "false"),
    "type": ("offers.", "visits.visit_moved.v1"),
    "subject": ("01890a5d-ac96-774b-bcce-b302099a8057",),
    "actor": ("ticker",),
    "as_of": ("2026-05-05",),
    "year": ("2026",),
    "figure_code": ("GL.ACTIVE",),
    "token": ("x" * 50,),
}
"""What to ask for where it is no id: query and path parameters by name."""
TEXTS = {"phone": "phones", "id_no": "id_numbers"}
"""Fields whose text may be another company's as well."""
IDS_IN_BODIES = {
    "subject_id": "record_id",
    "visit_id": "visit_id",
    "person_id": "person_id",
    "provider_id": "provider_id",
    "decision_id": "decision_id",
    "worker_id": "worker_id",
    "id": "act_id",
    "first_assessor_id": "account_id",
    "second_assessor_id": "account_id",
    "head": "person_id",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One request, and the ids and texts that it names."""

    operation: str
    method: str
    path: str
    query: tuple[tuple[str, Any], ...] = ()
    body: Any = None
    named: tuple[str, ...] = ()

    @property
    def reads(self) -> bool:
        return self.method == "GET"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    path: str
    parameters: list[dict[str, Any]]
    body: Any

    def asks_for_ids(self) -> set[str]:
        """Return the kinds of ids and texts that a question to this operation names."""
        named = {name for name in self._names() if name in NOUNS or name in TEXTS}
        return named | {
            kind for name, kind in IDS_IN_BODIES.items() if isinstance(self.body, dict) and name in self.body
        }

    def _names(self) -> Iterator[str]:
        for parameter in self.parameters:
            if parameter["in"] in {"path", "query"}:
                yield parameter["name"]
        if isinstance(self.body, dict):
            yield from (name for name in self.body if name in TEXTS)

    def questions(self, ids_by_kind: Mapping[str, Sequence[str]]) -> Iterator[Question]:
        """Ask with each known id in each place; query parameters one at a time, and none."""
        most = max((len(ids_by_kind[kind]) for kind in self.asks_for_ids()), default=1)
        for turn in range(most):
            chosen = {kind: ids[turn % len(ids)] for kind, ids in ids_by_kind.items() if ids}
            yield from self._asked(chosen)

    def _asked(self, chosen: Mapping[str, str]) -> Iterator[Question]:
        path, named = self.path, []
        for parameter in self.parameters:
            name = parameter["name"]
            if parameter["in"] == "path":
                value = chosen[name] if name in NOUNS else str(VALUES[name][0])
                path = path.replace("{" + name + "}", value)
                named.append(value)
        body = self._body(chosen, named)
        required = [(name, values[0]) for name, values, wanted in self._queries(chosen) if wanted]
        yield Question(self.name, self.method, path, tuple(required), body, (*named, *(str(v) for _, v in required)))
        for name, values, wanted in self._queries(chosen):
            for value in values:
                query = (*(pair for pair in required if pair[0] != name), (name, value))
                if not (wanted and query == tuple(required)):
                    yield Question(self.name, self.method, path, query, body, (*named, str(value)))

    def _queries(self, chosen: Mapping[str, str]) -> Iterator[tuple[str, Sequence[Any], bool]]:
        for parameter in self.parameters:
            if parameter["in"] == "query":
                yield parameter["name"], self._values(parameter, chosen), parameter.get("required", False)

    def _values(self, parameter: dict[str, Any], chosen: Mapping[str, str]) -> Sequence[Any]:
        name = parameter["name"]
        if name in NOUNS or name in TEXTS:
            return (chosen[name],)
        return parameter["enum"] if "enum" in parameter else VALUES[name]

    def _body(self, chosen: Mapping[str, str], named: list[str]) -> Any:
        if not isinstance(self.body, dict):
            return self.body
        body = dict(self.body)
        for name in body:
            kind = IDS_IN_BODIES.get(name, name)
            if kind in chosen and (kind in NOUNS or kind in TEXTS):
                body[name] = chosen[kind]
                named.append(chosen[kind])
            elif name.endswith("_id") or name == "id":
                raise KeyError(name)
        return body


def operations(document: dict[str, Any]) -> list[Operation]:
    """Read the document; a list of enumerated values is taken from its schema."""
    schemas = document["components"]["schemas"]
    described = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = []
            for parameter in operation.get("parameters", []):
                schema = parameter["schema"]
                parts = [schemas[reference["$ref"].rpartition("/")[2]] for reference in _refs(schema)]
                values = [value for part in parts for value in part.get("enum", [])]
                parameters.append({**parameter, "enum": values} if values else parameter)
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            described.append(
                Operation(operation["operationId"], method.upper(), path, parameters, content.get("example"))
            )
    return described


def _refs(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for branch in (schema, *schema.get("anyOf", ())):
        if "$ref" in branch:
            yield branch


def distinct(questions: Iterable[Asked]) -> list[Asked]:
    """Return each question, or each pair of them, once: one that names no id is the same whoever the ids belong to."""
    return list({repr(question): question for question in questions}.values())


def missing(like: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return ids and texts that belong to nobody, as many of each kind as are given."""
    return {kind: [_nobodys(kind, number) for number in range(max(1, len(ids)))] for kind, ids in like.items()}


def _nobodys(kind: str, number: int) -> str:
    if kind == "phone":
        return f"1380009{number:04d}"
    if kind == "id_no":
        return compose_resident_id(area="130999", born_on=date(1981, 3, 4), sequence=number * 2)
    return str(new_id())
