"""Find the cheapest place for a job, and put it there.

Every place is priced first by a bound (detour, own lateness, and the delay that the follower's slack cannot take); only
a place that could still win has its delay followed through the rounds and across the ties, exactly.
"""

import numpy as np

from routing.compiled import kernel, part, step
from routing.synchronised.board import ALONE, WIDTH, Board, Desk, Draft, Floats, Ints
from routing.synchronised.clock import HAIR, NEVER, fit, lateness, tie
from routing.synchronised.rng import Dice, roll

NOBODY = np.int32(-1)  # of the nodes' own width, so that the one kernel is compiled once


@step
def follow(
    board: Board,
    draft: Draft,
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
    legs, workers = board.job.shape[0], board.mode.shape[0]
    price, waiting, z = 0.0, 0, draft.planned[0]
    for turn in range(2):
        target, moment = (node, reached) if turn == 0 else (second, reached_second)
        if target < 0 or moment <= draft.start[target] + HAIR:
            continue
        if target >= legs:
            price += overrun(board, draft, target - legs - workers, moment)
        else:
            pushed[target] = moment
            waiting += 1
            z = min(z, draft.rank[board.job[target]])
    while waiting > 0 and price < limit:
        job = draft.order[z]
        z += 1
        one, two = board.legs[job, 0], board.legs[job, 1]
        pair = board.link[job] != ALONE
        if pushed[one] < 0.0 and not (pair and pushed[two] >= 0.0):
            continue
        if pair:
            waiting -= (pushed[one] >= 0.0) + (pushed[two] >= 0.0)
            start, begun, window, window_two = tie(
                board, job, max(pushed[one], draft.start[one]), max(pushed[two], draft.start[two])
            )
            pushed[one] = pushed[two] = -NEVER
            if start >= NEVER or begun >= NEVER:
                price = NEVER
                break
        else:
            waiting -= 1
            start, window = fit(board, one, pushed[one])
            begun, window_two = 0.0, 0
            pushed[one] = -NEVER
            if start >= NEVER:
                price = NEVER
                break
        for turn in range(2 if pair else 1):
            leg, moment, at = (one, start, window) if turn == 0 else (two, begun, window_two)
            if moment <= draft.start[leg] + HAIR:
                continue
            late = lateness(board, leg, moment, at)
            high = max(high, late)
            price += board.weight[leg] * (late - late_now(board, draft, leg))
            follower = draft.after[leg]
            mode = board.mode[draft.worker[leg]]
            met = moment + board.duration[leg] + board.time[mode, board.place[leg], board.place[follower]]
            if met > draft.start[follower] + HAIR:
                if follower >= legs:
                    price += overrun(board, draft, follower - legs - workers, met)
                else:
                    pushed[follower] = met
                    waiting += 1
    while waiting > 0:
        job = draft.order[z]
        z += 1
        for turn in range(2):
            leg = board.legs[job, turn]
            if leg >= 0 and pushed[leg] >= 0.0:
                pushed[leg] = -NEVER
                waiting -= 1
    return price, high


@part
def late_now(board: Board, draft: Draft, leg: int) -> float:
    """Return by how much a planned leg is late as the draft stands."""
    start = draft.start[leg]
    for window in range(board.windows[leg]):
        if start <= board.latest[leg, window]:
            return float(max(0.0, start - board.closes[leg, window]))
    return 0.0


@part
def overrun(board: Board, draft: Draft, worker: int, home: float) -> float:
    """Return the price of one worker coming home later than now; NEVER where the shift forbids it."""
    if home > board.shift_latest[worker] + HAIR:
        return NEVER
    end = board.job.shape[0] + board.mode.shape[0] + worker
    late = max(0.0, home - board.shift_end[worker]) - max(0.0, draft.start[end] - board.shift_end[worker])
    return float(board.overtime[worker] * max(0.0, late))


@step
def single(board: Board, draft: Draft, desk: Desk, leg: int, dice: Dice, blink: float) -> tuple[float, int]:
    """Return the cheapest place of an unplanned leg by itself: its price and the node it comes after (-1: none)."""
    legs, workers = board.job.shape[0], board.mode.shape[0]
    here, worst = board.place[leg], draft.worst[draft.planned[0]]
    best, chosen = NEVER, -1
    weight, last = board.weight[leg], board.windows[leg] - 1
    for at in range(board.able_count[leg]):
        worker = board.able[leg, at]
        mode, fee = board.mode[worker], board.fee[leg, worker]
        if fee >= best:
            continue
        u = legs + worker
        end = u + workers
        while u != end:
            v = draft.after[u]
            left = draft.leave[u]
            if left > board.latest[leg, last] or weight * (left - board.closes[leg, last]) >= best:
                break
            detour = board.cost[mode, board.place[u], here] + board.cost[mode, here, board.place[v]] + fee
            if u < legs or v < legs:
                detour -= board.cost[mode, board.place[u], board.place[v]]
            else:
                detour += board.use[worker]
            if detour < best and (blink <= 0.0 or roll(dice) > blink):
                reached = left + board.time[mode, board.place[u], here]
                start, window = fit(board, leg, reached)
                if start < NEVER:
                    late = lateness(board, leg, start, window)
                    price = detour + weight * late
                    high = max(worst, late)
                    met = start + board.duration[leg] + board.time[mode, here, board.place[v]]
                    if price + board.worst * (high - worst) < best:
                        if met - draft.start[v] > draft.slack[v] + HAIR:
                            extra, high = follow(
                                board,
                                draft,
                                desk.pushed,
                                v,
                                met,
                                NOBODY,
                                0.0,
                                high,
                                best - price - board.worst * (high - worst),
                            )
                            price += extra
                        price += board.worst * (high - worst)
                        if price < best:
                            best, chosen = price, u
            u = v
    return best, chosen


@step
def shortlist(
    board: Board,
    draft: Draft,
    leg: int,
    nodes: Ints,
    moments: Floats,
    detours: Floats,
    prices: Floats,
    dice: Dice,
    blink: float,
) -> int:
    """Fill the cheapest places of one leg of a tied job by its own bound, ascending; return how many there are."""
    legs, workers = board.job.shape[0], board.mode.shape[0]
    here = board.place[leg]
    found = 0
    weight, last = board.weight[leg], board.windows[leg] - 1
    for at in range(board.able_count[leg]):
        worker = board.able[leg, at]
        mode, fee = board.mode[worker], board.fee[leg, worker]
        u = legs + worker
        end = u + workers
        while u != end:
            v = draft.after[u]
            left = draft.leave[u]
            if left > board.latest[leg, last]:
                break
            reached = left + board.time[mode, board.place[u], here]
            start, window = fit(board, leg, reached)
            if start < NEVER and (blink <= 0.0 or roll(dice) > blink):
                detour = board.cost[mode, board.place[u], here] + board.cost[mode, here, board.place[v]] + fee
                if u < legs or v < legs:
                    detour -= board.cost[mode, board.place[u], board.place[v]]
                else:
                    detour += board.use[worker]
                price = detour + weight * lateness(board, leg, start, window)
                if found < WIDTH or price < prices[found - 1]:
                    z = found if found < WIDTH else WIDTH - 1
                    found = z + 1
                    while z > 0 and prices[z - 1] > price:
                        prices[z], detours[z] = prices[z - 1], detours[z - 1]
                        nodes[z], moments[z] = nodes[z - 1], moments[z - 1]
                        z -= 1
                    prices[z], detours[z], nodes[z], moments[z] = price, detour, u, reached
            u = v
    return found


@step
def owner(board: Board, draft: Draft, node: int) -> int:
    """Return whose round a start or a planned leg belongs to."""
    legs = board.job.shape[0]
    return int(draft.worker[node]) if node < legs else node - legs


@part
def rank_of(board: Board, draft: Draft, node: int) -> int:
    """Return a node's place in the order: -1 for a start, past the last job for an end."""
    legs, workers = board.job.shape[0], board.mode.shape[0]
    if node < legs:
        return int(draft.rank[board.job[node]])
    return -1 if node < legs + workers else int(draft.planned[0])


@step
def mark(board: Board, draft: Draft, marks: Ints, v: int, w: int, low: int, high: int) -> None:
    """Mark the jobs that must follow v or w among the places low … high.

    `marks[job]` becomes 1 for those that must follow and 0 for the others of the stretch.
    """
    legs = board.job.shape[0]
    first = board.job[v] if v < legs else -1
    second = board.job[w] if w < legs else -1
    for z in range(low, high + 1):
        job = draft.order[z]
        caught = job in (first, second)
        for turn in range(2):
            leg = board.legs[job, turn]
            if leg >= 0 and not caught:
                source = draft.before[leg]
                if source < legs:
                    earlier = board.job[source]
                    caught = draft.rank[earlier] >= low and marks[earlier] == 1
        marks[job] = 1 if caught else 0


@step
def pair(board: Board, draft: Draft, desk: Desk, job: int, dice: Dice, blink: float) -> tuple[float, int, int]:
    """Return the cheapest places of a tied job: its price and the nodes its legs come after (-1: none)."""
    legs = board.job.shape[0]
    one, two = board.legs[job, 0], board.legs[job, 1]
    here = board.place[one]
    nodes, moments, detours, prices = desk.nodes, desk.moments, desk.detours, desk.prices
    count = shortlist(board, draft, one, nodes[0], moments[0], detours[0], prices[0], dice, blink)
    count_two = shortlist(board, draft, two, nodes[1], moments[1], detours[1], prices[1], dice, blink)
    worst = draft.worst[draft.planned[0]]
    best, chosen, chosen_two = NEVER, -1, -1
    if count == 0 or count_two == 0:
        return best, chosen, chosen_two
    for i in range(count):
        if prices[0, i] + prices[1, 0] >= best:
            break
        u = nodes[0, i]
        worker = owner(board, draft, u)
        mode = board.mode[worker]
        v = draft.after[u]
        rank_u, rank_v = rank_of(board, draft, u), rank_of(board, draft, v)
        for j in range(count_two):
            bound = prices[0, i] + prices[1, j]
            if bound >= best:
                break
            x = nodes[1, j]
            other = owner(board, draft, x)
            if other == worker:
                continue
            y = draft.after[x]
            start, begun, window, window_two = tie(board, job, moments[0, i], moments[1, j])
            if start >= NEVER or begun >= NEVER:
                continue
            late, late_two = lateness(board, one, start, window), lateness(board, two, begun, window_two)
            price = detours[0, i] + detours[1, j] + board.weight[one] * late + board.weight[two] * late_two
            high = max(worst, late, late_two)
            if price + board.worst * (high - worst) >= best:
                continue
            met = start + board.duration[one] + board.time[mode, here, board.place[v]]
            met_two = begun + board.duration[two] + board.time[board.mode[other], board.place[two], board.place[y]]
            low, top = min(rank_v, rank_of(board, draft, y)), max(rank_u, rank_of(board, draft, x))
            if low <= top:
                mark(board, draft, desk.marks, v, y, low, top)
                if (u < legs and draft.rank[board.job[u]] >= low and desk.marks[board.job[u]] == 1) or (
                    x < legs and draft.rank[board.job[x]] >= low and desk.marks[board.job[x]] == 1
                ):
                    continue
            tight = met - draft.start[v] > draft.slack[v] + HAIR
            tight_two = met_two - draft.start[y] > draft.slack[y] + HAIR
            if tight or tight_two:
                extra, high = follow(
                    board, draft, desk.pushed, v, met, y, met_two, high, best - price - board.worst * (high - worst)
                )
                price += extra
            price += board.worst * (high - worst)
            if price < best:
                best, chosen, chosen_two = price, u, x
    return best, chosen, chosen_two


@kernel
def join(board: Board, draft: Draft, leg: int, node: int) -> None:
    """Put a leg into the round behind a node."""
    follower = draft.after[node]
    draft.before[leg], draft.after[leg] = node, follower
    draft.after[node], draft.before[follower] = leg, leg
    draft.worker[leg] = owner(board, draft, node)


@step
def settle(board: Board, draft: Draft, desk: Desk, job: int, u: int, x: int) -> int:
    """Put a job behind its chosen nodes, keep the order sound, and return the first place whose clock must be wound."""
    v, y = draft.after[u], (draft.after[x] if x >= 0 else -1)
    low, top = rank_of(board, draft, v), rank_of(board, draft, u)
    if x >= 0:
        low, top = min(low, rank_of(board, draft, y)), max(top, rank_of(board, draft, x))
    first = low
    count = draft.planned[0]
    if low <= top:
        marks, room = desk.marks, desk.room
        mark(board, draft, marks, v, y if y >= 0 else v, low, top)
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
        one = board.legs[job, 0]
        worker = owner(board, draft, u)
        moment = draft.leave[u] + board.time[board.mode[worker], board.place[u], board.place[one]]
        moment = max(moment, board.opens[one, 0])
        while place - 1 > top and draft.start[board.legs[draft.order[place - 1], 0]] > moment:
            place -= 1
        first = place
    for z in range(count, place, -1):
        draft.order[z] = draft.order[z - 1]
        draft.rank[draft.order[z]] = z
    draft.order[place] = job
    draft.rank[job] = place
    draft.planned[0] = count + 1
    join(board, draft, board.legs[job, 0], u)
    if x >= 0:
        join(board, draft, board.legs[job, 1], x)
    return min(first, place)
