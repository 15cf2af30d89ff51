"""The annealed search over rows, one compiled function; see `routing.improvement.kernel` for its parts."""

import math

from routing.compiled import kernel, part, step
from routing.improvement.arrays import (
    AT,
    BEST,
    BROKEN,
    CAPACITY,
    CLOSE,
    CLOSED,
    COMPANY,
    COUNT,
    DUE,
    END_PLACE,
    FORBIDDEN,
    FREE,
    KEPT_POINTS,
    KEPT_UNASSIGNED,
    KEYS,
    KIND,
    LATE,
    LATEST,
    LEG,
    LENGTH,
    LOAD,
    MODE,
    NEVER,
    NOW,
    OPEN,
    PINNED,
    PLACE,
    POINTS,
    RESTS,
    SERVICE,
    SOFT,
    STAMP,
    START_PLACE,
    TOUCHED,
    UNASSIGNED,
    USE,
    VISIT,
    WINDOWS,
    WORKER,
    Draft,
    Task,
)
from routing.improvement.kernel import begin, delayed, insert, uniform
from routing.improvement.rows import exchange_tails, keep, put_back, record, store_best, time_row
from routing.model.arrays import Shorts

BLINK = 0.01
ORDER_SHARES = (0.42, 0.58, 0.72, 0.82, 0.92, 1.0)  # after 0.30 at random, then by the keys of a task
SPLIT_STOP = 0.01
OPENING = 0.05
"""The share of rounds in which, for one visit, the way to and from an unused row is discounted by a random share.

Greedy insertion never opens a round that only its second visit would justify; what the plan costs is counted in full.
"""
MANY_ROWS = 60
"""With more rows than this, a visit is tried only in the rows of its NEAR_VISITS nearest visits and a few more."""

NEAR_VISITS = 40


@step
def ruin(task: Task, draft: Draft, removals: float, longest: float) -> int:
    """Take strings of neighbouring visits out of neighbouring rows; give how many rows were touched."""
    n = task.demand.shape[0]
    rng, where, numbers = draft.rng, draft.where, draft.numbers
    used = served = 0
    for row in range(draft.tally.shape[0]):
        count = draft.tally[row, COUNT]
        used += count > 0
        served += count
    ahead = min(longest, served / max(1, used))
    strings = int(uniform(rng) * (4.0 * removals / (1.0 + ahead) - 1.0) + 1.0)
    centre = task.play[int(uniform(rng) * task.play.shape[0])]
    touched = 0
    for a in range(-1, task.near.shape[1]):
        if touched >= strings:
            break
        v = centre if a < 0 else task.near[centre, a]
        row = where[v, 0]
        if row < 0:
            continue
        tally = draft.tally[row]
        if tally[TOUCHED] != 0:
            continue
        stop = draft.stop[row]
        m = tally[LENGTH]
        taken = min(m, int(1.0 + uniform(rng) * min(ahead, float(m))))
        kept = 0
        if 1 < taken < m and uniform(rng) < 0.5:
            kept = 1
            while taken + kept < m and uniform(rng) > SPLIT_STOP:
                kept += 1
        span = taken + kept
        low = max(1, where[v, 1] - span + 1)
        first = low + int(uniform(rng) * (min(where[v, 1], m - span + 1) - low + 1))
        gap = first + 1 + int(uniform(rng) * (taken - 1)) if kept > 0 else m + 1
        w = first
        for i in range(first, m + 1):
            x = stop[i, VISIT]
            if i < first + span and not gap <= i < gap + kept and task.visit[x, PINNED] == 0:
                draft.unassigned[numbers[UNASSIGNED]] = x
                numbers[UNASSIGNED] += 1
                where[x, 0] = -1
            else:
                stop[w, VISIT] = x
                if x < n:
                    where[x, 1] = w
                w += 1
        tally[LENGTH] = w - 1
        tally[TOUCHED] = 1
        draft.touched[touched] = row
        touched += 1
        time_row(task, draft, row)
    return touched


@step
def order_unassigned(task: Task, draft: Draft) -> None:
    """Sort the unassigned visits by one of the orders, drawn at random; in random order three times in ten."""
    drawn = uniform(draft.rng)
    which = -1
    if drawn > 0.30:
        which = 0
        while which + 1 < KEYS and drawn >= ORDER_SHARES[which]:
            which += 1
    for i in range(draft.numbers[UNASSIGNED]):
        v = draft.unassigned[i]
        key = uniform(draft.rng) if which < 0 else task.keys[v, which]
        j = i
        while j > 0 and draft.key[j - 1] > key:
            draft.key[j] = draft.key[j - 1]
            draft.unassigned[j] = draft.unassigned[j - 1]
            j -= 1
        draft.key[j] = key
        draft.unassigned[j] = v


@step
def open_rows(task: Task, draft: Draft) -> int:
    """List the rows that a visit may be put into: those in use, and of each kind one that is not; give how many."""
    choices = 0
    draft.numbers[STAMP] += 1
    stamp = draft.numbers[STAMP]
    for row in range(task.row.shape[0]):
        if task.row[row, CLOSED] != 0:
            continue
        if draft.tally[row, COUNT] == 0:
            kind = task.row[row, KIND]
            if draft.seen[kind] == stamp:
                continue
            draft.seen[kind] = stamp
        draft.choice[choices] = row
        choices += 1
    return choices


@step
def add_empty(task: Task, draft: Draft, choices: int, taken: int) -> int:
    """List another empty row of the kind of `taken`, which is about to be used; give how many rows are listed."""
    for row in range(task.row.shape[0]):
        same = task.row[row, KIND] == task.row[taken, KIND] and task.row[row, CLOSED] == 0
        if same and row != taken and draft.tally[row, COUNT] == 0:
            draft.choice[choices] = row
            return choices + 1
    return choices


@part
def list_near(task: Task, draft: Draft, v: int) -> int:
    """List the rows that come near a visit: those of its nearest others, and those that begin near it."""
    count = 0
    draft.numbers[STAMP] += 1
    stamp = draft.numbers[STAMP]
    for a in range(min(NEAR_VISITS, task.near.shape[1])):
        row = draft.where[task.near[v, a], 0]
        if row >= 0 and draft.listed[row] != stamp:
            draft.listed[row] = stamp
            draft.some[count] = row
            count += 1
    for a in range(task.begins.shape[1]):
        row = task.begins[v, a]
        if draft.listed[row] != stamp and task.row[row, CLOSED] == 0:
            draft.listed[row] = stamp
            draft.some[count] = row
            count += 1
    return count


@part
def cheapest(task: Task, draft: Draft, v: int, rows: Shorts, count: int, share: float) -> tuple[int, int, int, int]:
    """Find where a visit costs least in the rows listed, skipping a place with probability BLINK.

    Give its points, row (−1: to leave it out is cheaper) and position, and what of the points `share` has forgiven.
    """
    n = task.demand.shape[0]
    visit, opens, closes, rate = task.visit, task.opens, task.closes, task.rate[0]
    rng, tallies, stops = draft.rng, draft.tally, draft.stop
    place = visit[v, PLACE]
    opened, closed, service = visit[v, OPEN], visit[v, CLOSE], visit[v, SERVICE]
    due, late, simple = visit[v, DUE], visit[v, LATE], visit[v, WINDOWS] == 1
    demand = task.demand[v]
    best = task.skip[v]
    best_row = -1
    best_position = best_forgiven = 0
    for choice in range(count):
        row = rows[choice]
        line = task.row[row]
        tally = tallies[row]
        fee = task.fee[v, line[WORKER]]
        if fee >= FORBIDDEN or tally[LOAD] + demand > line[CAPACITY]:
            continue
        if draft.awarded[line[COMPANY]] >= task.quota[line[COMPANY]]:
            continue
        stop = stops[row]
        m = tally[LENGTH]
        inward = task.back[line[MODE], place]
        outward = task.seconds[line[MODE], place]
        forgiven = 0
        if tally[COUNT] == 0:
            forgiven = int(share * (inward[line[START_PLACE]] + outward[line[END_PLACE]]) * rate)
            fee += line[USE] - forgiven
        spare = task.max_work[line[WORKER]] - draft.work[line[WORKER]] - service
        rests = line[RESTS]
        watched = late > 0 or tally[SOFT] > 0
        i = 0
        if rests == 0:
            high = m
            earliest = opened + service
            while i < high:
                middle = (i + high) >> 1
                if stop[middle + 1, LATEST] < earliest:
                    i = middle + 1
                else:
                    high = middle
        while i <= m:
            p = stop[i, AT]
            start = stop[i, FREE] + inward[p]
            if start > closed:
                if stop[i, FREE] > closed:
                    break
                i += 1
                continue
            j = i + 1
            if rests > 0:
                while j <= m and stop[j, VISIT] >= n:
                    j += 1
            q = stop[j, AT]
            more = inward[p] + outward[q] - stop[j - 1, LEG]
            points = more * rate + fee
            if points < best and more <= spare:
                start = max(start, opened) if simple else begin(visit, opens, closes, v, start)
                free = start + service
                for k in range(i + 1, j):
                    x = stop[k, VISIT]
                    free = max(free, visit[x, OPEN])
                    if free > visit[x, CLOSE]:
                        free = NEVER
                    free += visit[x, SERVICE]
                free += outward[q]
                if free <= stop[j, LATEST]:
                    if watched:
                        if start > due:
                            points += (start - due) * late
                        if tally[SOFT] > 0:
                            points += delayed(visit, opens, closes, stop, m, j, free)
                    if points < best and uniform(rng) >= BLINK:
                        best = points
                        best_row = row
                        best_position = i
                        best_forgiven = forgiven
            i += 1
    return best, best_row, best_position, best_forgiven


@step
def recreate(task: Task, draft: Draft, touched: int) -> int:
    """Put each unassigned visit where it costs least; give how many rows are touched.

    Of many rows only those that come near a visit are read, and all of them only where none of these takes it.
    """
    n = task.demand.shape[0]
    visit, opens, closes = task.visit, task.opens, task.closes
    numbers, tallies = draft.numbers, draft.tally
    left = 0
    choices = open_rows(task, draft)
    share = uniform(draft.rng) if uniform(draft.rng) < OPENING else 0.0
    for z in range(numbers[UNASSIGNED]):
        v = draft.unassigned[z]
        some = list_near(task, draft, v) if choices > MANY_ROWS else 0
        points, row, position, forgiven = cheapest(task, draft, v, draft.some, some, share)
        if row < 0:
            points, row, position, forgiven = cheapest(task, draft, v, draft.choice, choices, share)
        if row < 0:
            draft.unassigned[left] = v
            left += 1
            continue
        tally = tallies[row]
        if tally[COUNT] == 0:
            share = 0.0
            choices = add_empty(task, draft, choices, row)
        if tally[TOUCHED] == 0:
            tally[TOUCHED] = 1
            draft.touched[touched] = row
            touched += 1
        draft.where[v, 0] = row
        line = task.row[row]
        insert(
            visit,
            opens,
            closes,
            task.seconds[line[MODE]],
            draft.stop[row],
            tally,
            draft.where,
            n,
            position,
            v,
        )
        if line[RESTS] > 0 or task.max_work[line[WORKER]] < FORBIDDEN:
            time_row(task, draft, row)
        else:
            tally[POINTS] += points + forgiven
            tally[LOAD] += task.demand[v]
            tally[COUNT] += 1
            tally[SOFT] += visit[v, LATE] > 0
            draft.awarded[line[COMPANY]] += 1
    numbers[UNASSIGNED] = left
    return touched


@kernel
def search(
    task: Task,
    draft: Draft,
    rounds: int,
    heat: float,
    cooling: float,
    removals: float,
    longest: float,
    big: float,
    scale: float,
    tails: float,
    reach: int,
    near_best: float,
) -> None:
    """Ruin and recreate `rounds` times, the heat in points times `cooling` after each."""
    numbers, tallies = draft.numbers, draft.tally
    for _ in range(rounds):
        heat *= cooling
        if uniform(draft.rng) < tails:
            exchange_tails(task, draft, heat, reach)
        factor = scale if uniform(draft.rng) < big else 1.0
        touched = ruin(task, draft, removals * factor, longest * factor)
        order_unassigned(task, draft)
        touched = recreate(task, draft, touched)
        points = numbers[NOW]
        for i in range(numbers[KEPT_UNASSIGNED]):
            points -= task.skip[draft.kept_unassigned[i]]
        for i in range(numbers[UNASSIGNED]):
            points += task.skip[draft.unassigned[i]]
        for a in range(touched):
            row = draft.touched[a]
            points += tallies[row, POINTS] - tallies[row, KEPT_POINTS]
            if draft.work[task.row[row, WORKER]] > task.max_work[task.row[row, WORKER]]:
                points += BROKEN  # without a triangle inequality a shorter round may take longer
        bound = float(numbers[NOW])
        if heat > 0.0:
            bound -= heat * math.log(uniform(draft.rng) + 1e-300)
        if points < bound:
            if points < numbers[NOW] and points < numbers[BEST] + near_best:
                for a in range(touched):
                    record(task, draft, draft.touched[a])
            numbers[NOW] = points
            for a in range(touched):
                keep(draft, draft.touched[a])
            numbers[KEPT_UNASSIGNED] = numbers[UNASSIGNED]
            for i in range(numbers[UNASSIGNED]):
                draft.kept_unassigned[i] = draft.unassigned[i]
            if points < numbers[BEST]:
                store_best(draft)
        else:
            put_back(task, draft, touched)
