"""Bring a telephone number, however it was typed, into the one form under which it is found again."""

import re

from kit.refusal import Refusal


class PhoneShape(Refusal):
    """Neither a mobile, nor a landline with its area code, nor a 400/800 number of the mainland."""

    code = "phone.shape"


_NOISE = re.compile(r"[\s\-－—–()（）.·]+")
_COUNTRY = re.compile(r"^(?:\+|00)86")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# Area codes: 010, 02x (8-digit numbers) and four-digit 03xx to 09xx (7 or 8 digits); no number starts with 0, 1 or 9.
_LANDLINE = re.compile(r"0(?:10|2\d)[2-8]\d{7}|0[3-9]\d{2}[2-8]\d{6,7}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")


def normalise(text: str, *, area_code: str | None = None) -> str:
    """Give the bare national number: `13812345678`, `03172345678`, `4001234567`.

    Blanks, hyphens, brackets and +86/0086/86 fall away; a landline typed without its area code gets `area_code`
    (such as `0317`) where one is given. Refuses `phone.shape` for everything else, extensions included.
    """
    number = _COUNTRY.sub("", _NOISE.sub("", text))
    if not number.isascii() or not number.isdigit():
        raise PhoneShape
    if number.startswith("86") and len(number) > 11:
        number = number[2:]
    elif len(number) != len(_NOISE.sub("", text)) and number[0] in "123456789" and not _MOBILE.fullmatch(number):
        number = "0" + number  # +86 317 2345678: the country code swallowed the area code's zero
    for shape in (_MOBILE, _LANDLINE, _SERVICE):
        if shape.fullmatch(number):
            return number
    if area_code is not None and _LOCAL.fullmatch(number):
        return area_code + number
    raise PhoneShape


def is_mobile(number: str) -> bool:
    """Tell whether a normalised number can receive a text message."""
    return _MOBILE.fullmatch(number) is not None


def mask(number: str) -> str:
    """Show a normalised number as lists may show it: `138****5678`, `0317***5678`."""
    head = 3 if len(number) < 12 and not number.startswith("0") else 4
    return number[:head] + "*" * (len(number) - head - 4) + number[-4:]
