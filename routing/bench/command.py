"""`nowalls bench <name>` without the command line: what may be asked, and what is answered.

Every bench is a module of this package with `run(options) -> dict`, ready for JSON. One run is one process, one thread
and one interleaving: engines take turns on every instance, so that a busy machine is as busy for all of them, and the
ratios stand where the seconds do not.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path

from kit.refusal import Kind, Refusal

BENCHES = ("vrptw", "hhcrsp", "uhhc", "insertion", "batch", "day", "matrix")


class BenchUnknown(Refusal):
    """There is no bench of that name."""

    code = "routing.bench_unknown"
    kind = Kind.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a bench is asked.

    `instances` is a folder of instance files (None: made by seed, where the bench can). `budgets` are seconds of wall
    clock a solver may take. `peers` are names of other packages to measure beside us; `seeds` how often a run is
    repeated with another seed; figures are medians over them.
    """

    instances: Path | None = None
    budgets: tuple[float, ...] = (1.0,)
    peers: tuple[str, ...] = ()
    seeds: int = 1


def run(name: str, options: Options) -> dict[str, object]:
    """Run a bench; its peers' packages are those of `requirements-bench.in`. Refuses `routing.bench_unknown`."""
    if name not in BENCHES:
        raise BenchUnknown(given=name, known=", ".join(BENCHES))
    answer: dict[str, object] = importlib.import_module(f"routing.bench.{name}").run(options)
    return answer
