"""When nobody can come: the smallest change that would help, found by the routing engine, in the desk's words.

The engine knows visits, workers and clocks (`routing.relax`); which company may be asked, and why another may not, is
known here. What is gentle comes before what is hard: an elder who waits a little before a company that is asked twice,
a worker's longer day before a contract, and somebody without the certificate at the very end.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dispatch.matching.fleet import crew
from dispatch.matching.fleet.candidates import Companies
from dispatch.matching.fleet.day import Ask, Day
from providers.catalogue.model import Skill
from routing.explanation import relax, relax_pair, relaxation
from routing.explanation.relax import Limits
from routing.explanation.relax_pair import VisitPair
from routing.explanation.relaxation import ChangeKind
from routing.model import problem


class RelaxationChange(StrEnum):
    """What would have to give way, the least first."""

    LATER = "later"  # arrive some minutes after the latest arrival asked for
    EARLIER = "earlier"
    ANY_SEX = "any_sex"
    ASK_AGAIN = "ask_again"  # a company that refused or was silent
    BREAK_LATER = "break_later"
    BREAK_EARLIER = "break_earlier"
    OVERTIME = "overtime"  # the worker's shift ends later
    EARLY_START = "early_start"
    LONGER_DAY = "longer_day"  # the worker works longer than the day's limit
    RAISE_CAPACITY = "raise_capacity"
    EXTEND_CONTRACT = "extend_contract"
    UNBAR = "unbar"
    RENEW_CERTIFICATE = "renew_certificate"
    OTHER_SKILL = "other_skill"  # somebody is free, but not certified
    OPEN_SITE = "open_site"
    EXTRA_WORKER = "extra_worker"  # one more worker like one there is


NAMES: dict[ChangeKind, RelaxationChange] = {
    ChangeKind.LATER: RelaxationChange.LATER,
    ChangeKind.EARLIER: RelaxationChange.EARLIER,
    ChangeKind.ANY_SEX: RelaxationChange.ANY_SEX,
    ChangeKind.BREAK_LATER: RelaxationChange.BREAK_LATER,
    ChangeKind.BREAK_EARLIER: RelaxationChange.BREAK_EARLIER,
    ChangeKind.OVERTIME: RelaxationChange.OVERTIME,
    ChangeKind.EARLY_START: RelaxationChange.EARLY_START,
    ChangeKind.LONGER_DAY: RelaxationChange.LONGER_DAY,
    ChangeKind.UNBAR: RelaxationChange.UNBAR,
    ChangeKind.CERTIFICATE: RelaxationChange.RENEW_CERTIFICATE,
    ChangeKind.SKILL: RelaxationChange.OTHER_SKILL,
    ChangeKind.OPEN_SITE: RelaxationChange.OPEN_SITE,
    ChangeKind.EXTRA_WORKER: RelaxationChange.EXTRA_WORKER,
}
ELDERS, WORKERS, LAST = (
    Limits(order=(ChangeKind.LATER, ChangeKind.EARLIER, ChangeKind.ANY_SEX)),
    Limits(
        order=(
            ChangeKind.BREAK_LATER,
            ChangeKind.BREAK_EARLIER,
            ChangeKind.OVERTIME,
            ChangeKind.EARLY_START,
            ChangeKind.LONGER_DAY,
        )
    ),
    Limits(
        order=(
            ChangeKind.UNBAR,
            ChangeKind.CERTIFICATE,
            ChangeKind.SKILL,
            ChangeKind.OPEN_SITE,
            ChangeKind.EXTRA_WORKER,
        )
    ),
)
EVERYTHING = Limits(order=tuple(NAMES))


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The change that is hardest to have, with what it would bring: a worker's number, minutes where it is about time.

    Where it takes more than one change, `parameters["with"]` names the others.
    """

    change: RelaxationChange
    parameters: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the relaxation for the record and the event."""
        return {"change": self.change, **self.parameters}


def smallest(
    day: Day, ask: Ask, *, now: datetime, companies: Companies, taken: Collection[int] = ()
) -> Relaxation | None:
    """Return the first change, in the order of `Change`, with which somebody could come; None: nothing would help.

    Workers whose numbers are `taken` are booked in a way that the day does not show, and never come.
    """
    day.advance(now)
    out = frozenset(place for place, number in enumerate(day.numbers) if number in taken)
    may = frozenset(day.allowed(companies))
    for limits, more, change in _steps(companies, EVERYTHING if ask.persons == 1 else None):
        wider = frozenset(place for place, number in enumerate(day.company_numbers) if number in more)
        if change is not None and not wider:
            continue
        found = _look(day, ask, may if change is None else wider, replace(limits, out=out))
        if found is not None:
            return _told(day, found, change)
    return None


def _steps(
    companies: Companies, everything: Limits | None
) -> Iterator[tuple[Limits, frozenset[int], RelaxationChange | None]]:
    """Yield what is tried, the gentlest first: limits for those who may be asked, or other companies without any."""
    nobody, nothing = frozenset[int](), Limits(order=())
    yield ELDERS, nobody, None
    yield nothing, companies.asked, RelaxationChange.ASK_AGAIN
    yield WORKERS, nobody, None
    yield nothing, companies.full, RelaxationChange.RAISE_CAPACITY
    yield nothing, companies.uncovered, RelaxationChange.EXTEND_CONTRACT
    yield LAST, nobody, None
    if everything is not None:
        yield everything, nobody, None


def _look(day: Day, ask: Ask, allowed: frozenset[int], limits: Limits) -> relaxation.Relaxation | None:
    if ask.persons == 1:
        return relax.smallest(day.board, day.board.add(_visit(day, ask, allowed, limits)), limits)
    found = []
    for company in sorted(allowed):  # an offer is put to one company
        visit = _visit(day, ask, [company], limits)
        pair = VisitPair(day.board.add(visit), day.board.add(visit))
        one = relax_pair.smallest(day.board, pair, limits)
        found += [] if one is None else [one]
    return min(found, key=lambda one: one.size(limits.order), default=None)


def _visit(day: Day, ask: Ask, allowed: Iterable[int], limits: Limits) -> problem.Visit:
    visit = day.visit(ask, allowed)
    return replace(visit, excluded=visit.excluded | limits.out, preferred=visit.preferred - limits.out)


def _told(day: Day, found: relaxation.Relaxation, company: RelaxationChange | None) -> Relaxation:
    numbers = [day.numbers[place.worker] for place in found.places if place.worker < len(day.numbers)]
    who: dict[str, Any] = {"worker": numbers[0]} if numbers else {}
    if company is not None:
        return Relaxation(company, {"company": day.company_of[found.places[0].worker], **who})
    changes = [Relaxation(NAMES[one.kind], _parameters(day, one)) for one in found.changes]
    changes.sort(key=lambda one: list(RelaxationChange).index(one.change))
    *others, hardest = changes
    more = [one.as_json() for one in others if one != hardest]  # both of two visits are eased alike: said once
    return Relaxation(hardest.change, {**hardest.parameters, **who, **({"with": more} if more else {})})


def _parameters(day: Day, change: relaxation.Change) -> dict[str, Any]:
    """Say how much, and whose where it is not the worker who would come."""
    if change.kind in {ChangeKind.SKILL, ChangeKind.CERTIFICATE}:
        return {"skills": ",".join(skill for skill in Skill if crew.skill_bits({skill}) & change.amount)}
    if change.kind is ChangeKind.EXTRA_WORKER:
        return {"like": day.numbers[change.amount]}
    return {"minutes": change.minutes} if change.amount else {}
