"""The page docs/imports.md: every list that people bring, its columns, what is forgiven and what is refused."""

from collections.abc import Iterable, Mapping
from typing import Final

from kit.imports import grid, tables
from kit.imports.column import Column
from kit.room import ImportKind
from kit.text import sentence

_HEAD: Final = """# Lists that people bring

Written by `python3 run.py docs` from the columns that the rooms declare; a test holds it current. A list is brought
by `python3 run.py import KIND FILE` or by `POST /api/v1/imports/KIND` (a manager's session; the file as it is, or as
the part `file` of a form, at most 10 MB); `GET /api/v1/imports` describes the kinds for a page.

A list is taken whole or not at all: where one row has a fault nothing is written, and every fault is named with its
sheet, row, column and a sentence in Chinese and English. `--dry-run` (`?dry_run=true`) makes the same checks and
writes nothing. What happened is counted apart:

| count | meaning |
|---|---|
| `written` | rows that were written (`would_write` in a dry run) |
| `known` | rows that say what is on record already; a repeated file is known as a whole |
| `unchanged` | rows that would set what is in force already, such as a price |
| `left_out` | rows below the header that belong to no list, such as totals; each is named |

A list changes nothing that is on record: a row that says something else of somebody known is a fault, and the columns
in which it differs are named. Columns that nobody uses are named and not looked at.

## Forgiven everywhere

- **The file.** CSV with `,` `;` tab or `|`, in UTF-8, UTF-16, UTF-32 or GB18030 (GBK), with or without a byte order
  mark; XLSX and XLSM, strict Open XML too. The content decides, not the name.
- **The header.** It may stand below titles (within the first 30 rows that hold anything), have two levels, be
  repeated. Case, blanks, `*`, look-alike and traditional characters, and brackets such as (必填) do not matter.
  `--column name=HEADER` (`column=name=HEADER`) says which header is which column, and wins over any other header.
- **Units.** A unit or a map datum that a header names, in brackets or beside the title, is honoured and told: 单价(分),
  标准时长(小时), 纬度(GCJ-02). Without any word of a datum, WGS-84 is assumed and one line says so.
- **Sheets.** Every visible sheet that has the header is read. A sheet without one, and a hidden one, are named.
- **Rows.** Hidden and struck-out rows are read and counted. Totals, signatures and repeated headers are left out and
  named.
- **Cells.** Invisible marks (direction marks, zero-width blanks, tags) fall away, as do outer blanks, a leading
  apostrophe and `="0317"`. 无, 暂无, `/`, `-`, N/A are blank in a column that may be blank. Dates and times that a
  spreadsheet keeps as numbers are read by the workbook's own calendar, 1900 or 1904.

## Refused everywhere

| code | sentence |
|---|---|
"""
_EVERYWHERE: Final = (
    "table.empty",
    "table.no_rows",
    "table.too_large",
    "table.packed_too_tight",
    "table.password",
    "table.old_excel",
    "table.other_format",
    "table.broken_workbook",
    "table.encoding",
    "table.nul",
    "table.control_character",
    "table.cell_too_long",
    "table.formula",
    "table.error_value",
    "table.lost_digits",
    "table.ragged",
    "table.quote",
    "table.missing_column",
    "table.double_column",
    "table.unknown_column",
    "table.other_unit",
    "cell.blank",
    "cell.merged",
)


def page(kinds: Mapping[str, ImportKind]) -> str:
    """Write the page of all kinds."""
    largest = tables.MAX_FILE_BYTES >> 20
    limits = f"At most {grid.MAX_ROWS:,} rows, {grid.MAX_COLUMNS} columns and {largest} MB by the command."
    return _HEAD + _sentences(_EVERYWHERE) + f"\n{limits}\n" + "".join(_kind(kind) for kind in kinds.values())


def _sentences(codes: Iterable[str]) -> str:
    return "".join(f"| `{code}` | {_cell(sentence(code, 'zh'))} {_cell(sentence(code, 'en'))} |\n" for code in codes)


def _kind(kind: ImportKind) -> str:
    rows = "".join(_column(column) for column in kind.columns)
    by_cells = dict.fromkeys(code for column in kind.columns for code in column.read.refuses)
    key = "、".join(next(column.titles[0] for column in kind.columns if column.name == name) for name in kind.key)
    return (
        f"\n## `{kind.name}`: {kind.zh} ({kind.en})\n\n"
        f"A row is found again by {key}. The policy's action is `{kind.action}`.\n\n"
        "| column | headers | needed | units in the header | a cell says |\n|---|---|---|---|---|\n"
        f"{rows}\n| refused | sentence |\n|---|---|\n{_sentences((*by_cells, *kind.refuses))}"
    )


def _column(column: Column) -> str:
    units = " ".join([*column.units, *column.implies])
    needed = "yes" if column.required else ""
    return (
        f"| `{column.name}` | {'、'.join(column.titles)} | {needed} | {_cell(units)} "
        f"| {_cell(column.read.zh)}. {_cell(column.read.en)} |\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
