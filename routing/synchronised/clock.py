"""Compute a draft's times, cost and slack.

The earliest beginning of every leg is the least fixed point of a system of "not before" rules (the round, the window,
the tie between two legs), so for given rounds it is also the plan with the least lateness everywhere. Updating the jobs
in `order` reaches it in one pass; a tie with a longest gap may push the first leg back once, inside its own job.
"""

from routing.compiled import kernel, part
from routing.synchronised.arrays import ALONE, TOGETHER, PairDraft, PairTask

NEVER = 1e18
TOLERANCE = 1e-9


@part
def fit(task: PairTask, leg: int, moment: float) -> tuple[float, int]:
    """Return the first allowed beginning at or after a moment, and its window; (NEVER, -1) where there is none."""
    for window in range(task.windows[leg]):
        if moment <= task.latest[leg, window]:
            opened = task.opens[leg, window]
            return (max(moment, opened)), window
    return NEVER, -1


@part
def tie(task: PairTask, job: int, moment: float, other: float) -> tuple[float, float, int, int]:
    """Return the first allowed beginnings of both legs of a tied job, reached at two moments, and their windows."""
    leg, leg_two = task.legs[job, 0], task.legs[job, 1]
    first, window = fit(task, leg, moment)
    second, window_two = fit(task, leg_two, other)
    if task.link[job] == TOGETHER:
        while first != second and first < NEVER and second < NEVER:
            if first < second:
                first, window = fit(task, leg, second)
            else:
                second, window_two = fit(task, leg_two, first)
    else:
        low, high = task.gap_min[job], task.gap_max[job]
        while first < NEVER and second < NEVER:
            if second < first + low:
                second, window_two = fit(task, leg_two, first + low)
            elif second > first + high + TOLERANCE:
                first, window = fit(task, leg, second - high)
            else:
                break
    return first, second, window, window_two


@part
def lateness(task: PairTask, leg: int, start: float, window: int) -> float:
    """Return by how much a beginning misses the close of its window."""
    late = start - task.closes[leg, window]
    return float(max(0.0, late))


@kernel
def update_times(task: PairTask, draft: PairDraft, first: int) -> bool:
    """Recompute clock and cost from a place of the order onward; return whether every beginning is allowed."""
    legs, workers = task.job.shape[0], task.mode.shape[0]
    spent, worst = draft.spent[first], draft.worst[first]
    allowed = True
    for z in range(first, draft.planned[0]):
        job = draft.order[z]
        leg, leg_two = task.legs[job, 0], task.legs[job, 1]
        worker = draft.worker[leg]
        source, here, mode = draft.before[leg], task.place[leg], task.mode[worker]
        reached = draft.leave[source] + task.time[mode, task.place[source], here]
        spent += task.cost[mode, task.place[source], here] + task.fee[leg, worker]
        if task.link[job] == ALONE:
            start, window = fit(task, leg, reached)
            if window < 0:
                allowed = False
                start = reached
            late = lateness(task, leg, start, window)
        else:
            other = draft.worker[leg_two]
            source, here, mode = draft.before[leg_two], task.place[leg_two], task.mode[other]
            met = draft.leave[source] + task.time[mode, task.place[source], here]
            spent += task.cost[mode, task.place[source], here] + task.fee[leg_two, other]
            start, begun, window, window_two = tie(task, job, reached, met)
            if window < 0 or window_two < 0:
                allowed = False
                start, begun = max(reached, met), max(reached, met)
            late = lateness(task, leg_two, begun, window_two)
            spent += task.weight[leg_two] * late
            worst = max(worst, late)
            draft.start[leg_two] = begun
            draft.leave[leg_two] = begun + task.duration[leg_two]
            late = lateness(task, leg, start, window)
        spent += task.weight[leg] * late
        worst = max(worst, late)
        draft.start[leg] = start
        draft.leave[leg] = start + task.duration[leg]
        draft.spent[z + 1] = spent
        draft.worst[z + 1] = worst
    total = spent + task.worst * worst
    for worker in range(workers):
        end = legs + workers + worker
        source = draft.before[end]
        if source >= legs:
            draft.start[end] = task.shift_start[worker]
            continue
        mode = task.mode[worker]
        home = draft.leave[source] + task.time[mode, task.place[source], task.place[end]]
        draft.start[end] = home
        total += task.cost[mode, task.place[source], task.place[end]] + task.use[worker]
        if home > task.shift_end[worker]:
            total += task.overtime[worker] * (home - task.shift_end[worker])
            if home > task.shift_latest[worker] + TOLERANCE:
                allowed = False
    for job in range(draft.rank.shape[0]):
        if draft.rank[job] < 0:
            total += task.skip[job]
    draft.total[0] = total
    return allowed


@kernel
def update_slack(task: PairTask, draft: PairDraft) -> None:
    """Recompute every node's slack, from the last job of the order to the first."""
    legs, workers = task.job.shape[0], task.mode.shape[0]
    for worker in range(workers):
        end = legs + workers + worker
        room = task.shift_end[worker] - draft.start[end]
        draft.slack[end] = max(0.0, room)
    for z in range(draft.planned[0] - 1, -1, -1):
        job = draft.order[z]
        leg, leg_two = task.legs[job, 0], task.legs[job, 1]
        room = leg_room(task, draft, leg)
        if task.link[job] != ALONE:
            rest = leg_room(task, draft, leg_two)
            if task.link[job] == TOGETHER:
                room = rest = min(room, rest)
            else:
                between = draft.start[leg_two] - draft.start[leg]
                room, rest = (
                    min(room, rest + between - task.gap_min[job]),
                    min(rest, room + task.gap_max[job] - between),
                )
            draft.slack[leg_two] = rest
        draft.slack[leg] = room


@part
def leg_room(task: PairTask, draft: PairDraft, leg: int) -> float:
    """Return how much later one leg may begin by its own window and by what follows it in its round."""
    start = draft.start[leg]
    room = 0.0
    for window in range(task.windows[leg]):
        if start <= task.latest[leg, window]:
            room = max(0.0, min(task.closes[leg, window], task.latest[leg, window]) - start)
            break
    follower = draft.after[leg]
    mode = task.mode[draft.worker[leg]]
    reached = draft.leave[leg] + task.time[mode, task.place[leg], task.place[follower]]
    return float(min(room, draft.slack[follower] + draft.start[follower] - reached))
