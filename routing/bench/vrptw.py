"""`nowalls bench vrptw`: routes with time windows, against packaged solvers and the best known distances."""

import json
import os
import statistics
import time
from pathlib import Path

from kit.refusal import Kind, Refusal
from routing import check, plan
from routing.bench import drawing
from routing.bench.command import Options
from routing.bench.vrptw_peers import PEERS, Peer, Routes
from routing.problem import Problem
from routing.readers import solomon
from routing.readers.solomon import SCALE, Instance
from routing.solve import solve
from routing.synchronised.annealing import Budget

OURS = "nowalls"
PLOT = Path("var/bench/vrptw.svg")

Cell = dict[str, object]
Runs = dict[str, dict[str, dict[str, list[tuple[float | None, float]]]]]


class InstancesMissing(Refusal):
    """The folder holds no instance."""

    code = "routing.instances_missing"
    kind = Kind.MISSING


def run(options: Options) -> dict[str, object]:
    """Measure the instances of a folder, every engine in turn on each, all on one core; costs are the checker's.

    A cell's cost is the median over the seeds, its wall time the longest. Refuses `routing.instances_missing`.
    """
    if options.instances is None or not (files := _files(options.instances)):
        raise InstancesMissing(folder=str(options.instances))
    _pin()
    engines: dict[str, Peer] = {OURS: _ours, **{peer: PEERS[peer] for peer in options.peers}}
    instances = {instance.name: instance for instance in map(solomon.read, files)}
    _ours(next(iter(instances.values())), 0.05, 0)  # compile, or load what was compiled
    runs: Runs = {name: {e: {_key(b): [] for b in options.budgets} for e in engines} for name in instances}
    problems = {name: solomon.problem(instance) for name, instance in instances.items()}
    for name, seed, budget, engine in options.turns(instances, range(1, options.seeds + 1), options.budgets, engines):
        once = _once(problems[name], instances[name], engines[engine], budget, seed)
        runs[name][engine][_key(budget)].append(once)
    answer = report(runs, _known(options.instances, instances))
    answer["plot"] = str(drawing.gaps(answer["mean_gap_pct"], PLOT))
    return answer


def _ours(instance: Instance, seconds: float, seed: int) -> Routes:
    made = solve(solomon.problem(instance), budget=Budget(seconds=seconds), seed=seed).plan
    return [[visit + 1 for visit in route.visits] for route in made.routes]


def _once(problem: Problem, instance: Instance, peer: Peer, seconds: float, seed: int) -> tuple[float | None, float]:
    began = time.perf_counter()
    routes = peer(instance, seconds, seed)
    wall = time.perf_counter() - began
    if routes is None or len(routes) > len(problem.rows) + routes.count([]):
        return None, wall
    orders = [[customer - 1 for customer in route] for route in routes if route]
    orders += [[] for _ in range(len(problem.rows) - len(orders))]
    report = check.check(problem, plan.build(problem, orders))
    if not report.lawful or report.missed:
        return None, wall
    return report.total_points / SCALE, wall


def report(runs: Runs, known: dict[str, float]) -> dict[str, object]:
    """Fold the runs into the object that `--json` prints."""
    cells: dict[str, dict[str, dict[str, Cell]]] = {
        name: {engine: {budget: _fold(each) for budget, each in by.items()} for engine, by in engines.items()}
        for name, engines in runs.items()
    }
    reference: dict[str, dict[str, float | str]] = {}
    for name, engines in runs.items():
        costs = [cost for by in engines.values() for each in by.values() for cost, _ in each if cost is not None]
        source = "best known" if name in known else "best of this run"
        reference[name] = {"cost": known.get(name, min(costs, default=0.0)), "source": source}
    names = next(iter(runs.values()))
    gap = {
        engine: {budget: _mean_gap(runs, reference, engine, budget, list(runs)) for budget in by}
        for engine, by in names.items()
    }
    ratio: dict[str, dict[str, float | None]] = {}
    for peer in list(names)[1:]:
        ratio[peer] = {}
        for budget in names[peer]:
            answered = [name for name in runs if any(cost is not None for cost, _ in runs[name][peer][budget])]
            mine = _mean_gap(runs, reference, OURS, budget, answered)
            theirs = _mean_gap(runs, reference, peer, budget, answered)
            ratio[peer][budget] = round(mine / theirs, 4) if mine is not None and theirs else None
    return {"instances": cells, "reference": reference, "mean_gap_pct": gap, "ratio_to": ratio}


def _mean_gap(
    runs: Runs, reference: dict[str, dict[str, float | str]], engine: str, budget: str, names: list[str]
) -> float | None:
    """Give the mean gap of the median costs, in per cent; None where the engine answers nowhere."""
    gaps = []
    for name in names:
        costs = [cost for cost, _ in runs[name][engine][budget] if cost is not None]
        best = float(reference[name]["cost"])
        if costs and best > 0.0:
            gaps.append(100.0 * (statistics.median(costs) / best - 1.0))
    return round(statistics.fmean(gaps), 4) if gaps else None


def _fold(each: list[tuple[float | None, float]]) -> Cell:
    costs = [cost for cost, _ in each if cost is not None]
    return {
        "cost": round(statistics.median(costs), 1) if costs else None,
        "wall_s": round(max(wall for _, wall in each), 3),
        "feasible": len(costs) == len(each),
    }


def _files(folder: Path) -> list[Path]:
    return sorted((p for p in folder.iterdir() if p.suffix.lower() == ".txt"), key=lambda path: path.stem.upper())


def _known(folder: Path, names: dict[str, Instance]) -> dict[str, float]:
    """Read `best_known.json`: {name: cost} or {name: {"cost": cost}}, names in either case."""
    path = folder / "best_known.json"
    if not path.exists():
        return {}
    content = {name.upper(): entry for name, entry in json.loads(path.read_text("utf-8")).items()}
    costs = {name: entry["cost"] if isinstance(entry, dict) else entry for name, entry in content.items()}
    return {name: float(costs[name]) for name in names if name in costs}


def _pin() -> None:
    """Keep this process on one core, where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _key(budget: float) -> str:
    return f"{budget:g}"
