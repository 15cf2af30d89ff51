"""`nowalls bench <name>` without the command line: the table of benches, and the check of what is asked.

One run is one process, one thread, one core and one interleaving: engines take turns on every instance, so that a busy
machine is as busy for all of them, and the ratios stand where the seconds do not.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from routing.bench import batch, day, hhcrsp, insertion, matrix, uhhc, vrptw
from routing.bench.options import BenchBudget, BenchFolder, BenchPackage, BenchPeer, BenchSeeds, BenchUnknown, Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One bench: what runs it, which peers it knows, and whether it needs a folder of instances.

    `run` answers with what `--json` prints.
    """

    run: Callable[[Options], dict[str, object]]
    peers: tuple[str, ...] = ()
    folder: bool = False


BENCHES = {
    "vrptw": Bench(run=vrptw.run, peers=("pyvrp", "pyvroom", "or-tools"), folder=True),
    "hhcrsp": Bench(run=hhcrsp.run, peers=("or-tools",)),
    "uhhc": Bench(run=uhhc.run, folder=True),
    "insertion": Bench(run=insertion.run, peers=("python", "numpy")),
    "batch": Bench(run=batch.run, peers=("scipy",)),
    "day": Bench(run=day.run, peers=("or-tools",)),
    "matrix": Bench(run=matrix.run, peers=("numpy", "python", "great_circle", "geodesic")),
}
LONGEST_BUDGET = 3_600.0
MOST_SEEDS = 1_000


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
            return BENCHES[name].run(options)
    except ModuleNotFoundError as missing:
        raise BenchPackage(package=str(missing.name)) from missing


def seconds(words: Iterable[str]) -> tuple[float, ...]:
    """Read budgets as people write them; refuses `routing.bench_budget`."""
    budgets = []
    for word in words:
        try:
            budgets.append(float(word))
        except ValueError:
            raise BenchBudget(given=word, most=f"{LONGEST_BUDGET:g}") from None
    return tuple(budgets)


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
