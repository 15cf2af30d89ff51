"""Every verb has a door: something other than a test calls it, and what a route answers with is there to be read."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from kit import metrics
from tests import answers
from tests.house.tree import product

VERBS_IN = ("kit", "events", "registry", "providers", "dispatch", "civil", "api")


def _is_verb(node: ast.stmt) -> bool:
    if not isinstance(node, ast.AsyncFunctionDef) or node.name.startswith("_") or node.decorator_list:
        return False
    first = (*node.args.posonlyargs, *node.args.args)[:1]
    return [argument.arg for argument in first] == ["work"]


def _verbs(tree: ast.Module) -> set[str]:
    """Return the public coroutines of a file that take a unit of work first; what is decorated has its caller there."""
    return {node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and _is_verb(node)}


def _module(path: str) -> str:
    return path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


class Calls:
    """Which function of which module each product file refers to, through whatever name it was imported by."""

    def __init__(self, trees: dict[str, ast.Module]) -> None:
        self.trees = {_module(path): tree for path, tree in trees.items()}
        self.names = {module: dict(self._imported(tree)) for module, tree in self.trees.items()}

    def _imported(self, tree: ast.Module) -> Iterator[tuple[str, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for name in node.names:
                    yield name.asname or name.name, f"{node.module}.{name.name}"
            elif isinstance(node, ast.Import):
                for name in node.names:
                    yield name.asname or name.name.partition(".")[0], name.name if name.asname else ""

    def _whole(self, dotted: str) -> str:
        """Follow a name to where it is defined: `operations.accept` may be `offers.accept` under another roof."""
        module, _, name = dotted.rpartition(".")
        target = self.names.get(module, {}).get(name)
        return self._whole(target) if target and target != dotted else dotted

    def made(self) -> dict[str, set[str]]:
        """Return each function's callers: `module.function` → `module.function` or `module`."""
        callers: dict[str, set[str]] = defaultdict(set)
        for module, tree in self.trees.items():
            for node in tree.body:
                inside = f"{module}.{node.name}" if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) else module
                for dotted in self._referred(module, node):
                    callers[self._whole(dotted)].add(inside)
        return callers

    def _referred(self, module: str, tree: ast.AST) -> Iterator[str]:
        names = self.names[module]
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield names.get(node.id) or f"{module}.{node.id}"
            elif isinstance(node, ast.Attribute):
                chain, inner = [node.attr], node.value
                while isinstance(inner, ast.Attribute):
                    chain.insert(0, inner.attr)
                    inner = inner.value
                if isinstance(inner, ast.Name):
                    yield ".".join([names.get(inner.id) or inner.id, *chain])


def uncalled(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return the verbs that nothing but themselves calls: file → names."""
    callers = Calls(trees).made()
    silent = {
        path: {verb for verb in _verbs(tree) if not callers[f"{_module(path)}.{verb}"] - {f"{_module(path)}.{verb}"}}
        for path, tree in trees.items()
        if Path(path).parts[0] in VERBS_IN
    }
    return {path: verbs for path, verbs in silent.items() if verbs}


def unwritten(trees: dict[str, ast.Module]) -> list[str]:
    """Return the verbs that return a row they have added before it is written: its defaults are not there yet."""
    early = []
    for path, tree in trees.items():
        for verb in ast.walk(tree):
            if not isinstance(verb, ast.AsyncFunctionDef):
                continue
            calls = [
                node for node in ast.walk(verb) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            ]
            flushed = [call.lineno for call in calls if ast.unparse(call.func).endswith("session.flush")]
            for add in calls:
                if not ast.unparse(add.func).endswith("session.add") or not isinstance(add.args[0], ast.Name):
                    continue
                row = add.args[0].id
                back = [
                    node.lineno
                    for node in ast.walk(verb)
                    if isinstance(node, ast.Return)
                    and node.value
                    and node.lineno > add.lineno
                    and row in _read(node.value)
                ]
                if any(not any(add.lineno < line < end for line in flushed) for end in back):
                    early.append(f"{path}: {verb.name}")
    return early


def _read(value: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}


def test_every_verb_is_called_by_something_other_than_a_test() -> None:
    assert uncalled(product()) == {}, "give it a route, a handler, a chore or a command, or delete it"


def test_a_verb_that_nobody_calls_is_seen_whatever_name_it_is_imported_by() -> None:
    room = "async def verb(work): ...\nasync def other(work): await other(work)\nasync def _own(work): ...\n"
    trees = {"dispatch/a.py": ast.parse(room), "dispatch/b.py": ast.parse("from dispatch.a import verb, other")}
    assert uncalled(trees) == {"dispatch/a.py": {"verb", "other"}}
    for caller in (
        "from dispatch import b\nchore = b.verb, b.other",
        "from dispatch import a as room\nchore = room.verb, room.other",
        "from dispatch.a import verb as v, other as o\nchore = v, o",
        "import dispatch.a\nchore = dispatch.a.verb, dispatch.a.other",
    ):
        assert uncalled({**trees, "processes/c.py": ast.parse(caller)}) == {}, caller


def test_a_row_is_written_before_it_is_answered_with() -> None:
    assert unwritten(product()) == []


def test_a_row_that_is_answered_with_too_early_is_seen() -> None:
    early = "async def verb(work):\n row = Row()\n work.session.add(row)\n return row"
    assert unwritten({"a.py": ast.parse(early)}) == ["a.py: verb"]
    written = early.replace(" return", " await work.session.flush()\n return")
    assert unwritten({"a.py": ast.parse(written)}) == []


def test_a_route_is_silent_until_a_test_has_had_a_good_answer() -> None:
    routes = {("GET", "/lanterns"): "listLanterns", ("POST", "/lanterns"): "lightLantern"}
    metrics.HTTP_SECONDS.labels("GET", "/api/v1/lanterns", "200").observe(0.1)
    metrics.HTTP_SECONDS.labels("POST", "/api/v1/lanterns", "404").observe(0.1)
    assert answers.silent(routes, answers.answered()) == ["lightLantern"]
    metrics.HTTP_SECONDS.labels("POST", "/api/v1/lanterns", "201").observe(0.1)
    assert answers.silent(routes, answers.answered()) == []
    assert not answers.operations().keys() & routes.keys()
