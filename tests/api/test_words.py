"""Every value that leaves through the API has its word in both languages, and nothing else has one."""

from collections.abc import Iterator

import httpx
import pytest

from civil.blocks.declared import Facts
from civil.modules import MODULES
from kit import text
from kit.rules.faults import FieldKind
from tests.api.test_document import SCHEMAS


def facts_of_modules() -> Iterator[type[Facts]]:
    """Give every type of facts that a module declares."""
    for module in MODULES:
        for kind in module.cases:
            yield kind.facts
        for register in module.registers:
            yield register.facts
            if register.inspecting is not None:
                yield register.inspecting.facts


ENUMS = {name: set(schema["enum"]) for name, schema in SCHEMAS.items() if "enum" in schema}
FACTS = {
    name: set(schema["enum"])
    for facts in facts_of_modules()
    for name, schema in facts.model_json_schema().get("$defs", {}).items()
    if "enum" in schema
}
"""The values of the facts of companion modules, whose forms are no part of the document."""
SAID = {FieldKind.__name__: {kind.value for kind in FieldKind}}
"""The values that only a refusal's sentence says: no field of the document holds them."""


def test_every_value_of_the_document_has_a_word_and_no_word_is_left_over() -> None:
    assert {name: set(values) for name, values in text.words().items()} == ENUMS | FACTS | SAID


@pytest.mark.parametrize("language", text.LANGUAGES)
async def test_the_words_and_sentences_of_a_language_are_told_and_cached(
    client: httpx.AsyncClient, language: str
) -> None:
    answer = await client.get("/words", params={"lang": language})
    content = answer.json()
    assert content["language"] == language
    assert content["refusals"]["offer.not_open"] == text.catalogue()["offer.not_open"][language]
    assert {name: set(values) for name, values in content["words"].items()} == ENUMS | FACTS | SAID
    assert all(word for values in content["words"].values() for word in values.values())
    again = await client.get("/words", params={"lang": language}, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_unknown_language_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/words", params={"lang": "la"})).status_code == 422
