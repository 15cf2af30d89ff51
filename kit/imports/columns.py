"""Turn a grid of texts into rows of typed values: find the header of each sheet and read each cell by its column."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kit.imports import headers
from kit.imports.column import Column
from kit.imports.faults import Fault, NoRows, Notice, Ragged, TableFault
from kit.imports.grid import Grid, Line, RawSheet
from kit.imports.headers import Header, Titles
from kit.lookalikes import folded
from kit.refusal import Refusal

BLANKS: Final = frozenset(
    folded(word)
    for word in ("无", "暂无", "没有", "空", "/", "\\", "-", "--", "——", "－", "N/A", "NA", "null", "none", "nil")
)
"""Words for nothing; in a column whose choices have the word it means what it says there."""
_TOTAL: Final = re.compile(r"(?:本页|本表|全部|以上)?(?:合计|小计|总计|共计|总数|汇总)(?:人数|数|金额)?[:：]?")
_SIGNED: Final = re.compile(
    r"(?:填表|填报|制表|审核|复核|负责|经办|校对|联系|统计|报送|主管)(?:人|单位|部门|日期|时间|电话|领导)?(?:签字|签名|盖章)?"
    r"(?:[(（].*[)）])?[:：].*|(?:备注|说明|附注|注)\s*[:：].*|(?:填表|填报|制表|审核|经办)(?:人|日期|单位)"
)


class Blank(TableFault):
    """A required cell is empty."""

    code = "cell.blank"


class Duplicate(TableFault):
    """An earlier row holds the same value."""

    code = "table.duplicate"


class SummaryRow(TableFault):
    """A row below the list, such as a total or a signature."""

    code = "notice.summary_row"


class RepeatedHeader(TableFault):
    """The header stands a second time."""

    code = "notice.repeated_header"


class SheetWithoutHeader(TableFault):
    """No row of the sheet names the list's columns."""

    code = "notice.sheet_without_header"


class HiddenRows(TableFault):
    """Rows that a filter or a person has hidden."""

    code = "notice.hidden_rows"


class StruckRows(TableFault):
    """Rows with text that is struck out, as offices mark who has died."""

    code = "notice.struck_rows"


class HiddenColumn(TableFault):
    """A column that is used and hidden."""

    code = "notice.hidden_column"


class Differs(TableFault):
    """The cell says something else than what is on record, which a list does not change."""

    code = "notice.differs"


class Assumed(TableFault):
    """A default that the file does not say stands in for what it leaves out."""

    code = "notice.assumed"


@dataclass(slots=True, eq=False)
class ImportRow:
    """One row's typed values by column name; a cell that was at fault is absent. `sheet` where there are several."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    sheet: str | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str) -> Any:
        """Return the value, or None where the cell was blank without default, or at fault."""
        return self.values.get(name)

    def sound(self, *names: str) -> bool:
        """Tell whether all these cells were read, so that a cell at fault is not reported a second time."""
        return self.values.keys() >= set(names)

    @property
    def place(self) -> str:
        """Return where the row stands, as formulas write it where there are several sheets."""
        return str(self.number) if self.sheet is None else f"{self.sheet}!{self.number}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did: every row was written, is on record already, is unchanged, or is a reason to write nothing.

    `on_record` rows say what is registered already; `unchanged` rows would set what is in force already; `left_out`
    rows hold something and belong to no list, such as totals. Where there are faults, nothing was written.
    """

    rows: int
    written: int
    faults: list[Fault]
    ignored: list[str]
    encoding: str
    on_record: int = 0
    unchanged: int = 0
    left_out: int = 0
    notices: list[Fault] = field(default_factory=list)

    def report(self, *, dry_run: bool) -> dict[str, Any]:
        """Return the outcome as the command and the API tell it; `written` is what would be written in a dry run."""
        return {
            "dry_run": dry_run,
            "encoding": self.encoding,
            "rows": self.rows,
            "written": 0 if dry_run else self.written,
            "would_write": self.written if dry_run else 0,
            "known": self.on_record,
            "unchanged": self.unchanged,
            "left_out": self.left_out,
            "unused_columns": self.ignored,
            "faults": [fault.as_told() for fault in self.faults],
            "notices": [notice.as_told() for notice in self.notices],
        }


@dataclass(slots=True)
class Sheet:
    """A table that is being imported: typed rows, the faults so far, and the headers that match no column."""

    rows: list[ImportRow]
    faults: list[Fault]
    ignored: list[str]
    encoding: str
    titles: dict[str, str]
    notices: list[Fault] = field(default_factory=list)
    left_out: int = 0
    given: dict[ImportRow, set[str]] = field(default_factory=dict)

    def fault(self, row: ImportRow, name: str | None, refusal: Refusal) -> None:
        """Record why a row is refused; `name` is the column at fault."""
        self.faults.append(Fault.of(row.number, self.titles[name] if name else None, refusal, row.sheet))

    def says(self, row: ImportRow, name: str) -> bool:
        """Tell whether the file itself says something in this cell, so that it is no default."""
        return name in self.given.get(row, ())

    def differs(self, row: ImportRow, names: Sequence[str]) -> bool:
        """Tell of each of these columns that the row says something else than what is on record; True if any does."""
        for name in names:
            self.notices.append(Notice.of(row.number, self.titles[name], Differs(), row.sheet))
        return bool(names)

    def no_duplicates(self, name: str, same: Callable[[Any], Hashable] = lambda value: value) -> None:
        """Record a fault for every row whose value, after `same`, is that of an earlier row."""
        first: dict[Hashable, ImportRow] = {}
        for row in self.rows:
            value = row.get(name)
            if value is None:
                continue
            earlier = first.setdefault(same(value), row)
            if earlier is not row:
                self.fault(row, name, Duplicate(row=earlier.place if earlier.sheet != row.sheet else earlier.number))

    def outcome(self, written: int, *, on_record: int = 0, unchanged: int = 0) -> Outcome:
        """Return the outcome; nothing was written where there are faults."""
        order = {row.sheet: place for place, row in reversed(list(enumerate(self.rows)))}
        faults = sorted(self.faults, key=lambda fault: (order.get(fault.sheet, -1), fault.row))
        if faults:
            written = on_record = unchanged = 0
        return Outcome(
            len(self.rows),
            written,
            faults,
            self.ignored,
            self.encoding,
            on_record,
            unchanged,
            self.left_out,
            self.notices,
        )


def typed(grid: Grid, columns: Sequence[Column], mapping: Mapping[str, str] | None = None) -> Sheet:
    """Read every cell by its column; faults are collected in the sheet, never raised.

    All sheets that have the header are read. Headers match by title or name, without regard to case, blanks, `*` and
    notes in brackets, but for units and map datums; `mapping` gives the column of any other header ({header: column
    name}), and where it names a column no other header is taken for it. Cells of columns that nobody uses are not
    looked at.
    """
    titles = Titles(columns, mapping or {})
    sheet = Sheet([], list(grid.faults), [], grid.encoding, {column.name: column.titles[0] for column in columns})
    sheet.notices += grid.notices
    filled = [raw for raw in grid.sheets if raw.lines or raw.faults]
    places = {id(raw): headers.position(raw, titles) for raw in filled}
    with_header = [raw for raw in filled if places[id(raw)] is not None]
    several = len(filled) > 1 or bool(grid.notices)
    for raw in filled:
        label = raw.name if several else None
        place = places[id(raw)]
        if place is None and with_header:
            sheet.faults += [replace(fault, sheet=label) for fault in raw.faults]
            sheet.notices.append(Notice.of(0, None, SheetWithoutHeader(rows=len(raw.lines)), label))
        elif raw.lines and (with_header or raw is filled[0]):
            _Reading(sheet, raw, columns, titles, label).rows(place or 0)
        else:
            sheet.faults += raw.faults
    if filled and not sheet.rows and (not sheet.faults or all(len(raw.lines) < 2 and not raw.faults for raw in filled)):
        sheet.faults.append(Fault.of(0, None, NoRows()))
    return sheet


@dataclass(slots=True)
class _Reading:
    """Reads the rows of one sheet into the typed table."""

    sheet: Sheet
    raw: RawSheet
    columns: Sequence[Column]
    titles: Titles
    label: str | None

    def rows(self, place: int) -> None:
        """Read what stands below the header at a place among the sheet's rows."""
        sheet, raw = self.sheet, self.raw
        header = headers.read(raw.lines[place], self.titles, self.label)
        sheet.faults += header.faults
        sheet.faults += [replace(fault, sheet=self.label) for fault in raw.faults]
        sheet.notices += header.notices
        hidden = struck = 0
        for line in raw.lines[place + 1 :]:
            left_out = self._left_out(header, line)
            if left_out is not None:
                sheet.left_out += 1
                sheet.notices.append(Notice.of(line.number, None, left_out, self.label))
                continue
            if not raw.padded and (line.width < len(header.texts) or len(line.cells) > len(header.texts)):
                ragged = Ragged(found=max(line.width, len(line.cells)), expected=len(header.texts))
                sheet.faults.append(Fault.of(line.number, None, ragged, self.label))
                continue
            hidden, struck = hidden + line.hidden, struck + line.struck
            sheet.rows.append(self._row(header, line))
        for count, kind in ((hidden, HiddenRows), (struck, StruckRows)):
            if count:
                sheet.notices.append(Notice.of(0, None, kind(count=count), self.label))
        for at in sorted(raw.hidden_columns & header.places.keys()):
            sheet.notices.append(Notice.of(header.number, header.texts[at], HiddenColumn(), self.label))
        self._ignored(header, raw.lines[place + 1 :])
        self._assumed(header)

    def _row(self, header: Header, line: Line) -> ImportRow:
        row = ImportRow(line.number, sheet=self.label)
        given = self.sheet.given.setdefault(row, set())
        for place, column in header.places.items():
            cell = line.cells[place] if place < len(line.cells) else ""
            try:
                if isinstance(cell, TableFault):
                    raise cell
                value, said = _value(column, header, place, cell)
                row.values[column.name] = value
                if said:
                    given.add(column.name)
            except Refusal as refusal:
                self.sheet.faults.append(Fault.of(line.number, column.titles[0], refusal, self.label))
        there = {column.name for column in header.places.values()}
        for column in self.columns:
            if column.name not in there and not column.required:
                row.values[column.name] = header.implied.get(column.name, column.default)
        for name in header.implied:
            given.add(name)
        return row

    def _left_out(self, header: Header, line: Line) -> TableFault | None:
        """Say why a row below the header belongs to no list, or None where it is one of the list's."""
        texts = headers.texts_of(line)
        first = next((text for text in texts if text), "")
        used = [place for place in header.places if header.texts[place]]
        if used and all(place < len(texts) and texts[place] == header.texts[place] for place in used):
            return RepeatedHeader()
        blank = [
            place
            for place, column in header.places.items()
            if column.required and (place >= len(texts) or not texts[place] or folded(texts[place]) in BLANKS)
        ]
        if blank and (_TOTAL.fullmatch("".join(first.split())) or _SIGNED.fullmatch(first)):
            return SummaryRow(first=first.partition("：")[0].partition(":")[0][:10])
        return None

    def _ignored(self, header: Header, lines: Sequence[Line]) -> None:
        names = list(header.ignored)
        width = max((len(line.cells) for line in lines), default=0)
        names += [
            f"（{headers.letter(place)}）"
            for place in range(width)
            if (place >= len(header.texts) or not header.texts[place])
            and any(place < len(line.cells) and line.cells[place] for line in lines)
        ]
        self.sheet.ignored += [name for name in names if name not in self.sheet.ignored]

    def _assumed(self, header: Header) -> None:
        for column in self.columns:
            if column.assumed is None or column.name in header.implied:
                continue
            leaning = [
                other.name for other in self.columns for name, _ in other.implies.values() if name == column.name
            ]
            for row in self.sheet.rows:
                if row.sheet != self.label or self.sheet.says(row, column.name) or not row.sound(column.name):
                    continue
                if any(row.get(name) is not None for name in leaning):
                    notice = Assumed(value=column.assumed)
                    self.sheet.notices.append(Notice.of(0, column.titles[0], notice, self.label))
                    break


def _value(column: Column, header: Header, place: int, cell: str) -> tuple[Any, bool]:
    """Return a cell's value and whether the cell says it; blank cells have the header's word, or the default."""
    read = header.read.get(place, column.read)
    implied = header.implied.get(column.name)
    if cell and (folded(cell) not in BLANKS or read.takes(cell)):
        value = read(cell)
        if implied is not None and value != implied:
            raise headers.OtherUnit(unit=cell)
        return value, True
    if column.required:
        raise Blank
    return (column.default if implied is None else implied), False
