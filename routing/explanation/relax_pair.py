"""What would have to give way so that two people can make two linked visits: one thing after the other, by the kernel.

The gentlest change that brings two workers together is looked for in the order of the limits; what is counted in
minutes is halved down to the least. A worker more is tried where one person could come and the second is missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from routing.explanation.relax import USUAL_LIMITS, Limits, holds, options
from routing.explanation.relaxation import Change, Gives, Place, Relaxation, widened
from routing.insertion.board import Board, Pair
from routing.model.problem import Link, Sex, Visit, Window


@dataclass(frozen=True, slots=True)
class Together:
    """Two visits that stand in no route, and how far apart they may begin."""

    first: int
    second: int
    gap_min_seconds: int = 0
    gap_max_seconds: int = 0

    @property
    def both(self) -> tuple[int, int]:
        """Give both numbers."""
        return self.first, self.second


def smallest(board: Board, pair: Together, limits: Limits = USUAL_LIMITS) -> Relaxation | None:
    """Return the gentlest relaxation with which two different workers can make a pair; None where there is none.

    Both visits are eased alike. Contracts and quotas are taken as they are: they concern two companies at once, and the
    caller asks company by company.
    """
    found = _two(board, pair)
    if found is not None:
        return Relaxation((), _places(pair, found))
    for gives in limits.order:
        relaxation = next((one for one in _tried(board, pair, gives, limits) if _lawful(board, pair, one)), None)
        if relaxation is not None:
            return relaxation
    return None


def _tried(board: Board, pair: Together, gives: Gives, limits: Limits) -> Iterator[Relaxation]:
    """Yield what one kind of change brings, the least amount of it first."""
    visits = [board.visit(number) for number in pair.both]
    if gives in {Gives.LATER, Gives.EARLIER}:
        for window in range(min(len(visit.windows) for visit in visits)):
            found = _least(partial(_wider, board, pair, visits, (window, gives)), limits.most_seconds // 60)
            if found is not None:
                changes = [Change(gives, 60 * found[0], visit=number, window=window) for number in pair.both]
                yield Relaxation(tuple(changes), _places(pair, found[1]))
    elif gives is Gives.LINK:
        found = _least(lambda minutes: _two(board, pair, farther=60 * minutes), limits.most_seconds // 60)
        if found is not None:
            change = Change(gives, 60 * found[0], visit=pair.first)
            yield Relaxation((change,), _places(pair, found[1]))
    elif gives is Gives.ANY_SEX:
        two = _two(board, pair, [replace(visit, sex=Sex.UNSTATED) for visit in visits])
        if two is not None:
            changes = [Change(gives, visit=n) for n, visit in zip(pair.both, visits, strict=True) if visit.sex]
            yield Relaxation(tuple(changes), _places(pair, two))
    elif gives is Gives.UNBAR:
        two = _two(board, pair, [replace(visit, excluded=limits.out) for visit in visits])
        if two is not None:
            chosen = zip(pair.both, visits, (two.first.worker, two.second.worker), strict=True)
            changes = [Change(gives, visit=n, worker=w) for n, visit, w in chosen if w in visit.excluded]
            yield Relaxation(tuple(changes), _places(pair, two))
    elif gives is Gives.SKILL:
        two = _two(board, pair, [replace(visit, skills=0) for visit in visits])
        if two is not None:
            people = two.first.worker, two.second.worker
            lacks = {w: visit.skills & ~board.worker(w).skills for visit, w in zip(visits, people, strict=True)}
            changes = [
                Change(gives if bits & ~board.worker(w).lapsed_skills else Gives.CERTIFICATE, bits, worker=w)
                for w, bits in sorted(lacks.items())
                if bits
            ]
            yield Relaxation(tuple(changes), _places(pair, two))
    elif gives is Gives.EXTRA_WORKER:
        yield from _one_more(board, pair, limits)


def _wider(board: Board, pair: Together, visits: list[Visit], what: tuple[int, Gives], minutes: int) -> Pair | None:
    window, gives = what
    later, seconds = gives is Gives.LATER, 60 * minutes
    eased = [replace(visit, windows=widened(visit.windows, window, seconds, later=later)) for visit in visits]
    return _two(board, pair, eased)


def _one_more(board: Board, pair: Together, limits: Limits) -> Iterator[Relaxation]:
    """Let one worker come who can, and look for whom a second one like anybody would have to be."""
    only = Limits(order=(Gives.EXTRA_WORKER,), most_seconds=limits.most_seconds)
    for one, other, sign in ((pair.first, pair.second, 1), (pair.second, pair.first, -1)):
        for candidate in board.evaluate(one, best=3, exhaustive=True).candidates:
            bounds = sorted((sign * pair.gap_min_seconds, sign * pair.gap_max_seconds))
            begin = candidate.start_seconds + bounds[0], candidate.start_seconds + bounds[1]
            windows = _between(board.visit(other), *begin)
            if not windows:
                continue
            number = board.add(replace(board.visit(other), windows=windows))
            for worker in sorted(set(range(board.worker_count)) - limits.out):
                part = board.part([worker], [number])
                for relaxation in options(part, part.visits.index(number), only):
                    place = relaxation.places[0]
                    yield Relaxation(
                        (Change(Gives.EXTRA_WORKER, worker),),
                        (
                            Place(one, candidate.worker, candidate.shift, candidate.position),
                            Place(other, board.worker_count, place.shift, place.position),
                        ),
                    )


def _between(visit: Visit, earliest: int, latest: int) -> tuple[Window, ...]:
    """Cut a visit's windows to an interval."""
    cut = ((max(w.earliest_seconds, earliest), min(w.latest_seconds, latest)) for w in visit.windows)
    return tuple(Window(earliest_seconds=opens, latest_seconds=closes) for opens, closes in cut if opens <= closes)


def _two(board: Board, pair: Together, eased: list[Visit] | None = None, *, farther: int = 0) -> Pair | None:
    """Find the cheapest two workers for a pair, or for the same pair asking for less."""
    first, second = pair.both if eased is None else map(board.add, eased)
    found = board.evaluate_pair(
        first,
        second,
        gap_min_seconds=pair.gap_min_seconds - farther,
        gap_max_seconds=pair.gap_max_seconds + farther,
        best=1,
    ).pairs
    return found[0] if found else None


def _least(who: Callable[[int], Pair | None], most: int) -> tuple[int, Pair] | None:
    """Give the least whole minutes that help, and whom they bring: more minutes never keep anybody out."""
    low, high, found = 0, most, who(most)
    while found is not None and high - low > 1:
        middle = (low + high) // 2
        nearer = who(middle)
        low, high, found = (middle, high, found) if nearer is None else (low, middle, nearer)
    return None if found is None else (high, found)


def _places(pair: Together, found: Pair) -> tuple[Place, Place]:
    one, two = found.first, found.second
    return (
        Place(pair.first, one.worker, one.shift, one.position),
        Place(pair.second, two.worker, two.shift, two.position),
    )


def _lawful(board: Board, pair: Together, relaxation: Relaxation) -> bool:
    """Make the changes in the part of the day that they concern, and ask the inspector."""
    extra = {change.amount for change in relaxation.changes if change.gives is Gives.EXTRA_WORKER}
    workers = sorted({place.worker for place in relaxation.places if place.worker < board.worker_count} | extra)
    part = board.part(workers, pair.both)
    people = {number: k for k, number in enumerate((*part.workers, board.worker_count))}
    visits = {number: k for k, number in enumerate(part.visits)}
    link = Link(
        first=visits[pair.first],
        second=visits[pair.second],
        gap_min_seconds=pair.gap_min_seconds,
        gap_max_seconds=pair.gap_max_seconds,
    )
    known = any(link.first in {one.first, one.second} for one in part.problem.links)
    part = part if known else part._replace(problem=replace(part.problem, links=(*part.problem.links, link)))
    return holds(part, relaxation.renumbered(visits, people))
