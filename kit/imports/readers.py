"""How the texts of cells become values: days, times, numbers, amounts, codes, choices.

A reader says of itself, for pages and documents, what it takes; what it cannot take it refuses by a sentence that says
what is wrong, and it never guesses. Digits are 0 to 9.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from kit import clock, money
from kit.imports.faults import TableFault
from kit.lookalikes import folded, latin, narrow_signs


class FullWidth(TableFault):
    """Digits or letters typed in the wide form of a Chinese keyboard."""

    code = "cell.full_width"


class NotANumber(TableFault):
    """Not a number in plain digits."""

    code = "cell.not_a_number"


class OutOfBounds(TableFault):
    """A number outside what the column can mean."""

    code = "cell.out_of_bounds"


class ImpossibleDate(TableFault):
    """The cell is not a calendar day in an accepted form."""

    code = "cell.impossible_date"


class SerialDay(TableFault):
    """The number by which a spreadsheet counts days, 1900 or 1904 being its beginning: the file does not say which."""

    code = "cell.serial_day"


class ImpossibleTime(TableFault):
    """The cell is not a time of day in an accepted form."""

    code = "cell.impossible_time"


class NotAChoice(TableFault):
    """The cell is none of the column's words."""

    code = "cell.not_a_choice"


class TooLong(TableFault):
    """The cell has more characters than the column takes."""

    code = "cell.too_long"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a cell, and says what it takes: `zh` and `en` for a page, `choices` where it takes certain words only.

    `refuses` are the codes of everything for which it refuses a cell.
    """

    read: Callable[[str], Any]
    zh: str
    en: str
    refuses: tuple[str, ...]
    choices: Mapping[str, Any] | None = None

    def __call__(self, cell: str) -> Any:
        """Return the value of a cell; refuses what it cannot be."""
        return self.read(cell)

    def takes(self, cell: str) -> bool:
        """Tell whether the cell is one of the words of a choice."""
        return self.choices is not None and folded(cell) in self.choices


def reads(zh: str, en: str, *refuses: str) -> Callable[[Callable[[str], Any]], Reader]:
    """Make a reader of a function, with the sentences that say what it takes and the codes of what it refuses."""
    return lambda read: Reader(read, zh, en, refuses)


_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ]")


def narrow(cell: str) -> str:
    """Refuse `cell.full_width` where a code or number holds wide characters; they look alike but compare unequal."""
    if _WIDE.search(cell):
        raise FullWidth
    return cell


def text(limit: int) -> Reader:
    """Read free text of at most `limit` characters."""

    def read(cell: str) -> str:
        if len(cell) > limit:
            raise TooLong(limit=limit)
        return cell

    return Reader(read, f"文字，至多 {limit} 字", f"text of at most {limit} characters", (TooLong.code,))


def code(limit: int = 32) -> Reader:
    """Read a code: narrow characters, capital letters, no blanks; letters that only look Latin become Latin."""
    limited = text(limit)
    return Reader(
        lambda cell: limited("".join(latin(narrow(cell)).split()).upper()),
        f"编码，至多 {limit} 个半角字符；不分大小写，空格不计",
        f"a code of at most {limit} half-width characters, in any case, blanks not counted",
        (TooLong.code, FullWidth.code),
    )


_NUMBERS: Final = (NotANumber.code, OutOfBounds.code, FullWidth.code)
_INTEGER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.0+)?")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def integer(low: int, high: int) -> Reader:
    """Read a whole number between two bounds, both allowed."""

    def read(cell: str) -> int:
        typed = narrow_signs(narrow(cell))
        if not _INTEGER.fullmatch(typed):
            raise NotANumber
        number = int(typed.partition(".")[0].replace(",", ""))
        if not low <= number <= high:
            raise OutOfBounds(low=low, high=high)
        return number

    return Reader(read, f"整数，{low} 至 {high}", f"a whole number from {low} to {high}", _NUMBERS)


def decimal(low: float, high: float, *, zh: str = "", en: str = "") -> Reader:
    """Read a number with decimals between two bounds, both allowed; a comma is neither a point nor a group."""

    def read(cell: str) -> float:
        typed = narrow_signs(narrow(cell))
        if not _DECIMAL.fullmatch(typed):
            raise NotANumber
        if not low <= float(typed) <= high:
            raise OutOfBounds(low=low, high=high)
        return float(typed)

    return Reader(read, zh or f"数值，{low:g} 至 {high:g}", en or f"a number from {low:g} to {high:g}", _NUMBERS)


degrees: Final = decimal(
    -1e6, 1e6, zh="度，小数写法，如 38.3045；须在中国境内", en="degrees with decimals, such as 38.3045, within China"
)
"""Read a coordinate as typed; the pair is checked by `kit.geo.place_in_china`."""


@reads(
    "金额（元），至多两位小数；逗号只用于千分位",
    "yuan with at most two decimals; a comma only before groups of three",
    money.NotMoney.code,
    OutOfBounds.code,
    FullWidth.code,
)
def yuan(cell: str) -> int:
    """Read an amount of yuan, not negative, into fen."""
    fen = money.yuan(narrow(cell))
    if fen < 0:
        raise OutOfBounds(low=0, high="")
    return fen


fen: Final = integer(0, 10**15)
"""Read an amount in fen, where a header says so."""


def hours(low: int, high: int) -> Reader:
    """Read hours, halves and quarters among them, into minutes between two bounds, where a header says so."""
    plain = decimal(0, 100_000)

    def read(cell: str) -> int:
        minutes = float(plain(cell)) * 60
        if abs(minutes - round(minutes)) > 1e-6:
            raise NotANumber
        if not low <= round(minutes) <= high:
            raise OutOfBounds(low=low / 60, high=high / 60)
        return round(minutes)

    return Reader(read, "小时", "hours", _NUMBERS)


_DAY = re.compile(
    r"([0-9]{4})\s*([-/.年])\s*([0-9]{1,2})\s*(?:\2|月)\s*([0-9]{1,2})\s*[日号]?(?:\s+0?0:00(?::00)?)?"
    r"|([0-9]{4})()([0-9]{2})([0-9]{2})"
)
_SERIAL = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]+)?")
_CLOCK = re.compile(
    r"(上午|早上|中午|下午|晚上)?\s*([0-9]{1,2})(?:[:：时点]([0-9]{2})分?(?:[:：][0-9]{2})?|[时点](半)?整?)\s*(am|pm)?"
)
_OFFSET = re.compile(r"(.*[0-9])\s*(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))", re.IGNORECASE)


@reads(
    "日期，如 2026-03-02、2026/3/2、2026.3.2、20260302、2026年3月2日",
    "a day such as 2026-03-02, 2026/3/2, 2026.3.2, 20260302 or 2026年3月2日",
    ImpossibleDate.code,
    SerialDay.code,
    FullWidth.code,
)
def day(cell: str) -> date:
    """Read a day written 2026-03-02, 2026/3/2, 2026.3.2, 20260302 or 2026年3月2日; refuses two-digit years."""
    typed = narrow_signs(narrow(cell))
    match = _DAY.fullmatch(typed)
    if match is None:
        if _SERIAL.fullmatch(typed):
            number = int(typed.partition(".")[0])
            shown = [(start + timedelta(days=number)).isoformat() for start in (date(1899, 12, 30), date(1904, 1, 1))]
            raise SerialDay(number=number, day_1900=shown[0], day_1904=shown[1])
        raise ImpossibleDate
    year, sign, month, number_of_day = (part for part in match.groups() if part is not None)
    if (sign == "年") != ("月" in typed):
        raise ImpossibleDate
    try:
        return date(int(year), int(month), int(number_of_day))
    except ValueError as error:
        raise ImpossibleDate from error


@reads(
    "时刻，如 08:30、8时30分、8点半、下午2:30",
    "a time of day such as 08:30, 8时30分, 8点半 or 下午2:30",
    ImpossibleTime.code,
    FullWidth.code,
)
def minute(cell: str) -> int:
    """Read a time of day as minutes after midnight; 24:00 is 1440, 次日06:00 is 1800."""
    next_day = cell.startswith("次日")
    match = _CLOCK.fullmatch(narrow(cell.removeprefix("次日").strip()).lower())
    if match is None:
        raise ImpossibleTime
    hours, minutes = int(match[2]), int(match[3] or (30 if match[4] else 0))
    half = match[5] or {"上午": "am", "早上": "am"}.get(match[1], "pm" if match[1] else None)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes) or (match[1] and match[5]):
        raise ImpossibleTime
    if half is not None:
        if hours > 12 or (hours == 0 and half == "pm") or (hours == 12 and match[1] in {"上午", "早上", "晚上"}):
            raise ImpossibleTime
        if match[1] == "中午" and hours not in {11, 12, 1, 2}:
            raise ImpossibleTime
        hours = hours % 12 + 12 * (half == "pm" and not (match[1] == "中午" and hours == 11))
    return hours * 60 + minutes + 1440 * next_day


@reads(
    "日期和时刻，如 2026-03-02 09:00",
    "a day and a time such as 2026-03-02 09:00",
    ImpossibleDate.code,
    ImpossibleTime.code,
    SerialDay.code,
    FullWidth.code,
)
def instant(cell: str) -> datetime:
    """Read a local day and time of day, separated by a blank, T, 日 or 号, into aware UTC; an offset counts."""
    typed = narrow_signs(narrow(cell))
    if _SERIAL.fullmatch(typed):
        day(typed)  # says which days it could be
    offset = _OFFSET.fullmatch(typed) if ":" in typed else None
    written, _, hour = re.sub(r"(?<=[日号])(?=\S)|T", " ", offset[1] if offset else typed).partition(" ")
    if re.fullmatch(r"[0-9]{4}年|[0-9]{4}年[0-9]{1,2}月", written):  # 2026年 3月 2日 9:00
        written, hour = _spread(written, hour)
    at = clock.at_local(day(written), 0) + timedelta(minutes=minute(hour.strip()))
    if offset is None:
        return at
    ahead = timedelta(hours=int(offset[4] or 0), minutes=int(offset[5] or 0))
    if ahead >= timedelta(hours=15):
        raise ImpossibleTime
    local = at.astimezone(clock.local(at).tzinfo).replace(tzinfo=UTC)
    return local - ahead if offset[3] != "-" else local + ahead


def _spread(written: str, rest: str) -> tuple[str, str]:
    match = re.match(r"\s*((?:[0-9]{1,2}\s*月\s*)?[0-9]{1,2}\s*[日号])\s*(.*)", rest)
    if match is None:
        raise ImpossibleDate
    return written + "".join(match[1].split()), match[2]


def choice(words: Mapping[str, Any]) -> Reader:
    """Read one of several words, whatever their case, width or script."""
    by_word = {folded(word): value for word, value in words.items()}

    def read(cell: str) -> Any:
        try:
            return by_word[folded(cell)]
        except KeyError:
            raise NotAChoice(choices="、".join(words)) from None

    shown = "、".join(words)
    return Reader(read, f"下列之一：{shown}", f"one of: {shown}", (NotAChoice.code,), by_word)


yes_no: Final = choice(
    {"是": True, "否": False, "有": True, "无": False, "√": True, "yes": True, "no": False, "1": True, "0": False}
)


def several(read: Reader) -> Reader:
    """Read a list in one cell, separated by any of 、，,;；| or blanks."""
    return Reader(
        lambda cell: [read(part) for part in re.split(r"[、，,;；|\s]+", cell) if part],
        f"一项或几项，用“、”分开；每项：{read.zh}",
        f"one or more, separated by “、”; each: {read.en}",
        read.refuses,
    )
