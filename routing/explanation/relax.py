"""Find what would have to give way so that a visit can be made: exactly, gap by gap, and verified by doing it.

For one worker and one gap, what stands in the way of a visit is known: the fixed rules by name, the day's sums by how
much they are exceeded, and of the clock the one bound that would have to give (`routing.slack`). Each is a change; the
relaxation of a gap is all that it needs. Before one is returned it is made, timed, and shown to the inspector.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from routing import check
from routing.explanation.relaxation import Change, Gives, Place, Relaxation, applied, widened
from routing.explanation.slack import END, START, Miss, misses, shift_of
from routing.insertion.board import Board
from routing.model.part import Part
from routing.model.problem import Problem
from routing.model.rules import Rule

USUAL = tuple(Gives)

MOST_SECONDS = 4 * 3_600
"""Nobody is asked to wait longer, to begin earlier or to work longer than by this."""

OF_RULE = {
    Rule.SITE_CLOSED: Gives.OPEN_SITE,
    Rule.NOT_CONTRACTED: Gives.CONTRACT,
    Rule.COMPANY_QUOTA: Gives.QUOTA,
    Rule.SKILL: Gives.SKILL,
    Rule.CERTIFICATE: Gives.CERTIFICATE,
    Rule.SEX: Gives.ANY_SEX,
    Rule.EXCLUDED: Gives.UNBAR,
}
"""What a worker whom a rule keeps out needs in any case; REACH does not say whether the base or the clock is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may give way, the gentlest first, and by how many seconds at most.

    Workers who are `out` are passed by whatever gives way; the visit itself excludes them.
    """

    order: tuple[Gives, ...] = USUAL
    most_seconds: int = MOST_SECONDS
    out: frozenset[int] = frozenset()


USUAL_LIMITS = Limits()


def smallest(board: Board, number: int, limits: Limits = USUAL_LIMITS) -> Relaxation | None:
    """Return the smallest relaxation with which anybody can make a visit that stands in no route; None: there is none.

    Fewer changes are smaller than more, then the order of `limits` decides, then the amounts, then the lower numbers.
    Without any change if the visit can be made as it is. Numbers are the board's; the worker who is not there yet has
    the number behind the last.
    """
    verdict = board.evaluate(number, best=1, exhaustive=True)
    if verdict.candidates:
        one = verdict.candidates[0]
        return Relaxation((), (Place(number, one.worker, one.shift, one.position),))
    for gives in takewhile({Gives.LATER, Gives.EARLIER}.__contains__, limits.order):
        workers = _first_by_the_clock(board, number, gives, limits)
        if workers:  # whoever is not among them needs more of the gentlest change, or a harder one
            return _best_of(board, number, workers, limits, verdict.rules.tolist())
    return _best_of(board, number, range(board.worker_count), limits, verdict.rules.tolist())


def _first_by_the_clock(board: Board, number: int, gives: Gives, limits: Limits) -> list[int]:
    """Ask the kernel who comes first when one of the visit's windows is widened minute by minute."""
    visit = board.visit(number)

    def who(window: int, minutes: int) -> list[int]:
        windows = widened(visit.windows, window, 60 * minutes, later=gives is Gives.LATER)
        rules = board.evaluate(board.add(replace(visit, windows=windows)), best=1, exhaustive=True).rules
        return np.flatnonzero(rules == Rule.NONE).tolist()

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
    """Look at some workers, those whom only the clock keeps out first, and pass by whom a harder rule keeps out."""
    best: Relaxation | None = None
    for worker in sorted(set(workers) - limits.out, key=lambda worker: (rules[worker] in OF_RULE, worker)):
        needed = OF_RULE.get(Rule(rules[worker]))
        if needed is not None and needed not in limits.order:
            continue
        alone = best.changes[0].gives if best is not None and len(best.changes) == 1 else None
        if needed is not None and alone is not None and limits.order.index(needed) > limits.order.index(alone):
            continue
        best = for_worker(board, number, worker, limits, below=best) or best
    return best


def for_worker(
    board: Board, number: int, worker: int, limits: Limits = USUAL_LIMITS, *, below: Relaxation | None = None
) -> Relaxation | None:
    """Return the smallest relaxation with which one worker, or a second one just like that, can make a visit.

    `below`: only one that is smaller than that is looked for.
    """
    part = board.part([worker], [number])
    index = part.visits.index(number)
    visits, people = dict(enumerate(part.visits)), {0: worker, 1: board.worker_count}
    smaller = {relaxation: relaxation.renumbered(visits, people) for relaxation in options(part, index, limits)}
    for relaxation in sorted(smaller, key=lambda one: smaller[one].size(limits.order)):
        whole = smaller[relaxation]
        if below is not None and whole.size(limits.order) >= below.size(limits.order):
            return None
        if holds(part, relaxation):
            return whole
    return None


def options(part: Part, visit: int, limits: Limits = USUAL_LIMITS) -> Iterator[Relaxation]:
    """Yield what every gap of a part's only worker needs, and of a second worker like that; numbers are the part's."""
    problem, orders = part.problem, part.plan.sequences
    yield from _gaps(part, problem, orders, visit, 0, (), limits)
    if Gives.EXTRA_WORKER in limits.order:
        more = replace(problem, workers=(*problem.workers, problem.workers[0]))
        empty = [[-1 - k for k in range(len(shift.breaks))] for shift in problem.workers[0].shifts]
        extra = Change(Gives.EXTRA_WORKER, amount=0)
        yield from _gaps(part, more, [*orders, *empty], visit, 1, (extra,), limits)


def holds(part: Part, relaxation: Relaxation) -> bool:
    """Make the changes and tell whether the visits are then made and no rule is broken that was kept before."""
    problem, plan = applied(part.problem, part.plan, relaxation)
    served = not {place.visit for place in relaxation.places} & set(plan.unserved)
    return served and len(check.check(problem, plan).violations) <= len(check.check(part.problem, part.plan).violations)


def _gaps(
    part: Part,
    problem: Problem,
    orders: Sequence[Sequence[int]],
    visit: int,
    worker: int,
    before: tuple[Change, ...],
    limits: Limits,
) -> Iterator[Relaxation]:
    always = (*before, *fixed(problem, won_by(problem, orders), visit, worker))
    if any(change.gives not in limits.order for change in always):
        return
    first, after = problem.first_row[worker], problem.first_row[worker + 1]
    laid = {row: shift_of(problem, row, orders[row]) for row in range(first, after)}
    worked = {row: one.worked_seconds if max(orders[row], default=-1) >= 0 else 0 for row, one in laid.items()}
    who = problem.workers[worker]
    for row in range(first, after):
        shift = row - first
        for position in range(laid[row].begun, len(orders[row]) + 1):
            order = [*orders[row][:position], visit, *orders[row][position:]]
            tried = shift_of(problem, row, order)
            changes = list(always)
            more = sum(worked.values()) - worked[row] + tried.worked_seconds - (who.max_work_seconds or 0)
            if who.max_work_seconds is not None and more > 0:
                changes.append(Change(Gives.LONGER_DAY, _minutes(more), worker=worker))
            if who.capacity is not None and tried.load > who.capacity:
                changes.append(Change(Gives.HEAVIER, tried.load - who.capacity, worker=worker))
            place = Place(visit, worker, shift, position)
            missed = misses(tried.steps, tried.free_seconds)
            if missed is None:
                yield from _allowed(Relaxation(tuple(changes), (place,)), limits)
            for miss in missed or ():
                change = _change(part, problem, place, miss)
                if change is not None:
                    yield from _allowed(Relaxation((*changes, change), (place,)), limits)


def _allowed(relaxation: Relaxation, limits: Limits) -> Iterator[Relaxation]:
    timed = {Gives.QUOTA, Gives.SKILL, Gives.CERTIFICATE, Gives.HEAVIER, Gives.FARTHER, Gives.EXTRA_WORKER}
    if all(
        change.gives in limits.order and (change.gives in timed or change.amount <= limits.most_seconds)
        for change in relaxation.changes
    ):
        yield relaxation


def won_by(problem: Problem, orders: Sequence[Sequence[int]]) -> Counter[int]:
    """Count the visits of each company."""
    return Counter(
        problem.workers[worker].company
        for (worker, _), order in zip(problem.rows, orders, strict=True)
        for number in order
        if number >= 0
    )


def fixed(problem: Problem, won: Mapping[int, int], visit: int, worker: int) -> Iterator[Change]:
    """Yield the changes that a visit and a worker need whatever the timetable says; `won` are visits by company."""
    wanted, who = problem.visits[visit], problem.workers[worker]
    company = problem.companies[who.company]
    if who.site_closed:
        yield Change(Gives.OPEN_SITE, worker=worker)
    if wanted.companies is not None and who.company not in wanted.companies:
        yield Change(Gives.CONTRACT, visit=visit, company=who.company)
    if company.quota_visits is not None and won[who.company] >= company.quota_visits:
        yield Change(Gives.QUOTA, won[who.company] + 1 - company.quota_visits, company=who.company)
    missing = wanted.skills & ~who.skills
    if missing & ~who.lapsed_skills:
        yield Change(Gives.SKILL, missing & ~who.lapsed_skills, worker=worker)
    if missing & who.lapsed_skills:
        yield Change(Gives.CERTIFICATE, missing & who.lapsed_skills, worker=worker)
    if wanted.sex and who.sex != wanted.sex:
        yield Change(Gives.ANY_SEX, visit=visit)
    if worker in wanted.excluded:
        yield Change(Gives.UNBAR, visit=visit, worker=worker)
    if who.reach_metres is not None and problem.places:
        (ax, ay), (bx, by) = (problem.plane.project(problem.places[place]) for place in (who.base, wanted.place))
        square = int((ax - bx) ** 2 + (ay - by) ** 2)
        metres = who.reach_metres
        if square > (metres * 10) ** 2:
            while square > (metres * 10) ** 2:
                metres = max(metres + 1, int(square**0.5 / 10.0))
            yield Change(Gives.FARTHER, metres - who.reach_metres, worker=worker)


def _minutes(seconds: int) -> int:
    return -(-seconds // 60) * 60


def _change(part: Part, problem: Problem, place: Place, miss: Miss) -> Change | None:
    """Name the bound that gives; None where it may not: half of a pair, or a shift that runs into the worker's next."""
    later, exact = miss.seconds > 0, abs(miss.seconds)
    seconds = _minutes(exact)
    if miss.number in {START, END}:
        duties = problem.workers[place.worker].shifts
        shift = place.shift
        room = duties[shift].start_seconds - (duties[shift - 1].end_seconds if shift > 0 else 0)
        if miss.number == END:
            room = duties[shift + 1].start_seconds - duties[shift].end_seconds if shift + 1 < len(duties) else seconds
        gives = Gives.OVERTIME if later else Gives.EARLY_START
        return Change(gives, min(seconds, room), worker=place.worker, shift=shift) if exact <= room else None
    if miss.number < 0:
        gives = Gives.BREAK_LATER if later else Gives.BREAK_EARLIER
        return Change(gives, seconds, worker=place.worker, shift=place.shift, rest=-1 - miss.number)
    if miss.number == place.visit:
        return Change(Gives.LATER if later else Gives.EARLIER, seconds, visit=miss.number, window=miss.window)
    if miss.number in part.linked:
        return None
    gives = Gives.OTHER_LATER if later else Gives.OTHER_EARLIER
    promised = problem.visits[miss.number].frozen is not None  # it moves to the one second at which it fits
    return Change(gives, exact if promised else seconds, visit=miss.number, window=miss.window)
