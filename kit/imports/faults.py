"""What may be wrong with a table or a cell, and what is only to be told: a place and a sentence in both languages."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from kit.refusal import Refusal
from kit.text import sentence


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


class MergedCell(TableFault):
    """A blank cell that a merger joins to another one, whose text it seems to share; `text` is that text."""

    code = "cell.merged"

    def __init__(self, *, row: int, text: str, above: bool) -> None:
        super().__init__(row=row)
        self.text = text
        self.above = above


Cell = str | TableFault


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a table is refused; row 0 is the file itself, other rows count as a spreadsheet does.

    `sheet` names the sheet of a workbook from which more than one is read.
    """

    row: int
    column: str | None
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    sheet: str | None = None

    @classmethod
    def of(cls, row: int, column: str | None, refusal: Refusal, sheet: str | None = None) -> "Fault":
        """Return the fault of a refusal at a row and column."""
        return cls(row, column, refusal.code, refusal.parameters, sheet)

    def sentence(self, language: str = "zh") -> str:
        """Return the place and the reason in one line."""
        reason = sentence(self.code, language, **self.parameters)
        if language == "zh":
            place = "文件" if self.row == 0 else f"第 {self.row} 行"
            place = place if self.sheet is None else f"工作表「{self.sheet}」{place.replace('文件', '')}"
            return f"{place}「{self.column}」：{reason}" if self.column else f"{place}：{reason}"
        place = "file" if self.row == 0 else f"row {self.row}"
        if self.sheet is not None:
            place = f"sheet “{self.sheet}”" if self.row == 0 else f"sheet “{self.sheet}” {place}"
        return f"{place}, “{self.column}”: {reason}" if self.column else f"{place}: {reason}"

    def as_told(self) -> dict[str, Any]:
        """Return place, code and both sentences as plain values; `why` is the Chinese one."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "why": self.sentence("zh"),
            "why_en": self.sentence("en"),
        }


class Notice(Fault):
    """Something that a person should hear, and for which nothing is refused."""

    __slots__ = ()
