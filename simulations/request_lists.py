"""Calls, read from a list of real ones (time, place, reason) or made up, and the item that each of them asks for."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from kit import clock
from kit.geo import Point
from kit.imports import columns, readers, tables
from kit.imports.column import Column
from kit.imports.columns import Sheet
from providers.catalogue.model import ItemCategory
from providers.catalogue.operations import ItemFacts
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind
from simulations.population import AREA, Home, Territory
from simulations.sampling import Sampler

REASONS_FILE = Path(__file__).with_name("reasons.csv")
DISTRICT = f"{AREA}000000"
COLUMNS = (
    Column("called_at", ("called_at_local", "来电时间"), readers.instant),
    Column("latitude", ("latitude_wgs84", "纬度"), readers.decimal(-90, 90)),
    Column("longitude", ("longitude_wgs84", "经度"), readers.decimal(-180, 180)),
    Column("reason", ("title", "事由"), readers.text(200)),
    Column("township", ("township", "乡镇街道"), readers.text(60)),
)
_URGENT_WITHIN = timedelta(minutes=60)
_HOURS = (
    (0, 1),
    (3, 1),
    (6, 3),
    (7, 8),
    (8, 14),
    (9, 16),
    (10, 13),
    (11, 9),
    (12, 5),
    (13, 5),
    (14, 9),
    (15, 9),
    (16, 7),
    (17, 5),
    (18, 4),
    (19, 3),
    (20, 2),
    (22, 1),
)
_WANTED = (
    ("A01", 18),
    ("A02", 7),
    ("A03", 3),
    ("A04", 4),
    ("B01", 14),
    ("B02", 6),
    ("B03", 5),
    ("B04", 4),
    ("B05", 3),
    ("B06", 5),
    ("B07", 5),
    ("B08", 3),
    ("C01", 2),
    ("C02", 2),
    ("C03", 2),
    ("C04", 5),
    ("C05", 2),
    ("D01", 4),
    ("D02", 2),
    ("D03", 1),
    ("D04", 1),
    ("D05", 1),
    ("E01", 3),
    ("E02", 3),
    ("E03", 2),
    ("U01", 4),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its number (from 0, in order of time), its instant, its home and its reason."""

    number: int
    at: datetime
    home: int
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call asks for: an item, whether it is urgent, and when a worker should arrive."""

    item: str
    urgent: bool
    earliest: datetime
    latest: datetime


def read(path: Path) -> Sheet:
    """Read a file of calls, CSV or XLSX; its faults are on the sheet."""
    return columns.typed(tables.read_file(path), COLUMNS)


def arrange(sheet: Sheet) -> tuple[list[Call], Territory]:
    """Put the calls in the order of time, and make a district of their own out of the places they name.

    Equal places are one home; townships become streets of the unassigned area 130999.
    """
    rows = sorted(sheet.rows, key=lambda row: row["called_at"])
    names = sorted({row["township"] for row in rows})
    townships = {name: f"{AREA}{number:03d}000" for number, name in enumerate(names, start=1)}
    homes: dict[tuple[float, float], int] = {}
    doors: list[Home] = []
    calls = []
    for number, row in enumerate(rows):
        place = Point(row["latitude"], row["longitude"])
        at = (place.latitude, place.longitude)
        if at not in homes:
            homes[at] = len(doors)
            doors.append(Home(*at, townships[row["township"]]))
        calls.append(Call(number, row["called_at"], homes[at], row["reason"]))
    divisions = [NewDivision(code=DISTRICT, name="回放区", kind=DivisionKind.DISTRICT, parent=None)]
    divisions += [
        NewDivision(code=code, name=name, kind=DivisionKind.STREET, parent=DISTRICT) for name, code in townships.items()
    ]

    def further(sampler: Sampler, number: int) -> Home:
        near = sampler.pick(doors, "near", number)
        return Home(
            latitude=round(near.latitude + 0.01 * (sampler.unit("lat", number) - 0.5), 6),
            longitude=round(near.longitude + 0.01 * (sampler.unit("lon", number) - 0.5), 6),
            division=near.division,
        )

    return calls, Territory(tuple(divisions), tuple(townships.values()), tuple(doors), further)


class Reasons:
    """The item of each reason, from `reasons.csv`: an exact match, or else the longest matching prefix (marked `*`)."""

    def __init__(self) -> None:
        with REASONS_FILE.open(encoding="utf-8", newline="") as file:
            self._rows = {row["reason"]: row["item"] for row in csv.DictReader(file)}
        self._stems = sorted((reason[:-1] for reason in self._rows if reason.endswith("*")), key=len, reverse=True)

    def of(self, reason: str) -> str:
        """Return the item of a reason; every reason has one, because the shortest prefix is empty."""
        if reason in self._rows:
            return self._rows[reason]
        return next(self._rows[f"{stem}*"] for stem in self._stems if reason.startswith(stem))


class Wishes:
    """Draws the item and the times that a call asks for, within the hours in which the catalogue offers the item."""

    def __init__(self, sampler: Sampler, items: Sequence[ItemFacts]) -> None:
        self._sampler = sampler
        self._items = {item.code: item for item in items}

    def of(self, number: int, code: str, at: datetime) -> Asked:
        """Return what a call asks for: urgent help now, anything else in its next open hours."""
        item, sampler = self._items[code], self._sampler
        if item.category is ItemCategory.URGENT:
            return Asked(code, urgent=True, earliest=at, latest=at + _URGENT_WITHIN)
        width = sampler.pick((60, 90, 120), "width", number)
        wish = sampler.weighted(((60, 5), (120, 3), (240, 2)), "wish", number)
        day, minute = clock.day_of(at), _half_hour(clock.local(at).hour * 60 + clock.local(at).minute + wish)
        minute = max(minute, item.window_from)
        if minute + width > item.window_to:
            day, minute = day + timedelta(days=1), item.window_from + 30 * sampler.whole(0, 4, "hour", number)
            minute = min(minute, item.window_to - width)
        return Asked(
            code, urgent=False, earliest=clock.at_local(day, minute), latest=clock.at_local(day, minute + width)
        )


def one_call(sampler: Sampler, number: int, *, at: datetime, homes: int) -> Call:
    """Make up one call that comes now."""
    return Call(number, at, sampler.whole(0, homes - 1, "caller", number), sampler.weighted(_WANTED, "item", number))


def made_up(sampler: Sampler, *, first: date, days: int, per_day: int, homes: int) -> list[Call]:
    """Make up the calls of some days: by the hours in which people call, each for one item; `reason` is its code."""
    calls = []
    for step in range(days):
        for number in range(step * per_day, (step + 1) * per_day):
            minute = sampler.weighted(_HOURS, "hour", number) * 60 + sampler.whole(0, 59, "minute", number)
            at = clock.at_local(first + timedelta(days=step), minute)
            calls.append(one_call(sampler, number, at=at, homes=homes))
    calls.sort(key=lambda call: (call.at, call.number))
    return [replace(call, number=number) for number, call in enumerate(calls)]


def _half_hour(minute: int) -> int:
    return -(-minute // 30) * 30
