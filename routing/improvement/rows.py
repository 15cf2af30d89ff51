"""Operations on whole rows: time, keep and restore them, record routes for recombination, exchange tails."""

import math

from routing.compiled import kernel, step
from routing.improvement.arrays import (
    AT,
    BEST,
    BEST_LENGTH,
    BEST_UNASSIGNED,
    CAPACITY,
    COUNT,
    FREE,
    KEPT_LENGTH,
    KEPT_POINTS,
    KEPT_UNASSIGNED,
    KIND,
    LATEST,
    LEG,
    LENGTH,
    LOAD,
    MODE,
    NOW,
    PLACE,
    POINTS,
    POOL,
    POOL_ROUTES,
    POOL_STOPS,
    POOL_TABLE,
    RESTS,
    SOFT,
    TOUCHED,
    UNASSIGNED,
    USE,
    VISIT,
    Draft,
    Task,
)
from routing.improvement.kernel import retime, uniform


@step
def record(task: Task, draft: Draft, row: int) -> None:
    """Remember a route for recombination, unless the same visits were served as cheaply before."""
    tally = draft.tally[row]
    kind = task.row[row, KIND]
    n = task.demand.shape[0]
    numbers = draft.numbers
    if tally[COUNT] == 0 or numbers[POOL] >= POOL_ROUTES:
        return
    if numbers[POOL_STOPS] + tally[LENGTH] > draft.pool_stops.shape[0]:
        return
    mark = task.marks[n + kind]
    for i in range(1, tally[LENGTH] + 1):
        v = draft.stop[row, i, VISIT]
        if v < n:
            mark += task.marks[v]
    slot = int(mark % POOL_TABLE)
    route = -1
    while draft.pool_table[slot] != 0:
        if draft.pool_mark[draft.pool_table[slot] - 1] == mark:
            route = draft.pool_table[slot] - 1
            break
        slot = (slot + 1) % POOL_TABLE
    if route >= 0:
        if draft.pool_route[route, 3] <= tally[POINTS] or draft.pool_route[route, 2] < tally[LENGTH]:
            return
    else:
        route = numbers[POOL]
        numbers[POOL] += 1
        draft.pool_table[slot] = route + 1
        draft.pool_mark[route] = mark
        draft.pool_route[route, 0] = kind
        draft.pool_route[route, 1] = numbers[POOL_STOPS]
        draft.pool_route[route, 2] = tally[LENGTH]
        numbers[POOL_STOPS] += tally[LENGTH]
    draft.pool_route[route, 3] = tally[POINTS]
    first = draft.pool_route[route, 1]
    for i in range(tally[LENGTH]):
        draft.pool_stops[first + i] = draft.stop[row, i + 1, VISIT]


@kernel
def keep(draft: Draft, row: int) -> None:
    """Keep a row as it now is: `put_back` restores it."""
    tally = draft.tally[row]
    tally[TOUCHED] = 0
    tally[KEPT_LENGTH] = tally[LENGTH]
    tally[KEPT_POINTS] = tally[POINTS]
    for i in range(1, tally[LENGTH] + 1):
        draft.kept[row, i] = draft.stop[row, i, VISIT]


@kernel
def store_best(draft: Draft) -> None:
    """Copy the plan to return to over the best one."""
    draft.numbers[BEST] = draft.numbers[NOW]
    draft.numbers[BEST_UNASSIGNED] = draft.numbers[KEPT_UNASSIGNED]
    for row in range(draft.tally.shape[0]):
        length = draft.tally[row, KEPT_LENGTH]
        draft.tally[row, BEST_LENGTH] = length
        for i in range(1, length + 1):
            draft.best[row, i] = draft.kept[row, i]


@kernel
def time_row(task: Task, draft: Draft, row: int) -> None:
    """Work out one row anew."""
    retime(
        task.visit,
        task.opens,
        task.closes,
        task.demand,
        task.fee,
        task.row[row],
        task.seconds[task.row[row, MODE]],
        task.rate[0],
        draft.stop[row],
        draft.tally[row],
        draft.work,
        draft.awarded,
    )


@step
def exchange_tails(task: Task, draft: Draft, heat: float, reach: int) -> None:
    """Try, for one visit drawn at random, to continue with each near visit of another row: the tails change rows.

    Only between rows of one kind, without breaks and soft lateness: there the slacks decide everything.
    """
    rng, where, stops, tallies = draft.rng, draft.where, draft.stop, draft.tally
    v = task.play[int(uniform(rng) * task.play.shape[0])]
    row = where[v, 0]
    if row < 0 or tallies[row, SOFT] > 0 or task.row[row, RESTS] > 0:
        return
    i = where[v, 1]
    place = task.visit[v, PLACE]
    out = task.seconds[task.row[row, MODE], place]
    rate = task.rate[0]
    mine = stops[row]
    bound = int(-heat * math.log(uniform(rng) + 1e-300)) if heat > 0.0 else 0
    target = -1
    for a in range(min(reach, task.near.shape[1])):
        u = task.near[v, a]
        other = where[u, 0]
        if other < 0 or other == row or task.row[other, KIND] != task.row[row, KIND] or tallies[other, SOFT] > 0:
            continue
        theirs = stops[other]
        j = where[u, 1]
        more = out[task.visit[u, PLACE]] - mine[i, LEG] - theirs[j - 1, LEG]
        if more * rate >= bound:
            continue
        back = task.seconds[task.row[row, MODE], theirs[j - 1, AT], mine[i + 1, AT]]
        emptied = i == tallies[row, LENGTH] and j == 1
        if not emptied:
            more += back
        gain = more * rate - (task.row[other, USE] if emptied else 0)
        if gain >= bound:
            continue
        if mine[i, FREE] + out[task.visit[u, PLACE]] > theirs[j, LATEST]:
            continue
        if theirs[j - 1, FREE] + back > mine[i + 1, LATEST]:
            continue
        shift = 0
        for k in range(i + 1, tallies[row, LENGTH] + 1):
            shift -= task.demand[mine[k, VISIT]]
        for k in range(j, tallies[other, LENGTH] + 1):
            shift += task.demand[theirs[k, VISIT]]
        if (
            tallies[row, LOAD] + shift > task.row[row, CAPACITY]
            or tallies[other, LOAD] - shift > task.row[other, CAPACITY]
        ):
            continue
        bound = gain
        target = u
    if target < 0:
        return
    other = where[target, 0]
    j = where[target, 1]
    m, k = tallies[row, LENGTH], tallies[other, LENGTH]
    for x in range(j, k + 1):
        stops[row, i + 1 + x - j, VISIT] = draft.kept[other, x]
    for x in range(i + 1, m + 1):
        stops[other, j + x - i - 1, VISIT] = draft.kept[row, x]
    tallies[row, LENGTH] = i + k - j + 1
    tallies[other, LENGTH] = j - 1 + m - i
    draft.numbers[NOW] -= tallies[row, POINTS] + tallies[other, POINTS]
    for either in (row, other):
        for x in range(1, tallies[either, LENGTH] + 1):
            w = stops[either, x, VISIT]
            where[w, 0] = either
            where[w, 1] = x
        time_row(task, draft, either)
        keep(draft, either)
    draft.numbers[NOW] += tallies[row, POINTS] + tallies[other, POINTS]


@step
def put_back(task: Task, draft: Draft, touched: int) -> None:
    """Restore the touched rows and the unassigned visits to the plan that was kept."""
    for a in range(touched):
        row = draft.touched[a]
        tally = draft.tally[row]
        tally[TOUCHED] = 0
        tally[LENGTH] = tally[KEPT_LENGTH]
        for i in range(1, tally[LENGTH] + 1):
            v = draft.kept[row, i]
            draft.stop[row, i, VISIT] = v
            if v < task.demand.shape[0]:
                draft.where[v, 0] = row
                draft.where[v, 1] = i
        time_row(task, draft, row)
    draft.numbers[UNASSIGNED] = draft.numbers[KEPT_UNASSIGNED]
    for i in range(draft.numbers[UNASSIGNED]):
        v = draft.kept_unassigned[i]
        draft.unassigned[i] = v
        draft.where[v, 0] = -1
