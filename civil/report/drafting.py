"""Fill the annual report from the figures of one day: refuse contradictions, mark what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from civil.blocks.figures import queries
from civil.blocks.figures.queries import FigureReading
from civil.report import template, words
from civil.report.figures import CONTRADICTIONS, FIGURES
from civil.report.template import Assertion, Line, ReportBlank
from events.work import Work
from kit.refusal import Kind, Refusal

MISSING: Final = "【缺】"
"""What stands where no figure fills a blank, and behind an assertion that nobody can decide."""

NAMED: Final = 12
"""How many missing figures the sentence of a refusal names."""


class ReportContradicts(Refusal):
    """Rows behind the figures cannot both be right; the report is not made, and both are named."""

    code = "report.contradicts"
    kind = Kind.CONFLICT


class ReportIncomplete(Refusal):
    """Figures are missing; only a draft is made without them."""

    code = "report.incomplete"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: its words, and the code of the figure behind them, None for words of the template."""

    text: str
    code: str | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """The report of a day: its lines, the figures behind them, and the codes of those that nothing could be said of."""

    as_of: date
    lines: tuple[tuple[Span, ...], ...]
    readings: Mapping[str, FigureReading]
    blanks: int
    filled: int
    assertions: int
    decided: int
    missing: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the text, a line a paragraph."""
        return "\n".join("".join(span.text for span in line) for line in self.lines)

    @property
    def printed(self) -> Mapping[str, FigureReading]:
        """Return the readings that the text needs, in the order of their codes."""
        used = {span.code for line in self.lines for span in line}
        return {code: reading for code, reading in sorted(self.readings.items()) if code in used}


async def draw_up(work: Work, as_of: date, *, draft: bool) -> ReportDraft:
    """Return the report of a day; refuses `report.contradicts` and, unless it is a draft, `report.incomplete`."""
    pairs = await queries.contradictions(work, CONTRADICTIONS, as_of)
    if pairs:
        first = pairs[0]
        raise ReportContradicts(
            count=len(pairs),
            name=first.contradiction.name,
            left=f"{first.contradiction.left} {first.left}",
            right=f"{first.contradiction.right} {first.right}",
            figures=", ".join(first.contradiction.figures),
            all=[str(pair) for pair in pairs],
        )
    lines = template.annual()
    wanted = {code: FIGURES[code][1] for line in lines for code in template.codes(line) if code in FIGURES}
    readings = {reading.figure.code: reading for reading in await queries.read(work, list(wanted.values()), as_of)}
    drawn_up = fill(lines, readings, as_of)
    if drawn_up.missing and not draft:
        raise ReportIncomplete(count=len(drawn_up.missing), codes=_first(drawn_up.missing), all=list(drawn_up.missing))
    return drawn_up


def _first(codes: Sequence[str]) -> str:
    named = ", ".join(codes[:NAMED])
    return f"{named} …" if len(codes) > NAMED else named


def fill(lines: Sequence[Line], readings: Mapping[str, FigureReading], as_of: date) -> ReportDraft:
    """Fill the lines of a template; pure."""
    filled = tuple(tuple(_spans(line, readings)) for line in lines)
    blanks = [blank for line in lines for blank in template.blanks(line)]
    asserted = sorted({assertion.code for line in lines for assertion in line if isinstance(assertion, Assertion)})
    return ReportDraft(
        as_of=as_of,
        lines=filled,
        readings=readings,
        blanks=len(blanks),
        filled=sum(_value(blank.code, blank.part, readings) is not None for blank in blanks),
        assertions=len(asserted),
        decided=sum(_value(code, "value", readings) is not None for code in asserted),
        missing=tuple(sorted({span.code for line in filled for span in line if span.missing and span.code})),
    )


def _value(code: str, part: str, readings: Mapping[str, FigureReading]) -> int | str | None:
    reading = readings.get(code)
    return None if reading is None or part != "value" else reading.value


def _spans(line: Line, readings: Mapping[str, FigureReading]) -> Iterator[Span]:
    for piece in line:
        match piece:
            case str():
                yield Span(piece)
            case ReportBlank():
                value = _value(piece.code, piece.part, readings)
                if value is None:
                    yield Span(MISSING, piece.code, missing=True)
                else:
                    yield Span(words.printed(value, readings[piece.code].figure.unit, piece), piece.code)
            case Assertion():
                yield from _asserted(piece, readings)


def _asserted(assertion: Assertion, readings: Mapping[str, FigureReading]) -> Iterator[Span]:
    """Yield the wording of an assertion: as given where nothing speaks against it, marked where nobody knows."""
    against = _value(assertion.code, "value", readings)
    wording = assertion.fails if against else assertion.holds
    for span in _spans(wording, readings):
        yield Span(span.text, assertion.code) if span.code is None else span
    if against is None:
        yield Span(MISSING, assertion.code, missing=True)
