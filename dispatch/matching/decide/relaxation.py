"""The smallest change with which somebody could serve a request that nobody can serve (`routing.relax`).

The engine covers visits, workers and times; this module adds the companies: which may be asked, and why others may not.
Mild changes are tried first: a later arrival, then a company that was asked before, then a longer working day, then
capacity and contracts, and a worker without the certificate last.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from dispatch.matching.fleet import crew
from dispatch.matching.fleet.candidates import Companies
from dispatch.matching.fleet.day import Day
from dispatch.matching.fleet.demand import Demand
from providers.catalogue.model import Skill
from routing.explanation import relax, relax_pair, relaxation
from routing.explanation.relax import Limits
from routing.explanation.relax_pair import VisitPair
from routing.explanation.relaxation import ChangeKind
from routing.model import problem


class RelaxationChange(StrEnum):
    """The changes that could make a request servable, the mildest first."""

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
    """The hardest change that is needed, with its parameters: a worker's number, a company's number, minutes.

    If more than one change is needed, `parameters["with"]` lists the others.
    """

    change: RelaxationChange
    parameters: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the relaxation for the record and the event."""
        return {"change": self.change, **self.parameters}


def smallest(
    day: Day, demand: Demand, *, now: datetime, companies: Companies, taken: Collection[int] = ()
) -> Relaxation | None:
    """Return the mildest change, in the order of `_steps`, with which somebody could come; None: no change helps.

    Workers whose numbers are `taken` have a booking that the day does not show; they are left out.
    """
    day.advance(now)
    out = frozenset(place for place, number in enumerate(day.numbers) if number in taken)
    may = frozenset(day.allowed(companies))
    for limits, more, change in _steps(companies, EVERYTHING if demand.persons == 1 else None):
        wider = frozenset(place for place, number in enumerate(day.company_numbers) if number in more)
        if change is not None and not wider:
            continue
        engine_result = _look(day, demand, may if change is None else wider, replace(limits, out=out))
        if engine_result is not None:
            return _as_relaxation(day, engine_result, change)
    return None


def _steps(
    companies: Companies, everything: Limits | None
) -> Iterator[tuple[Limits, frozenset[int], RelaxationChange | None]]:
    """Yield the attempts, mildest first: engine limits for the allowed companies, or other companies without limits."""
    nobody, nothing = frozenset[int](), Limits(order=())
    yield ELDERS, nobody, None
    yield nothing, companies.asked, RelaxationChange.ASK_AGAIN
    yield WORKERS, nobody, None
    yield nothing, companies.full, RelaxationChange.RAISE_CAPACITY
    yield nothing, companies.uncovered, RelaxationChange.EXTEND_CONTRACT
    yield LAST, nobody, None
    if everything is not None:
        yield everything, nobody, None


def _look(day: Day, demand: Demand, allowed: frozenset[int], limits: Limits) -> relaxation.Relaxation | None:
    if demand.persons == 1:
        return relax.smallest(day.board, day.board.add(_visit(day, demand, allowed, limits)), limits)
    results = []
    for company in sorted(allowed):  # both workers of an offer belong to one company
        visit = _visit(day, demand, [company], limits)
        pair = VisitPair(day.board.add(visit), day.board.add(visit))
        result = relax_pair.smallest(day.board, pair, limits)
        results += [] if result is None else [result]
    return min(results, key=lambda result: result.size(limits.order), default=None)


def _visit(day: Day, demand: Demand, allowed: Iterable[int], limits: Limits) -> problem.Visit:
    visit = day.visit(demand, allowed)
    return replace(visit, excluded=visit.excluded | limits.out, preferred=visit.preferred - limits.out)


def _as_relaxation(day: Day, result: relaxation.Relaxation, company: RelaxationChange | None) -> Relaxation:
    numbers = [day.numbers[place.worker] for place in result.places if place.worker < len(day.numbers)]
    who: dict[str, Any] = {"worker": numbers[0]} if numbers else {}
    if company is not None:
        return Relaxation(company, {"company": day.company_of[result.places[0].worker], **who})
    changes = [Relaxation(NAMES[change.kind], _parameters(day, change)) for change in result.changes]
    changes.sort(key=lambda relaxed: list(RelaxationChange).index(relaxed.change))
    *others, hardest = changes
    # The two visits of a pair have the same change: list it once.
    more = [other.as_json() for other in others if other != hardest]
    return Relaxation(hardest.change, {**hardest.parameters, **who, **({"with": more} if more else {})})


def _parameters(day: Day, change: relaxation.Change) -> dict[str, Any]:
    """Return a change's amount: skills, minutes, or the number of the worker to add one like."""
    if change.kind in {ChangeKind.SKILL, ChangeKind.CERTIFICATE}:
        return {"skills": ",".join(skill for skill in Skill if crew.skill_bits({skill}) & change.amount)}
    if change.kind is ChangeKind.EXTRA_WORKER:
        return {"like": day.numbers[change.amount]}
    return {"minutes": change.minutes} if change.amount else {}
