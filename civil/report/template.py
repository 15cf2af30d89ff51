"""The text of the annual report with its blanks and its assertions, kept as data; pure.

`{GL.ACTIVE:xxxx}` is a blank: the figure that fills it and what stands there in the given text. The given text says how
a number is written: `xx.x` has one decimal, `xx余` is cut down to the printed unit. `{LY.PILOT/village_a:xx}` names a
part of a figure. `{?DB.EQ:…|…}` is an assertion: the wording where nothing speaks against it, and the other one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BLANK = re.compile(r"\{(?P<code>[A-Z][A-Z0-9.]*)(?:/(?P<part>[a-z_]+))?:(?P<given>[^{}|]*)\}")
_ASSERTION = re.compile(r"\{\?(?P<code>[A-Z][A-Z0-9.]*):")
ANNUAL: Final = Path(__file__).with_name("annual.txt")


@dataclass(frozen=True, slots=True)
class ReportBlank:
    """One place to fill; `after` is the text that follows it, which says the unit and 以上."""

    code: str
    part: str
    given: str
    after: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion and its two wordings."""

    code: str
    holds: tuple["Piece", ...]
    fails: tuple["Piece", ...]


Piece = str | ReportBlank | Assertion
Line = tuple[Piece, ...]


class TemplateInvalid(ValueError):
    """The template has a brace that opens nothing or is never closed."""


def annual() -> tuple[Line, ...]:
    """Return the lines of the annual report."""
    return tuple(parse(line) for line in ANNUAL.read_text(encoding="utf-8").splitlines())


def parse(line: str) -> Line:
    """Read one line; raises `TemplateInvalid`."""
    pieces, end = _pieces(line, 0, "")
    if end != len(line):
        raise TemplateInvalid(line[end:])
    return pieces


def _pieces(line: str, start: int, until: str) -> tuple[tuple[Piece, ...], int]:
    pieces: list[Piece] = []
    place = start
    while place < len(line) and line[place] not in until:
        if blank := _BLANK.match(line, place):
            place = blank.end()
            after = re.split(r"[{}|]", line[place:], maxsplit=1)[0]
            pieces.append(ReportBlank(blank["code"], blank["part"] or "value", blank["given"], after))
        elif assertion := _ASSERTION.match(line, place):
            holds, place = _pieces(line, assertion.end(), "|}")
            fails, place = _pieces(line, _after(line, place, "|"), "}")
            place = _after(line, place, "}")
            pieces.append(Assertion(assertion["code"], holds, fails))
        else:
            text = re.compile(r"[^{}|]+").match(line, place)
            if text is None:
                raise TemplateInvalid(line[place:])
            place = text.end()
            pieces.append(text[0])
    return tuple(pieces), place


def _after(line: str, place: int, sign: str) -> int:
    if line[place : place + 1] != sign:
        raise TemplateInvalid(line[place:])
    return place + 1


def given(line: Line) -> str:
    """Return a line as it was given, with its blanks empty and its assertions holding."""
    texts = []
    for piece in line:
        match piece:
            case ReportBlank():
                texts.append(piece.given)
            case Assertion():
                texts.append(given(piece.holds))
            case str():
                texts.append(piece)
    return "".join(texts)


def blanks(line: Line) -> Iterator[ReportBlank]:
    """Yield the blanks of a line where its assertions hold."""
    for piece in line:
        if isinstance(piece, ReportBlank):
            yield piece
        elif isinstance(piece, Assertion):
            yield from blanks(piece.holds)


def codes(line: Line) -> Iterator[str]:
    """Yield the code of every figure that a line may need, whichever way its assertions turn out."""
    for piece in line:
        if isinstance(piece, Assertion):
            yield piece.code
            yield from codes(piece.holds)
            yield from codes(piece.fails)
        elif isinstance(piece, ReportBlank):
            yield piece.code
