"""`nowalls bench batch`: 500 visits, 600 workers, 30 companies with quotas and shares, decided at once.

Every answer is checked and priced anew, its optimality is held against a linear programme of all pairs (HiGHS), and its
time is a multiple of scipy's assignment of the same pairs without companies, quotas or shares.
"""

import importlib
import statistics
import time
from typing import Any, NamedTuple

import numpy as np

from routing.bench.district import Town, build
from routing.bench.options import Options
from routing.model.arrays import Ints
from routing.model.problem import Company, Weights
from routing.model.travel import pace
from routing.reference.assign import Assignment, Batch, assign, share_prices

VISITS, WORKERS, COMPANIES, QUOTA = 500, 600, 30, 20
FORBIDDEN = 10**9
REPEATS = 5
BUDGET = "none"


class BatchCase(NamedTuple):
    """A batch, and the companies and weights that its steps were made from."""

    batch: Batch
    companies: tuple[Company, ...]
    weights: Weights


def run(options: Options) -> dict[str, object]:
    """Decide a batch for each seed; `ratio_to` says how many times as long as scipy we take, at the median.

    Of a few turns, in which the two alternate, each engine's quickest counts.
    """
    # scipy stands in `requirements-bench.in` alone: imported by name, so that the other benches run without it.
    scipy = importlib.import_module("scipy.optimize")
    assign(make(1, visits=20, workers=30, companies=3).batch)  # compile, or load what was compiled
    instances: dict[str, Any] = {}
    reference: dict[str, Any] = {}
    ratios, gaps = [], []
    for (seed,) in options.turns(range(1, options.seeds + 1)):
        case, name = make(seed), f"batch_{VISITS}x{WORKERS}_{seed}"
        batch = case.batch
        plain = np.where(batch.allowed != 0, batch.points, FORBIDDEN)
        walls: dict[str, list[float]] = {"nowalls": [], "scipy": []}
        assignment = assign(batch)
        for _ in range(REPEATS):
            began = time.perf_counter()
            assign(batch)
            walls["nowalls"].append(time.perf_counter() - began)
            began = time.perf_counter()
            scipy.linear_sum_assignment(plain)
            walls["scipy"].append(time.perf_counter() - began)
        best = linear_programme(case)
        cost, lawful = price(case, assignment)
        ratios.append(min(walls["nowalls"]) / min(walls["scipy"]))
        gaps.append(100.0 * (cost - best) / abs(best))
        cell = {"cost": cost, "wall_s": round(min(walls["nowalls"]), 5), "feasible": lawful}
        other = {"cost": None, "wall_s": round(min(walls["scipy"]), 5), "feasible": False}
        instances[name] = {"nowalls": {BUDGET: cell}, "scipy": {BUDGET: other}}
        reference[name] = {"cost": best, "source": "linear programme over all pairs (HiGHS)"}
    return {
        "instances": instances,
        "reference": reference,
        "mean_gap_pct": {"nowalls": {BUDGET: round(statistics.fmean(gaps), 9)}, "scipy": {BUDGET: None}},
        "optimal": all(abs(gap) < 1e-7 for gap in gaps),
        "ratio_to": {"scipy": {BUDGET: round(statistics.median(ratios), 2)}},
    }


def make(seed: int, *, visits: int = VISITS, workers: int = WORKERS, companies: int = COMPANIES) -> BatchCase:
    """Make a batch out of a town: the way there and back less what continuity earns, where no rule forbids."""
    town = build(Town(workers=workers, companies=companies, requests=visits, seed=seed))
    flat = town.arrays
    bases, doors = [worker.base for worker in town.workers], flat.visits.place
    away = np.hypot(flat.x[doors][:, None] - flat.x[bases][None, :], flat.y[doors][:, None] - flat.y[bases][None, :])
    paces = np.array([pace(town.modes[worker.mode]) for worker in town.workers])
    starts = np.array([town.modes[worker.mode].start_seconds for worker in town.workers])
    seconds = 2 * (np.floor(away * paces + 0.5).astype(np.int64) + starts)
    weights = Weights()
    continuity = town.preferred.astype(np.int64) * weights.continuity_points
    firms = tuple(Company(quota_visits=QUOTA, share=1 + number % 3) for number in range(companies))
    batch = Batch(
        points=seconds * weights.travel_points_per_second - continuity,
        allowed=(town.rules == 0).astype(np.uint8),
        unassigned_points=np.full(visits, 10_000_000),
        most=np.ones(workers, np.int64),
        company_of=flat.workers.company.astype(np.int64),
        steps=share_prices(firms, weights, visits),
    )
    return BatchCase(batch, firms, weights)


def price(case: BatchCase, assignment: Assignment) -> tuple[int, bool]:
    """Add up what an assignment costs, and whether it keeps every rule; shares no code with `assign`."""
    batch = case.batch
    awarded = [0] * len(case.companies)
    taken = [0] * batch.allowed.shape[1]
    cost, lawful = 0, True
    for visit, worker in enumerate(assignment.workers.tolist()):
        if worker < 0:
            cost += int(batch.unassigned_points[visit])
            continue
        lawful = lawful and bool(batch.allowed[visit, worker])
        taken[worker] += 1
        awarded[int(batch.company_of[worker])] += 1
        cost += int(batch.points[visit, worker])
    lawful = lawful and all(count <= most for count, most in zip(taken, batch.most.tolist(), strict=True))
    shares = sum(company.share for company in case.companies)
    visits = len(assignment.workers) + sum(company.awarded_visits for company in case.companies)
    for company, count in zip(case.companies, awarded, strict=True):
        lawful = lawful and (company.quota_visits is None or count <= company.quota_visits)
        for number in range(count):
            ahead = (company.awarded_visits + number) * shares - visits * company.share
            cap = case.weights.share_cap_points
            cost += max(-cap, min(cap, case.weights.share_points * ahead // max(shares, 1)))
    return cost, lawful


def linear_programme(case: BatchCase) -> int:
    """Give the least cost by a linear programme over all pairs, which has whole-numbered corners."""
    optimize, sparse = importlib.import_module("scipy.optimize"), importlib.import_module("scipy.sparse")
    batch, prices = case.batch, case.batch.steps
    n, m = batch.allowed.shape
    i, j = np.nonzero(batch.allowed)
    steps = sum(map(len, prices))
    pairs = len(i)
    owners = np.repeat(np.arange(len(prices)), [len(of_company) for of_company in prices])
    lines: Ints = np.arange(pairs)
    ones = np.ones(pairs)
    rows = np.concatenate([i, np.arange(n), n + batch.company_of[j], n + owners])
    columns = np.concatenate([lines, pairs + np.arange(n), lines, pairs + n + np.arange(steps)])
    values = np.concatenate([ones, np.ones(n), ones, -np.ones(steps)])
    equal = sparse.csr_matrix((values, (rows, columns)), shape=(n + len(prices), pairs + n + steps))
    most = sparse.csr_matrix((ones, (j, lines)), shape=(m, pairs + n + steps))
    result = optimize.linprog(
        np.concatenate([batch.points[i, j], batch.unassigned_points, *prices]),
        A_ub=most,
        b_ub=batch.most,
        A_eq=equal,
        b_eq=np.concatenate([np.ones(n), np.zeros(len(prices))]),
        bounds=(0, 1),
        method="highs",
    )
    return round(float(result.fun))
