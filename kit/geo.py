"""Places: points, the three datums that Chinese maps speak, and distances.

Everything inside the product is WGS-84, latitude first. GCJ-02 (maps sold in China) lies hundreds of metres off it
and BD-09 (Baidu) again as much; a point is converted once, where it comes in, and keeps the name of its datum.

No authority publishes GCJ-02. The series used here is the one that all open map libraries share; against published
pairs it agrees to under a metre, and the way back is iterated until it returns to the same point.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kit.refusal import Refusal


class Datum(StrEnum):
    """The coordinate system of a pair of coordinates."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class PlaceOutOfRange(Refusal):
    """No such latitude or longitude."""

    code = "place.out_of_range"


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees, latitude first; refuses `place.out_of_range`, NaN and infinity included."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.latitude <= 90.0 and -180.0 <= self.longitude <= 180.0):
            raise PlaceOutOfRange


EARTH_METRES = 6_371_008.8  # mean radius of the WGS-84 ellipsoid (IUGG)
_KRASOVSKY_AXIS = 6_378_245.0  # semi-major axis of Krasovsky 1940, on which GCJ-02 is built
_KRASOVSKY_ECCENTRICITY = 0.006_693_421_622_965_943_23  # squared
_BAIDU_WAVE = math.pi * 3000.0 / 180.0
_STILL = 1e-10  # degrees, about 0.01 mm: where the iteration back stops
_ROUNDS = 30


def in_china(point: Point) -> bool:
    """Tell whether a point lies in the box within which GCJ-02 is defined; neighbours' border land lies in it too."""
    return 0.8293 <= point.latitude <= 55.8271 and 72.004 <= point.longitude <= 137.8347


def _gcj_offset(latitude: float, longitude: float) -> tuple[float, float]:
    """Return what GCJ-02 adds to a WGS-84 place, in degrees."""
    x, y = longitude - 105.0, latitude - 35.0
    root = math.sqrt(abs(x))
    ripple = (20.0 * math.sin(6.0 * math.pi * x) + 20.0 * math.sin(2.0 * math.pi * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * math.sin(math.pi * y) + 40.0 * math.sin(math.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * math.sin(math.pi / 12.0 * y) + 320.0 * math.sin(math.pi / 30.0 * y)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * math.sin(math.pi * x) + 40.0 * math.sin(math.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * math.sin(math.pi / 12.0 * x) + 300.0 * math.sin(math.pi / 30.0 * x)) * 2.0 / 3.0
    sine = math.sin(math.radians(latitude))
    flat = 1.0 - _KRASOVSKY_ECCENTRICITY * sine * sine
    meridian = _KRASOVSKY_AXIS * (1.0 - _KRASOVSKY_ECCENTRICITY) / (flat * math.sqrt(flat))
    parallel = _KRASOVSKY_AXIS / math.sqrt(flat) * math.cos(math.radians(latitude))
    return math.degrees(north / meridian), math.degrees(east / parallel)


def _wgs_to_gcj(point: Point) -> Point:
    north, east = _gcj_offset(point.latitude, point.longitude)
    return Point(point.latitude + north, point.longitude + east)


def _gcj_to_bd(point: Point) -> Point:
    x, y = point.longitude, point.latitude
    radius = math.hypot(x, y) + 0.000_02 * math.sin(y * _BAIDU_WAVE)
    angle = math.atan2(y, x) + 0.000_003 * math.cos(x * _BAIDU_WAVE)
    return Point(radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065)


def _wgs_to_bd(point: Point) -> Point:
    return _gcj_to_bd(_wgs_to_gcj(point))


_FORWARD: dict[Datum, Callable[[Point], Point]] = {Datum.GCJ02: _wgs_to_gcj, Datum.BD09: _wgs_to_bd}


def from_wgs84(point: Point, datum: Datum) -> Point:
    """Express a WGS-84 point in another datum; outside China all three are the same."""
    if datum is Datum.WGS84 or not in_china(point):
        return point
    return _FORWARD[datum](point)


def to_wgs84(point: Point, datum: Datum) -> Point:
    """Bring a point of any datum to WGS-84, to within a centimetre.

    The offsets have no closed inverse: guess, look where the guess would land, correct by the miss. The offset changes
    by less than a thousandth per metre, so every round gains three digits.
    """
    if datum is Datum.WGS84 or not in_china(point):
        return point
    forward = _FORWARD[datum]
    guess = point
    for _ in range(_ROUNDS):
        landed = forward(guess)
        miss_north, miss_east = point.latitude - landed.latitude, point.longitude - landed.longitude
        guess = Point(guess.latitude + miss_north, guess.longitude + miss_east)
        if abs(miss_north) < _STILL and abs(miss_east) < _STILL:
            break
    return guess


def metres(a: Point, b: Point) -> float:
    """Return the great-circle distance by the haversine formula, exact to 0.6 % of the ellipsoid everywhere."""
    north = math.sin(math.radians(b.latitude - a.latitude) / 2.0)
    east = math.sin(math.radians(b.longitude - a.longitude) / 2.0)
    half = north * north + math.cos(math.radians(a.latitude)) * math.cos(math.radians(b.latitude)) * east * east
    return 2.0 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half)))


def planar_metres(a: Point, b: Point) -> tuple[float, float]:
    """Return how far `b` lies north and east of `a` on a flat map; good to a metre within a district (30 km)."""
    middle = math.cos(math.radians((a.latitude + b.latitude) / 2.0))
    east_degrees = (b.longitude - a.longitude + 540.0) % 360.0 - 180.0
    return (
        EARTH_METRES * math.radians(b.latitude - a.latitude),
        EARTH_METRES * math.radians(east_degrees) * middle,
    )


class PlaceSwapped(Refusal):
    """Latitude and longitude are swapped."""

    code = "place.swapped"


class PlaceNotInChina(Refusal):
    """The place is not in China."""

    code = "place.not_in_china"


def place_in_china(latitude: float, longitude: float) -> Point:
    """Check a typed pair of coordinates; refuse `place.swapped`, `place.out_of_range` and `place.not_in_china`.

    The box is the mainland with its islands (3.4–53.6 N, 73.4–135.1 E), narrow enough that a swapped pair never fits.
    """
    if 3.4 <= latitude <= 53.6 and 73.4 <= longitude <= 135.1:
        return Point(latitude, longitude)
    if 3.4 <= longitude <= 53.6 and 73.4 <= latitude <= 135.1:
        raise PlaceSwapped
    Point(latitude, longitude)
    raise PlaceNotInChina
