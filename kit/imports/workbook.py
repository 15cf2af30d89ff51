"""Read the sheets of an XLSX workbook: what the rows hold, what is merged, hidden or struck out.

openpyxl opens the package and reads its styles, dates and shared texts; the rows of a sheet are read here, because its
own reader fills every gap with blank rows (29 s for a border in the last row) and looks at no hidden row, and because
the other libraries say nothing of hidden rows and struck-out text (docs/decisions/0021-lists-are-read-forgivingly.md).
"""

import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, iterparse

import openpyxl
from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.xml.constants import REL_NS, SHEET_MAIN_NS

from kit.imports import containers
from kit.imports.containers import BrokenWorkbook
from kit.imports.faults import (
    Cell,
    ErrorValue,
    Formula,
    LostDigits,
    MergedCell,
    Notice,
    PackedTooTight,
    TableFault,
)
from kit.imports.grid import MAX_COLUMNS, Grid, Line, RawSheet, complete, failed, text_cell

MAX_UNPACKED_BYTES = 512 << 20
MAX_PACKING_RATIO = 200
_PATIENCE_BYTES = 16 << 20
"""Up to which size unpacked a workbook may be packed as tightly as it likes: blank styled rows pack a thousandfold."""
_STRICT: Final = (
    (re.compile(rb"http://[a-z.]+/ooxml/spreadsheetml/main"), SHEET_MAIN_NS.encode()),
    (re.compile(rb"http://[a-z.]+/ooxml/officeDocument/relationships"), REL_NS.encode()),
)
"""The namespaces of "Strict Open XML" (ISO/IEC 29500-1), which Excel saves on demand, and those that openpyxl reads."""
_COORDINATE = re.compile(r"([A-Z]{1,3})[0-9]+")


class HiddenSheet(TableFault):
    """A hidden sheet is not read."""

    code = "notice.hidden_sheet"


def read(content: bytes) -> Grid:
    """Read every visible sheet of a workbook; faults are listed in the grid, never raised."""
    try:
        with containers.opened(content) as packed:
            if (refusal := _bomb(packed, len(content)) or containers.refused_package(packed)) is not None:
                return failed(refusal)
            if _strict(packed):
                content = _transitional(packed)
        return complete(_read(content))
    except (
        zipfile.BadZipFile,
        zlib.error,
        ParseError,
        openpyxl.utils.exceptions.InvalidFileException,
        KeyError,
        ValueError,
        IndexError,
        AttributeError,
        TypeError,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        OverflowError,
    ):
        # What openpyxl raises for a damaged part depends on the part; all of it means the same to the sender.
        return failed(BrokenWorkbook())


def _bomb(packed: zipfile.ZipFile, size: int) -> TableFault | None:
    parts = packed.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _PATIENCE_BYTES and unpacked > MAX_PACKING_RATIO * size):
        return PackedTooTight(limit=MAX_PACKING_RATIO)
    for part in parts:
        if part.flag_bits & 1:
            return containers.WorkbookPassword()
        with packed.open(part) as file:
            # No workbook declares entities; a bomb of entities does, in whatever encoding of two bytes.
            if b"<!DOCTYPE" in file.read(1 << 16).replace(b"\x00", b""):
                return BrokenWorkbook()
    return None


def _strict(packed: zipfile.ZipFile) -> bool:
    name = next((name for name in packed.namelist() if name.casefold() == "xl/workbook.xml"), None)
    return name is not None and _STRICT[0][0].search(packed.read(name)) is not None


def _transitional(packed: zipfile.ZipFile) -> bytes:
    """Return the package of a strict workbook with the namespaces that openpyxl reads."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as copy:
        for part in packed.infolist():
            plain = packed.read(part)
            for strict, transitional in _STRICT:
                plain = strict.sub(transitional, plain)
            copy.writestr(part.filename, plain)
    return content.getvalue()


def _read(content: bytes) -> Grid:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles that openpyxl does not know are nothing to us
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheets, notices = [], []
            for worksheet in book.worksheets:
                reader = _SheetReader(book, worksheet)
                sheet = reader.sheet()
                if worksheet.sheet_state == "visible":
                    sheets.append(sheet)
                elif sheet.lines:
                    notices.append(Notice.of(0, None, HiddenSheet(rows=len(sheet.lines)), worksheet.title))
            return Grid(sheets, [], "xlsx", notices)
        finally:
            book.close()


@dataclass(slots=True)
class _SheetReader:
    """Reads the rows of one sheet of a workbook; openpyxl has no types."""

    book: Any
    worksheet: Any
    merged: list[str] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    row: int = 0

    def sheet(self) -> RawSheet:
        """Return the sheet with its rows."""
        sheet = RawSheet(self.worksheet.title, padded=True)
        sheet.fill(self._lines())
        _merge(sheet, self.merged)
        sheet.hidden_columns = frozenset(self.hidden)
        return sheet

    def _lines(self) -> Iterator[Line]:
        with self.worksheet._get_source() as source:  # noqa: SLF001 - the part of the package, as openpyxl finds it
            for _, element in iterparse(source):  # noqa: S314 - `_bomb` has refused what declares entities
                tag = element.tag.rpartition("}")[2]
                if tag == "row":
                    yield self._line(element)
                    element.clear()
                elif tag == "mergeCell":
                    self.merged.append(element.get("ref", ""))
                elif tag == "col" and element.get("hidden") in {"1", "true"}:
                    self.hidden.update(
                        range(int(element.get("min", "1")) - 1, min(int(element.get("max", "1")), MAX_COLUMNS))
                    )

    def _line(self, element: Element) -> Line:
        self.row = int(float(element.get("r") or self.row + 1))
        cells: list[Cell] = []
        struck = False
        for child in element:
            match = _COORDINATE.fullmatch(child.get("r", ""))
            place = column_index_from_string(match[1]) - 1 if match else len(cells)
            cell = self._cell(child)
            if cell == "":
                continue
            if (
                place > MAX_COLUMNS
            ):  # far to the right of any table: its place says nothing, that there is too much does
                place = max(len(cells), MAX_COLUMNS)
            cells += [""] * (place + 1 - len(cells))
            cells[place] = cell
            struck = struck or self._struck(int(child.get("s", "0")))
        return Line(self.row, cells, hidden=element.get("hidden") in {"1", "true"}, struck=struck)

    def _cell(self, child: Element) -> Cell:
        kind, raw = child.get("t", "n"), None
        for part in child:
            tag = part.tag.rpartition("}")[2]
            if tag == "f":
                return Formula()
            if tag == "v":
                raw = part.text
            elif tag == "is":
                raw = "".join(_texts(part))
        return self._value(kind, raw, int(child.get("s", "0"))) if raw else ""

    def _value(self, kind: str, raw: str, style: int) -> Cell:
        match kind:
            case "s":
                cell = text_cell(self.worksheet._shared_strings[int(raw)])  # noqa: SLF001 - as openpyxl's own reader
            case "e":
                cell = ErrorValue(shown=raw[:10])
            case "d":
                cell = _moment(from_ISO8601(raw))
            case "b":
                cell = "1" if raw in {"1", "true"} else "0"
            case "n":
                cell = self._number(raw, style)
            case _:
                cell = text_cell(raw)
        return cell

    def _number(self, raw: str, style: int) -> Cell:
        number = float(raw)
        book = self.book
        if style in book._date_formats:  # noqa: SLF001 - as openpyxl's own reader does
            spans = style in book._timedelta_formats  # noqa: SLF001 - as openpyxl's own reader does
            try:
                return _moment(from_excel(number, book.epoch, timedelta=spans))
            except (OverflowError, ValueError):
                return ErrorValue(shown="#####")
        if not math.isfinite(number) or abs(number) >= 1e15:
            return LostDigits()
        return _shown(number * 100) + "%" if self._percent(style) else _shown(number)

    def _percent(self, style: int) -> bool:
        styles, formats = self.book._cell_styles, self.book._number_formats  # noqa: SLF001 - openpyxl has no other way
        if style >= len(styles):
            return False
        number = styles[style].numFmtId
        own = number - 164
        return number in {9, 10} or (0 <= own < len(formats) and "%" in formats[own])

    def _struck(self, style: int) -> bool:
        styles, fonts = self.book._cell_styles, self.book._fonts  # noqa: SLF001 - openpyxl has no other way
        return bool(style < len(styles) and styles[style].fontId < len(fonts) and fonts[styles[style].fontId].strike)


def _texts(part: Element) -> Iterator[str]:
    """Yield the texts of a rich text, without the phonetic readings that stand beside them."""
    for child in part:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            yield child.text or ""
        elif tag == "r":
            yield from _texts(child)


def _shown(number: float) -> str:
    """Write a number with the fifteen digits that a spreadsheet keeps of it, never with an exponent."""
    return format(Decimal(f"{number:.15g}"), "f")


def _moment(value: object) -> Cell:
    """Write a day, a time of day or a span as people type them, to the nearest second."""
    if isinstance(value, datetime):
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        if value.second == 0:
            return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, time):
        minutes = round(value.hour * 60 + value.minute + (value.second + value.microsecond / 1e6) / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return text_cell(str(value))


def _merge(sheet: RawSheet, merged: list[str]) -> None:
    """Mark the blank cells that a merger joins to a cell with a text: what they would say is not in them."""
    rows = {line.number: line for line in sheet.lines}
    for reference in merged:
        left, top, right, bottom = range_boundaries(reference)
        if None in {left, top, right, bottom} or top not in rows:
            continue
        cells = rows[top].cells
        text = cells[left - 1] if left <= len(cells) else ""
        if not isinstance(text, str) or not text:
            continue
        inside = (
            range(top, bottom + 1)
            if bottom - top < len(rows)
            else [number for number in rows if top <= number <= bottom]
        )
        for number in inside:
            if number not in rows:
                continue
            row = rows[number].cells
            for place in range(left - 1, min(right, MAX_COLUMNS)):
                if (number, place) == (top, left - 1):
                    continue
                row += [""] * (place + 1 - len(row))
                if row[place] == "":
                    row[place] = MergedCell(row=top, text=text, above=number > top)
