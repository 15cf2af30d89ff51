"""Wind a draft's clock: when everybody begins, what it costs, and how much room is left.

The earliest beginning of every leg is the least fixed point of a system of "not before" rules (the round, the window,
the tie between two legs), so for given rounds it is also the plan with the least lateness everywhere. Winding the jobs
in `order` reaches it in one pass; a tie with a longest gap may push the first leg back once, inside its own job.
"""

from routing.compiled import kernel, part
from routing.synchronised.board import ALONE, TOGETHER, Board, Draft

NEVER = 1e18
HAIR = 1e-9


@part
def fit(board: Board, leg: int, moment: float) -> tuple[float, int]:
    """Return the first allowed beginning at or after a moment, and its window; (NEVER, -1) where there is none."""
    for window in range(board.windows[leg]):
        if moment <= board.latest[leg, window]:
            opened = board.opens[leg, window]
            return (max(moment, opened)), window
    return NEVER, -1


@part
def tie(board: Board, job: int, moment: float, other: float) -> tuple[float, float, int, int]:
    """Return the first allowed beginnings of both legs of a tied job, reached at two moments, and their windows."""
    one, two = board.legs[job, 0], board.legs[job, 1]
    first, window = fit(board, one, moment)
    second, window_two = fit(board, two, other)
    if board.link[job] == TOGETHER:
        while first != second and first < NEVER and second < NEVER:
            if first < second:
                first, window = fit(board, one, second)
            else:
                second, window_two = fit(board, two, first)
    else:
        low, high = board.gap_min[job], board.gap_max[job]
        while first < NEVER and second < NEVER:
            if second < first + low:
                second, window_two = fit(board, two, first + low)
            elif second > first + high + HAIR:
                first, window = fit(board, one, second - high)
            else:
                break
    return first, second, window, window_two


@part
def lateness(board: Board, leg: int, start: float, window: int) -> float:
    """Return by how much a beginning misses the close of its window."""
    late = start - board.closes[leg, window]
    return float(max(0.0, late))


@kernel
def wind(board: Board, draft: Draft, first: int) -> bool:
    """Recompute clock and cost from a place of the order onward; return whether every beginning is allowed."""
    legs, workers = board.job.shape[0], board.mode.shape[0]
    spent, worst = draft.spent[first], draft.worst[first]
    sound = True
    for z in range(first, draft.planned[0]):
        job = draft.order[z]
        one, two = board.legs[job, 0], board.legs[job, 1]
        worker = draft.worker[one]
        source, here, mode = draft.before[one], board.place[one], board.mode[worker]
        reached = draft.leave[source] + board.time[mode, board.place[source], here]
        spent += board.cost[mode, board.place[source], here] + board.fee[one, worker]
        if board.link[job] == ALONE:
            start, window = fit(board, one, reached)
            if window < 0:
                sound = False
                start = reached
            late = lateness(board, one, start, window)
        else:
            other = draft.worker[two]
            source, here, mode = draft.before[two], board.place[two], board.mode[other]
            met = draft.leave[source] + board.time[mode, board.place[source], here]
            spent += board.cost[mode, board.place[source], here] + board.fee[two, other]
            start, begun, window, window_two = tie(board, job, reached, met)
            if window < 0 or window_two < 0:
                sound = False
                start, begun = max(reached, met), max(reached, met)
            late = lateness(board, two, begun, window_two)
            spent += board.weight[two] * late
            worst = max(worst, late)
            draft.start[two] = begun
            draft.leave[two] = begun + board.duration[two]
            late = lateness(board, one, start, window)
        spent += board.weight[one] * late
        worst = max(worst, late)
        draft.start[one] = start
        draft.leave[one] = start + board.duration[one]
        draft.spent[z + 1] = spent
        draft.worst[z + 1] = worst
    total = spent + board.worst * worst
    for worker in range(workers):
        end = legs + workers + worker
        source = draft.before[end]
        if source >= legs:
            draft.start[end] = board.shift_start[worker]
            continue
        mode = board.mode[worker]
        home = draft.leave[source] + board.time[mode, board.place[source], board.place[end]]
        draft.start[end] = home
        total += board.cost[mode, board.place[source], board.place[end]] + board.use[worker]
        if home > board.shift_end[worker]:
            total += board.overtime[worker] * (home - board.shift_end[worker])
            if home > board.shift_latest[worker] + HAIR:
                sound = False
    for job in range(draft.rank.shape[0]):
        if draft.rank[job] < 0:
            total += board.skip[job]
    draft.total[0] = total
    return sound


@kernel
def loosen(board: Board, draft: Draft) -> None:
    """Recompute every node's slack, from the last job of the order to the first."""
    legs, workers = board.job.shape[0], board.mode.shape[0]
    for worker in range(workers):
        end = legs + workers + worker
        room = board.shift_end[worker] - draft.start[end]
        draft.slack[end] = max(0.0, room)
    for z in range(draft.planned[0] - 1, -1, -1):
        job = draft.order[z]
        one, two = board.legs[job, 0], board.legs[job, 1]
        room = leg_room(board, draft, one)
        if board.link[job] != ALONE:
            rest = leg_room(board, draft, two)
            if board.link[job] == TOGETHER:
                room = rest = min(room, rest)
            else:
                between = draft.start[two] - draft.start[one]
                room, rest = (
                    min(room, rest + between - board.gap_min[job]),
                    min(rest, room + board.gap_max[job] - between),
                )
            draft.slack[two] = rest
        draft.slack[one] = room


@part
def leg_room(board: Board, draft: Draft, leg: int) -> float:
    """Return how much later one leg may begin by its own window and by what follows it in its round."""
    start = draft.start[leg]
    room = 0.0
    for window in range(board.windows[leg]):
        if start <= board.latest[leg, window]:
            room = max(0.0, min(board.closes[leg, window], board.latest[leg, window]) - start)
            break
    follower = draft.after[leg]
    mode = board.mode[draft.worker[leg]]
    reached = draft.leave[leg] + board.time[mode, board.place[leg], board.place[follower]]
    return float(min(room, draft.slack[follower] + draft.start[follower] - reached))
