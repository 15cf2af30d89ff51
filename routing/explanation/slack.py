"""Time one shift: the earliest arrival and the latest start of each stop, and the bounds that are missed.

Forwards, the earliest arrival at every stop; backwards, the latest start of every stop after which all the rest is
still lawful. Where at one stop the earliest arrival is not after the latest start, and no window of that stop lies
between the two, then that stop's window is all that stands in the way, and the distance to it is the least by which it
must give. So one pass forwards and one backwards find every single bound that would make a shift lawful in this order.

Plain Python on the problem's entities, exact to the second, and independent of the kernels.
"""

from collections.abc import Sequence
from typing import NamedTuple

from routing.model.arrays import FAR
from routing.model.problem import Problem, Visit

START, END = -(10**9), -(10**9) - 1
"""The numbers of a shift's two ends among its stops; visits are ≥ 0, breaks −1 … −many."""

Windows = tuple[tuple[int, int], ...]


class Step(NamedTuple):
    """One stop: when it may begin, how long it takes, and the seconds of travel to it."""

    number: int
    windows: Windows
    seconds: int
    leg: int


class Miss(NamedTuple):
    """One bound that would have to give: the window of a stop, later by so many seconds, or earlier (negative)."""

    number: int
    window: int
    seconds: int


class TimedShift(NamedTuple):
    """A shift in order: the steps that can still change, when the first of them may be set out for, and its sums.

    `begun` is how many stops of the order are under way or done. `worked_seconds` is service and travel of the whole
    shift, `load` the sum of its demands.
    """

    steps: tuple[Step, ...]
    free_seconds: int
    begun: int
    worked_seconds: int
    load: int


def windows_of(visit: Visit) -> Windows:
    """Give when a visit may begin; a promised one only as promised."""
    if visit.frozen is not None:
        return ((visit.frozen.start_seconds, visit.frozen.start_seconds),)
    return tuple((window.earliest_seconds, window.latest_seconds) for window in visit.windows)


def timed_shift(problem: Problem, row: int, order: Sequence[int]) -> TimedShift:
    """Lay out a row in an order."""
    worker_number, shift_number = problem.rows[row]
    worker = problem.workers[worker_number]
    duty = worker.shifts[shift_number]
    legs = problem.seconds[worker.mode]
    place = worker.base if duty.start_place is None else duty.start_place
    free = max(duty.start_seconds, problem.now_seconds)
    steps: list[Step] = []
    begun = worked = load = 0
    for number in order:
        if number < 0:
            rest = duty.breaks[-1 - number]
            bounds = ((rest.earliest_seconds, rest.latest_seconds),)
            steps.append(Step(number, bounds, rest.duration_seconds, 0))
            continue
        visit = problem.visits[number]
        leg = int(legs[place, visit.place])
        place = visit.place
        worked += leg + visit.duration_seconds
        load += visit.demand
        if visit.frozen is not None and visit.frozen.under_way:
            begun += 1
            free = max(visit.frozen.start_seconds + visit.duration_seconds, problem.now_seconds)
        else:
            steps.append(Step(number, windows_of(visit), visit.duration_seconds, leg))
    back = int(legs[place, worker.base if duty.end_place is None else duty.end_place])
    end = Step(END, ((0, duty.end_seconds),), 0, back)
    first = free if begun else duty.start_seconds
    start_step = Step(START, ((first, FAR),), 0, 0)
    ready = free if begun else problem.now_seconds
    return TimedShift((start_step, *steps, end), ready, begun, worked + back, load)


def misses(steps: Sequence[Step], free_seconds: int) -> list[Miss] | None:
    """Give every single bound that would make an order lawful by giving way; None where it is lawful already.

    The worker may set out at `free_seconds` at the earliest, whatever the shift says; an empty list: no single bound.
    """
    arrivals = _forwards(steps, free_seconds)
    if arrivals[-1] <= steps[-1].windows[0][1]:
        return None
    missed: list[Miss] = []
    bound = FAR  # the latest start of the stop, for the sake of those after it
    for step, arrive in zip(reversed(steps), reversed(arrivals), strict=True):
        bound -= step.seconds
        if arrive <= bound:
            for window, (earliest, latest) in enumerate(step.windows):
                if latest < arrive:
                    missed.append(Miss(step.number, window, arrive - latest))
                elif earliest > bound:
                    missed.append(Miss(step.number, window, bound - earliest))
        bound = next((min(bound, latest) for earliest, latest in reversed(step.windows) if earliest <= bound), -FAR)
        if bound < 0:
            break
        bound -= step.leg
    return missed


def _forwards(steps: Sequence[Step], free: int) -> list[int]:
    """Give the earliest arrival at every stop; FAR behind the first that is reached too late."""
    out = []
    for step in steps:
        free += step.leg
        out.append(free)
        start = next((max(free, earliest) for earliest, latest in step.windows if free <= latest), FAR)
        if start >= FAR:
            out += [FAR] * (len(steps) - len(out))
            break
        free = start + step.seconds
    return out
