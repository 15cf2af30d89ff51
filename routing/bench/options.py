"""What every bench is asked, and what it refuses to be asked."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.refusal import Kind, Refusal


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
    """The options of a run.

    `instances` is a folder of instance files (None: made by seed, where the bench can). `budgets` are seconds of wall
    clock a solver may take. `peers` are names of other packages to measure beside us; `seeds` how often a run is
    repeated with another seed; figures are medians over them. `progress(done, of, what)` is called before each turn.
    """

    instances: Path | None = None
    budgets: tuple[float, ...] = (1.0,)
    peers: tuple[str, ...] = ()
    seeds: int = 1
    progress: Callable[[int, int, str], None] = field(default=lambda _done, _of, _what: None, compare=False)

    def turns(self, *axes: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Go through every combination in its order, telling how far it is."""
        every = list(itertools.product(*axes))
        for done, turn in enumerate(every):
            self.progress(done, len(every), " ".join(map(str, turn)))
            yield turn
