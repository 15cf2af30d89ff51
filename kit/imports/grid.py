"""A table as it was read, before anybody knows which of its rows is the header: sheets, rows, cells that are texts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from kit.imports.faults import (
    Cell,
    CellTooLong,
    ControlCharacter,
    Empty,
    Fault,
    Formula,
    LostDigits,
    NulByte,
    TableFault,
    TooLarge,
    WrongEncoding,
)
from kit.lookalikes import visible

MAX_CELL_CHARACTERS = 10_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200


@dataclass(slots=True)
class Line:
    """One row of the file that holds anything; numbers begin at 1, as in a spreadsheet.

    `cells` has no trailing blanks; `width` is how many there were with them, where the file says so.
    """

    number: int
    cells: list[Cell]
    width: int = 0
    hidden: bool = False
    struck: bool = False


@dataclass(slots=True)
class RawSheet:
    """The rows of one sheet; a CSV file is one sheet without a name.

    A workbook leaves out trailing blanks, so that its rows are `padded`; in text a short row is a fault.
    """

    name: str | None = None
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    padded: bool = False
    hidden_columns: frozenset[int] = frozenset()

    def fill(self, lines: Iterable[Line | Fault]) -> None:
        """Take the rows that hold anything; a fault ends the reading, and too many rows or columns are one."""
        for line in lines:
            if isinstance(line, Fault):
                self.faults.append(line)
                return
            while line.cells and line.cells[-1] == "":
                line.cells.pop()
            if not line.cells:
                continue
            if len(line.cells) > MAX_COLUMNS:
                self.faults.append(Fault.of(line.number, None, TooLarge(what="columns", limit=MAX_COLUMNS)))
                return
            if len(self.lines) > MAX_ROWS:
                self.faults.append(Fault.of(line.number, None, TooLarge(what="rows", limit=MAX_ROWS)))
                return
            self.lines.append(line)


@dataclass(frozen=True, slots=True)
class Grid:
    """A file that was read: its sheets, what could not be read, and what the person who brings it should be told."""

    sheets: list[RawSheet]
    faults: list[Fault]
    encoding: str
    notices: list[Fault] = field(default_factory=list)


def complete(grid: Grid) -> Grid:
    """Return a grid, with the fault that there is nothing in it where that is so."""
    if not grid.faults and not any(sheet.lines or sheet.faults for sheet in grid.sheets):
        grid.faults.append(Fault.of(0, None, Empty()))
    return grid


def failed(fault: TableFault) -> Grid:
    """Return the grid of a file that is refused as a whole."""
    return Grid([], [Fault.of(0, None, fault)], "")


_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+1[0-9]")
_COMPUTED = re.compile(r"[=@]|[+-].*[A-Za-z(!]")
_QUOTED = re.compile(r'="([^"]*)"')
_APOSTROPHE = re.compile(r"^['’](?=[0-9+])")
_UNTAKEN: Final[tuple[tuple[re.Pattern[str], type[TableFault]], ...]] = (
    (re.compile(r"\x00"), NulByte),
    (re.compile(r"\ufffd"), WrongEncoding),
    (re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"), ControlCharacter),
)


def text_cell(raw: str) -> Cell:
    """Return the text of a cell without invisible marks and outer blanks, or the fault for which it cannot be taken.

    `="0317"` and a leading apostrophe are how spreadsheets and people keep digits from being numbers: they fall away.
    """
    if len(raw) > MAX_CELL_CHARACTERS:
        return CellTooLong(length=len(raw), limit=MAX_CELL_CHARACTERS)
    text = visible(raw).strip()
    for wrong, fault in _UNTAKEN:
        if wrong.search(text):
            return fault()
    if match := _QUOTED.fullmatch(text):
        return text_cell(match[1])
    if _COMPUTED.match(text):
        return Formula()
    return LostDigits() if _SCIENTIFIC.fullmatch(text) else _APOSTROPHE.sub("", text)
