"""When nobody can come: the smallest change that would help, found by making it and looking again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dispatch.matching.day import Ask, Day
from dispatch.matching.decision import Companies
from providers.catalogue.model import Skill

MOST_MINUTES = 240
"""Nobody is asked to wait longer, or to be up earlier, than this."""


class Change(StrEnum):
    """What would have to give way, the least first."""

    LATER = "later"  # arrive some minutes after the latest arrival asked for
    EARLIER = "earlier"
    ANY_SEX = "any_sex"
    ASK_AGAIN = "ask_again"  # a company that refused or was silent
    RAISE_CAPACITY = "raise_capacity"
    EXTEND_CONTRACT = "extend_contract"
    UNBAR = "unbar"
    OTHER_SKILL = "other_skill"  # somebody is free, but not certified


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change with what it would bring: a worker's number, and how many minutes where it is about time."""

    change: Change
    parameters: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the relaxation for the record and the event."""
        return {"change": self.change, **self.parameters}


def smallest(
    day: Day, ask: Ask, *, now: datetime, companies: Companies, shares: Mapping[int, int]
) -> Relaxation | None:
    """Return the first change, in the order of `Change`, with which somebody could come; None: nothing helps alone."""

    def comes(eased: Ask, out: Companies = companies) -> int | None:
        options = day.find(eased, now=now, companies=out, shares=shares).options
        return options[0].worker if options else None

    for change, moved in ((Change.LATER, _later), (Change.EARLIER, _earlier)):
        found = _least(lambda minutes: comes(moved(ask, minutes, now)))  # noqa: B023 - called in this round only
        if found is not None:
            return Relaxation(change, {"minutes": found[0], "worker": found[1]})
    for change, eased, out in _eased(ask, companies):
        worker = comes(eased, out)
        if worker is not None:
            return Relaxation(change, {"worker": worker})
    return None


def _later(ask: Ask, minutes: int, _now: datetime) -> Ask:
    return replace(ask, latest=ask.latest + timedelta(minutes=minutes))


def _earlier(ask: Ask, minutes: int, now: datetime) -> Ask:
    return replace(ask, earliest=max(ask.earliest - timedelta(minutes=minutes), min(now, ask.earliest)))


def _least(who: Callable[[int], int | None]) -> tuple[int, int] | None:
    """Return the least whole minutes that help, and whom they bring: a wider window never keeps anybody out."""
    low, high, worker = 0, MOST_MINUTES, who(MOST_MINUTES)
    if worker is None:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        found = who(middle)
        low, high, worker = (middle, high, worker) if found is None else (low, middle, found)
    return high, worker


def _eased(ask: Ask, companies: Companies) -> Iterator[tuple[Change, Ask, Companies]]:
    none: frozenset[int] = frozenset()
    if ask.sex is not None:
        yield Change.ANY_SEX, replace(ask, sex=None), companies
    if companies.asked:
        yield Change.ASK_AGAIN, ask, replace(companies, asked=none)
    if companies.full:
        yield Change.RAISE_CAPACITY, ask, replace(companies, full=none)
    if companies.uncovered:
        yield Change.EXTEND_CONTRACT, ask, replace(companies, uncovered=none)
    if ask.barred:
        yield Change.UNBAR, replace(ask, barred=frozenset()), companies
    if ask.skill is not Skill.GENERAL:
        yield Change.OTHER_SKILL, replace(ask, skill=Skill.GENERAL), companies
