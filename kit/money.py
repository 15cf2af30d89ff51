"""Money is integer fen: one rounding rule (half up, once a line) and one splitting rule (largest remainder)."""

import re
from collections.abc import Sequence
from decimal import Decimal

from kit.refusal import Refusal


class NotMoney(Refusal):
    """The text is not an amount of yuan with at most two decimals."""

    code = "money.not_an_amount"


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero, exactly; refuses nothing, a zero denominator is a bug."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    quotient, remainder = divmod(abs(numerator), abs(denominator))
    return sign * (quotient + (1 if 2 * remainder >= abs(denominator) else 0))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split fen by weights so that the parts sum to the whole (largest remainder, ties to the earlier part).

    `total` may be negative (a reversal splits as the mirror of what it reverses); weights are not negative and not all
    zero.
    """
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        message = "weights must be non-negative and not all zero"
        raise ValueError(message)
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [share for share, _ in parts]
    missing = abs(total) - sum(shares)
    order = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    for place in order[:missing]:
        shares[place] += 1
    return [sign * share for share in shares]


def yuan(text: str) -> int:
    """Read yuan as people type them (`12`, `12.5`, `1,200.00`) into fen; refuse `money.not_an_amount`.

    A comma stands only before groups of three digits; digits are 0 to 9; there is no exponent.
    """
    typed = text.strip()
    fen = Decimal(typed.replace(",", "")) * 100 if _YUAN.fullmatch(typed) else None
    if fen is None or fen != fen.to_integral_value() or abs(fen) > 10**15:
        raise NotMoney(given=text[:20])
    return int(fen)


_YUAN = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,15})?")


def show(fen: int) -> str:
    """Write fen as yuan with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def in_words(fen: int) -> str:
    """Write an amount in the capital numerals that Chinese vouchers carry (人民币大写, 会计基础工作规范)."""
    if fen < 0:
        return "负" + in_words(-fen)
    whole, jiao, cent = fen // 100, fen % 100 // 10, fen % 10
    words = f"{_whole_in_words(whole)}元" if whole else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif cent and whole:
        words += "零"
    if cent:
        words += f"{_DIGITS[cent]}分"
    if not words:
        return "零元整"
    return words if cent else words + "整"


def _whole_in_words(whole: int) -> str:
    groups: list[int] = []
    while whole:
        whole, group = divmod(whole, 10_000)
        groups.append(group)
    words, gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if group == 0:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words += _group_in_words(group) + _GROUPS[place]
        gap = False
    return words


def _group_in_words(group: int) -> str:
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return words
