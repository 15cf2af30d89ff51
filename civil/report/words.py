"""How the number of a figure is written into a blank; pure and exact.

- 余 ("and some more") stays only where something was cut off: 23 things are 20余, exactly 20 are 20, 7 are 7. An amount
  in 万 is cut down to whole ones; one below a whole 万 is written with two decimals.
- 以上 includes the number itself (民法典第一千二百五十九条), so that a share before it is cut down, never rounded up.
- Any other decimals are rounded half up.
"""

from civil.blocks.figures.figure import FigureUnit
from civil.report.template import ReportBlank
from kit import money

_TEN_THOUSAND = 10_000
_STEP = 10
"""Down to what a count is cut where 余 follows it."""
_SCALES = {FigureUnit.FEN: 100, FigureUnit.BASIS_POINTS: 100}
"""How many of a unit make what is printed: fen in a yuan, basis points in a percent."""


def printed(value: int | str, unit: FigureUnit, blank: ReportBlank) -> str:
    """Write a value into a blank, in the unit that the text after it says (元, 万元, 万人次, %)."""
    if isinstance(value, str):
        return value
    large = blank.after.startswith("万")
    scale = _SCALES.get(unit, 1) * (_TEN_THOUSAND if large else 1)
    if blank.given.endswith("余"):
        return _and_more(value, scale)
    _, _, decimals = blank.given.partition(".")
    return _decimal(value, scale, len(decimals), down="以上" in blank.after[:3])


def _and_more(value: int, scale: int) -> str:
    step = _STEP if scale == 1 else scale
    whole, rest = divmod(value, step)
    if whole == 0:
        return str(value) if scale == 1 else _trimmed(value, scale)
    shown = str(whole * step // scale)
    return f"{shown}余" if rest else shown


def _trimmed(value: int, scale: int) -> str:
    """Write less than one 万 with as many decimals as it has, two at most."""
    shown = _decimal(value, scale, 2, down=False)
    return shown.rstrip("0").rstrip(".") or "0"


def _decimal(value: int, scale: int, decimals: int, *, down: bool) -> str:
    numerator = value * 10**decimals
    whole = numerator // scale if down else money.half_up(numerator, scale)
    if not decimals:
        return str(whole)
    sign, digits = "-" if whole < 0 else "", f"{abs(whole):0{decimals + 1}}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"
