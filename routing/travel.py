"""How long it takes to get there: a flat map, a detour factor, a way of travelling; and what the city teaches.

The map is flat around one origin: `x = R·(λ − λ₀)·cos φ₀`, `y = R·(φ − φ₀)`, rounded to whole decimetres. Across a city
that differs from the geodesic by at most 0.4 %, while the detour factor is uncertain by ten times as much; so the
factor is what deserves the work (`calibrate`). Beyond some 300 km use a matrix of a road engine (`routing.roads`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit.geo import EARTH_METRES, Point
from routing.compiled import compiled, inlined
from routing.nouns import Mode


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
