"""`nowalls bench uhhc`: the unified home-care format, against the published simulated-annealing plans."""

import json
from pathlib import Path

from routing.bench.gaps import best_known
from routing.bench.homecare import BenchCase, contents, measure
from routing.bench.homecare_check import check_uhhc
from routing.bench.options import BenchFolder, Options
from routing.readers import uhhc


def run(options: Options) -> dict[str, object]:
    """Measure the folder's instances; published plans stand in `solutions` beside them or one folder up."""
    folder = options.instances
    if folder is None:
        raise BenchFolder(folder="-")
    inside = folder / "instances"
    files = contents(inside if inside.is_dir() else folder, "UHHC")
    best = _published((folder if inside.is_dir() else folder.parent) / "solutions") | best_known(folder)
    cases = {
        name: BenchCase(
            uhhc.read(path), each, best.get(name.upper()), "published simulated annealing, doi 10.1111/itor.70140"
        )
        for name, (path, each) in files.items()
    }
    return measure("uhhc", cases, options, {}, check_uhhc)


def _published(folder: Path) -> dict[str, float]:
    costs: dict[str, float] = {}
    for path in sorted(folder.glob("sol-*.json")):
        name = path.stem.removeprefix("sol-").rpartition("-")[0]
        costs[name.upper()] = float(json.loads(path.read_text("utf-8"))["cost"]["objective"])
    return costs
