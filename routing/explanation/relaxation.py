"""The changes that make a visit possible, and the problem as it is after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from routing.model import plan as plans
from routing.model.plan import Plan
from routing.model.problem import Break, Link, Problem, Sex, Shift, Visit, Window, Worker


class ChangeKind(StrEnum):
    """The kind of a change, in the default order: the mildest first."""

    LATER = "later"  # the visit may begin some minutes after its latest
    EARLIER = "earlier"
    LINK = "link"  # the two visits of a pair lie farther apart
    OTHER_LATER = "other_later"  # another visit of the worker begins later than it may, or than promised
    OTHER_EARLIER = "other_earlier"
    ANY_SEX = "any_sex"
    BREAK_LATER = "break_later"
    BREAK_EARLIER = "break_earlier"
    OVERTIME = "overtime"  # the shift ends later
    EARLY_START = "early_start"
    LONGER_DAY = "longer_day"  # the worker works longer than the limit of the day
    HEAVIER = "heavier"
    FARTHER = "farther"  # from the worker's base than the worker goes
    QUOTA = "quota"  # the company wins more than it may
    CONTRACT = "contract"  # the company serves what its contract does not cover
    UNBAR = "unbar"
    CERTIFICATE = "certificate"  # one that has lapsed is renewed
    SKILL = "skill"  # a worker without the skill comes
    OPEN_SITE = "open_site"
    EXTRA_WORKER = "extra_worker"  # one more worker like one there is


class Change(NamedTuple):
    """One change, and by how much.

    `amount` is seconds (whole minutes, except where a promise moves), metres for FARTHER, units for HEAVIER, visits for
    QUOTA, a bit set for SKILL and CERTIFICATE, the worker copied for EXTRA_WORKER. The rest says whose, −1 where it
    does not apply: a visit and its window, or a worker, the shift and the break (`rest`), or a company.
    """

    kind: ChangeKind
    amount: int = 0
    visit: int = -1
    window: int = -1
    worker: int = -1
    shift: int = -1
    rest: int = -1
    company: int = -1

    @property
    def minutes(self) -> int:
        """Give the amount of a change in time, in minutes, rounded up."""
        return -(-self.amount // 60)


class Place(NamedTuple):
    """Where a visit goes: before the stop at `position` (breaks counted) of a worker's shift."""

    visit: int
    worker: int
    shift: int
    position: int


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Changes with which a visit (or both of a pair) can be made, and where it then goes; see `applied`."""

    changes: tuple[Change, ...]
    places: tuple[Place, ...]

    def kinds(self) -> tuple[ChangeKind, ...]:
        """Return the kinds of the changes."""
        return tuple(change.kind for change in self.changes)

    def renumbered(self, visits: Mapping[int, int], workers: Mapping[int, int]) -> "Relaxation":
        """Give the same in other numbers."""
        changes = tuple(
            change._replace(
                amount=workers[change.amount] if change.kind is ChangeKind.EXTRA_WORKER else change.amount,
                visit=visits[change.visit] if change.visit >= 0 else -1,
                worker=workers[change.worker] if change.worker >= 0 else -1,
            )
            for change in self.changes
        )
        places = tuple(place._replace(visit=visits[place.visit], worker=workers[place.worker]) for place in self.places)
        return Relaxation(changes, places)

    def size(self, order: Sequence[ChangeKind]) -> tuple[int, list[int], list[int], tuple[Place, ...]]:
        """Return a sort key: fewer changes, then milder ones by `order`, then smaller amounts, then lower numbers."""
        ranked = sorted(((order.index(change.kind), change) for change in self.changes), reverse=True)
        amounts = [0 if change.kind is ChangeKind.EXTRA_WORKER else change.amount for _, change in ranked]
        return len(self.changes), [rank for rank, _ in ranked], amounts, self.places


def applied(problem: Problem, plan: Plan, relaxation: Relaxation) -> tuple[Problem, Plan]:
    """Make the changes: the problem as it then is, and the plan with the visit in it, timed as early as it can be."""
    orders = plan.sequences
    for change in relaxation.changes:
        if change.kind is ChangeKind.EXTRA_WORKER:
            orders += [[] for _ in problem.workers[change.amount].shifts]
        problem = _changed(problem, change)
    for place in relaxation.places:
        order = orders[problem.first_row[place.worker] + place.shift]
        order.insert(place.position, place.visit)
    return problem, plans.build(problem, orders)


def _changed(problem: Problem, change: Change) -> Problem:
    if change.kind is ChangeKind.EXTRA_WORKER:
        return replace(problem, workers=(*problem.workers, problem.workers[change.amount]))
    if change.kind is ChangeKind.LINK:
        links = tuple(_farther(link, change) for link in problem.links)
        return replace(problem, links=links)
    if change.kind is ChangeKind.QUOTA:
        companies = list(problem.companies)
        old = companies[change.company]
        companies[change.company] = replace(old, quota_visits=(old.quota_visits or 0) + change.amount)
        return replace(problem, companies=tuple(companies))
    if change.visit >= 0:
        visits = list(problem.visits)
        visits[change.visit] = _eased(visits[change.visit], change)
        return replace(problem, visits=tuple(visits))
    workers = list(problem.workers)
    workers[change.worker] = _stretched(workers[change.worker], change)
    return replace(problem, workers=tuple(workers))


def _farther(link: Link, change: Change) -> Link:
    if change.visit not in {link.first, link.second}:
        return link
    return replace(
        link,
        gap_min_seconds=link.gap_min_seconds - change.amount,
        gap_max_seconds=link.gap_max_seconds + change.amount,
    )


def _eased(visit: Visit, change: Change) -> Visit:
    """Change what a visit asks for."""
    if change.kind is ChangeKind.ANY_SEX:
        return replace(visit, sex=Sex.UNSTATED)
    if change.kind is ChangeKind.CONTRACT:
        return replace(visit, companies=(visit.companies or frozenset()) | {change.company})
    if change.kind is ChangeKind.UNBAR:
        return replace(visit, excluded=visit.excluded - {change.worker})
    later = change.kind in {ChangeKind.LATER, ChangeKind.OTHER_LATER}
    if visit.frozen is not None:
        start = visit.frozen.start_seconds + (change.amount if later else -change.amount)
        return replace(visit, frozen=replace(visit.frozen, start_seconds=start))
    return replace(visit, windows=widened(visit.windows, change.window, change.amount, later=later))


def widened(windows: Sequence[Window], at: int, seconds: int, *, later: bool) -> tuple[Window, ...]:
    """Widen one of a visit's windows at its end or its beginning; windows that then touch become one."""
    out: list[Window] = []
    for number, window in enumerate(windows):
        earliest, latest = window.earliest_seconds, window.latest_seconds
        if number == at and later:
            latest += seconds
        elif number == at:
            earliest = max(0, earliest - seconds)
        while out and out[-1].latest_seconds >= earliest:
            before = out.pop()
            earliest, latest = min(before.earliest_seconds, earliest), max(before.latest_seconds, latest)
        out.append(Window(earliest_seconds=earliest, latest_seconds=latest))
    return tuple(out)


def _stretched(worker: Worker, change: Change) -> Worker:
    """Change what a worker may and can do."""
    if change.kind is ChangeKind.OPEN_SITE:
        return replace(worker, site_closed=False)
    if change.kind in {ChangeKind.SKILL, ChangeKind.CERTIFICATE}:
        return replace(worker, skills=worker.skills | change.amount)
    if change.kind is ChangeKind.FARTHER:
        return replace(worker, reach_metres=(worker.reach_metres or 0) + change.amount)
    if change.kind is ChangeKind.LONGER_DAY:
        return replace(worker, max_work_seconds=(worker.max_work_seconds or 0) + change.amount)
    if change.kind is ChangeKind.HEAVIER:
        return replace(worker, capacity=(worker.capacity or 0) + change.amount)
    shifts = list(worker.shifts)
    shifts[change.shift] = _longer(shifts[change.shift], change)
    return replace(worker, shifts=tuple(shifts))


def _longer(shift: Shift, change: Change) -> Shift:
    if change.kind is ChangeKind.OVERTIME:
        return replace(shift, end_seconds=shift.end_seconds + change.amount)
    if change.kind is ChangeKind.EARLY_START:
        return replace(shift, start_seconds=max(0, shift.start_seconds - change.amount))
    rests: list[Break] = list(shift.breaks)
    rest = rests[change.rest]
    if change.kind is ChangeKind.BREAK_LATER:
        rests[change.rest] = replace(rest, latest_seconds=rest.latest_seconds + change.amount)
    else:
        rests[change.rest] = replace(rest, earliest_seconds=max(0, rest.earliest_seconds - change.amount))
    return replace(shift, breaks=tuple(rests))
