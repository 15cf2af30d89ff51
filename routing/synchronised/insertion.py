"""Find the cheapest place for a job, and put it there.

Every place is priced first by a bound (detour, own lateness, and the delay that the follower's slack cannot take); only
a place that could still win has its delay followed through the rounds and across the ties, exactly.
"""

import numpy as np

from routing.compiled import kernel, part, step
from routing.synchronised.arrays import ALONE, WIDTH, Floats, Ints, PairDraft, PairTask, Scratch
from routing.synchronised.clock import NEVER, TOLERANCE, fit, lateness, tie
from routing.synchronised.rng import Rng, uniform

NOBODY = np.int32(-1)  # of the nodes' own width, so that the one kernel is compiled once


@step
def follow(
    task: PairTask,
    draft: PairDraft,
    pushed: Floats,
    node: int,
    reached: float,
    second: int | np.int32,
    reached_second: float,
    high: float,
    limit: float,
) -> tuple[float, float]:
    """Return the price of reaching one or two nodes later, and the worst lateness it makes; stop above `limit`.

    `pushed` is scratch as long as the nodes, all -NEVER, and is left so.
    """
    legs, workers = task.job.shape[0], task.mode.shape[0]
    price, waiting, z = 0.0, 0, draft.planned[0]
    for turn in range(2):
        target, moment = (node, reached) if turn == 0 else (second, reached_second)
        if target < 0 or moment <= draft.start[target] + TOLERANCE:
            continue
        if target >= legs:
            price += overrun(task, draft, target - legs - workers, moment)
        else:
            pushed[target] = moment
            waiting += 1
            z = min(z, draft.rank[task.job[target]])
    while waiting > 0 and price < limit:
        job = draft.order[z]
        z += 1
        leg_one, leg_two = task.legs[job, 0], task.legs[job, 1]
        tied = task.link[job] != ALONE
        if pushed[leg_one] < 0.0 and not (tied and pushed[leg_two] >= 0.0):
            continue
        if tied:
            waiting -= (pushed[leg_one] >= 0.0) + (pushed[leg_two] >= 0.0)
            start, begun, window, window_two = tie(
                task, job, max(pushed[leg_one], draft.start[leg_one]), max(pushed[leg_two], draft.start[leg_two])
            )
            pushed[leg_one] = pushed[leg_two] = -NEVER
            if start >= NEVER or begun >= NEVER:
                price = NEVER
                break
        else:
            waiting -= 1
            start, window = fit(task, leg_one, pushed[leg_one])
            begun, window_two = 0.0, 0
            pushed[leg_one] = -NEVER
            if start >= NEVER:
                price = NEVER
                break
        for turn in range(2 if tied else 1):
            leg, moment, at = (leg_one, start, window) if turn == 0 else (leg_two, begun, window_two)
            if moment <= draft.start[leg] + TOLERANCE:
                continue
            late = lateness(task, leg, moment, at)
            high = max(high, late)
            price += task.weight[leg] * (late - late_now(task, draft, leg))
            follower = draft.after[leg]
            mode = task.mode[draft.worker[leg]]
            met = moment + task.duration[leg] + task.time[mode, task.place[leg], task.place[follower]]
            if met > draft.start[follower] + TOLERANCE:
                if follower >= legs:
                    price += overrun(task, draft, follower - legs - workers, met)
                else:
                    pushed[follower] = met
                    waiting += 1
    while waiting > 0:
        job = draft.order[z]
        z += 1
        for turn in range(2):
            leg = task.legs[job, turn]
            if leg >= 0 and pushed[leg] >= 0.0:
                pushed[leg] = -NEVER
                waiting -= 1
    return price, high


@part
def late_now(task: PairTask, draft: PairDraft, leg: int) -> float:
    """Return by how much a planned leg is late as the draft stands."""
    start = draft.start[leg]
    for window in range(task.windows[leg]):
        if start <= task.latest[leg, window]:
            return float(max(0.0, start - task.closes[leg, window]))
    return 0.0


@part
def overrun(task: PairTask, draft: PairDraft, worker: int, home: float) -> float:
    """Return the price of one worker coming home later than now; NEVER where the shift forbids it."""
    if home > task.shift_latest[worker] + TOLERANCE:
        return NEVER
    end = task.job.shape[0] + task.mode.shape[0] + worker
    late = max(0.0, home - task.shift_end[worker]) - max(0.0, draft.start[end] - task.shift_end[worker])
    return float(task.overtime[worker] * max(0.0, late))


@step
def cheapest_single(
    task: PairTask, draft: PairDraft, scratch: Scratch, leg: int, rng: Rng, blink: float
) -> tuple[float, int]:
    """Return the cheapest place of an unplanned leg by itself: its price and the node it comes after (-1: none)."""
    legs, workers = task.job.shape[0], task.mode.shape[0]
    here, worst = task.place[leg], draft.worst[draft.planned[0]]
    best, chosen = NEVER, -1
    weight, last = task.weight[leg], task.windows[leg] - 1
    for at in range(task.able_count[leg]):
        worker = task.able[leg, at]
        mode, fee = task.mode[worker], task.fee[leg, worker]
        if fee >= best:
            continue
        u = legs + worker
        end = u + workers
        while u != end:
            v = draft.after[u]
            left = draft.leave[u]
            if left > task.latest[leg, last] or weight * (left - task.closes[leg, last]) >= best:
                break
            detour = task.cost[mode, task.place[u], here] + task.cost[mode, here, task.place[v]] + fee
            if u < legs or v < legs:
                detour -= task.cost[mode, task.place[u], task.place[v]]
            else:
                detour += task.use[worker]
            if detour < best and (blink <= 0.0 or uniform(rng) > blink):
                reached = left + task.time[mode, task.place[u], here]
                start, window = fit(task, leg, reached)
                if start < NEVER:
                    late = lateness(task, leg, start, window)
                    price = detour + weight * late
                    high = max(worst, late)
                    met = start + task.duration[leg] + task.time[mode, here, task.place[v]]
                    if price + task.worst * (high - worst) < best:
                        if met - draft.start[v] > draft.slack[v] + TOLERANCE:
                            extra, high = follow(
                                task,
                                draft,
                                scratch.pushed,
                                v,
                                met,
                                NOBODY,
                                0.0,
                                high,
                                best - price - task.worst * (high - worst),
                            )
                            price += extra
                        price += task.worst * (high - worst)
                        if price < best:
                            best, chosen = price, u
            u = v
    return best, chosen


@step
def shortlist(
    task: PairTask,
    draft: PairDraft,
    leg: int,
    nodes: Ints,
    moments: Floats,
    detours: Floats,
    prices: Floats,
    rng: Rng,
    blink: float,
) -> int:
    """Fill the cheapest places of one leg of a tied job by its own bound, ascending; return how many there are."""
    legs, workers = task.job.shape[0], task.mode.shape[0]
    here = task.place[leg]
    count = 0
    weight, last = task.weight[leg], task.windows[leg] - 1
    for at in range(task.able_count[leg]):
        worker = task.able[leg, at]
        mode, fee = task.mode[worker], task.fee[leg, worker]
        u = legs + worker
        end = u + workers
        while u != end:
            v = draft.after[u]
            left = draft.leave[u]
            if left > task.latest[leg, last]:
                break
            reached = left + task.time[mode, task.place[u], here]
            start, window = fit(task, leg, reached)
            if start < NEVER and (blink <= 0.0 or uniform(rng) > blink):
                detour = task.cost[mode, task.place[u], here] + task.cost[mode, here, task.place[v]] + fee
                if u < legs or v < legs:
                    detour -= task.cost[mode, task.place[u], task.place[v]]
                else:
                    detour += task.use[worker]
                price = detour + weight * lateness(task, leg, start, window)
                if count < WIDTH or price < prices[count - 1]:
                    z = count if count < WIDTH else WIDTH - 1
                    count = z + 1
                    while z > 0 and prices[z - 1] > price:
                        prices[z], detours[z] = prices[z - 1], detours[z - 1]
                        nodes[z], moments[z] = nodes[z - 1], moments[z - 1]
                        z -= 1
                    prices[z], detours[z], nodes[z], moments[z] = price, detour, u, reached
            u = v
    return count


@step
def owner(task: PairTask, draft: PairDraft, node: int) -> int:
    """Return whose round a start or a planned leg belongs to."""
    legs = task.job.shape[0]
    return int(draft.worker[node]) if node < legs else node - legs


@part
def rank_of(task: PairTask, draft: PairDraft, node: int) -> int:
    """Return a node's place in the order: -1 for a start, past the last job for an end."""
    legs, workers = task.job.shape[0], task.mode.shape[0]
    if node < legs:
        return int(draft.rank[task.job[node]])
    return -1 if node < legs + workers else int(draft.planned[0])


@step
def mark(task: PairTask, draft: PairDraft, marks: Ints, v: int, w: int, low: int, high: int) -> None:
    """Mark the jobs that must follow v or w among the places low … high.

    `marks[job]` becomes 1 for those that must follow and 0 for the others of the stretch.
    """
    legs = task.job.shape[0]
    first = task.job[v] if v < legs else -1
    second = task.job[w] if w < legs else -1
    for z in range(low, high + 1):
        job = draft.order[z]
        caught = job in (first, second)
        for turn in range(2):
            leg = task.legs[job, turn]
            if leg >= 0 and not caught:
                source = draft.before[leg]
                if source < legs:
                    earlier = task.job[source]
                    caught = draft.rank[earlier] >= low and marks[earlier] == 1
        marks[job] = 1 if caught else 0


@step
def cheapest_pair(
    task: PairTask, draft: PairDraft, scratch: Scratch, job: int, rng: Rng, blink: float
) -> tuple[float, int, int]:
    """Return the cheapest places of a tied job: its price and the nodes its legs come after (-1: none)."""
    legs = task.job.shape[0]
    leg, leg_two = task.legs[job, 0], task.legs[job, 1]
    here = task.place[leg]
    nodes, moments, detours, prices = scratch.nodes, scratch.moments, scratch.detours, scratch.prices
    count = shortlist(task, draft, leg, nodes[0], moments[0], detours[0], prices[0], rng, blink)
    count_two = shortlist(task, draft, leg_two, nodes[1], moments[1], detours[1], prices[1], rng, blink)
    worst = draft.worst[draft.planned[0]]
    best, chosen, chosen_two = NEVER, -1, -1
    if count == 0 or count_two == 0:
        return best, chosen, chosen_two
    for i in range(count):
        if prices[0, i] + prices[1, 0] >= best:
            break
        u = nodes[0, i]
        worker = owner(task, draft, u)
        mode = task.mode[worker]
        v = draft.after[u]
        rank_u, rank_v = rank_of(task, draft, u), rank_of(task, draft, v)
        for j in range(count_two):
            bound = prices[0, i] + prices[1, j]
            if bound >= best:
                break
            x = nodes[1, j]
            other = owner(task, draft, x)
            if other == worker:
                continue
            y = draft.after[x]
            start, begun, window, window_two = tie(task, job, moments[0, i], moments[1, j])
            if start >= NEVER or begun >= NEVER:
                continue
            late, late_two = lateness(task, leg, start, window), lateness(task, leg_two, begun, window_two)
            price = detours[0, i] + detours[1, j] + task.weight[leg] * late + task.weight[leg_two] * late_two
            high = max(worst, late, late_two)
            if price + task.worst * (high - worst) >= best:
                continue
            met = start + task.duration[leg] + task.time[mode, here, task.place[v]]
            met_two = begun + task.duration[leg_two] + task.time[task.mode[other], task.place[leg_two], task.place[y]]
            low, top = min(rank_v, rank_of(task, draft, y)), max(rank_u, rank_of(task, draft, x))
            if low <= top:
                mark(task, draft, scratch.marks, v, y, low, top)
                if (u < legs and draft.rank[task.job[u]] >= low and scratch.marks[task.job[u]] == 1) or (
                    x < legs and draft.rank[task.job[x]] >= low and scratch.marks[task.job[x]] == 1
                ):
                    continue
            tight = met - draft.start[v] > draft.slack[v] + TOLERANCE
            tight_two = met_two - draft.start[y] > draft.slack[y] + TOLERANCE
            if tight or tight_two:
                extra, high = follow(
                    task, draft, scratch.pushed, v, met, y, met_two, high, best - price - task.worst * (high - worst)
                )
                price += extra
            price += task.worst * (high - worst)
            if price < best:
                best, chosen, chosen_two = price, u, x
    return best, chosen, chosen_two


@kernel
def join(task: PairTask, draft: PairDraft, leg: int, node: int) -> None:
    """Put a leg into the round behind a node."""
    follower = draft.after[node]
    draft.before[leg], draft.after[leg] = node, follower
    draft.after[node], draft.before[follower] = leg, leg
    draft.worker[leg] = owner(task, draft, node)


@step
def insert_job(task: PairTask, draft: PairDraft, scratch: Scratch, job: int, u: int, x: int) -> int:
    """Put a job behind its chosen nodes, keep the order valid, and return the first place with outdated times."""
    v, y = draft.after[u], (draft.after[x] if x >= 0 else -1)
    low, top = rank_of(task, draft, v), rank_of(task, draft, u)
    if x >= 0:
        low, top = min(low, rank_of(task, draft, y)), max(top, rank_of(task, draft, x))
    first = low
    count = draft.planned[0]
    if low <= top:
        marks, room = scratch.marks, scratch.room
        mark(task, draft, marks, v, y if y >= 0 else v, low, top)
        kept, moved = low, 0
        for z in range(low, top + 1):
            other = draft.order[z]
            if marks[other] == 1:
                room[moved] = other
                moved += 1
            else:
                draft.order[kept] = other
                draft.rank[other] = kept
                kept += 1
        for z in range(moved):
            draft.order[kept + z] = room[z]
            draft.rank[room[z]] = kept + z
        place = kept
    else:
        place = low
        leg = task.legs[job, 0]
        worker = owner(task, draft, u)
        moment = draft.leave[u] + task.time[task.mode[worker], task.place[u], task.place[leg]]
        moment = max(moment, task.opens[leg, 0])
        while place - 1 > top and draft.start[task.legs[draft.order[place - 1], 0]] > moment:
            place -= 1
        first = place
    for z in range(count, place, -1):
        draft.order[z] = draft.order[z - 1]
        draft.rank[draft.order[z]] = z
    draft.order[place] = job
    draft.rank[job] = place
    draft.planned[0] = count + 1
    join(task, draft, task.legs[job, 0], u)
    if x >= 0:
        join(task, draft, task.legs[job, 1], x)
    return min(first, place)
