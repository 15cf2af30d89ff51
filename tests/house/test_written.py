"""What is written from the code is current, and says everything that there is to say."""

import tomllib
from pathlib import Path

import pytest

from events.contracts.event import REGISTRY
from processes.commands import docs
from tests.house.tree import ROOT

WRITTEN = docs.documents()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_a_written_document_is_current(path: Path) -> None:
    current = path.exists() and path.read_text(encoding="utf-8") == WRITTEN[path]
    assert current, f"{path.name} is not what the code says now: python3 run.py docs"


def test_every_field_of_an_event_means_something_and_nothing_else_is_explained() -> None:
    fields = {name for kind in REGISTRY.values() for name in kind.model_fields}
    assert fields == set(tomllib.loads((ROOT / "events" / "contracts" / "fields.toml").read_text(encoding="utf-8")))


def test_every_event_says_who_tells_it_and_what_has_become_true() -> None:
    silent = [kind.__name__ for kind in REGISTRY.values() if not (kind.__doc__ or "").startswith("Emitted by ")]
    assert silent == []
