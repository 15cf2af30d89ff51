"""Read other offices' tables: CSV in whatever encoding they were saved, and XLSX, with every bad cell named.

A file comes from a stranger's computer, so it is capped before it is unpacked (bytes, packing ratio, rows, columns,
cell length) and nothing in it is ever computed: a formula is a fault. Reading never raises for what the file holds;
each fault carries the row as a spreadsheet counts it and a reason in both languages.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from kit.imports import containers
from kit.imports.faults import Fault, TooLarge, UnclosedQuote
from kit.imports.grid import Grid, Line, RawSheet, complete, failed, text_cell

MAX_FILE_BYTES = 64 << 20
_DELIMITERS = ",\t;|"
_HEAD_LINES = 20
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# A longer cell than the csv module's default must be named with its row, not stop the reading.
csv.field_size_limit(MAX_FILE_BYTES)


def read_file(path: Path) -> Grid:
    """Read a CSV or XLSX file; the content decides which, not the name."""
    if path.stat().st_size > MAX_FILE_BYTES:
        return failed(TooLarge(what="bytes", limit=MAX_FILE_BYTES))
    return read(path.read_bytes())


def read(content: bytes) -> Grid:
    """Read the bytes of a CSV or XLSX file; faults are listed in the grid, never raised."""
    if len(content) > MAX_FILE_BYTES:
        return failed(TooLarge(what="bytes", limit=MAX_FILE_BYTES))
    if containers.is_package(content):
        from kit.imports import workbook  # noqa: PLC0415 - every command would start later by it

        return workbook.read(content)
    if (refusal := containers.refused(content)) is not None:
        return failed(refusal)
    text, encoding = decode(content)
    sheet = RawSheet()
    sheet.fill(_lines(text))
    return complete(Grid([sheet], [], encoding))


def decode(content: bytes) -> tuple[str, str]:
    """Turn bytes into text and name the encoding: UTF-8, UTF-16, UTF-32 or GB18030 (of which GBK is a part).

    Without a byte order mark, UTF-16 betrays itself by its zero bytes; UTF-8 is what decodes without error; where some
    lines do and some do not, the greater number of lines decides and the others come out with U+FFFD, to be named.
    """
    for mark, encoding in _MARKS:
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


def _lines(text: str) -> Iterator[Line | Fault]:
    head = text.lstrip("\r\n").splitlines()[:_HEAD_LINES]
    stated = _SEPARATOR.fullmatch(head[0].strip(",; \t")) if head else None
    # A title above the header has no delimiter: the line that has the most of them decides.
    delimiter = (
        stated[1] if stated else max(_DELIMITERS, key=lambda sign: max((row.count(sign) for row in head), default=0))
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, start=1):
            if number == 1 and stated:
                continue
            yield Line(number, [text_cell(cell) for cell in record], width=len(record))
    except csv.Error:
        yield Fault.of(number + 1, None, UnclosedQuote())
