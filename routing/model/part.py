"""A part of a day as a problem of its own: some workers and their visits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kit.geo import Point
from routing.model import plan as plans
from routing.model.arrays import Shorts
from routing.model.plan import Plan
from routing.model.problem import Break, Company, Link, Problem, Shift, Visit, Worker


class Part(NamedTuple):
    """Some workers' day: worker k of the problem is `workers[k]` of the whole, visit k is `visits[k]`.

    `linked` are the visits, in the part's numbers, whose partner in a pair is somewhere else.
    """

    problem: Problem
    plan: Plan
    workers: tuple[int, ...]
    visits: tuple[int, ...]
    linked: frozenset[int]


def part_of(
    whole: Problem,
    *,
    workers: Sequence[int],
    orders: Mapping[int, Sequence[Sequence[int]]],
    visits: Sequence[Visit],
    waiting: Iterable[int],
    places: Sequence[Point],
    links: Sequence[Link],
    roads: Shorts | None,
    quotas: Sequence[int | None],
    now_seconds: int,
) -> Part:
    """Cut out some workers; `orders` [worker][shift] holds visit numbers, −1 − k for break k, `waiting` stand in none.

    Breaks that were over by now have been taken and are left out. `quotas` are what each company may win in this part.
    The origin of the flat map is kept, so that every leg is as long as it was. A link stands in the part if both of its
    visits do.
    """
    standing = {number for worker in workers for order in orders[worker] for number in order if number >= 0}
    chosen = tuple(sorted(standing | set(waiting)))
    index = {number: k for k, number in enumerate(chosen)}
    people = {number: k for k, number in enumerate(workers)}
    used = dict.fromkeys([0] if places else [])
    used |= dict.fromkeys(visits[number].place for number in chosen)
    used |= dict.fromkeys(place for number in workers for place in _places_of(whole.workers[number]))
    spot = {place: k for k, place in enumerate(used)}
    kept = list(used)
    problem = Problem(
        workers=tuple(_moved(whole.workers[number], spot, now_seconds) for number in workers),
        visits=tuple(_seen(visits[number], spot, people) for number in chosen),
        modes=whole.modes,
        places=tuple(places[place] for place in kept) if places else (),
        companies=tuple(
            Company(quota_visits=quota, share=each.share, awarded_visits=each.awarded_visits)
            for each, quota in zip(whole.companies, quotas, strict=True)
        ),
        links=tuple(
            replace(link, first=index[link.first], second=index[link.second])
            for link in links
            if link.first in index and link.second in index
        ),
        weights=whole.weights,
        travel_seconds=None if roads is None else roads[:, kept][:, :, kept],
        now_seconds=now_seconds,
    )
    sequences = [
        _renumbered(order, whole.workers[worker].shifts[shift], index, now_seconds)
        for worker in workers
        for shift, order in enumerate(orders[worker])
    ]
    halves = {number for link in links for number in (link.first, link.second)}
    whole_pairs = {number for link in problem.links for number in (link.first, link.second)}
    linked = frozenset(index[number] for number in halves if number in index) - whole_pairs
    return Part(problem, plans.build(problem, sequences), tuple(workers), chosen, linked)


def _places_of(worker: Worker) -> list[int]:
    ends = [place for shift in worker.shifts for place in (shift.start_place, shift.end_place) if place is not None]
    return [worker.base, *ends]


def _moved(worker: Worker, spot: Mapping[int, int], now: int) -> Worker:
    return replace(worker, base=spot[worker.base], shifts=tuple(_shift(shift, spot, now) for shift in worker.shifts))


def _shift(shift: Shift, spot: Mapping[int, int], now: int) -> Shift:
    start, end = (None if place is None else spot[place] for place in (shift.start_place, shift.end_place))
    return replace(
        shift, start_place=start, end_place=end, breaks=tuple(rest for rest in shift.breaks if not is_over(rest, now))
    )


def is_over(rest: Break, now: int) -> bool:
    """Return whether a break that was taken as late as it may be is over by now."""
    return rest.latest_seconds + rest.duration_seconds <= now


def _renumbered(order: Sequence[int], shift: Shift, index: Mapping[int, int], now: int) -> list[int]:
    """Give an order in the part's numbers, without the breaks that are over."""
    kept = [k for k, rest in enumerate(shift.breaks) if not is_over(rest, now)]
    place = {-1 - k: -1 - number for number, k in enumerate(kept)}
    return [place[number] if number < 0 else index[number] for number in order if number >= 0 or number in place]


def _seen(visit: Visit, spot: Mapping[int, int], people: Mapping[int, int]) -> Visit:
    """Give a visit as the part sees it: its own numbers of places and workers."""
    frozen = visit.frozen
    return replace(
        visit,
        place=spot[visit.place],
        excluded=frozenset(people[number] for number in visit.excluded if number in people),
        preferred=frozenset(people[number] for number in visit.preferred if number in people),
        frozen=None if frozen is None or frozen.worker not in people else replace(frozen, worker=people[frozen.worker]),
    )
