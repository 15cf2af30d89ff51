"""Every background loop of the product is kept by kit.loops, which survives whatever a turn raises."""

import ast
import re

from tests.house.tree import product

FOREVER = {
    "kit/loops.py": "keeps all the others",
    "events/delivery/bus.py": "tries one message again until it is done or a dead letter; called by the transports",
    "kit/postgres.py": "waits for a server at the start, for a bounded time",
}
"""Files that may hold an endless loop of their own, each with its reason."""
TASKS = {
    "api/app.py": "hub.run is kept by kit.loops; the work of a request that its client has left",
}


def _endless(tree: ast.Module) -> list[int]:
    """Find `while True` in coroutines that neither yield (a stream to one reader) nor return."""
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        inside = list(ast.walk(node))
        if any(isinstance(part, ast.Yield) for part in inside):
            continue
        for loop in inside:
            if isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value:
                leaves = any(isinstance(part, ast.Return | ast.Break) for part in ast.walk(loop))
                if not leaves:
                    lines.append(loop.lineno)
    return lines


def test_no_coroutine_loops_for_ever_by_itself() -> None:
    alone = {name: lines for name, tree in product().items() if (lines := _endless(tree))}
    assert alone.keys() - FOREVER.keys() == set(), alone


def test_the_loops_that_run_beside_the_program_are_kept() -> None:
    kept = {name for name, tree in product().items() if re.search(r"loops\.keep\(", ast.unparse(tree))}
    assert {
        "api/live.py",
        "events/delivery/relay.py",
        "events/lease.py",
        "processes/ticker.py",
        "simulations/demo.py",
    } <= kept
