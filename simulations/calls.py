"""Read a list of real calls and say what each asks for: the file gives time, place and reason, the rest is made up."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kit import clock, columns, tables
from kit.columns import Column, Sheet
from kit.geo import Point
from providers.catalogue.operations import ItemFacts
from registry.changes import NewDivision
from registry.model import DivisionKind
from simulations.cast import AREA, Ground, Home
from simulations.draws import Dice

REASONS_FILE = Path(__file__).with_name("reasons.csv")
DISTRICT = f"{AREA}000000"
COLUMNS = (
    Column("called_at", ("called_at_local", "来电时间"), columns.instant),
    Column("latitude", ("latitude_wgs84", "纬度"), columns.decimal(-90, 90)),
    Column("longitude", ("longitude_wgs84", "经度"), columns.decimal(-180, 180)),
    Column("reason", ("title", "事由"), columns.text(200)),
    Column("township", ("township", "乡镇街道"), columns.text(60)),
)
_URGENT_WITHIN = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its number from 0 in the order of time, when it came, which home it is about, and why."""

    number: int
    at: datetime
    home: int
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call asks for: an item, whether it is urgent, and when somebody should arrive."""

    item: str
    urgent: bool
    earliest: datetime
    latest: datetime


def read(path: Path) -> Sheet:
    """Read a file of calls, CSV or XLSX; its faults are on the sheet."""
    return columns.typed(tables.read_file(path), COLUMNS)


def arrange(sheet: Sheet) -> tuple[list[Call], Ground]:
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

    def further(dice: Dice, number: int) -> Home:
        near = dice.pick(doors, "near", number)
        return Home(
            latitude=round(near.latitude + 0.01 * (dice.unit("lat", number) - 0.5), 6),
            longitude=round(near.longitude + 0.01 * (dice.unit("lon", number) - 0.5), 6),
            division=near.division,
        )

    return calls, Ground(tuple(divisions), tuple(townships.values()), tuple(doors), further)


class Reasons:
    """What each reason asks for, out of `reasons.csv`: the reason itself, or the longest beginning marked by `*`."""

    def __init__(self, items: Sequence[ItemFacts]) -> None:
        self._items = {item.code: item for item in items}
        with REASONS_FILE.open(encoding="utf-8", newline="") as file:
            self._rows = {row["reason"]: (row["item"], row["urgent"] == "yes") for row in csv.DictReader(file)}
        self._stems = sorted((reason[:-1] for reason in self._rows if reason.endswith("*")), key=len, reverse=True)

    def of(self, reason: str) -> tuple[str, bool]:
        """Return the item and whether it is urgent; every reason has an answer, for the last stem is empty."""
        if reason in self._rows:
            return self._rows[reason]
        return next(self._rows[f"{stem}*"] for stem in self._stems if reason.startswith(stem))

    def asked(self, dice: Dice, number: int, reason: str, at: datetime) -> Asked:
        """Say what a call asks for: urgent help at once, anything else in the item's next open hours."""
        code, urgent = self.of(reason)
        if urgent:
            return Asked(code, urgent, at, at + _URGENT_WITHIN)
        item = self._items[code]
        width = dice.pick((60, 90, 120), "width", number)
        wish = dice.weighted(((60, 5), (120, 3), (240, 2)), "wish", number)
        day, minute = clock.day_of(at), _half_hour(clock.local(at).hour * 60 + clock.local(at).minute + wish)
        minute = max(minute, item.window_from)
        if minute + width > item.window_to:
            day, minute = day + timedelta(days=1), item.window_from + 30 * dice.whole(0, 4, "hour", number)
            minute = min(minute, item.window_to - width)
        return Asked(code, urgent, clock.at_local(day, minute), clock.at_local(day, minute + width))


def _half_hour(minute: int) -> int:
    return -(-minute // 30) * 30
