"""Find the smallest change with which two workers can make two linked visits.

Kinds of change are tried in the order of the limits; amounts of time are found by bisection to the minute. An extra
worker is tried where one worker can come and the second is missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from routing.explanation.relax import DEFAULT_LIMITS, Limits, holds, options
from routing.explanation.relaxation import Change, ChangeKind, Place, Relaxation, widened
from routing.insertion.board import Board, Pair
from routing.model.problem import Link, Sex, Visit, Window


@dataclass(frozen=True, slots=True)
class VisitPair:
    """Two visits that stand in no route, and how far apart they may begin."""

    first: int
    second: int
    gap_min_seconds: int = 0
    gap_max_seconds: int = 0

    @property
    def both(self) -> tuple[int, int]:
        """Give both numbers."""
        return self.first, self.second


def smallest(board: Board, pair: VisitPair, limits: Limits = DEFAULT_LIMITS) -> Relaxation | None:
    """Return the mildest relaxation with which two different workers can make a pair; None where there is none.

    Both visits are eased alike. Contracts and quotas are taken as they are: they concern two companies at once, and the
    caller asks company by company.
    """
    workers = _two(board, pair)
    if workers is not None:
        return Relaxation((), _places(pair, workers))
    for kind in limits.order:
        relaxation = next(
            (option for option in _tried(board, pair, kind, limits) if _lawful(board, pair, option)), None
        )
        if relaxation is not None:
            return relaxation
    return None


def _tried(board: Board, pair: VisitPair, kind: ChangeKind, limits: Limits) -> Iterator[Relaxation]:
    """Yield the relaxations of one kind of change, the smallest amount first."""
    visits = [board.visit(number) for number in pair.both]
    if kind in {ChangeKind.LATER, ChangeKind.EARLIER}:
        for window in range(min(len(visit.windows) for visit in visits)):
            least = _least(partial(_wider, board, pair, visits, (window, kind)), limits.most_seconds // 60)
            if least is not None:
                changes = [Change(kind, 60 * least[0], visit=number, window=window) for number in pair.both]
                yield Relaxation(tuple(changes), _places(pair, least[1]))
    elif kind is ChangeKind.LINK:
        least = _least(lambda minutes: _two(board, pair, farther=60 * minutes), limits.most_seconds // 60)
        if least is not None:
            change = Change(kind, 60 * least[0], visit=pair.first)
            yield Relaxation((change,), _places(pair, least[1]))
    elif kind is ChangeKind.ANY_SEX:
        two = _two(board, pair, [replace(visit, sex=Sex.UNSTATED) for visit in visits])
        if two is not None:
            changes = [Change(kind, visit=n) for n, visit in zip(pair.both, visits, strict=True) if visit.sex]
            yield Relaxation(tuple(changes), _places(pair, two))
    elif kind is ChangeKind.UNBAR:
        two = _two(board, pair, [replace(visit, excluded=limits.out) for visit in visits])
        if two is not None:
            chosen = zip(pair.both, visits, (two.first.worker, two.second.worker), strict=True)
            changes = [Change(kind, visit=n, worker=w) for n, visit, w in chosen if w in visit.excluded]
            yield Relaxation(tuple(changes), _places(pair, two))
    elif kind is ChangeKind.SKILL:
        two = _two(board, pair, [replace(visit, skills=0) for visit in visits])
        if two is not None:
            people = two.first.worker, two.second.worker
            lacks = {w: visit.skills & ~board.worker(w).skills for visit, w in zip(visits, people, strict=True)}
            changes = [
                Change(kind if bits & ~board.worker(w).lapsed_skills else ChangeKind.CERTIFICATE, bits, worker=w)
                for w, bits in sorted(lacks.items())
                if bits
            ]
            yield Relaxation(tuple(changes), _places(pair, two))
    elif kind is ChangeKind.EXTRA_WORKER:
        yield from _one_more(board, pair, limits)


def _wider(
    board: Board, pair: VisitPair, visits: list[Visit], what: tuple[int, ChangeKind], minutes: int
) -> Pair | None:
    window, kind = what
    later, seconds = kind is ChangeKind.LATER, 60 * minutes
    eased = [replace(visit, windows=widened(visit.windows, window, seconds, later=later)) for visit in visits]
    return _two(board, pair, eased)


def _one_more(board: Board, pair: VisitPair, limits: Limits) -> Iterator[Relaxation]:
    """Take a worker who can make one of the visits, and look for an existing worker whose copy could make the other."""
    only = Limits(order=(ChangeKind.EXTRA_WORKER,), most_seconds=limits.most_seconds)
    for visit, other, sign in ((pair.first, pair.second, 1), (pair.second, pair.first, -1)):
        for candidate in board.evaluate(visit, best=3, exhaustive=True).candidates:
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
                        (Change(ChangeKind.EXTRA_WORKER, worker),),
                        (
                            Place(visit, candidate.worker, candidate.shift, candidate.position),
                            Place(other, board.worker_count, place.shift, place.position),
                        ),
                    )


def _between(visit: Visit, earliest: int, latest: int) -> tuple[Window, ...]:
    """Cut a visit's windows to an interval."""
    cut = ((max(w.earliest_seconds, earliest), min(w.latest_seconds, latest)) for w in visit.windows)
    return tuple(Window(earliest_seconds=opens, latest_seconds=closes) for opens, closes in cut if opens <= closes)


def _two(board: Board, pair: VisitPair, eased: list[Visit] | None = None, *, farther: int = 0) -> Pair | None:
    """Find the cheapest two workers for a pair, or for the same pair asking for less."""
    first, second = pair.both if eased is None else map(board.add, eased)
    pairs = board.evaluate_pair(
        first,
        second,
        gap_min_seconds=pair.gap_min_seconds - farther,
        gap_max_seconds=pair.gap_max_seconds + farther,
        best=1,
    ).pairs
    return pairs[0] if pairs else None


def _least(who: Callable[[int], Pair | None], most: int) -> tuple[int, Pair] | None:
    """Return the least whole minutes that help and the two workers: more minutes never exclude a worker."""
    low, high, workers = 0, most, who(most)
    while workers is not None and high - low > 1:
        middle = (low + high) // 2
        nearer = who(middle)
        low, high, workers = (middle, high, workers) if nearer is None else (low, middle, nearer)
    return None if workers is None else (high, workers)


def _places(pair: VisitPair, workers: Pair) -> tuple[Place, Place]:
    first, second = workers.first, workers.second
    return (
        Place(pair.first, first.worker, first.shift, first.position),
        Place(pair.second, second.worker, second.shift, second.position),
    )


def _lawful(board: Board, pair: VisitPair, relaxation: Relaxation) -> bool:
    """Apply the changes in the part of the day that they concern, and check the result."""
    extra = {change.amount for change in relaxation.changes if change.kind is ChangeKind.EXTRA_WORKER}
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
    linked = any(link.first in {each.first, each.second} for each in part.problem.links)
    part = part if linked else part._replace(problem=replace(part.problem, links=(*part.problem.links, link)))
    return holds(part, relaxation.renumbered(visits, people))
