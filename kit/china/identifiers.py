"""Read the numbers that China gives everybody, every body and every place: resident ID, credit code, division code.

GB 11643-1999 (公民身份号码) with the check of ISO 7064 MOD 11-2, and GB 32100-2015 (统一社会信用代码) with the check
of GB/T 17710 MOD 31; python-stdnum computes both checks. Both reach the product by hand, by telephone and by other
offices' tables, so every fault has a reason of its own.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from kit.lookalikes import latin
from kit.refusal import Refusal


class Sex(StrEnum):
    """The two values that the 17th digit of a resident ID can say (GB/T 2261.1 codes 1 and 2)."""

    MALE = "male"
    FEMALE = "female"


class ResidentIdShape(Refusal):
    """Not 18 (or the 15 of before 1999) digits, the last of 18 possibly X."""

    code = "resident_id.shape"


class ResidentIdChecksum(Refusal):
    """The last character does not belong to the seventeen before it."""

    code = "resident_id.checksum"


class ResidentIdBirth(Refusal):
    """The eight digits of the birth day are no day."""

    code = "resident_id.birth"


class UsccShape(Refusal):
    """Not 18 characters of the code's alphabet."""

    code = "uscc.shape"


class UsccChecksum(Refusal):
    """The last character does not belong to the seventeen before it."""

    code = "uscc.checksum"


@dataclass(frozen=True, slots=True)
class ResidentId:
    """What a valid resident ID says by itself; `number` always has 18 characters, `area` is the county of issue."""

    number: str
    area: str
    born_on: date
    sex: Sex


_DIGITS = frozenset("0123456789")
_RESIDENT_CHECKS = _DIGITS | {"X"}
_USCC_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")


def resident_check(seventeen: str) -> str:
    """Return the 18th character of a resident ID (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return mod_11_2.calc_check_digit(seventeen)


def upgrade_resident_id(fifteen: str) -> str:
    """Turn a 15-digit number of before 1999 into the 18 of today; its two-digit years are all 19xx."""
    if len(fifteen) != 15 or not _DIGITS.issuperset(fifteen):
        raise ResidentIdShape
    seventeen = f"{fifteen[:6]}19{fifteen[6:]}"
    return seventeen + resident_check(seventeen)


def read_resident_id(text: str) -> ResidentId:
    """Read a resident ID of 18 or 15 characters, blanks forgiven, and what looks like its X.

    Refuses `resident_id.shape`, `resident_id.birth` (no such day) and `resident_id.checksum`. The area prefix is not
    looked up: numbers keep the county of their first issue, and counties are renamed and merged.
    """
    number = latin("".join(text.split())).upper()
    if len(number) == 15:
        number = upgrade_resident_id(number)
    if len(number) != 18 or not _DIGITS.issuperset(number[:17]) or number[17] not in _RESIDENT_CHECKS:
        raise ResidentIdShape
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise ResidentIdBirth from error
    if resident_check(number[:17]) != number[17]:
        raise ResidentIdChecksum
    return ResidentId(number, number[:6], born_on, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def compose_resident_id(*, area: str, born_on: date, sequence: int) -> str:
    """Build the valid number of a made-up person; `sequence` 0–999 is odd for a man, even for a woman."""
    seventeen = f"{area}{born_on:%Y%m%d}{sequence:03d}"
    return seventeen + resident_check(seventeen)


def mask_resident_id(number: str) -> str:
    """Show the last four characters only."""
    return "*" * (len(number) - 4) + number[-4:]


def uscc_check(seventeen: str) -> str:
    """Return the 18th character of a unified social credit code (GB 32100-2015, weights 3^i mod 31)."""
    return uscc.calc_check_digit(seventeen)


def read_uscc(text: str) -> str:
    """Read a unified social credit code; refuses `uscc.shape` and `uscc.checksum`."""
    code = latin("".join(text.split())).upper()
    if len(code) != 18 or not _USCC_ALPHABET.issuperset(code) or not _DIGITS.issuperset(code[2:8]):
        raise UsccShape
    if uscc_check(code[:17]) != code[17]:
        raise UsccChecksum
    return code


def compose_uscc(*, area: str, sequence: int) -> str:
    """Build the valid code of a made-up company; `sequence` becomes the nine characters of the organisation."""
    seventeen = f"91{area}{sequence:09d}"
    return seventeen + uscc_check(seventeen)


def age_on(born_on: date, day: date) -> int:
    """Count whole years; a person of 29 February turns a year older on 1 March of a common year."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


class DivisionCodeShape(Refusal):
    """Not 2, 4, 6, 9 or 12 digits of a division's code."""

    code = "division_code.shape"


def read_division_code(text: str) -> str:
    """Read a statistical division code (GB/T 2260, GB/T 10114, 3 digits more) of 2 to 12 digits into 12."""
    code = text.strip()
    if len(code) not in {2, 4, 6, 9, 12} or not _DIGITS.issuperset(code) or code[:2] == "00":
        raise DivisionCodeShape
    return code.ljust(12, "0")


@lru_cache(maxsize=1 << 16)  # a fleet laid out asks some hundred codes ten thousand times
def division_prefix(code: str) -> str:
    """Cut the trailing zeros of a 12-digit code by level: whatever lies in the division starts with what is left."""
    for length in (2, 4, 6, 9):
        if not code[length:].strip("0"):
            return code[:length]
    return code
