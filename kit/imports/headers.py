"""Find the header of a sheet, which headers mean which columns, and what a header says of its values in brackets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kit.imports.column import Column
from kit.imports.faults import Fault, MergedCell, Notice, TableFault
from kit.imports.grid import Line, RawSheet
from kit.imports.readers import Reader
from kit.lookalikes import folded

HEADER_WITHIN = 30
"""The header is looked for among so many rows that hold anything."""


class MissingColumn(TableFault):
    """A column that every row needs is not in the header."""

    code = "table.missing_column"


class DoubleColumn(TableFault):
    """Two headers mean the same column."""

    code = "table.double_column"


class UnknownColumn(TableFault):
    """The mapping names a column that the list does not have."""

    code = "table.unknown_column"


class OtherUnit(TableFault):
    """The header names a unit or a map datum that the column is not read in."""

    code = "table.other_unit"


class UnitHonoured(TableFault):
    """The header names a unit or a map datum, and the values are brought to the column's own."""

    code = "notice.unit"


_NOTE = re.compile(r"[(\[（【〔［〈<]([^)\]）】〕］〉>]*)[)\]）】〕］〉>]")
_DRESS = re.compile(r"[*:_/\\\-.]")
_PARTS = re.compile(r"[，,;；、:：/\s]+")
_UNIT_DRESS = re.compile(r"^(?:单位|以|按|坐标系|坐标)?(.*?)(?:为单位|计|坐标系|坐标|数)?$")
DIMENSIONS: Final = (
    frozenset(
        {"秒", "分", "分钟", "刻钟", "时", "小时", "钟头", "天", "日", "s", "sec", "min", "mins", "minute", "minutes"}
    )
    | {"h", "hr", "hrs", "hour", "hours", "day", "days"},
    frozenset({"元", "分", "角", "毛", "厘", "百元", "千元", "万元", "亿元", "yuan", "cny", "rmb", "人民币", "fen"})
    | {"美元", "usd", "港元", "hkd"},
    frozenset({"%", "‰", "百分比", "百分数", "百分之", "千分比", "小数"}),
    frozenset(
        {
            "wgs84",
            "gps",
            "gcj02",
            "火星",
            "高德",
            "腾讯",
            "国测局",
            "bd09",
            "百度",
            "cgcs2000",
            "国家2000",
            "2000国家大地",
        }
    )
    | {"北京54", "beijing54", "西安80", "xian80", "utm", "墨卡托", "高斯", "度分秒", "度分"},
    frozenset({"北京时间", "东八区", "utc", "gmt", "utc+8", "gmt+8", "格林尼治", "世界时", "东京时间", "utc+9"}),
)
"""The words by which headers name units, of time, money, shares, map datums and time zones; folded."""


@dataclass(slots=True)
class Header:
    """The header of a sheet: which column stands in which place, how it is read there, and what is not used."""

    number: int
    texts: list[str]
    places: dict[int, Column] = field(default_factory=dict)
    read: dict[int, Reader] = field(default_factory=dict)
    implied: dict[str, Any] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Title:
    """What one header means: its column, the notes that say something of the values, whether a person chose it."""

    column: Column
    notes: tuple[str, ...]
    chosen: bool


def plain(title: str) -> str:
    """Return a header without notes in brackets, signs, blanks and look-alikes, as headers are compared."""
    return _DRESS.sub("", folded(_NOTE.sub("", title)))


class Titles:
    """The headers that a list takes: titles and names of its columns, and those mapped by the person who imports."""

    def __init__(self, columns: Sequence[Column], mapping: Mapping[str, str]) -> None:
        self.columns = columns
        self.by_title = {plain(title): column for column in columns for title in (column.name, *column.titles)}
        self.by_name = {column.name: column for column in columns}
        self.mapping = mapping
        self._chosen = {folded(header): self.by_name[name] for header, name in mapping.items() if name in self.by_name}

    def of(self, header: str) -> Title | None:
        """Return what a header means, or None where it means no column."""
        if not header:
            return None
        notes = tuple(note for text in _NOTE.findall(header) for note in _words(text))
        chosen = self._chosen.get(folded(header))
        if chosen is None:
            chosen = next((self._chosen[key] for key in self._chosen if plain(key) == plain(header)), None)
        if chosen is not None:
            return Title(chosen, notes, chosen=True)
        column = self.by_title.get(plain(header))
        if column is not None:
            return Title(column, notes, chosen=False)
        return self._with_unit(plain(header), notes)

    def _with_unit(self, header: str, notes: tuple[str, ...]) -> Title | None:
        """Read headers such as 单价分, GCJ02纬度 or 标准时长小时: a title with a unit and no bracket."""
        for title, column in self.by_title.items():
            if not (column.units or column.implies) or title not in header or len(title) < 2:
                continue
            rest = header.removeprefix(title) if header.startswith(title) else header.removesuffix(title)
            words = _words(rest)
            if rest != header and words and all(_dimension(word) is not None for word in words):
                return Title(column, (*notes, *words), chosen=False)
        return None

    def matched(self, texts: Sequence[str]) -> set[str]:
        """Return the names of the columns that a row of headers names."""
        return {title.column.name for text in texts if (title := self.of(text)) is not None}

    @property
    def required(self) -> set[str]:
        """Return the names of the columns that every list must have."""
        return {column.name for column in self.columns if column.required}


def _words(note: str) -> list[str]:
    words = []
    for part in _PARTS.split(note):
        word = folded(part).replace("-", "").replace("_", "") if "utc" not in folded(part) else folded(part)
        match = _UNIT_DRESS.fullmatch(word)
        if match is not None and match[1]:
            words.append(match[1])
    return words


def _dimension(word: str) -> frozenset[str] | None:
    return next((words for words in DIMENSIONS if word in words), None)


def texts_of(line: Line) -> list[str]:
    """Return the headers of a row; one that is merged downwards stands in every row that it covers."""
    return [
        cell if isinstance(cell, str) else cell.text if isinstance(cell, MergedCell) and cell.above else ""
        for cell in line.cells
    ]


def position(sheet: RawSheet, titles: Titles) -> int | None:
    """Return the place of the header among a sheet's rows: the first row that names all required columns.

    Where the header has two levels, the lower row is the header, as it names more. Where no row names all, it is the
    row that names most, if that is half of the required ones and two at least; None where no row does.
    """
    required = titles.required
    best, most = None, 0
    lines = sheet.lines[:HEADER_WITHIN]
    for place, line in enumerate(lines):
        names = titles.matched(texts_of(line))
        if required <= names:
            lower = place
            while lower + 1 < len(lines) and titles.matched(texts_of(lines[lower + 1])) > names:
                lower += 1
                names = titles.matched(texts_of(lines[lower]))
            return lower
        if len(names & required) > most or (best is None and len(names) > most):
            best, most = place, len(names & required) or len(names)
    return best if most >= max(2, len(required) / 2) else None


def read(line: Line, titles: Titles, sheet: str | None) -> Header:
    """Read one row as the header: every column in its place, double and missing ones as faults, units honoured."""
    header = Header(line.number, texts_of(line))
    _check_mapping(header, titles, sheet)
    meanings = {place: title for place, text in enumerate(header.texts) if (title := titles.of(text)) is not None}
    chosen = {title.column.name for title in meanings.values() if title.chosen}
    first: dict[str, int] = {}
    for place, text in enumerate(header.texts):
        title = meanings.get(place)
        if title is None or (title.column.name in chosen and not title.chosen):
            if text:
                header.ignored.append(text)
        elif title.column.name in first:
            earlier = first[title.column.name]
            refusal = DoubleColumn(
                first=_named(header.texts[earlier], earlier), second=_named(text, place), name=title.column.name
            )
            header.faults.append(Fault.of(line.number, text, refusal, sheet))
        else:
            first[title.column.name] = place
            header.places[place] = title.column
            _honour(header, place, title, sheet)
    header.faults += [
        Fault.of(line.number, column.titles[0], MissingColumn(), sheet)
        for column in titles.columns
        if column.required and column.name not in first
    ]
    return header


def _named(text: str, place: int) -> str:
    return f"{text}（{letter(place)}）"


def letter(place: int) -> str:
    """Return the letter by which a spreadsheet calls a column, counted from 0."""
    from openpyxl.utils.cell import get_column_letter  # noqa: PLC0415 - every command would start later by it

    return str(get_column_letter(place + 1))


def _check_mapping(header: Header, titles: Titles, sheet: str | None) -> None:
    there = {plain(text) for text in header.texts}
    for text, name in titles.mapping.items():
        if name not in titles.by_name:
            refusal = UnknownColumn(name=name, names="、".join(titles.by_name))
            header.faults.append(Fault.of(header.number, text, refusal, sheet))
        elif plain(text) not in there:
            header.faults.append(Fault.of(header.number, text, MissingColumn(), sheet))


def _honour(header: Header, place: int, title: Title, sheet: str | None) -> None:
    """Let the header's notes choose the reader, or what another column is where it is blank; refuse other units."""
    column, text = title.column, header.texts[place]
    own = {*column.units, *column.implies}
    alike = {word for words in DIMENSIONS if own & words for word in words}
    for note in title.notes:
        word = next((word for word in sorted(own, key=len, reverse=True) if note == word), note)
        if word in column.implies:
            name, value = column.implies[word]
            if header.implied.setdefault(name, value) != value:
                header.faults.append(Fault.of(header.number, text, OtherUnit(unit=note), sheet))
            header.notices.append(Notice.of(header.number, text, UnitHonoured(unit=note), sheet))
        elif word in column.units:
            if column.units[word] is not column.read:
                header.read[place] = column.units[word]
                header.notices.append(Notice.of(header.number, text, UnitHonoured(unit=note), sheet))
        elif word in alike:
            header.faults.append(Fault.of(header.number, text, OtherUnit(unit=note), sheet))
