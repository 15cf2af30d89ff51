"""Fold the runs of a bench into what `--json` prints: cells, references, mean gaps, and ratios to every peer."""

import json
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kit.refusal import Kind, Refusal

OURS = "nowalls"

Runs = dict[str, dict[str, dict[str, list[tuple[float | None, float]]]]]
"""Instance → engine → budget → of each seed the cost by the checker (None: nothing lawful) and the seconds it took."""


class InstancesMissing(Refusal):
    """The folder holds no instance."""

    code = "routing.instances_missing"
    kind = Kind.NOT_FOUND


def key(budget: float) -> str:
    """Name a budget of seconds."""
    return f"{budget:g}"


def no_runs(names: Iterable[str], engines: Iterable[str], budgets: Iterable[float]) -> Runs:
    """Make room for what will be measured."""
    return {name: {engine: {key(budget): [] for budget in budgets} for engine in engines} for name in names}


def report(runs: Runs, references: Mapping[str, tuple[float, str]]) -> dict[str, Any]:
    """Summarise the runs; `references` maps instances to the best known cost and its source.

    A cell's cost is the median over the seeds, its wall time the longest, and it is feasible only if every seed was.
    Without a best known cost, the best of this run stands for it. A peer's ratio is over the instances it answers.
    """
    cells = {
        name: {engine: {budget: _cell(each) for budget, each in by.items()} for engine, by in engines.items()}
        for name, engines in runs.items()
    }
    reference: dict[str, dict[str, Any]] = {}
    for name, engines in runs.items():
        costs = [cost for by in engines.values() for each in by.values() for cost, _ in each if cost is not None]
        cost, source = references.get(name, (min(costs, default=None), "best of this run"))
        reference[name] = {"cost": cost, "source": source}
    first = next(iter(cells.values()))
    table = {
        engine: {
            budget: {
                name: 100.0 * (cell["cost"] / best - 1.0)
                for name, by in cells.items()
                if (cell := by[engine][budget])["cost"] is not None and (best := reference[name]["cost"])
            }
            for budget in first[engine]
        }
        for engine in first
    }
    mean = {
        engine: {budget: round(statistics.fmean(by.values()), 4) if by else None for budget, by in each.items()}
        for engine, each in table.items()
    }
    ratio = {
        peer: {budget: _ratio(table[OURS][budget], theirs) for budget, theirs in each.items()}
        for peer, each in table.items()
        if peer != OURS
    }
    return {"instances": cells, "reference": reference, "mean_gap_pct": mean, "ratio_to": ratio}


def _cell(each: list[tuple[float | None, float]]) -> dict[str, Any]:
    costs = [cost for cost, _ in each if cost is not None]
    return {
        "cost": round(statistics.median(costs), 4) if costs else None,
        "wall_s": round(max(wall for _, wall in each), 3),
        "feasible": len(costs) == len(each),
    }


def _ratio(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float | None:
    total = sum(theirs.values())
    return round(sum(ours.get(name, 0.0) for name in theirs) / total, 4) if total > 0.0 else None


def best_known(folder: Path) -> dict[str, float]:
    """Read best-known costs beside the instances, by name in capitals: `best_known.json`, or the published table.

    The first is {name: cost} or {name: {"cost": cost}}, with names in either case.
    """
    plain, table = folder / "best_known.json", folder / "best_known.md"
    if plain.exists():
        entries = json.loads(plain.read_text("utf-8"))
        return {
            name.upper(): float(entry["cost"] if isinstance(entry, dict) else entry) for name, entry in entries.items()
        }
    if not table.exists():
        return {}
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in table.read_text("utf-8").splitlines()]
    return {line[0].removesuffix(".json").upper(): float(line[4]) for line in lines if line[0].endswith(".json")}
