"""Rules about the product's code that no linter knows."""

import ast
from pathlib import Path

from tests.house.tree import last_name, product

# The places where anything at all may go wrong and the rest must go on.
MAY_CATCH_ANYTHING = {"kit/loops.py", "events/delivery/bus.py", "api/app.py"}
# The clock itself, and the edge where a process, a bench or a broker's start is timed.
MAY_READ_THE_CLOCK = {"kit/clock.py"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
COMMITS = {"commit", "begin", "work", "session"}


def test_only_the_bus_the_loops_and_the_app_catch_whatever_comes() -> None:
    catching = set()
    for name, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                if any(kind is None or last_name(kind) in ("Exception", "BaseException") for kind in caught):
                    catching.add(name)
    assert catching - MAY_CATCH_ANYTHING == set()


def test_rooms_are_told_the_time_and_never_read_it() -> None:
    readers = [
        f"{name}:{node.lineno}"
        for name, tree in product().items()
        if name not in MAY_READ_THE_CLOCK and Path(name).parts[0] not in ("processes", "simulations", "bootstrap")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (last_name(node.func.value), node.func.attr) in CLOCKS
    ]
    assert readers == []


def test_a_dependency_that_commits_does_so_before_the_answer_leaves() -> None:
    # Without scope="function" FastAPI runs what follows the yield after the answer: a failed commit has then said 201.
    yielding = {
        node.name
        for name, tree in product().items()
        if name.startswith("api/")
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef)
        and any(isinstance(inside, ast.Yield) for inside in ast.walk(node))
        and any(isinstance(inside, ast.Call) and last_name(inside.func) in COMMITS for inside in ast.walk(node))
    }
    late = [
        f"{name}:{node.lineno}"
        for name, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and last_name(node.func) == "Depends"
        and node.args
        and last_name(node.args[0]) in yielding
        and not any(k.arg == "scope" and ast.literal_eval(k.value) == "function" for k in node.keywords)
    ]
    assert late == []


def test_operations_tell_and_never_commit() -> None:
    commits = [
        f"{name}:{node.lineno}"
        for name, tree in product().items()
        if Path(name).name in ("operations.py", "queries.py", "handlers.py", "model.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "publish")
    ]
    assert commits == []
