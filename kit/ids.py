"""Identifiers: UUID version 7 for machines, short case numbers with a check digit for people."""

import os
import threading
import time
from uuid import UUID

from kit.refusal import Refusal

_lock = threading.Lock()
_last_tick = 0


def new_id() -> UUID:
    """Make a UUIDv7 (RFC 9562, method 3: millisecond plus a 12-bit fraction), rising within this process."""
    global _last_tick  # noqa: PLW0603 - the only state is the last tick, and it must be shared to stay monotonic
    with _lock:
        tick = time.time_ns() * 4096 // 1_000_000
        tick = max(tick, _last_tick + 1)
        _last_tick = tick
    milliseconds, fraction = divmod(tick, 4096)
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | tail)


class CaseNumberInvalid(Refusal):
    """The check digit of the case number is wrong."""

    code = "case_number.invalid"


def case_number(number: int) -> str:
    """Write a row's number as people say it: at least seven digits and a check digit at the end.

    The check digit (Luhn) catches every single wrong digit and nearly every swap of neighbours.
    """
    digits = f"{number:07d}"
    return f"{digits}{_luhn(digits)}"


def read_case_number(text: str) -> int:
    """Read a spoken case number back to the row's number; refuse `case_number.invalid` on a wrong check digit."""
    digits = "".join(text.split()).replace("-", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) < 8 or _luhn(digits[:-1]) != int(digits[-1]):
        raise CaseNumberInvalid(given=text[:20])
    return int(digits[:-1])


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10
