"""Travel times from a road engine: OSRM's `/table` and Valhalla's `/sources_to_targets`, asked in blocks it can bear.

Nothing here opens a connection: an engine builds the request and reads the reply; the caller fetches. The result is
a problem's `travel_seconds`: whole seconds, row = from, asymmetric as roads are.

OSRM refuses a table of more than `max-table-size`² cells (10,000 unless configured), Valhalla one of more than
`max_matrix_location_pairs` (2,500); both say null where no road leads, which here is `UNREACHABLE_SECONDS`.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kit.geo import Point
from kit.refusal import Kind, Refusal

UNREACHABLE_SECONDS = 10 * 86_400
"""Longer than any shift, and small enough to add up: no plan goes there."""

PATIENT_URL = 200
"""So many places at most in one address: some forty characters each, within what every server takes (8,000)."""


class RoadsRefused(Refusal):
    """The road engine answered that it will not: too large, a place with no road near it, an unknown profile."""

    code = "roads.refused"
    kind = Kind.INVALID


class RoadsUnreadable(Refusal):
    """What came back is not the answer of a road engine."""

    code = "roads.unreadable"
    kind = Kind.BUSY


class RoadRequest(NamedTuple):
    """One HTTP request: an address and the body of a POST (None: a GET)."""

    address: str
    body: bytes | None = None


class RoadReply(NamedTuple):
    """One HTTP reply."""

    status: int
    body: bytes


Fetch = Callable[[RoadRequest], RoadReply]
Seconds = list[list[float | None]]


class RoadEngine(Protocol):
    """A road engine: how many pairs it takes at once, what to ask it, and how to read its answer."""

    @property
    def most_pairs(self) -> int:
        """Give the largest product of sources and targets."""

    def request(self, sources: Sequence[Point], targets: Sequence[Point]) -> RoadRequest:
        """Put the question for a block of pairs."""

    def read(self, reply: RoadReply) -> Seconds:
        """Read the seconds of a block, None where no road leads; refuses `roads.refused` and `roads.unreadable`."""


class Table(NamedTuple):
    """Legs between places: int32 seconds `[places, places]`, row = from, and how many pairs no road joins."""

    seconds: NDArray[np.int32]
    unreachable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Osrm:
    """An OSRM server; `address` without a path, `profile` as its data were prepared (driving, bike, foot)."""

    address: str
    profile: str = "driving"
    most_pairs: int = 10_000

    def request(self, sources: Sequence[Point], targets: Sequence[Point]) -> RoadRequest:
        """Ask for durations; places stand in the address, longitude first, sources before targets."""
        places = ";".join(f"{place.longitude:.6f},{place.latitude:.6f}" for place in (*sources, *targets))
        first = ";".join(map(str, range(len(sources))))
        rest = ";".join(map(str, range(len(sources), len(sources) + len(targets))))
        path = f"table/v1/{self.profile}/{places}?sources={first}&destinations={rest}&annotations=duration"
        return RoadRequest(f"{self.address.rstrip('/')}/{path}")

    def read(self, reply: RoadReply) -> Seconds:
        """Read `durations`; anything but the code Ok is a refusal with the engine's own words."""
        content = _parsed(reply, "OSRM")
        if content.get("code") != "Ok":
            raise RoadsRefused(engine="OSRM", says=f"{content.get('code')}: {content.get('message', '')}")
        return _cells(content.get("durations"), "OSRM")


@dataclass(frozen=True, slots=True, kw_only=True)
class Valhalla:
    """A Valhalla server; `costing` is its way of travelling (auto, bicycle, motor_scooter, pedestrian)."""

    address: str
    costing: str = "auto"
    most_pairs: int = 2_500

    def request(self, sources: Sequence[Point], targets: Sequence[Point]) -> RoadRequest:
        """Ask for the concise form; older servers answer in the verbose one, which `read` accepts too."""
        content = {
            "sources": [{"lat": round(place.latitude, 6), "lon": round(place.longitude, 6)} for place in sources],
            "targets": [{"lat": round(place.latitude, 6), "lon": round(place.longitude, 6)} for place in targets],
            "costing": self.costing,
            "verbose": False,
        }
        return RoadRequest(f"{self.address.rstrip('/')}/sources_to_targets", json.dumps(content).encode())

    def read(self, reply: RoadReply) -> Seconds:
        """Read `durations`, or in the verbose form each pair's `time`."""
        content = _parsed(reply, "Valhalla")
        if "error" in content or "error_code" in content:
            raise RoadsRefused(engine="Valhalla", says=f"{content.get('error_code')}: {content.get('error', '')}")
        cells = content.get("sources_to_targets")
        if isinstance(cells, dict):
            return _cells(cells.get("durations"), "Valhalla")
        if not isinstance(cells, list) or not all(isinstance(line, list) for line in cells):
            raise RoadsUnreadable(engine="Valhalla", says="no sources_to_targets")
        try:
            return _cells([[pair["time"] for pair in line] for line in cells], "Valhalla")
        except (KeyError, TypeError) as wrong:
            raise RoadsUnreadable(engine="Valhalla", says=f"a pair without {wrong}") from wrong


def table(engine: RoadEngine, places: Sequence[Point], fetch: Fetch) -> Table:
    """Ask for the legs between all places, block by block, and put the blocks together.

    Seconds are rounded half up; the way to oneself is nothing. Refuses what the engine's `read` does, and an answer of
    another size than was asked for.
    """
    count = len(places)
    seconds = np.zeros((count, count), np.int32)
    unreachable = 0
    for rows, columns in blocks(count, engine.most_pairs):
        reply = fetch(engine.request([places[k] for k in rows], [places[k] for k in columns]))
        cells = engine.read(reply)
        if len(cells) != len(rows) or any(len(line) != len(columns) for line in cells):
            raise RoadsUnreadable(engine=type(engine).__name__, says=f"not {len(rows)} × {len(columns)} cells")
        for row, line in zip(rows, cells, strict=True):
            for column, value in zip(columns, line, strict=True):
                if row == column:
                    continue
                unreachable += value is None
                seconds[row, column] = UNREACHABLE_SECONDS if value is None else _whole(value)
    return Table(seconds, unreachable)


def tables(engines: Sequence[RoadEngine], places: Sequence[Point], fetch: Fetch) -> NDArray[np.int32]:
    """Ask one engine for each mode of a problem, and give its `travel_seconds` `[modes, places, places]`."""
    return np.stack([table(engine, places, fetch).seconds for engine in engines])


def blocks(count: int, most_pairs: int) -> Iterator[tuple[range, range]]:
    """Cut a square table into nearly square blocks of so many pairs and places at most."""
    side = max(1, min(math.isqrt(max(1, most_pairs)), PATIENT_URL // 2))
    for top in range(0, count, side):
        for left in range(0, count, side):
            yield range(top, min(top + side, count)), range(left, min(left + side, count))


def _parsed(reply: RoadReply, engine: str) -> dict[str, Any]:
    """Parse an answer; engines explain their refusals in JSON with status 400, anything else is another's."""
    try:
        content = json.loads(reply.body)
    except ValueError as wrong:
        raise RoadsUnreadable(engine=engine, says=f"HTTP {reply.status}, no JSON") from wrong
    if not isinstance(content, dict) or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise RoadsUnreadable(engine=engine, says=f"HTTP {reply.status}")
    return content


def _cells(cells: object, engine: str) -> Seconds:
    """Check that these are lines of numbers and nulls."""
    if not isinstance(cells, list) or not all(isinstance(line, list) for line in cells):
        raise RoadsUnreadable(engine=engine, says="no durations")
    for line in cells:
        for value in line:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and (not number or not math.isfinite(value) or value < 0):
                raise RoadsUnreadable(engine=engine, says=f"a duration of {value!r}")
    return cells


def _whole(seconds: float) -> int:
    return min(math.floor(seconds + 0.5), UNREACHABLE_SECONDS)
