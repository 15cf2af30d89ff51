"""`nowalls bench matrix`: legs between 1,000 places, against what a Python programme would otherwise call.

Ours is timed from points to whole seconds. geopy's geodesic, its great circle and a haversine in plain Python are timed
on a sample of pairs, NumPy's haversine on all of them. `cost` is the mean straight line in metres over the sample, and
the gap is how far an engine's lines lie from the geodesic's, mean and worst, in per cent.
"""

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from geopy.distance import geodesic, great_circle
from numpy.typing import NDArray

from kit.geo import EARTH_METRES, Point
from routing.bench.options import Options
from routing.model.problem import Mode
from routing.model.travel import planar_seconds, plane_of

PLACES, SAMPLE, REPEATS = 1_000, 400, 7
BUDGET = "none"
EBIKE = Mode(name="e-bike", speed_metres_per_second=4.2, detour=1.3, start_seconds=120)

Pair = tuple[Point, Point]


def run(options: Options) -> dict[str, object]:
    """Measure; `ratio_to` says how many times as long a peer takes for a pair, `ns_per_pair` how long each takes."""
    planar_seconds(_city(2, 0), EBIKE)  # compile, or load what was compiled
    towns = [_measure(seed) for (seed,) in options.turns(range(1, options.seeds + 1))]
    names = list(towns[0]["ns"])
    middle = {name: statistics.median(town["ns"][name] for town in towns) for name in names}
    return {
        "instances": {
            f"{PLACES}x{PLACES}_{seed}": {
                name: {
                    BUDGET: {
                        "cost": round(statistics.fmean(town["metres"][name]), 3),
                        "wall_s": round(town["ns"][name] * PLACES * PLACES / 1e9, 6),
                        "feasible": True,
                    }
                }
                for name in names
            }
            for seed, town in enumerate(towns, start=1)
        },
        "reference": {
            f"{PLACES}x{PLACES}_{seed}": {
                "cost": round(statistics.fmean(town["metres"]["geodesic"]), 3),
                "source": "geopy geodesic (WGS-84)",
            }
            for seed, town in enumerate(towns, start=1)
        },
        "mean_gap_pct": {name: {BUDGET: _gap(towns, name, statistics.fmean)} for name in names},
        "worst_gap_pct": {name: {BUDGET: _gap(towns, name, max)} for name in names},
        "ns_per_pair": {name: round(value, 2) for name, value in middle.items()},
        "ratio_to": {name: {BUDGET: round(middle[name] / middle["nowalls"], 1)} for name in names if name != "nowalls"},
    }


def _measure(seed: int) -> dict[str, dict[str, Any]]:
    """Time every engine on one city in turn; of a few turns each engine's quickest counts."""
    places = _city(PLACES, seed)
    rng = random.Random(seed)
    pairs: list[Pair] = [(rng.choice(places), rng.choice(places)) for _ in range(SAMPLE)]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    latitudes = np.array([place.latitude for place in places])
    longitudes = np.array([place.longitude for place in places])
    whole, part = PLACES * PLACES, len(pairs)
    engines: dict[str, tuple[Callable[[], object], int]] = {
        "nowalls": (lambda: planar_seconds(places, EBIKE), whole),
        "numpy": (lambda: _numpy(latitudes, longitudes), whole),
        "python": (lambda: [_python(*pair) for pair in pairs], part),
        "great_circle": (lambda: [_great_circle(*pair) for pair in pairs], part),
        "geodesic": (lambda: [_geodesic(*pair) for pair in pairs], part),
    }
    times: dict[str, list[float]] = {name: [] for name in engines}
    gc.disable()
    for _ in range(REPEATS):
        for name, (work, count) in engines.items():
            before = time.perf_counter_ns()
            work()
            times[name].append((time.perf_counter_ns() - before) / count)
    gc.enable()
    index = {place: k for k, place in enumerate(places)}
    table = _numpy(latitudes, longitudes)
    metres = {
        "nowalls": _planar(places, pairs),
        "numpy": [float(table[index[a], index[b]]) for a, b in pairs],
        "python": [_python(*pair) for pair in pairs],
        "great_circle": [_great_circle(*pair) for pair in pairs],
        "geodesic": [_geodesic(*pair) for pair in pairs],
    }
    return {"ns": {name: min(each) for name, each in times.items()}, "metres": metres}


def _gap(towns: Sequence[dict[str, dict[str, Any]]], name: str, fold: Callable[[list[float]], float]) -> float:
    off = [
        100.0 * abs(own / true - 1.0)
        for town in towns
        for own, true in zip(town["metres"][name], town["metres"]["geodesic"], strict=True)
    ]
    return round(fold(off), 4)


def _city(count: int, seed: int) -> list[Point]:
    """Make places within a district of some 25 by 25 kilometres."""
    rng = random.Random(seed)
    return [Point(38.2 + 0.22 * rng.random(), 116.7 + 0.28 * rng.random()) for _ in range(count)]


def _planar(places: Sequence[Point], pairs: Sequence[Pair]) -> list[float]:
    plane = plane_of(places)
    return [math.dist(plane.project(start), plane.project(end)) / 10.0 for start, end in pairs]


def _numpy(latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, lam = np.radians(latitudes), np.radians(longitudes)
    half = np.sin((phi[:, None] - phi) / 2.0) ** 2
    half += np.cos(phi)[:, None] * np.cos(phi) * np.sin((lam[:, None] - lam) / 2.0) ** 2
    out: NDArray[np.float64] = 2.0 * EARTH_METRES * np.arcsin(np.sqrt(half))
    return out


def _python(start: Point, end: Point) -> float:
    phi, psi = math.radians(start.latitude), math.radians(end.latitude)
    half = math.sin((psi - phi) / 2.0) ** 2
    half += math.cos(phi) * math.cos(psi) * math.sin(math.radians(end.longitude - start.longitude) / 2.0) ** 2
    return 2.0 * EARTH_METRES * math.asin(math.sqrt(half))


def _great_circle(start: Point, end: Point) -> float:
    return float(great_circle((start.latitude, start.longitude), (end.latitude, end.longitude)).m)


def _geodesic(start: Point, end: Point) -> float:
    return float(geodesic((start.latitude, start.longitude), (end.latitude, end.longitude)).m)
