"""Where the towns and streets of the district lie, as far as the registered addresses show it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Numeric, cast, func, select

from events.work import Work
from registry.divisions import queries
from registry.model import Address

LEAST: Final = 10
"""Fewer homes than this draw no outline: it would be a line from door to door."""
_DIGITS: Final = 3
"""Decimals of a degree, about a hundred metres: what is shown is no door."""
_TOWN: Final = 9
Spot = tuple[float, float]
"""Latitude and longitude in WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One town or street: its middle, and the hull around its homes, anticlockwise, empty where they are too few."""

    division_code: str
    name: str
    homes: int
    middle: Spot
    hull: tuple[Spot, ...]


async def outlines(work: Work) -> list[Outline]:
    """Return the towns and streets in which anybody lives, by code."""
    town = func.left(Address.division_code, _TOWN)
    north, east = (func.round(cast(column, Numeric), _DIGITS) for column in (Address.latitude, Address.longitude))
    query = select(town, north, east, func.count()).where(Address.valid_to.is_(None)).group_by(town, north, east)
    homes: dict[str, dict[Spot, int]] = defaultdict(dict)
    for code, latitude, longitude, count in await work.session.execute(query):
        homes[code][float(latitude), float(longitude)] = count
    named = await queries.divisions(work, work.now, codes=[f"{code}000" for code in homes])
    return [_outline(division.code, division.name, homes[division.code[:_TOWN]]) for division in named]


def _outline(code: str, name: str, homes: dict[Spot, int]) -> Outline:
    count = sum(homes.values())
    middle = (
        round(sum(spot[0] * many for spot, many in homes.items()) / count, _DIGITS),
        round(sum(spot[1] * many for spot, many in homes.items()) / count, _DIGITS),
    )
    return Outline(code, name, count, middle, hull(homes) if count >= LEAST else ())


def hull(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    """Return the convex hull of some spots, anticlockwise from the southernmost (the monotone chain)."""
    ordered = sorted(set(spots))
    if len(ordered) < 3:
        return tuple(ordered)
    halves = []
    for points in (ordered, ordered[::-1]):
        chain: list[Spot] = []
        for point in points:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        halves.append(chain[:-1])
    return (*halves[0], *halves[1])


def _turn(begin: Spot, middle: Spot, end: Spot) -> float:
    """Tell by its sign to which side the way through three spots turns."""
    return (middle[0] - begin[0]) * (end[1] - begin[1]) - (middle[1] - begin[1]) * (end[0] - begin[0])
