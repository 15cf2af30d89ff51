"""`nowalls bench <name>` without the command line: what may be asked, and what is answered.

Every bench is a module of this package with `run(options) -> dict`, ready for JSON. One run is one process, one thread,
one core and one interleaving: engines take turns on every instance, so that a busy machine is as busy for all of them,
and the ratios stand where the seconds do not.
"""

import importlib
import itertools
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.refusal import Kind, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a bench can be asked: which peers it knows, and whether it needs a folder of instances."""

    peers: tuple[str, ...] = ()
    folder: bool = False


BENCHES = {
    "vrptw": Bench(peers=("pyvrp", "pyvroom", "or-tools"), folder=True),
    "hhcrsp": Bench(peers=("or-tools",)),
    "uhhc": Bench(folder=True),
    "insertion": Bench(peers=("python", "numpy")),
    "batch": Bench(peers=("scipy",)),
    "day": Bench(peers=("or-tools",)),
    "matrix": Bench(peers=("numpy", "python", "great_circle", "geodesic")),
}
LONGEST_BUDGET = 3_600.0
MOST_SEEDS = 1_000


class BenchUnknown(Refusal):
    """There is no bench of that name."""

    code = "routing.bench_unknown"
    kind = Kind.NOT_FOUND


class BenchFolder(Refusal):
    """The instances' folder is not there, or was not named where the bench needs one."""

    code = "routing.bench_folder"
    kind = Kind.NOT_FOUND


class BenchBudget(Refusal):
    """A budget that is no number of seconds that somebody would wait."""

    code = "routing.bench_budget"


class BenchSeeds(Refusal):
    """A number of seeds that is none."""

    code = "routing.bench_seeds"


class BenchPeer(Refusal):
    """The bench does not measure itself against that."""

    code = "routing.bench_peer"


class BenchPackage(Refusal):
    """A peer's package is not installed: `python3 run.py bench` brings them."""

    code = "routing.bench_package"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a bench is asked.

    `instances` is a folder of instance files (None: made by seed, where the bench can). `budgets` are seconds of wall
    clock a solver may take. `peers` are names of other packages to measure beside us; `seeds` how often a run is
    repeated with another seed; figures are medians over them. `progress(done, of, what)` is told before each turn.
    """

    instances: Path | None = None
    budgets: tuple[float, ...] = (1.0,)
    peers: tuple[str, ...] = ()
    seeds: int = 1
    progress: Callable[[int, int, str], None] = field(default=lambda _done, _of, _what: None, compare=False)

    def turns(self, *axes: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Go through every combination in its order, telling how far it is."""
        every = list(itertools.product(*axes))
        for done, one in enumerate(every):
            self.progress(done, len(every), " ".join(map(str, one)))
            yield one


def run(name: str, options: Options) -> dict[str, object]:
    """Run a bench; its peers' packages are those of `requirements-bench.in`.

    Refuses `routing.` bench_unknown, bench_folder, bench_budget, bench_seeds, bench_peer, bench_package, and what the
    readers of the instances refuse.
    """
    if name not in BENCHES:
        raise BenchUnknown(given=name, known=", ".join(BENCHES))
    _check(name, options)
    try:
        with _one_core():
            answer: dict[str, object] = importlib.import_module(f"routing.bench.{name}").run(options)
    except ModuleNotFoundError as missing:
        raise BenchPackage(package=str(missing.name)) from missing
    return answer


def seconds(words: Iterable[str]) -> tuple[float, ...]:
    """Read budgets as people write them; refuses `routing.bench_budget`."""
    found = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            raise BenchBudget(given=word, most=f"{LONGEST_BUDGET:g}") from None
    return tuple(found)


def _check(name: str, options: Options) -> None:
    folder, bench = options.instances, BENCHES[name]
    if (folder is None and bench.folder) or (folder is not None and not folder.is_dir()):
        raise BenchFolder(folder=str(folder or "(未指定 · not given)"))
    wrong = [budget for budget in options.budgets if not (math.isfinite(budget) and 0.0 < budget <= LONGEST_BUDGET)]
    if wrong or not options.budgets:
        raise BenchBudget(given=", ".join(f"{budget:g}" for budget in wrong) or "-", most=f"{LONGEST_BUDGET:g}")
    if not 1 <= options.seeds <= MOST_SEEDS:
        raise BenchSeeds(given=options.seeds, most=MOST_SEEDS)
    strange = [peer for peer in options.peers if peer not in bench.peers]
    if strange:
        raise BenchPeer(given=", ".join(strange), known=", ".join(bench.peers) or "-")


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process on one core while it measures, where the system allows it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
