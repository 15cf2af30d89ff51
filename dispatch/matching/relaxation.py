"""When nobody can come: the smallest change that would help, found by making it and looking again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dispatch.matching.day import Ask, Day
from dispatch.matching.decision import Companies
from providers.catalogue.model import Skill

MOST_LATER = timedelta(hours=4)
MOST_EARLIER = timedelta(hours=4)


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
    for change, eased, out in _eased(ask, companies, now):
        found = day.find(eased, now=now, companies=out, shares=shares)
        if not found.options:
            continue
        starts = {option.start_seconds: option for option in sorted(found.options, reverse=True)}
        if change is Change.LATER:
            first = min(starts)
            late = day.origin + timedelta(seconds=first) - ask.latest
            return Relaxation(change, {"minutes": -(-late // timedelta(minutes=1)), "worker": starts[first].worker})
        if change is Change.EARLIER:
            last = max(starts)
            early = ask.earliest - day.origin - timedelta(seconds=last)
            return Relaxation(change, {"minutes": -(-early // timedelta(minutes=1)), "worker": starts[last].worker})
        return Relaxation(change, {"worker": found.options[0].worker})
    return None


def _eased(ask: Ask, companies: Companies, now: datetime) -> Iterator[tuple[Change, Ask, Companies]]:
    none: frozenset[int] = frozenset()
    yield Change.LATER, replace(ask, latest=ask.latest + MOST_LATER), companies
    opens = max(ask.earliest - MOST_EARLIER, now)
    if opens < ask.earliest:
        yield Change.EARLIER, replace(ask, earliest=opens), companies
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
