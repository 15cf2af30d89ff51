"""What is compiled is compiled once, before the first request, and the engine stays small."""

import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numba
from numba.core import event

import routing
from routing.stop import Budget
from tests.routing.test_improve import scene
from tests.routing.worlds import random_day

ROOT = Path(__file__).resolve().parents[2]

COUNT = """
import sys
import routing
routing.warm()
kernels = {
    id(kernel): kernel
    for name, module in list(sys.modules.items()) if name.startswith("routing")
    for kernel in vars(module).values() if hasattr(kernel, "stats") and hasattr(kernel, "py_func")
}
print(sum(sum(k.stats.cache_misses.values()) for k in kernels.values()))
print(sum(sum(k.stats.cache_hits.values()) for k in kernels.values()))
"""

ROOM = """
import resource
import numba, numpy
def megabytes(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
before = megabytes()
from dataclasses import replace
from routing import Board
from routing.bench import district
town = district.Town(workers=600, companies=30, requests=7_200)
problem = district.build(town)
whole = replace(problem, visits=())
board = Board(whole)
for visit in problem.visits:
    number = board.add(visit)
    candidates = board.evaluate(number).candidates
    if candidates:
        board.commit(number, candidates[0])
placed = sum(len(board.order(*row)) for row in problem.rows)
print(placed, megabytes() - before)
"""


class Compilations(event.Listener):
    """Notes which kernels are compiled while it listens."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def on_start(self, event: event.Event) -> None:
        self.names.append(event.data["dispatcher"].py_func.__qualname__)

    def on_end(self, event: event.Event) -> None:
        pass


def output_of(program: str) -> list[float]:
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return [float(word) for word in ran.stdout.split()]


def test_after_warming_up_no_request_and_no_plan_compiles_anything() -> None:
    routing.warm()
    with event.install_listener("numba:compile", Compilations()) as heard:
        for seed in range(12):
            day = random_day(seed, pairs=seed % 2 == 0)
            problem, before = scene(day)
            made = routing.solve(problem, budget=Budget(rounds=100), initial=before)
            assert made.points <= routing.check(problem, before).total_points
            for number in day.waiting:
                day.board.evaluate(number, exhaustive=True)
            if len(day.waiting) > 1:
                day.board.evaluate_pair(*day.waiting[:2])
            day.board.adopt(made.plan, day.board.snapshot(day.waiting).numbers)
    assert heard.names == []


def test_another_process_compiles_nothing() -> None:
    routing.warm()
    misses, hits = output_of(COUNT)
    assert misses == 0
    assert hits > 20


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_list_of_machine_code_that_names_a_module_that_is_gone_is_thrown_away(tmp_path: Path) -> None:
    source = tmp_path / "doubling.py"
    source.write_text("from routing.compiled import compiled\n\n\n@compiled\ndef twice(x):\n    return 2 * x\n")
    assert _loaded(source).twice(2) == 4
    (index,) = (tmp_path / "__pycache__").glob("*.nbi")
    for unreadable in (b"cgone_module\nGone\n.", b"crouting\nGone\n.", b"\x80"):
        index.write_bytes(pickle.dumps(numba.__version__, protocol=-1) + unreadable)
        again = _loaded(source)
        assert again.twice(3) == 6
        assert again.twice.stats.cache_misses.total() == 1
        fresh = _loaded(source)
        assert fresh.twice(4) == 8
        assert fresh.twice.stats.cache_hits.total() == 1


def test_six_hundred_workers_with_a_full_day_take_little_room() -> None:
    placed, megabytes = output_of(ROOM)
    print(f"{placed:.0f} stops, {megabytes:.0f} MB")
    assert placed > 600 * 10
    # 99 to 103 were seen, by how the allocator rounds
    assert megabytes < 110
