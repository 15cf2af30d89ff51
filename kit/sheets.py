"""Workbooks to hand out: an amount is a number, and a text stays a text, whatever it begins with."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import xlsxwriter


class Yuan(int):
    """An amount in fen that a sheet shows in yuan."""


Cell = str | int | Yuan | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its columns as heading and width in characters, its rows, and the row of sums below them."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None


def workbook(sheets: Sequence[Sheet], *, title: str, made_at: datetime) -> bytes:
    """Write sheets as .xlsx; the same sheets give the same bytes.

    Each cell is written as the type of its value: no text is read as a formula, a link or a number, so that a name that
    begins with `=` does nothing in whichever program opens the file.
    """
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    amount, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    total = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"})
    words = book.add_format({"bold": True, "top": 1, "num_format": "0"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.freeze_panes(1, 0)
        page.set_footer("&C第 &P 页，共 &N 页")
        for place, (name, width) in enumerate(sheet.columns):
            page.set_column(place, place, width)
            page.write_string(0, place, name, heading)
        rows = [(row, amount, None) for row in sheet.rows]
        rows += [(sheet.total, total, words)] if sheet.total is not None else []
        for number, (row, money, plain) in enumerate(rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, Yuan):
                    page.write_number(number, place, value / 100, money)
                elif isinstance(value, int):
                    page.write_number(number, place, value, plain)
                elif isinstance(value, date):
                    page.write_datetime(number, place, value, day)
                elif value is not None:
                    page.write_string(number, place, value, plain)
    book.close()
    return content.getvalue()
