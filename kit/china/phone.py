"""Bring a telephone number, however it was typed, into the one form under which it is found again."""

import re
from itertools import accumulate

from kit.lookalikes import visible
from kit.refusal import Refusal


class PhoneShape(Refusal):
    """Neither a mobile, nor a landline with its area code, nor a 400/800 number of the mainland."""

    code = "phone.shape"


class PhoneExtension(Refusal):
    """A number followed by an extension, which nobody can be sent a message at."""

    code = "phone.extension"


class PhoneSeveral(Refusal):
    """More than one number."""

    code = "phone.several"


class PhoneZeroLost(Refusal):
    """A landline whose area code has lost its first zero, as spreadsheets do to numbers."""

    code = "phone.zero_lost"


_NOISE = re.compile(r"[\s\-‐‑‒–—―−﹣－()（）.·]+")
_BREAK = re.compile(r"[、，,;；/／|\\\n]+|或|和|及")
_EXTENSION = re.compile(
    r"[0-9]\s*(?:转|轉|分机|分機|内线|ext\.?|x|#|\*)\s*(?:分机|分機)?\s*[0-9]{1,6}\s*$", re.IGNORECASE
)
_DIGITS = re.compile(r"[0-9]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Area codes: 010, 02x (8-digit numbers) and four-digit 03xx to 09xx (7 or 8 digits); no number starts with 0, 1 or 9.
_LANDLINE = re.compile(r"0(?:10|2[0-9])[2-8][0-9]{7}|0[3-9][0-9]{2}[2-8][0-9]{6,7}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_SERVICE = re.compile(r"[48]00[0-9]{7}")


def normalise(text: str, *, area_code: str | None = None) -> str:
    """Give the bare national number: `13812345678`, `03172345678`, `4001234567`.

    Blanks, hyphens, brackets, invisible marks and +86/0086/86 fall away; a landline typed without its area code gets
    `area_code` (such as `0317`) where one is given. Refuses `phone.extension`, `phone.several` (two numbers),
    `phone.zero_lost` (an area code without its zero) and `phone.shape` for everything else.
    """
    typed = visible(text).strip()
    if _EXTENSION.search(typed):
        raise PhoneExtension
    _only(typed, area_code)
    groups = _NOISE.sub(" ", typed.removeprefix("+").removeprefix("＋")).split()
    if not groups or not all(_DIGITS.fullmatch(group) for group in groups):
        raise PhoneShape
    foreign = typed[0] in "+＋"
    national, stripped = _without_country(groups, foreign=foreign)
    number = _national("".join(national), stripped=stripped)
    if number is None or not _SERVICE.fullmatch(number):
        for head in accumulate(national[:-1]):
            if _national(head, stripped=stripped) or (number is None and _LOCAL.fullmatch(head)):
                raise PhoneExtension
    if number is not None:
        return number
    digits = "".join(national)
    if not stripped and area_code is not None and _LOCAL.fullmatch(digits):
        return area_code + digits
    if not stripped and _LANDLINE.fullmatch("0" + digits):
        raise PhoneZeroLost
    raise PhoneShape


def _only(typed: str, area_code: str | None) -> None:
    """Refuse `phone.several` where two numbers stand side by side, with whatever between them."""
    parts = [part for part in _BREAK.split(typed) if len("".join(_DIGITS.findall(part))) >= 7]
    if len(parts) < 2:
        parts = [
            part
            for part in typed.split()
            if _national(_NOISE.sub("", part), stripped=False) or (area_code and _LOCAL.fullmatch(part))
        ]
        if len(parts) < 2:
            return
    raise PhoneSeveral


def _without_country(groups: list[str], *, foreign: bool) -> tuple[list[str], bool]:
    """Return the groups of digits without the country code of China, and whether there was one."""
    digits = "".join(groups)
    if digits.startswith("0086"):
        return _cut(groups, 4), True
    if digits.startswith("86") and (foreign or len(digits) > 11):
        return _cut(groups, 2), True
    if foreign:
        raise PhoneShape
    return groups, False


def _cut(groups: list[str], length: int) -> list[str]:
    rest = list(groups)
    while length:
        head = rest[0][:length]
        rest[0] = rest[0][length:]
        length -= len(head)
        if not rest[0]:
            rest.pop(0)
            if not rest:
                raise PhoneShape
    return rest


def _national(digits: str, *, stripped: bool) -> str | None:
    """Return a complete national number, or None; after a country code the area code has no zero."""
    if re.fullmatch(r"01[3-9][0-9]{9}", digits):
        return digits[1:]  # a mobile dialled from another city
    for shape in (_MOBILE, _LANDLINE, _SERVICE):
        if shape.fullmatch(digits):
            return digits
    if stripped and _LANDLINE.fullmatch("0" + digits):
        return "0" + digits
    return None


def is_mobile(number: str) -> bool:
    """Tell whether a normalised number can receive a text message."""
    return _MOBILE.fullmatch(number) is not None


def mask(number: str) -> str:
    """Show a normalised number as lists may show it: `138****5678`, `0317***5678`."""
    head = 3 if len(number) < 12 and not number.startswith("0") else 4
    return number[:head] + "*" * (len(number) - head - 4) + number[-4:]
