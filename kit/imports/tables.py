"""Read other offices' tables: CSV in whatever encoding they were saved, and XLSX, with every bad cell named.

A file comes from a stranger's computer, so it is capped before it is unpacked (bytes, packing ratio, rows, columns,
cell length) and nothing in it is ever computed: a formula is a fault. Reading never raises for what the file holds;
each fault carries the row as a spreadsheet counts it and a reason in both languages.
"""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import ParseError

import openpyxl

from kit.refusal import Refusal
from kit.text import sentence

MAX_FILE_BYTES = 64 << 20
MAX_CELL_CHARACTERS = 10_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_UNPACKED_BYTES = 512 << 20
MAX_PACKING_RATIO = 200
# A longer cell than the csv module's default must be named with its row, not stop the reading.
csv.field_size_limit(MAX_FILE_BYTES)


class TableFault(Refusal):
    """Something is wrong with a file or a cell; one subclass for each reason."""


class Empty(TableFault):
    """The file is empty."""

    code: ClassVar[str] = "table.empty"


class NoRows(TableFault):
    """The table has a header and no rows."""

    code = "table.no_rows"


class TooLarge(TableFault):
    """The file has more bytes, rows or columns than an import takes."""

    code = "table.too_large"


class PackedTooTight(TableFault):
    """A workbook that unpacks to far more than it shows."""

    code = "table.packed_too_tight"


class OldExcel(TableFault):
    """The binary .xls format of before 2007."""

    code = "table.old_excel"


class BrokenWorkbook(TableFault):
    """A ZIP that is no readable workbook."""

    code = "table.broken_workbook"


class WrongEncoding(TableFault):
    """Bytes that are not text in the encoding of the rest of the file."""

    code = "table.encoding"


class NulByte(TableFault):
    """A NUL inside a cell."""

    code = "table.nul"


class ControlCharacter(TableFault):
    """An unprintable character inside a cell."""

    code = "table.control_character"


class CellTooLong(TableFault):
    """A cell longer than any value of ours."""

    code = "table.cell_too_long"


class Formula(TableFault):
    """A cell that would be computed; only values are read."""

    code = "table.formula"


class ErrorValue(TableFault):
    """A cell that shows #N/A and its like."""

    code = "table.error_value"


class LostDigits(TableFault):
    """A long number that the spreadsheet has rounded to fifteen digits."""

    code = "table.lost_digits"


class Ragged(TableFault):
    """More or fewer cells than the header has."""

    code = "table.ragged"


class UnclosedQuote(TableFault):
    """A quotation mark is never closed; the rest of the file was not read."""

    code = "table.quote"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a table is refused; row 0 is the file itself, row 1 the header."""

    row: int
    column: str | None
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: int, column: str | None, refusal: Refusal) -> "Fault":
        """Return the fault of a refusal at a row and column."""
        return cls(row, column, refusal.code, refusal.parameters)

    def sentence(self, language: str = "zh") -> str:
        """Return the place and the reason in one line."""
        reason = sentence(self.code, language, **self.parameters)
        if language == "zh":
            place = "文件" if self.row == 0 else f"第 {self.row} 行"
            return f"{place}「{self.column}」：{reason}" if self.column else f"{place}：{reason}"
        place = "file" if self.row == 0 else f"row {self.row}"
        return f"{place}, “{self.column}”: {reason}" if self.column else f"{place}: {reason}"


Cell = str | TableFault


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file; numbers begin at 1, as in a spreadsheet."""

    number: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that was read: the header, the rows that hold anything, and what could not be read."""

    header: list[str]
    lines: list[Line]
    faults: list[Fault]
    encoding: str


def read_file(path: Path) -> Grid:
    """Read a CSV or XLSX file; the content decides which, not the name."""
    if path.stat().st_size > MAX_FILE_BYTES:
        return _failed(TooLarge(what="bytes", limit=MAX_FILE_BYTES))
    return read(path.read_bytes())


def read(content: bytes) -> Grid:
    """Read the bytes of a CSV or XLSX file; faults are listed in the grid, never raised."""
    if len(content) > MAX_FILE_BYTES:
        return _failed(TooLarge(what="bytes", limit=MAX_FILE_BYTES))
    if content.startswith(b"PK\x03\x04"):
        return _read_workbook(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _failed(OldExcel())
    text, encoding = decode(content)
    return _grid(_records(text), encoding)


def decode(content: bytes) -> tuple[str, str]:
    """Turn bytes into text and name the encoding found: UTF-8, UTF-16 or GB18030 (of which GBK is a part).

    Without a byte order mark, UTF-16 betrays itself by its zero bytes; UTF-8 is what decodes without error; where some
    lines do and some do not, the greater number of lines decides and the others come out with U+FFFD, to be named.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace"), encoding
    head = content[:8192]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 2 and max(even, odd) * 10 > len(head) / 2 and min(even, odd) * 10 < max(even, odd):
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        return content.decode(encoding, errors="replace"), encoding
    lines = [line for line in content.splitlines() if not line.isascii()]
    broken = sum(1 for line in lines if "\ufffd" in line.decode("utf-8", errors="replace"))
    encoding = "gb18030" if broken * 2 > len(lines) else "utf-8"
    return content.decode(encoding, errors="replace"), encoding


def _failed(fault: TableFault) -> Grid:
    return Grid([], [], [Fault.of(0, None, fault)], "")


_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+1\d")
_COMPUTED = re.compile(r"[=@]|[+-].*[A-Za-z(!]")
_UNPRINTABLE = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def _text_cell(raw: str) -> Cell:
    if len(raw) > MAX_CELL_CHARACTERS:
        return CellTooLong(length=len(raw), limit=MAX_CELL_CHARACTERS)
    text = raw.translate(_INVISIBLE).strip()
    for wrong, fault in (("\x00", NulByte), ("\ufffd", WrongEncoding)):
        if wrong in text:
            return fault()
    if _UNPRINTABLE.search(text):
        return ControlCharacter()
    if _COMPUTED.match(text):
        return Formula()
    if _SCIENTIFIC.fullmatch(text):
        return LostDigits()
    return text


def _records(text: str) -> Iterator[list[Cell] | TableFault]:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            yield [_text_cell(cell) for cell in record]
    except csv.Error:
        yield UnclosedQuote()


def _grid(records: Iterable[list[Cell] | TableFault], encoding: str) -> Grid:
    header: list[str] = []
    lines: list[Line] = []
    faults: list[Fault] = []
    for number, record in enumerate(records, start=1):
        if isinstance(record, TableFault):
            faults.append(Fault.of(number, None, record))
            break
        while record and record[-1] == "" and len(record) > len(header):
            record.pop()
        if not any(record):
            continue
        if not header:
            # The header may stand below blank lines; rows keep the numbers a spreadsheet shows.
            header = ["" if isinstance(cell, TableFault) else cell for cell in record]
            faults += [Fault.of(number, None, cell) for cell in record if isinstance(cell, TableFault)]
            if len(header) > MAX_COLUMNS:
                return _failed(TooLarge(what="columns", limit=MAX_COLUMNS))
            continue
        if len(lines) >= MAX_ROWS:
            faults.append(Fault.of(number, None, TooLarge(what="rows", limit=MAX_ROWS)))
            break
        if len(record) != len(header):
            faults.append(Fault.of(number, None, Ragged(found=len(record), expected=len(header))))
        else:
            lines.append(Line(number, record))
    if not header and not faults:
        faults.append(Fault.of(0, None, Empty()))
    elif not lines and not faults:
        faults.append(Fault.of(0, None, NoRows()))
    return Grid(header, lines, faults, encoding)


def _read_workbook(content: bytes) -> Grid:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_PACKING_RATIO * len(content):
                return _failed(PackedTooTight(limit=MAX_PACKING_RATIO))
            for part in parts:
                with packed.open(part) as file:
                    if b"<!DOCTYPE" in file.read(4096):  # no workbook declares entities; a bomb of entities does
                        return _failed(BrokenWorkbook())
        return _grid(_workbook_records(content), "xlsx")
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
        NotImplementedError,
    ):
        # What openpyxl raises for a damaged part depends on the part; all of it means the same to the sender.
        return _failed(BrokenWorkbook())


def _workbook_records(content: bytes) -> Iterator[list[Cell] | TableFault]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles that openpyxl does not know are nothing to us
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
            sheet.reset_dimensions()  # the stated size is often wrong, and a lie costs memory
            width = 0
            for row in sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1):
                record = [_workbook_cell(cell) for cell in row]
                # A workbook leaves out trailing blanks: bring every row to the header's width.
                width = width or len(record)
                yield record + [""] * (width - len(record))
        except StopIteration:
            return
        finally:
            book.close()


def _workbook_cell(cell: Any) -> Cell:  # openpyxl has no types
    value = cell.value
    if cell.data_type == "f":
        return Formula()
    if cell.data_type == "e":
        return ErrorValue(shown=str(value)[:10])
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, int | float):
        return _number_cell(value)
    return "" if value is None else _text_cell(str(value))


def _number_cell(value: float) -> Cell:
    if abs(value) >= 1e15:
        return LostDigits()
    return str(int(value)) if value == int(value) else repr(value)
