"""Find the smallest change with which a visit can be made: exact, gap by gap, and verified by the checker.

For one worker and one gap the obstacles are the fixed rules, the limits of the day that would be exceeded, and one time
bound (`routing.explanation.slack`). Each is a change; the relaxation of a gap is all the changes that it needs. Before
a relaxation is returned, it is applied, timed and checked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from routing.check import check
from routing.explanation.relaxation import Change, ChangeKind, Place, Relaxation, applied, widened
from routing.explanation.slack import END, START, Miss, misses, timed_shift
from routing.insertion.board import Board
from routing.model.part import Part
from routing.model.problem import Problem
from routing.model.rules import PlanRule

DEFAULT_ORDER = tuple(ChangeKind)

MOST_SECONDS = 4 * 3_600
"""The largest change of any time, in seconds: of a window, a shift or a limit of work."""

CHANGE_FOR_RULE = {
    PlanRule.SITE_CLOSED: ChangeKind.OPEN_SITE,
    PlanRule.NOT_CONTRACTED: ChangeKind.CONTRACT,
    PlanRule.COMPANY_QUOTA: ChangeKind.QUOTA,
    PlanRule.SKILL: ChangeKind.SKILL,
    PlanRule.CERTIFICATE: ChangeKind.CERTIFICATE,
    PlanRule.SEX: ChangeKind.ANY_SEX,
    PlanRule.EXCLUDED: ChangeKind.UNBAR,
}
"""The change that a rule needs in any case; REACH has none: distance or time may be the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The kinds of change that are allowed, the mildest first, and their most seconds.

    Workers who are `out` are never considered; the visit itself excludes them too.
    """

    order: tuple[ChangeKind, ...] = DEFAULT_ORDER
    most_seconds: int = MOST_SECONDS
    out: frozenset[int] = frozenset()


DEFAULT_LIMITS = Limits()


def smallest(board: Board, number: int, limits: Limits = DEFAULT_LIMITS) -> Relaxation | None:
    """Return the smallest relaxation with which a worker can make a visit that stands in no route; None: there is none.

    Fewer changes are smaller than more, then the order of `limits` decides, then the amounts, then the lower numbers.
    It has no change if the visit can be made as it is. Numbers are the board's; an extra worker has the number after
    the last.
    """
    verdict = board.evaluate(number, best=1, exhaustive=True)
    if verdict.candidates:
        candidate = verdict.candidates[0]
        return Relaxation((), (Place(number, candidate.worker, candidate.shift, candidate.position),))
    for kind in takewhile({ChangeKind.LATER, ChangeKind.EARLIER}.__contains__, limits.order):
        workers = _first_by_the_clock(board, number, kind, limits)
        if workers:  # every other worker needs a larger change of the mildest kind, or a harder kind
            return _best_of(board, number, workers, limits, verdict.rules.tolist())
    return _best_of(board, number, range(board.worker_count), limits, verdict.rules.tolist())


def _first_by_the_clock(board: Board, number: int, kind: ChangeKind, limits: Limits) -> list[int]:
    """Find, by bisection, the workers who can come when a window of the visit is widened by the fewest minutes."""
    visit = board.visit(number)

    def who(window: int, minutes: int) -> list[int]:
        windows = widened(visit.windows, window, 60 * minutes, later=kind is ChangeKind.LATER)
        rules = board.evaluate(board.add(replace(visit, windows=windows)), best=1, exhaustive=True).rules
        return np.flatnonzero(rules == PlanRule.NONE).tolist()

    most = limits.most_seconds // 60
    least, workers = most + 1, list[int]()
    for window in range(len(visit.windows)):
        low, high = 0, min(least, most)
        if not who(window, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if who(window, middle) else (middle, high)
        workers = sorted({*(workers if high == least else ()), *who(window, high)})
        least = high
    return workers


def _best_of(
    board: Board, number: int, workers: Iterable[int], limits: Limits, rules: Sequence[int]
) -> Relaxation | None:
    """Return the smallest relaxation over some workers; those kept out by time alone are tried first.

    A worker whose rule needs a harder change than the best so far is skipped.
    """
    best: Relaxation | None = None
    for worker in sorted(set(workers) - limits.out, key=lambda worker: (rules[worker] in CHANGE_FOR_RULE, worker)):
        needed = CHANGE_FOR_RULE.get(PlanRule(rules[worker]))
        if needed is not None and needed not in limits.order:
            continue
        alone = best.changes[0].kind if best is not None and len(best.changes) == 1 else None
        if needed is not None and alone is not None and limits.order.index(needed) > limits.order.index(alone):
            continue
        best = for_worker(board, number, worker, limits, below=best) or best
    return best


def for_worker(
    board: Board, number: int, worker: int, limits: Limits = DEFAULT_LIMITS, *, below: Relaxation | None = None
) -> Relaxation | None:
    """Return the smallest relaxation with which one worker, or a second one just like that, can make a visit.

    `below`: only one that is smaller than that is looked for.
    """
    part = board.part([worker], [number])
    index = part.visits.index(number)
    visits, people = dict(enumerate(part.visits)), {0: worker, 1: board.worker_count}
    smaller = {relaxation: relaxation.renumbered(visits, people) for relaxation in options(part, index, limits)}
    for relaxation in sorted(smaller, key=lambda option: smaller[option].size(limits.order)):
        whole = smaller[relaxation]
        if below is not None and whole.size(limits.order) >= below.size(limits.order):
            return None
        if holds(part, relaxation):
            return whole
    return None


def options(part: Part, visit: int, limits: Limits = DEFAULT_LIMITS) -> Iterator[Relaxation]:
    """Yield what every gap of a part's only worker needs, and of a second worker like that; numbers are the part's."""
    problem, orders = part.problem, part.plan.sequences
    yield from _gaps(part, problem, orders, visit, 0, (), limits)
    if ChangeKind.EXTRA_WORKER in limits.order:
        more = replace(problem, workers=(*problem.workers, problem.workers[0]))
        empty = [[-1 - k for k in range(len(shift.breaks))] for shift in problem.workers[0].shifts]
        extra = Change(ChangeKind.EXTRA_WORKER, amount=0)
        yield from _gaps(part, more, [*orders, *empty], visit, 1, (extra,), limits)


def holds(part: Part, relaxation: Relaxation) -> bool:
    """Return whether the visits are served after the changes and no rule is newly broken."""
    problem, plan = applied(part.problem, part.plan, relaxation)
    served = not {place.visit for place in relaxation.places} & set(plan.unserved)
    return served and len(check(problem, plan).violations) <= len(check(part.problem, part.plan).violations)


def _gaps(
    part: Part,
    problem: Problem,
    orders: Sequence[Sequence[int]],
    visit: int,
    worker: int,
    before: tuple[Change, ...],
    limits: Limits,
) -> Iterator[Relaxation]:
    always = (*before, *fixed(problem, visits_by_company(problem, orders), visit, worker))
    if any(change.kind not in limits.order for change in always):
        return
    first, after = problem.first_row[worker], problem.first_row[worker + 1]
    laid = {row: timed_shift(problem, row, orders[row]) for row in range(first, after)}
    worked = {row: timed.worked_seconds if max(orders[row], default=-1) >= 0 else 0 for row, timed in laid.items()}
    who = problem.workers[worker]
    for row in range(first, after):
        shift = row - first
        for position in range(laid[row].begun, len(orders[row]) + 1):
            order = [*orders[row][:position], visit, *orders[row][position:]]
            tried = timed_shift(problem, row, order)
            changes = list(always)
            more = sum(worked.values()) - worked[row] + tried.worked_seconds - (who.max_work_seconds or 0)
            if who.max_work_seconds is not None and more > 0:
                changes.append(Change(ChangeKind.LONGER_DAY, _minutes(more), worker=worker))
            if who.capacity is not None and tried.load > who.capacity:
                changes.append(Change(ChangeKind.HEAVIER, tried.load - who.capacity, worker=worker))
            place = Place(visit, worker, shift, position)
            missed = misses(tried.steps, tried.free_seconds)
            if missed is None:
                yield from _allowed(Relaxation(tuple(changes), (place,)), limits)
            for miss in missed or ():
                change = _change(part, problem, place, miss)
                if change is not None:
                    yield from _allowed(Relaxation((*changes, change), (place,)), limits)


def _allowed(relaxation: Relaxation, limits: Limits) -> Iterator[Relaxation]:
    timed = {
        ChangeKind.QUOTA,
        ChangeKind.SKILL,
        ChangeKind.CERTIFICATE,
        ChangeKind.HEAVIER,
        ChangeKind.FARTHER,
        ChangeKind.EXTRA_WORKER,
    }
    if all(
        change.kind in limits.order and (change.kind in timed or change.amount <= limits.most_seconds)
        for change in relaxation.changes
    ):
        yield relaxation


def visits_by_company(problem: Problem, orders: Sequence[Sequence[int]]) -> Counter[int]:
    """Count the visits of each company."""
    return Counter(
        problem.workers[worker].company
        for (worker, _), order in zip(problem.rows, orders, strict=True)
        for number in order
        if number >= 0
    )


def fixed(problem: Problem, awarded: Mapping[int, int], visit: int, worker: int) -> Iterator[Change]:
    """Yield the changes that a visit and a worker need whatever the timetable says; `awarded` are visits by company."""
    wanted, who = problem.visits[visit], problem.workers[worker]
    company = problem.companies[who.company]
    if who.site_closed:
        yield Change(ChangeKind.OPEN_SITE, worker=worker)
    if wanted.companies is not None and who.company not in wanted.companies:
        yield Change(ChangeKind.CONTRACT, visit=visit, company=who.company)
    if company.quota_visits is not None and awarded[who.company] >= company.quota_visits:
        yield Change(ChangeKind.QUOTA, awarded[who.company] + 1 - company.quota_visits, company=who.company)
    missing = wanted.skills & ~who.skills
    if missing & ~who.lapsed_skills:
        yield Change(ChangeKind.SKILL, missing & ~who.lapsed_skills, worker=worker)
    if missing & who.lapsed_skills:
        yield Change(ChangeKind.CERTIFICATE, missing & who.lapsed_skills, worker=worker)
    if wanted.sex and who.sex != wanted.sex:
        yield Change(ChangeKind.ANY_SEX, visit=visit)
    if worker in wanted.excluded:
        yield Change(ChangeKind.UNBAR, visit=visit, worker=worker)
    if who.reach_metres is not None and problem.places:
        (ax, ay), (bx, by) = (problem.plane.project(problem.places[place]) for place in (who.base, wanted.place))
        square = int((ax - bx) ** 2 + (ay - by) ** 2)
        metres = who.reach_metres
        if square > (metres * 10) ** 2:
            while square > (metres * 10) ** 2:
                metres = max(metres + 1, int(square**0.5 / 10.0))
            yield Change(ChangeKind.FARTHER, metres - who.reach_metres, worker=worker)


def _minutes(seconds: int) -> int:
    return -(-seconds // 60) * 60


def _change(part: Part, problem: Problem, place: Place, miss: Miss) -> Change | None:
    """Return the change of a bound; None where it may not change: half of a pair, or the next shift is too near."""
    later, exact = miss.seconds > 0, abs(miss.seconds)
    seconds = _minutes(exact)
    if miss.number in {START, END}:
        duties = problem.workers[place.worker].shifts
        shift = place.shift
        room = duties[shift].start_seconds - (duties[shift - 1].end_seconds if shift > 0 else 0)
        if miss.number == END:
            room = duties[shift + 1].start_seconds - duties[shift].end_seconds if shift + 1 < len(duties) else seconds
        kind = ChangeKind.OVERTIME if later else ChangeKind.EARLY_START
        return Change(kind, min(seconds, room), worker=place.worker, shift=shift) if exact <= room else None
    if miss.number < 0:
        kind = ChangeKind.BREAK_LATER if later else ChangeKind.BREAK_EARLIER
        return Change(kind, seconds, worker=place.worker, shift=place.shift, rest=-1 - miss.number)
    if miss.number == place.visit:
        return Change(ChangeKind.LATER if later else ChangeKind.EARLIER, seconds, visit=miss.number, window=miss.window)
    if miss.number in part.linked:
        return None
    kind = ChangeKind.OTHER_LATER if later else ChangeKind.OTHER_EARLIER
    promised = problem.visits[miss.number].frozen is not None  # it moves to the one second at which it fits
    return Change(kind, exact if promised else seconds, visit=miss.number, window=miss.window)
