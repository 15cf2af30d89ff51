"""Kernels are compiled before the first test of this room, which would otherwise pay for it out of its own time."""

from pathlib import Path

import pytest

import routing


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.option.collectonly and any(
        Path(__file__).parent in item.path.parents for item in session.items
    ):
        routing.warm()
