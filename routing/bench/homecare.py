"""What the two home-care benches share: one interleaved run, medians over seeds, every cost from the checker."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from routing.bench import drawing, gaps
from routing.bench.gaps import OURS, InstancesMissing
from routing.bench.homecare_check import check_hhcrsp, check_uhhc
from routing.bench.options import Options
from routing.readers import uhhc
from routing.readers.homecare import CareInstance, CareSchedule, Unreadable
from routing.stop import Budget
from routing.synchronised import homecare

PLACE = Path("var/bench")
"""Where plots and plans are written."""
Checker = Callable[[dict[str, Any], dict[str, Any]], tuple[list[str], float]]
Solver = Callable[[CareInstance, float, int], CareSchedule | None]


class BenchCase:
    """One instance of a run: as the solvers read it, as the checker reads it, and what it is known to cost."""

    def __init__(self, instance: CareInstance, content: dict[str, Any], reference: float | None, source: str) -> None:
        self.instance, self.content, self.reference, self.source = instance, content, reference, source


def ours(instance: CareInstance, seconds: float, seed: int) -> CareSchedule:
    """Solve with our own engine."""
    return homecare.solve(instance, budget=Budget(seconds=seconds), seed=seed)[0]


def measure(
    bench: str, cases: dict[str, BenchCase], options: Options, peers: dict[str, Solver], checker: Checker
) -> dict[str, object]:
    """Run every engine on every instance, budget and seed in turn, and return what `nowalls bench` prints.

    A plot of gap against time, and our best lawful plan of every instance in the solution format, are written beside.
    Refuses `routing.instances_missing`.
    """
    if not cases:
        raise InstancesMissing(folder=str(options.instances))
    engines: dict[str, Solver] = {OURS: ours, **{name: peers[name] for name in options.peers if name in peers}}
    for case in list(cases.values())[:1]:
        homecare.solve(case.instance, budget=Budget(rounds=1), seed=0)  # compile, or load what was compiled
    runs = gaps.no_runs(cases, engines, options.budgets)
    best: dict[str, tuple[float, CareSchedule]] = {}
    for name, seed, budget, engine in options.turns(cases, range(options.seeds), options.budgets, engines):
        cost, wall, plan = _once(cases[name], engines[engine], budget, seed, checker)
        runs[name][engine][gaps.key(budget)].append((None if plan is None else cost, wall))
        if engine == OURS and plan is not None and (name not in best or cost < best[name][0]):
            best[name] = cost, plan
    references = {name: (case.reference, case.source) for name, case in cases.items() if case.reference is not None}
    answer = gaps.report(runs, references)
    answer["plot"] = str(drawing.gaps(answer["mean_gap_pct"], PLACE / f"{bench}.svg"))
    answer["plans"] = str(_written(best, PLACE / bench))
    return answer


def _once(
    case: BenchCase, solve: Solver, budget: float, seed: int, checker: Checker
) -> tuple[float, float, CareSchedule | None]:
    """Solve once; give what the checker says it costs, how long it took, and the plan if it is lawful."""
    began = time.perf_counter()
    plan = solve(case.instance, budget, seed)
    wall = time.perf_counter() - began
    if plan is None:
        return float("nan"), wall, None
    wrong, cost = checker(case.content, uhhc.schedule_json(plan))
    return cost, wall, None if wrong else plan


def _written(best: dict[str, tuple[float, CareSchedule]], folder: Path) -> Path:
    """Write plans in the solution format that both published families share."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (cost, plan) in best.items():
        content = uhhc.schedule_json(plan) | {"cost": {"objective": round(cost, 4)}}
        (folder / f"sol-{name}-{OURS}.json").write_text(json.dumps(content), "utf-8")
    return folder


def contents(folder: Path, form: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Read the instance files of a folder, named by their stems, in order of size and name; refuses what is no JSON."""
    instances = {}
    for path in (path for path in folder.iterdir() if path.suffix.lower() == ".json"):
        try:
            content = json.loads(path.read_text("utf-8"))
        except ValueError as wrong:
            raise Unreadable(format=form, says=f"{path.name}: {wrong}") from wrong
        if isinstance(content, dict) and "patients" in content:
            instances[path.stem] = (path, content)
    return dict(sorted(instances.items(), key=lambda item: (len(item[1][1]["patients"]), item[0])))


__all__ = ["BenchCase", "Options", "check_hhcrsp", "check_uhhc", "contents", "measure"]
