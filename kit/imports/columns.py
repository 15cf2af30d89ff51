"""Turn a grid of texts into rows of typed values: match headers to columns and read each cell by its column."""

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from kit import clock, money
from kit.imports.tables import Fault, Grid, TableFault
from kit.refusal import Refusal


class MissingColumn(TableFault):
    """A column that every row needs is not in the header."""

    code = "table.missing_column"


class DoubleColumn(TableFault):
    """Two headers mean the same column."""

    code = "table.double_column"


class UnknownColumn(TableFault):
    """The mapping names a column that the list does not have."""

    code = "table.unknown_column"


class Blank(TableFault):
    """A required cell is empty."""

    code = "cell.blank"


class FullWidth(TableFault):
    """Digits or letters typed in the wide form of a Chinese keyboard."""

    code = "cell.full_width"


class NotANumber(TableFault):
    """Not a number in plain digits."""

    code = "cell.not_a_number"


class OutOfBounds(TableFault):
    """A number outside what the column can mean."""

    code = "cell.out_of_bounds"


class ImpossibleDate(TableFault):
    """The cell is not a calendar day in an accepted form."""

    code = "cell.impossible_date"


class ImpossibleTime(TableFault):
    """The cell is not a time of day in an accepted form."""

    code = "cell.impossible_time"


class NotAChoice(TableFault):
    """The cell is none of the column's words."""

    code = "cell.not_a_choice"


class Duplicate(TableFault):
    """An earlier row holds the same value."""

    code = "table.duplicate"


class TooLong(TableFault):
    """The cell has more characters than the column takes."""

    code = "cell.too_long"


Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an import: the key of its values, its headers (the first is shown), how a cell is read."""

    name: str
    titles: tuple[str, ...]
    read: Read
    required: bool = True
    default: Any = None


@dataclass(slots=True)
class ImportRow:
    """One row's typed values by column name; a cell that was at fault is absent."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str) -> Any:
        """Return the value, or None where the cell was blank without default, or at fault."""
        return self.values.get(name)

    def sound(self, *names: str) -> bool:
        """Tell whether all these cells were read, so that a cell at fault is not reported a second time."""
        return self.values.keys() >= set(names)


@dataclass(slots=True)
class Sheet:
    """A table that is being imported: typed rows, the faults so far, and the headers that match no column."""

    rows: list[ImportRow]
    faults: list[Fault]
    ignored: list[str]
    encoding: str
    titles: dict[str, str]

    def fault(self, row: ImportRow, name: str | None, refusal: Refusal) -> None:
        """Record why a row is refused; `name` is the column at fault."""
        self.faults.append(Fault.of(row.number, self.titles[name] if name else None, refusal))

    def no_duplicates(self, name: str, same: Callable[[Any], Hashable] = lambda value: value) -> None:
        """Record a fault for every row whose value, after `same`, is that of an earlier row."""
        first: dict[Hashable, int] = {}
        for row in self.rows:
            value = row.get(name)
            if value is None:
                continue
            earlier = first.setdefault(same(value), row.number)
            if earlier != row.number:
                self.fault(row, name, Duplicate(row=earlier))

    def outcome(self, written: int) -> "Outcome":
        """Return the outcome; nothing was written where there are faults."""
        faults = sorted(self.faults, key=lambda fault: fault.row)
        return Outcome(len(self.rows), 0 if faults else written, faults, self.ignored, self.encoding)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did: rows read and written, or the faults for which nothing was written."""

    rows: int
    written: int
    faults: list[Fault]
    ignored: list[str]
    encoding: str


def typed(grid: Grid, columns: Sequence[Column], mapping: Mapping[str, str] | None = None) -> Sheet:
    """Read every cell by its column; faults are collected in the sheet, never raised.

    Headers match by title or name, without regard to case, blanks, `*` and notes in brackets; `mapping` gives
    the column of any other header ({header: column name}).
    """
    places, faults, ignored = _places(grid, columns, mapping or {})
    faults = [*grid.faults, *faults]
    rows: list[ImportRow] = []
    for line in grid.lines:
        row = ImportRow(line.number)
        column_at = {place: column for place, column in places.items() if place < len(line.cells)}
        for place, cell in enumerate(line.cells):
            column = column_at.get(place)
            try:
                if isinstance(cell, TableFault):
                    raise cell
                if column is not None:
                    row.values[column.name] = _value(column, cell)
            except Refusal as refusal:
                faults.append(Fault.of(line.number, column.titles[0] if column else grid.header[place], refusal))
        for column in columns:
            if column not in places.values() and not column.required:
                row.values[column.name] = column.default
        rows.append(row)
    return Sheet(rows, faults, ignored, grid.encoding, {column.name: column.titles[0] for column in columns})


def _value(column: Column, cell: str) -> Any:
    if cell:
        return column.read(cell)
    if column.required:
        raise Blank
    return column.default


_NOTE = re.compile(r"[(\[（【].*?[)\]）】]|[\s*＊:：_\-]")


def _plain(title: str) -> str:
    return _NOTE.sub("", unicodedata.normalize("NFKC", title)).casefold()


def _places(
    grid: Grid, columns: Sequence[Column], mapping: Mapping[str, str]
) -> tuple[dict[int, Column], list[Fault], list[str]]:
    by_title = {_plain(title): column for column in columns for title in (column.name, *column.titles)}
    by_name = {column.name: column for column in columns}
    places: dict[int, Column] = {}
    faults: list[Fault] = []
    there = {_plain(header) for header in grid.header}
    for header, name in mapping.items():
        if name not in by_name:
            faults.append(Fault.of(1, header, UnknownColumn(name=name, names="、".join(by_name))))
        elif grid.header and _plain(header) not in there:
            faults.append(Fault.of(1, header, MissingColumn()))
        else:
            by_title[_plain(header)] = by_name[name]
    ignored: list[str] = []
    for place, header in enumerate(grid.header):
        column = by_title.get(_plain(header))
        if column is None:
            ignored.append(header)
        elif column in places.values():
            faults.append(Fault.of(1, header, DoubleColumn()))
        else:
            places[place] = column
    if grid.header:
        faults += [
            Fault.of(1, column.titles[0], MissingColumn())
            for column in columns
            if column.required and column not in places.values()
        ]
    return places, faults, ignored


_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ]")


def narrow(cell: str) -> str:
    """Refuse `cell.full_width` where a code or number holds wide characters; they look alike but compare unequal."""
    if _WIDE.search(cell):
        raise FullWidth
    return cell


def text(limit: int) -> Read:
    """Read free text of at most `limit` characters."""

    def read(cell: str) -> str:
        if len(cell) > limit:
            raise TooLong(limit=limit)
        return cell

    return read


def code(limit: int = 32) -> Read:
    """Read a code: narrow characters, capital letters, no blanks."""
    return lambda cell: text(limit)("".join(narrow(cell).split()).upper())


_INTEGER = re.compile(r"[+-]?\d{1,15}")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")


def integer(low: int, high: int) -> Read:
    """Read a whole number between two bounds, both allowed."""

    def read(cell: str) -> int:
        if not _INTEGER.fullmatch(narrow(cell)):
            raise NotANumber
        if not low <= int(cell) <= high:
            raise OutOfBounds(low=low, high=high)
        return int(cell)

    return read


def decimal(low: float, high: float) -> Read:
    """Read a number with decimals between two bounds, both allowed."""

    def read(cell: str) -> float:
        if not _DECIMAL.fullmatch(narrow(cell)):
            raise NotANumber
        if not low <= float(cell) <= high:
            raise OutOfBounds(low=low, high=high)
        return float(cell)

    return read


degrees = decimal(-1e6, 1e6)
"""Read a coordinate as typed; the pair is checked by `kit.geo.place_in_china`."""


def yuan(cell: str) -> int:
    """Read an amount of yuan, not negative, into fen."""
    fen = money.yuan(narrow(cell))
    if fen < 0:
        raise OutOfBounds(low=0, high="")
    return fen


_DAY = re.compile(r"(\d{4})([-/.年])(\d{1,2})(?:\2|月)(\d{1,2})日?|(\d{4})()(\d{2})(\d{2})")
_CLOCK = re.compile(r"(\d{1,2})[:：时](\d{2})分?(?:[:：]\d{2})?")


def day(cell: str) -> date:
    """Read a day written 2026-03-02, 2026/3/2, 2026.3.2, 20260302 or 2026年3月2日."""
    match = _DAY.fullmatch(narrow(cell))
    if match is None:
        raise ImpossibleDate
    year, _, month, number = (part for part in match.groups() if part is not None)
    try:
        return date(int(year), int(month), int(number))
    except ValueError as error:
        raise ImpossibleDate from error


def minute(cell: str) -> int:
    """Read a time of day as minutes after midnight; 24:00 is 1440, 次日06:00 is 1800."""
    next_day = cell.startswith("次日")
    match = _CLOCK.fullmatch(narrow(cell.removeprefix("次日").strip()))
    if match is None:
        raise ImpossibleTime
    hours, minutes = int(match[1]), int(match[2])
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        raise ImpossibleTime
    return hours * 60 + minutes + 1440 * next_day


def instant(cell: str) -> datetime:
    """Read a local day and time of day, separated by a blank or T, into aware UTC."""
    written, _, hour = cell.replace("T", " ").partition(" ")
    return clock.at_local(day(written), 0) + timedelta(minutes=minute(hour.strip()))


def choice(words: Mapping[str, Any]) -> Read:
    """Read one of several words, whatever their case."""
    by_word = {word.casefold(): value for word, value in words.items()}

    def read(cell: str) -> Any:
        if cell.casefold() not in by_word:
            raise NotAChoice(choices="、".join(words))
        return by_word[cell.casefold()]

    return read


yes_no = choice({"是": True, "否": False, "有": True, "无": False, "yes": True, "no": False, "1": True, "0": False})


def several(read: Read) -> Read:
    """Read a list in one cell, separated by any of 、，,;；| or blanks."""
    return lambda cell: [read(part) for part in re.split(r"[、，,;；|\s]+", cell) if part]
