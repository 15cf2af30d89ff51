"""The search itself: slack by string removal, cheapest insertion with blinks, exchange of tails, annealing.

Christiaens and Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems", Transportation
Science 54(2), 2020, gives ruin and recreate; exchange of tails (2-opt*, Potvin and Rousseau 1995) is added for long
routes, whose tails no string reaches. A position is judged in constant time: `FREE` is when the worker may leave a
stop, `LATEST` when the worker must be at one so that everything after it still holds. Only soft lateness behind the
position is walked, and only on rows that have any.

Nothing here allocates: the functions are compiled without reference counting, which would cost more than the search.
"""

import numpy as np
from numpy.typing import NDArray

from routing.compiled import part, step
from routing.improvement.arrays import (
    AT,
    BEGUN,
    BROKEN,
    CLOSE,
    COMPANY,
    COUNT,
    DUE,
    END,
    END_PLACE,
    FREE,
    LATE,
    LATEST,
    LEG,
    LENGTH,
    LOAD,
    NEVER,
    OPEN,
    PLACE,
    POINTS,
    READY,
    SERVICE,
    SOFT,
    START,
    START_PLACE,
    USE,
    VISIT,
    WINDOWS,
    WORK,
    WORKER,
)
from routing.model.arrays import Ints, Shorts


@part
def uniform(rng: NDArray[np.uint64]) -> float:
    """Give the next random number of [0, 1): xorshift64 (Marsaglia 2003)."""
    x = rng[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    rng[0] = x
    return float(x >> np.uint64(11)) * 1.1102230246251565e-16


@part
def begin(visit: Shorts, opens: Shorts, closes: Shorts, v: int, arrive: int) -> int:
    """Give when the service may begin; NEVER if that is too late."""
    if visit[v, WINDOWS] == 1:
        return max(arrive, int(visit[v, OPEN])) if arrive <= visit[v, CLOSE] else NEVER
    for w in range(visit[v, WINDOWS]):
        if arrive <= closes[v, w]:
            return max(arrive, int(opens[v, w]))
    return NEVER


@part
def last_begin(visit: Shorts, opens: Shorts, closes: Shorts, v: int, bound: int) -> int:
    """Give the last moment not after `bound` at which the service may begin; −NEVER if there is none."""
    if visit[v, WINDOWS] == 1:
        return min(bound, int(visit[v, CLOSE]))
    for w in range(visit[v, WINDOWS] - 1, -1, -1):
        if opens[v, w] <= bound:
            return min(bound, int(closes[v, w]))
    return -NEVER


@step
def retime(
    visit: Shorts,
    opens: Shorts,
    closes: Shorts,
    demand: Ints,
    fee: Ints,
    line: Ints,
    seconds: Shorts,
    rate: int,
    stop: Shorts,
    tally: Ints,
    work: Ints,
    awarded: Ints,
) -> None:
    """Work out one row anew from the order of its stops; `line`, `stop`, `tally` are those of the row."""
    n = demand.shape[0]
    m = tally[LENGTH]
    worker = line[WORKER]
    place = line[START_PLACE]
    free = line[READY]
    late = load = service = travel = count = soft = fees = 0
    broken = False
    stop[0, AT] = place
    stop[0, FREE] = free
    for i in range(1, m + 1):
        v = stop[i, VISIT]
        leg = 0
        if v < n:
            leg = seconds[place, visit[v, PLACE]]
            place = visit[v, PLACE]
            load += demand[v]
            service += visit[v, SERVICE]
            fees += fee[v, worker]
            count += 1
        free += leg
        free = begin(visit, opens, closes, v, free)
        if free >= NEVER:
            broken = True
        stop[i, START] = free
        if visit[v, LATE] > 0:
            soft += 1
            late += max(0, free - visit[v, DUE]) * visit[v, LATE]
        free = min(free + visit[v, SERVICE], NEVER)
        travel += leg
        stop[i - 1, LEG] = leg
        stop[i, AT] = place
        stop[i, FREE] = free
    driven = count > 0 or line[BEGUN] != 0
    leg = seconds[place, line[END_PLACE]] if driven else 0
    travel += leg
    stop[m, LEG] = leg
    place = line[END_PLACE]
    stop[m + 1, AT] = place
    free = line[END]
    if stop[m, FREE] + leg > free:
        broken = True
    stop[m + 1, LATEST] = free
    for i in range(m, 0, -1):
        v = stop[i, VISIT]
        free = last_begin(visit, opens, closes, v, free - stop[i, LEG] - visit[v, SERVICE])
        stop[i, LATEST] = free
    if not driven:
        broken = False
    work[worker] += service + travel - tally[WORK]
    awarded[line[COMPANY]] += count - tally[COUNT]
    tally[WORK] = service + travel
    tally[COUNT] = count
    tally[LOAD] = load
    tally[SOFT] = soft
    tally[POINTS] = travel * rate + late + fees + (line[USE] if count > 0 else 0) + (BROKEN if broken else 0)


@part
def delayed(visit: Shorts, opens: Shorts, closes: Shorts, stop: Shorts, m: int, j: int, free: int) -> int:
    """Give the points that lateness grows by when the stops from `j` on are reached from a start at `free`."""
    more = 0
    for i in range(j, m + 1):
        v = stop[i, VISIT]
        start = begin(visit, opens, closes, v, free)
        before = stop[i, START]
        if start <= before:
            break
        more += (max(0, start - visit[v, DUE]) - max(0, before - visit[v, DUE])) * visit[v, LATE]
        free = start + visit[v, SERVICE] + stop[i, LEG]
    return more


@part
def insert(
    visit: Shorts,
    opens: Shorts,
    closes: Shorts,
    seconds: Shorts,
    stop: Shorts,
    tally: Ints,
    where: Shorts,
    n: int,
    b: int,
    v: int,
) -> None:
    """Put visit `v` after position `b` of a row, and carry times only as far as they change.

    A row with breaks must be timed anew afterwards: what it was to travel after a break is not known here.
    """
    m = tally[LENGTH] + 1
    for i in range(m, b, -1):
        w = stop[i, VISIT]
        if i < m and w < n:
            where[w, 1] = i + 1
        stop[i + 1, VISIT] = w
        stop[i + 1, AT] = stop[i, AT]
        stop[i + 1, FREE] = stop[i, FREE]
        stop[i + 1, LATEST] = stop[i, LATEST]
        stop[i + 1, LEG] = stop[i, LEG]
        stop[i + 1, START] = stop[i, START]
    tally[LENGTH] = m
    stop[b + 1, VISIT] = v
    stop[b + 1, AT] = visit[v, PLACE]
    stop[b, LEG] = seconds[stop[b, AT], visit[v, PLACE]]
    stop[b + 1, LEG] = seconds[visit[v, PLACE], stop[b + 2, AT]]
    where[v, 1] = b + 1
    free = stop[b, FREE]
    for i in range(b + 1, m + 1):
        w = stop[i, VISIT]
        start = begin(visit, opens, closes, w, free + stop[i - 1, LEG])
        free = start + visit[w, SERVICE]
        if i > b + 1 and free == stop[i, FREE]:
            break
        stop[i, START] = start
        stop[i, FREE] = free
    latest = stop[b + 2, LATEST]
    for i in range(b + 1, 0, -1):
        w = stop[i, VISIT]
        latest = last_begin(visit, opens, closes, w, latest - stop[i, LEG] - visit[w, SERVICE])
        if i <= b and latest == stop[i, LATEST]:
            break
        stop[i, LATEST] = latest
