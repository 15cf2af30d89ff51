"""By the end of a whole run each route has answered a test with 2xx; the product's own histogram says so.

A refusal does not count: a route that can only refuse, or that breaks on every row, has not been tried. What the tests
of `SWEEPS` ask does not count either: they ask every route alike, and cannot say of any what it is to change.
"""

import json
from collections import Counter
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from api.app import V1
from kit import metrics
from tests.house.tree import ROOT

Route = tuple[str, str]
"""A method and a path below `/api/v1` with its parameters' names, as the histogram has them."""

SWEEPS = {"test_canaries.py", "test_division_clerks.py", "test_fuzz.py"}


def answered() -> Counter[Route]:
    """Count what this process has answered with 2xx."""
    samples = (sample for metric in metrics.HTTP_SECONDS.collect() for sample in metric.samples)
    counts = Counter[Route]()
    for sample in samples:
        if sample.name.endswith("_count") and sample.labels["status"].startswith("2"):
            counts[sample.labels["method"], sample.labels["route"].removeprefix(V1)] += int(sample.value)
    return counts


def operations() -> dict[Route, str]:
    """Return the operations of the committed document; another test holds it against the application."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    return {
        (method.upper(), path.removeprefix(V1)): operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def silent(operations: dict[Route, str], tried: Iterable[Route]) -> list[str]:
    """Return the operations that no test has had a good answer from."""
    return sorted(name for route, name in operations.items() if route not in set(tried))


def is_whole(config: pytest.Config) -> bool:
    """Tell whether the run was asked for every test there is."""
    option = config.option
    parts = (option.keyword, option.markexpr, option.deselect, option.ignore, option.ignore_glob)
    narrowed = any(parts) or any(getattr(option, name, False) for name in ("lf", "stepwise", "collectonly"))
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed


class Answers:
    """Join what the run's processes have answered; a whole run fails where a route stayed silent."""

    def __init__(self) -> None:
        self.swept = Counter[Route]()
        self.tried: set[Route] = set()
        self.silent: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Count apart what a sweep is answered."""
        if item.path.name not in SWEEPS:
            return (yield)
        before = answered()
        try:
            return (yield)
        finally:
            self.swept += answered() - before

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.tried |= (answered() - self.swept).keys()
        worker: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if worker is not None:
            worker["answered"] = sorted(self.tried)
        elif is_whole(session.config) and not session.shouldstop:
            self.silent = silent(operations(), self.tried)
            if self.silent:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what one of several workers has answered."""
        output = getattr(node, "workeroutput", {})
        self.tried |= {(method, path) for method, path in output.get("answered", ())}

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self.silent:
            terminalreporter.line(f"FAILED routes: no test has had a good answer from {name}", red=True)
