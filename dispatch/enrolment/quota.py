"""Arithmetic of the monthly quota, in fen: a month's grant, a service's share, and the carry at the end."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from kit.money import half_up


@dataclass(frozen=True, slots=True)
class Share:
    """One price split between the public quota and the elder; the two sum to the price."""

    held_fen: int
    own_fen: int
    missing_fen: int  # what the quota would have borne had it been there


@dataclass(frozen=True, slots=True)
class Rest:
    """The split of the money left in a month's wallet; the two amounts sum to it."""

    carry_fen: int
    expire_fen: int


def first_of(month: str) -> date:
    """Return the first day of a month written `2026-03`."""
    return date.fromisoformat(f"{month}-01")


def last_of(month: str) -> date:
    """Return the last day of a month written `2026-03`."""
    first = first_of(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def following(month: str) -> str:
    """Return the month after."""
    return f"{last_of(month) + timedelta(days=1):%Y-%m}"


def preceding(month: str) -> str:
    """Return the month before."""
    return f"{first_of(month) - timedelta(days=1):%Y-%m}"


def pro_rata(monthly: int, month: str, *, first_day: date | None = None, last_day: date | None = None) -> int:
    """Grant a month by its calendar days in which the elder is enrolled, both ends included, rounded half up.

    A first day before the month or a last day after it cuts nothing; days outside the month altogether leave 0.
    """
    begin, end = first_of(month), last_of(month)
    start = begin if first_day is None else max(begin, first_day)
    stop = end if last_day is None else min(end, last_day)
    days = max(0, (stop - start).days + 1)
    return half_up(monthly * days, end.day)


def share(price_fen: int, copay_percent: int, free_fen: int) -> Share:
    """Split a price: the elder's ordinary co-payment, then as much of the rest as the quota still has."""
    public = price_fen - half_up(price_fen * copay_percent, 100)
    held = min(public, free_fen)
    return Share(held_fen=held, own_fen=price_fen - held, missing_fen=public - held)


def rest(free_fen: int, granted_fen: int, carried_out_fen: int, month: str, carry_percent: int) -> Rest:
    """Divide what is free when a month is over: up to a percentage of its own grant is carried once, the rest expires.

    Money carried in is taken to be spent first, so it is never carried a second time; a December carries nothing,
    because quotas end with the fiscal year. `carried_out_fen` is what the month has carried already (money set free
    later shares the same ceiling).
    """
    ceiling = 0 if month.endswith("-12") else granted_fen * carry_percent // 100
    carry = max(0, min(free_fen, ceiling - carried_out_fen))
    return Rest(carry_fen=carry, expire_fen=free_fen - carry)
