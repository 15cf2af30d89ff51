"""Travel times: a flat map, a detour factor and a speed for each mode; and the calibration of the factor.

The map is flat around one origin: `x = R·(λ − λ₀)·cos φ₀`, `y = R·(φ − φ₀)`, rounded to whole decimetres. Across a city
that differs from the geodesic by half a per cent at most, while the detour factor is uncertain ten times more: the
factor is what deserves the work (`calibrate`). Beyond some 300 km use a road engine (`routing.readers.roads`).
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kit.geo import EARTH_METRES, Point
from kit.refusal import Kind, Refusal
from routing.compiled import compiled, inlined
from routing.model.entities import Mode


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat map: where its origin lies. Coordinates are whole decimetres east (x) and north (y)."""

    origin: Point

    def project(self, point: Point) -> tuple[float, float]:
        """Give a point's (x, y) in decimetres; whole numbers, kept as floats for the kernels."""
        east_degrees = (point.longitude - self.origin.longitude + 540.0) % 360.0 - 180.0
        east = EARTH_METRES * math.radians(east_degrees) * math.cos(math.radians(self.origin.latitude))
        north = EARTH_METRES * math.radians(point.latitude - self.origin.latitude)
        return math.floor(east * 10.0 + 0.5) + 0.0, math.floor(north * 10.0 + 0.5) + 0.0


def plane_of(places: Sequence[Point]) -> Plane:
    """Lay the map around the first place; without places, around the null island."""
    return Plane(places[0] if places else Point(0.0, 0.0))


def pace(mode: Mode) -> float:
    """Give the seconds that a decimetre of straight line takes in a mode, without the start."""
    return mode.detour / mode.speed_metres_per_second / 10.0


@inlined
def leg_seconds(ax: float, ay: float, bx: float, by: float, seconds_per_decimetre: float, start_seconds: int) -> int:
    """Give the planar leg between two places in whole seconds, half up; nothing where they are the same place."""
    dx = ax - bx
    dy = ay - by
    square = dx * dx + dy * dy
    if square == 0.0:
        return 0
    return start_seconds + int(math.sqrt(square) * seconds_per_decimetre + 0.5)


@compiled
def _planar_matrix(
    x: NDArray[np.float64], y: NDArray[np.float64], seconds_per_decimetre: float, start_seconds: int
) -> NDArray[np.int32]:
    n = x.shape[0]
    out = np.empty((n, n), np.int32)
    for i in range(n):
        for j in range(n):
            dx = x[i] - x[j]
            dy = y[i] - y[j]
            square = dx * dx + dy * dy
            extra = start_seconds if square > 0.0 else 0
            out[i, j] = extra + int(math.sqrt(square) * seconds_per_decimetre + 0.5)
    return out


def planar_matrices(x: NDArray[np.float64], y: NDArray[np.float64], modes: Sequence[Mode]) -> NDArray[np.int32]:
    """Give the legs between all places for every mode: int32 seconds, `[modes, places, places]`, row = from."""
    n = len(x)
    out = np.empty((len(modes), n, n), np.int32)
    for number, mode in enumerate(modes):
        out[number] = _planar_matrix(x, y, pace(mode), mode.start_seconds)
    return out


def planar_seconds(places: Sequence[Point], mode: Mode) -> NDArray[np.int32]:
    """Give the legs between all places in one mode: int32 seconds, `[places, places]`, row = from."""
    plane = plane_of(places)
    spots = [plane.project(place) for place in places]
    x = np.array([spot[0] for spot in spots], np.float64)
    y = np.array([spot[1] for spot in spots], np.float64)
    return _planar_matrix(x, y, pace(mode), mode.start_seconds)


LEAST_LEGS = 30
LEAST_METRES = 300.0
"""Shorter legs say more about doors and lifts than about roads."""

OUTLIER = 3.0
"""Legs farther from the middle than so many standard deviations of the rest are left out: a meal on the way, a phone
that signed out late."""


class TooFewLegs(Refusal):
    """Too few journeys to calibrate a detour factor."""

    code = "routing.too_few_legs"
    kind = Kind.CONFLICT


class Leg(NamedTuple):
    """One journey that was made: how far as the crow flies, and how long it took from door to door."""

    metres: float
    seconds: float


class Calibration(NamedTuple):
    """A mode as journeys were really made in it.

    `legs` were used, `outliers` left out; `error` is the standard error of the detour factor; `before` and `after` are
    the median absolute errors of a leg's seconds under the old mode and the new.
    """

    mode: Mode
    legs: int
    outliers: int
    error: float
    before: float
    after: float


def calibrate(legs: Iterable[Leg], mode: Mode, *, least: int = LEAST_LEGS) -> Calibration:
    """Learn a mode's detour factor from journeys that were made; its speed and its seconds to start stay.

    The factor is the median of what each journey says, weighted by its length: the line through the start that makes
    the sum of absolute errors least. What lies far from it is left out and the median taken anew, until nothing does,
    since disturbances only ever lengthen a journey. Times tell detour and speed apart only together: where the factor
    would be below one, it is one and the speed is raised. Refuses `routing.too_few_legs`.
    """
    usable = [leg for leg in legs if leg.metres >= LEAST_METRES and leg.seconds > mode.start_seconds]
    if len(usable) < least:
        raise TooFewLegs(mode=mode.name, found=len(usable), least=least)
    factor = [(leg.seconds - mode.start_seconds) * mode.speed_metres_per_second / leg.metres for leg in usable]
    kept = list(range(len(usable)))
    while True:
        middle = _weighted_median([(factor[k], usable[k].metres) for k in kept])
        spread = 1.4826 * statistics.median(abs(factor[k] - middle) for k in kept)
        near = [k for k in range(len(usable)) if abs(factor[k] - middle) <= max(OUTLIER * spread, 1e-9)]
        if len(near) >= len(kept) or len(near) < least:
            break
        kept = near
    detour = max(1.0, middle)
    learned = replace(mode, detour=detour, speed_metres_per_second=mode.speed_metres_per_second * detour / middle)
    used = [usable[k] for k in kept]
    return Calibration(
        mode=learned,
        legs=len(kept),
        outliers=len(usable) - len(kept),
        error=1.2533 * spread / math.sqrt(len(kept)),
        before=_miss(used, mode),
        after=_miss(used, learned),
    )


def _weighted_median(pairs: Sequence[tuple[float, float]]) -> float:
    """Give the value at which half of the weight is reached."""
    ordered = sorted(pairs)
    half = sum(weight for _, weight in ordered) / 2.0
    reached = 0.0
    for value, weight in ordered:
        reached += weight
        if reached >= half:
            return value
    return ordered[-1][0]


def _miss(legs: Sequence[Leg], mode: Mode) -> float:
    """Give by how many seconds a mode misses a leg, at the median."""
    speed = mode.speed_metres_per_second / mode.detour
    return statistics.median(abs(mode.start_seconds + leg.metres / speed - leg.seconds) for leg in legs)
