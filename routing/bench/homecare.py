"""What the two home-care benches share: one interleaved run, medians over seeds, every cost from the checker."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from routing.bench import drawing
from routing.bench.command import Options
from routing.bench.homecare_check import check_hhcrsp, check_uhhc
from routing.bench.vrptw import InstancesMissing
from routing.readers import uhhc
from routing.readers.homecare import Instance, Schedule, Unreadable
from routing.synchronised import homecare
from routing.synchronised.annealing import Budget

OURS = "nowalls"
PLACE = Path("var/bench")
"""Where plots and plans are written."""
Checker = Callable[[dict[str, Any], dict[str, Any]], tuple[list[str], float]]
Solver = Callable[[Instance, float, int], Schedule | None]


class Case:
    """One instance of a run: as the solvers read it, as the checker reads it, and what it is known to cost."""

    def __init__(self, instance: Instance, content: dict[str, Any], reference: float | None, source: str) -> None:
        self.instance, self.content, self.reference, self.source = instance, content, reference, source


def ours(instance: Instance, seconds: float, seed: int) -> Schedule:
    """Solve with our own engine."""
    return homecare.solve(instance, budget=Budget(seconds=seconds), seed=seed)[0]


def measure(
    bench: str, cases: dict[str, Case], options: Options, peers: dict[str, Solver], checker: Checker
) -> dict[str, object]:
    """Run every engine on every instance, budget and seed in turn, and tell it as `nowalls bench` prints it.

    A plot of gap against time, and our best lawful plan of every instance in the solution format, are written beside.
    Refuses `routing.instances_missing`.
    """
    if not cases:
        raise InstancesMissing(folder=str(options.instances))
    engines: dict[str, Solver] = {OURS: ours, **{name: peers[name] for name in options.peers if name in peers}}
    for case in list(cases.values())[:1]:
        homecare.solve(case.instance, budget=Budget(rounds=1), seed=0)  # compile, or load what was compiled
    runs: dict[str, dict[str, dict[str, list[tuple[float, float, bool]]]]] = {
        name: {engine: {f"{budget:g}": [] for budget in options.budgets} for engine in engines} for name in cases
    }
    best: dict[str, tuple[float, Schedule]] = {}
    for name, seed, budget, engine in options.turns(cases, range(options.seeds), options.budgets, engines):
        cost, wall, plan = _once(cases[name], engines[engine], budget, seed, checker)
        runs[name][engine][f"{budget:g}"].append((cost, wall, plan is not None))
        if engine == OURS and plan is not None and (name not in best or cost < best[name][0]):
            best[name] = cost, plan
    out = {name: {e: {b: _told(r) for b, r in by.items()} for e, by in each.items()} for name, each in runs.items()}
    answer = _report(cases, out, list(engines), [f"{budget:g}" for budget in options.budgets])
    answer["plot"] = str(drawing.gaps(answer["mean_gap_pct"], PLACE / f"{bench}.svg"))
    answer["plans"] = str(_written(best, PLACE / bench))
    return answer


def _once(
    case: Case, solve: Solver, budget: float, seed: int, checker: Checker
) -> tuple[float, float, Schedule | None]:
    """Solve once; give what the checker says it costs, how long it took, and the plan if it is lawful."""
    began = time.perf_counter()
    plan = solve(case.instance, budget, seed)
    wall = time.perf_counter() - began
    if plan is None:
        return float("nan"), wall, None
    wrong, cost = checker(case.content, uhhc.schedule_json(plan))
    return cost, wall, None if wrong else plan


def _written(best: dict[str, tuple[float, Schedule]], folder: Path) -> Path:
    """Write plans in the solution format that both published families share."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (cost, plan) in best.items():
        content = uhhc.schedule_json(plan) | {"cost": {"objective": round(cost, 4)}}
        (folder / f"sol-{name}-{OURS}.json").write_text(json.dumps(content), "utf-8")
    return folder


def _told(runs: list[tuple[float, float, bool]]) -> dict[str, object]:
    """Fold the seeds: median cost of the lawful plans, longest wall time, lawful only if every one is."""
    costs = [cost for cost, _, feasible in runs if feasible]
    return {
        "cost": round(statistics.median(costs), 4) if costs else None,
        "wall_s": round(max(wall for _, wall, _ in runs), 3),
        "feasible": len(costs) == len(runs),
    }


def _report(
    cases: dict[str, Case], out: dict[str, dict[str, dict[str, dict[str, Any]]]], engines: list[str], budgets: list[str]
) -> dict[str, object]:
    reference = {}
    for name, case in cases.items():
        costs = [cell["cost"] for by in out[name].values() for cell in by.values() if cell["cost"] is not None]
        best, source = case.reference, case.source
        if best is None:
            best, source = min(costs, default=None), "best of this run"
        reference[name] = {"cost": best, "source": source}

    def gaps(engine: str, budget: str) -> Iterator[tuple[str, float]]:
        for name in cases:
            cost, best = out[name][engine][budget]["cost"], reference[name]["cost"]
            if cost is not None and best:
                yield name, 100.0 * (cost / float(best) - 1.0)

    table = {engine: {budget: dict(gaps(engine, budget)) for budget in budgets} for engine in engines}
    ratio: dict[str, dict[str, float | None]] = {}
    for peer in engines[1:]:
        ratio[peer] = {}
        for budget in budgets:
            answered = table[peer][budget]  # only where the peer answers at all
            theirs = sum(answered.values())
            mine = sum(table[OURS][budget].get(name, 0.0) for name in answered)
            ratio[peer][budget] = round(mine / theirs, 4) if theirs > 0.0 else None
    mean = {
        engine: {budget: round(statistics.fmean(by.values()), 4) if by else None for budget, by in each.items()}
        for engine, each in table.items()
    }
    return {"instances": out, "reference": reference, "mean_gap_pct": mean, "ratio_to": ratio}


def contents(folder: Path, form: str) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Read the instance files of a folder, named by their stems, in order of size and name; refuses what is no JSON."""
    found = {}
    for path in (path for path in folder.iterdir() if path.suffix.lower() == ".json"):
        try:
            content = json.loads(path.read_text("utf-8"))
        except ValueError as wrong:
            raise Unreadable(format=form, says=f"{path.name}: {wrong}") from wrong
        if isinstance(content, dict) and "patients" in content:
            found[path.stem] = (path, content)
    return dict(sorted(found.items(), key=lambda item: (len(item[1][1]["patients"]), item[0])))


def known(folder: Path) -> dict[str, float]:
    """Read best-known costs beside the instances, by name in capitals: `best_known.json`, or the published table.

    The first is {name: cost} or {name: {"cost": cost}}, with names in either case.
    """
    plain, table = folder / "best_known.json", folder / "best_known.md"
    if plain.exists():
        entries = json.loads(plain.read_text("utf-8"))
        return {name.upper(): float(one["cost"] if isinstance(one, dict) else one) for name, one in entries.items()}
    if not table.exists():
        return {}
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in table.read_text("utf-8").splitlines()]
    return {line[0].removesuffix(".json").upper(): float(line[4]) for line in lines if line[0].endswith(".json")}


__all__ = ["OURS", "Case", "Options", "check_hhcrsp", "check_uhhc", "contents", "known", "measure"]
