"""`nowalls bench hhcrsp`: two-person visits with soft windows, against the best known and a plain OR-Tools model."""

from routing.bench.gaps import best_known
from routing.bench.homecare import BenchCase, contents, measure
from routing.bench.homecare_check import check_hhcrsp
from routing.bench.homecare_generate import generate
from routing.bench.homecare_ortools import solve as ortools
from routing.bench.options import Options
from routing.readers import hhcrsp

GENERATED = ((200, 1), (200, 2), (300, 1), (300, 2))


def run(options: Options) -> dict[str, object]:
    """Measure the folder's instances; without a folder, generated ones with 200 and 300 patients."""
    if options.instances is None:
        made = {f"generated_{size}_{seed}": generate(size, seed) for size, seed in GENERATED}
        cases = {name: BenchCase(hhcrsp.parse(each, name), each, None, "") for name, each in made.items()}
    else:
        best = best_known(options.instances)
        cases = {
            name: BenchCase(hhcrsp.read(path), each, best.get(name.upper()), "best known, doi 10.1111/itor.13585")
            for name, (path, each) in contents(options.instances, "HHCRSP").items()
        }
    peers = {"or-tools": lambda instance, seconds, _: ortools(instance, seconds)}
    return measure("hhcrsp", cases, options, peers, check_hhcrsp)
