"""Files that the platform hands out, opened as their reader would open them."""

import io
import re
from typing import Any

import openpyxl
import pypdf
import segno
from pypdf.generic import ContentStream

INJECTIONS = (
    '=HYPERLINK("evil","公司")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "{=1+1}",
    "\t=1+1",
    "<b>粗</b> & <i>",
    "</para><para>&nbsp;",
    "_x0041_",
    "a\nb",
    "ip\u202egpj.exe",
    "😀 𠮷野家",
    "00012345678901234567",
    "http" + "://nowhere.invalid",
)
"""Names that a program might act on; each must come back as it was given."""


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """Return the rows of each sheet; fail where a cell is a formula or a link, or hides what it holds."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title}!{cell.coordinate} is a formula: {cell.value}"
                assert cell.hyperlink is None, f"{sheet.title}!{cell.coordinate} is a link"
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def fen(value: float) -> int:
    """Return a cell's yuan in fen; fail where it holds a part of a fen."""
    whole = round(value * 100)
    assert abs(value * 100 - whole) < 1e-6
    return whole


def pdf_text(content: bytes) -> str:
    """Return the words of all pages without spaces, as lines break where they must."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def fonts(content: bytes) -> dict[str, bool]:
    """Return the fonts of a PDF, and whether each is embedded."""
    embedded = {}
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        for reference in page["/Resources"]["/Font"].values():  # type: ignore[index]  # pypdf says of any entry that it is a plain object
            font = reference.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", {})
            embedded[str(font["/BaseFont"])] = "/FontFile2" in descriptor
    return embedded


def qr_modules(content: bytes) -> set[tuple[int, int]]:
    """Return the dark modules of the QR code on a PDF's first page, as row and column from its upper left corner."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    stream = ContentStream(reader.pages[0].get_contents(), reader)
    drawn = [tuple(map(float, operands)) for operands, operator in stream.operations if operator == b"re"]
    squares = [(x, y, width) for x, y, width, height in drawn if abs(width - height) < 0.01]
    left, top, side = min(x for x, _, _ in squares), max(y for _, y, _ in squares), squares[0][2] / 1.02
    return {(round((top - y) / side), round((x - left) / side)) for x, y, _ in squares}


def qr_of(text: str) -> set[tuple[int, int]]:
    """Return the dark modules of a text's QR code as another program reads them from the code's own matrix."""
    matrix = segno.make(text, error="m", micro=False).matrix
    return {(down, across) for down, row in enumerate(matrix) for across, dark in enumerate(row) if dark}
