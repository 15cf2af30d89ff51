"""`nowalls bench vrptw`: routes with time windows, against packaged solvers and the best known distances."""

import time
from pathlib import Path

from routing.bench import drawing, gaps
from routing.bench.gaps import OURS, InstancesMissing
from routing.bench.options import Options
from routing.bench.vrptw_peers import PEERS, WITHOUT_SEED, Peer, Routes
from routing.check import check
from routing.model import plan
from routing.model.problem import Problem
from routing.readers import solomon
from routing.readers.solomon import SCALE, Instance
from routing.solve import solve
from routing.stop import Budget

PLOT = Path("var/bench/vrptw.svg")


def run(options: Options) -> dict[str, object]:
    """Measure the instances of a folder, every engine in turn on each, all on one core; costs are the checker's.

    A cell's cost is the median over the seeds, its wall time the longest; a peer that knows no seed runs once.
    Refuses `routing.instances_missing`.
    """
    if options.instances is None or not (files := _files(options.instances)):
        raise InstancesMissing(folder=str(options.instances))
    engines: dict[str, Peer] = {OURS: _ours, **{peer: PEERS[peer] for peer in options.peers}}
    instances = {instance.name: instance for instance in map(solomon.read, files)}
    _ours(next(iter(instances.values())), 0.05, 0)  # compile, or load what was compiled
    runs = gaps.no_runs(instances, engines, options.budgets)
    problems = {name: solomon.problem(instance) for name, instance in instances.items()}
    for name, seed, budget, engine in options.turns(instances, range(1, options.seeds + 1), options.budgets, engines):
        if engine in WITHOUT_SEED and seed > 1:
            continue
        once = _once(problems[name], instances[name], engines[engine], budget, seed)
        runs[name][engine][gaps.key(budget)].append(once)
    best = gaps.best_known(options.instances)
    answer = gaps.report(runs, {name: (best[name], "best known") for name in instances if name in best})
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
    report = check(problem, plan.build(problem, orders))
    if not report.lawful or report.missed:
        return None, wall
    return report.total_points / SCALE, wall


def _files(folder: Path) -> list[Path]:
    return sorted((p for p in folder.iterdir() if p.suffix.lower() == ".txt"), key=lambda path: path.stem.upper())
